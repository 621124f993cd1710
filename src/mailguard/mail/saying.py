"""A sentence in both languages that goes wherever a text goes: raised in an error, put behind a place, or made a part
of another sentence, it keeps its Japanese. Pure.

It is its English, byte for byte: logs, JSON and whoever knows of no languages go on with that. Only who shows it to a
person asks for the other one. What cuts a text or joins it (slices, `join`, an f-string) gives English only.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterable
from string import Formatter
from typing import TYPE_CHECKING, Protocol, SupportsIndex

if TYPE_CHECKING:  # it speaks of addresses, whose errors are sentences
    from mailguard.mail.organization import Language


class Sentence(str):
    """`Sentence("{name!r}がありません", "there is no {name!r}", name=name)`: the same fields stand in both, as in
    str.format, and `!r` stands in Japanese between 「」; without fields the texts are taken as they are. A field
    may be a Sentence itself, or an error that was raised with one. Added to another text (`place + ": " + said`) it
    stays one.
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

    def removeprefix(self, prefix: str, /) -> Sentence:
        """Without it in both languages."""
        return Sentence(self.ja.removeprefix(prefix), in_language(self, "en").removeprefix(prefix))

    def __getnewargs__(self) -> tuple[str, str]:  # type: ignore[override]  # a copy needs both
        return self.ja, in_language(self, "en")

    def __reduce_ex__(self, protocol: SupportsIndex) -> tuple[type[Sentence], tuple[str, str]]:
        return Sentence, self.__getnewargs__()


class Pair(Protocol):
    """A text in both languages that is kept as two (`Because`, `phrases.Both`)."""

    @property
    def ja(self) -> str: ...

    @property
    def en(self) -> str: ...


def sentence_of(pair: Pair) -> Sentence:
    """The same as one text."""
    return Sentence(pair.ja, pair.en)


def listed(items: Iterable[object]) -> Sentence:
    """One after the other, with commas. An item may be a Sentence."""
    some = tuple(items)
    return Sentence(
        "、".join(in_language(one, "ja") for one in some), ", ".join(in_language(one, "en") for one in some)
    )


def in_language(text: object, language: Language) -> str:
    """The text (or an error's, or whatever else has one) in that language; what exists in one only, as it is."""
    said = str(text)
    if not isinstance(said, Sentence):
        return said
    return said.ja if language == "ja" else str.__str__(said)


def in_both(text: str, change: Callable[[str], str]) -> str:
    """The text after a change that is made to each language by itself, such as a cut."""
    if not isinstance(text, Sentence):
        return change(text)
    return Sentence(change(text.ja), change(in_language(text, "en")))


def reason_of(error: OSError) -> str:
    """What the system says of a file or a connection, which is English; the usual ones in Japanese, too."""
    said = error.strerror or type(error).__name__
    number = error.errno or 0
    return Sentence(_REASONS[number], said) if number in _REASONS and said == os.strerror(number) else said


_REASONS = {
    errno.EPERM: "許可されていない操作です。",
    errno.ENOENT: "ファイルまたはフォルダーがありません。",
    errno.EIO: "入出力エラーです。",
    errno.EACCES: "権限がありません。",
    errno.EEXIST: "すでにあります。",
    errno.ENOTDIR: "途中のパスがフォルダーではありません。",
    errno.EISDIR: "ファイルではなくフォルダーです。",
    errno.EMFILE: "開いているファイルが多すぎます。",
    errno.EFBIG: "大きすぎます。",
    errno.ENOSPC: "ディスクに空きがありません。",
    errno.EROFS: "読み取り専用です。",
    errno.ENAMETOOLONG: "名前が長すぎます。",
    errno.ELOOP: "シンボリックリンクが循環しています。",
    errno.EDQUOT: "ディスクの割り当てを使い切っています。",
    errno.EADDRINUSE: "ほかのプログラムが使用中です。",
    errno.EADDRNOTAVAIL: "このマシンにそのアドレスはありません。",
    errno.ENETUNREACH: "そのネットワークへの経路がありません。",
    errno.EHOSTUNREACH: "そのホストへの経路がありません。",
    errno.ECONNREFUSED: "接続を拒否されました。",
    errno.ECONNRESET: "相手が接続を切りました。",
    errno.ETIMEDOUT: "時間内に応答がありません。",
}


class _Japanese(Formatter):
    def convert_field(self, value: object, conversion: str | None) -> object:
        if conversion == "r" and isinstance(value, str):
            return f"「{repr(value)[1:-1]}」"
        return super().convert_field(value, conversion)


def _filled(text: str, language: Language, fields: dict[str, object]) -> str:
    values = {name: _field(value, language) for name, value in fields.items()}
    if language == "en":
        return text.format(**values)
    return (
        _Japanese().vformat(text, (), values).replace("。。", "。")
    )  # a field may be a whole sentence, or a part of one


def _field(value: object, language: Language) -> object:
    """Numbers stay what they are, for `{share:g}`. An error of the system is told in its words, not by its number."""
    if language == "ja" and isinstance(value, OSError) and isinstance(reason := reason_of(value), Sentence):
        return f"{reason.ja}({value.filename})" if isinstance(value.filename, str) else reason.ja
    return in_language(value, language) if isinstance(value, str | Exception) else value
