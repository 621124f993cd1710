"""A sentence in both languages that goes wherever a text goes: raised in an error, put behind a place, or made a part
of another sentence, it keeps its Japanese. Pure.

It is its English, byte for byte: logs, JSON and whoever knows of no languages go on with that. Only who shows it to a
person asks for the other one. What cuts a text or joins it (slices, `join`, an f-string) gives English only.
"""

from __future__ import annotations

from typing import SupportsIndex

from mailguard.mail.organization import Language


class Sentence(str):
    """`Sentence("「{name}」がありません", "there is no {name!r}", name=name)`: the same fields stand in both, as in
    str.format; without fields the texts are taken as they are. A field may be a Sentence itself, or an error that was
    raised with one. Added to another text (`place + ": " + said`) it stays one.
    """

    __slots__ = ("ja",)
    ja: str

    def __new__(cls, ja: str, en: str, /, **fields: object) -> Sentence:
        """Raises KeyError if a field is missing."""
        if fields:
            ja, en = _filled(ja, "ja", fields), _filled(en, "en", fields)
        made = super().__new__(cls, en)
        made.ja = ja
        return made

    def __str__(self) -> str:
        """Itself: so `str(error)` of an error that was raised with it knows both languages."""
        return self

    def __add__(self, behind: str, /) -> Sentence:
        return Sentence(self.ja + in_language(behind, "ja"), in_language(self, "en") + in_language(behind, "en"))

    def __radd__(self, before: str) -> Sentence:
        return Sentence(before + self.ja, before + in_language(self, "en"))

    def __getnewargs__(self) -> tuple[str, str]:  # type: ignore[override]  # a copy needs both
        return self.ja, in_language(self, "en")

    def __reduce_ex__(self, protocol: SupportsIndex) -> tuple[type[Sentence], tuple[str, str]]:
        return Sentence, self.__getnewargs__()


def in_language(text: object, language: Language) -> str:
    """The text (or an error's, or whatever else has one) in that language; what exists in one only, as it is."""
    said = str(text)
    if not isinstance(said, Sentence):
        return said
    return said.ja if language == "ja" else str.__str__(said)


def _filled(text: str, language: Language, fields: dict[str, object]) -> str:
    return text.format(**{name: _field(value, language) for name, value in fields.items()})


def _field(value: object, language: Language) -> object:
    """Numbers stay what they are, for `{share:g}`."""
    return in_language(value, language) if isinstance(value, str | Exception) else value
