"""`message: {header, label, language}`: header fields by name, sensitivity labels, the language of the text.

A field that is not there, one that is empty, and fields that nobody kept are three things: the last leaves the answer
open. Values are untrusted: bounded by the reader, folded, matched in linear time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mailguard.mail.verdict import Because
from mailguard.policy.conditions.file_picks import labels_like
from mailguard.policy.fold import fold, normal
from mailguard.policy.language import NAMES, language_of
from mailguard.policy.patterns import matches
from mailguard.policy.result import Result, Told, Truth, bounded, quoted, some
from mailguard.policy.view import View

_CUT = "ヘッダー · header"
_LANGUAGE = "本文の言語 · language of the text"


@dataclass(frozen=True, slots=True)
class HeaderHas:
    """A field of this name (lower case) whose value one of the patterns matches or that equals one of the values
    (folded); with neither, a field of this name at all. present False: no such field.
    """

    name: str
    patterns: tuple[Any, ...] = ()
    values: frozenset[str] = frozenset()
    present: bool = True

    def look(self, view: View) -> Result:
        fields = view.fields
        values = [value for name, value in fields or () if name == self.name]
        found = [value for value in values if self._fits(value)]
        if found:
            truth = Truth.YES if self.present else Truth.NO
        elif fields is None or view.facts.headers.fields_cut:
            truth = Truth.UNKNOWN
        else:
            truth = Truth.NO if self.present else Truth.YES
        unread = (_CUT,) if truth is Truth.UNKNOWN else ()
        return Result(truth, lambda: self._say(values, unread), lambda: self._tell(found), None, unread)

    def _fits(self, value: str) -> bool:
        if not self.patterns and not self.values:
            return True
        if fold(value.strip()) in self.values:
            return True
        octets = normal(value).encode("utf-8", "replace")
        return any(next(matches(pattern, octets), None) is not None for pattern in self.patterns)

    def _tell(self, found: list[str]) -> Told:
        return Told(bounded(f"{self.name}: {value}" for value in found), {"words": quoted(v[:60] for v in found)})

    def _say(self, values: list[str], unread: tuple[str, ...]) -> Because:
        if unread:
            return Because(
                f"ヘッダー「{self.name}」の有無は確認できません", f"whether there is a field {self.name} is not known"
            )
        if not values:
            return Because(f"ヘッダー「{self.name}」はありません", f"there is no field {self.name}")
        shown = some(value[:60] for value in values)
        return Because(f"ヘッダー「{self.name}」は「{shown.ja}」です", f"the field {self.name} says {shown.en}")


@dataclass(frozen=True, slots=True)
class Labelled:
    """The mail or a file in it bears a sensitivity label that one of the globs fits, by name or id."""

    globs: Any
    written: tuple[str, ...]

    def look(self, view: View) -> Result:
        found = dict.fromkeys(labels_like(self.globs, view.facts.labels), "")
        for file in view.files:
            for name in labels_like(self.globs, file.attachment.labels):
                found.setdefault(name, file.path)
        gaps = () if found else tuple(sorted({*view.unread_files, *view.files_incomplete}))
        if not found and "unreadable" in view.findings:
            gaps = tuple(sorted({*gaps, "unreadable"}))
        truth = Truth.YES if found else Truth.UNKNOWN if gaps else Truth.NO
        return Result(truth, lambda: self._say(found, gaps), lambda: self._tell(found), None, gaps)

    @staticmethod
    def _tell(found: dict[str, str]) -> Told:
        evidence = [f"{name} ({path})" if path else name for name, path in found.items()]
        values = {"words": quoted(found), "files": some(p for p in found.values() if p)}
        return Told(bounded(evidence), values)

    def _say(self, found: dict[str, str], gaps: tuple[str, ...]) -> Because:
        if found:
            named = some(found)
            return Because(f"秘密度ラベル「{named.ja}」が付いています", f"it bears the sensitivity label {named.en}")
        asked = some(self.written)
        hidden = some(gaps)
        return Because(
            f"秘密度ラベル「{asked.ja}」はありません" + (f"。ただし「{hidden.ja}」は確認できません" if gaps else ""),
            f"it bears no sensitivity label {asked.en}" + (f"; but {hidden.en} could not be examined" if gaps else ""),
        )


@dataclass(frozen=True, slots=True)
class WrittenIn:
    """What the sender wrote is in one of the languages, going by most of it."""

    languages: frozenset[str]

    def look(self, view: View) -> Result:
        found = "" if view.unread_body else language_of(view.written)
        truth = Truth.UNKNOWN if not found else Truth.YES if found in self.languages else Truth.NO
        unread = () if found else (*view.unread_body, _LANGUAGE)

        def say() -> Because:
            if not found:
                return Because("本文の言語は判断できません", "the language of the text cannot be told")
            named = NAMES[found]
            return Because(f"本文は{named.ja}です", f"the text is in {named.en}")

        return Result(truth, say, lambda: Told(bounded([found] if found else [])), None, unread)
