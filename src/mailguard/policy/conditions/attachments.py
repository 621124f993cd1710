"""`attachments`: picks files by name, kind and state, at any depth, and holds when as many are picked as asked.

Kind is by content, as the readers found it. Files that nobody could see or open leave the answer open instead
of making it no.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from mailguard.mail.verdict import Because
from mailguard.policy.fold import fold, normal
from mailguard.policy.result import Result, Told, Truth, both, bounded, decide, number, some
from mailguard.policy.values import AT_LEAST_ONE, Comparison
from mailguard.policy.view import File, View

_MACRO_TYPES = frozenset({"docm", "dotm", "xlsm", "xltm", "xlam", "pptm", "potm", "ppsm"})


@dataclass(frozen=True, slots=True)
class Attachments:
    """The picks; None means not asked. names: globs compiled over folded file names, name_globs as written."""

    names: Any = None
    name_globs: tuple[str, ...] = ()
    types: frozenset[str] | None = None
    encrypted: bool | None = None
    macros: bool | None = None
    type_mismatch: bool | None = None
    inspected: bool | None = None
    size: Comparison | None = None
    count: Comparison = AT_LEAST_ONE
    total_size: Comparison | None = None
    _tests: tuple[Callable[[View, int, File], bool], ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_tests", tuple(self._make_tests()))

    def look(self, view: View) -> Result:
        picked = [
            (index, file)
            for index, file in enumerate(view.files)
            # with nothing asked, what people call attachments: what hangs on the mail itself, but no logo in its text
            if (self._tests or _is_attached(file)) and all(test(view, index, file) for test in self._tests)
        ]
        indexes = {index for index, _ in picked}
        gaps = self._gaps(view, indexes)
        truth = decide(self.count, len(picked), bool(gaps))
        total = 0
        if self.total_size is not None:
            total = _total(view, indexes)
            truth = min(truth, decide(self.total_size, total, bool(gaps)))
        unread = gaps if truth is Truth.UNKNOWN else ()
        paths = sorted({file.path or "?" for _, file in picked})

        def tell() -> Told:
            evidence = paths if self.total_size is None else [*paths, f"{total:,} B"]
            return Told(bounded(evidence), {"files": some(paths), "count": number(len(picked))})

        return Result(truth, lambda: self._say(len(picked), total, paths, unread), tell, None, unread)

    def _make_tests(self) -> list[Callable[[View, int, File], bool]]:
        tests: list[Callable[[View, int, File], bool]] = []
        if self.types is not None:
            types = self.types
            tests.append(lambda _view, _index, file: file.attachment.short_type in types)
        if self.encrypted is not None:
            tests.append(lambda _view, _index, file: file.attachment.encrypted is self.encrypted)
        if self.inspected is not None:
            tests.append(lambda _view, _index, file: (not file.unread) is self.inspected)
        if self.size is not None:
            size = self.size
            tests.append(lambda _view, _index, file: size.holds(file.attachment.size))
        if self.names is not None:
            tests.append(lambda _view, _index, file: self._named(file.attachment.filename))
        if self.macros is not None:
            tests.append(lambda view, index, _file: _flagged(view, index, "macro") is self.macros)
        if self.type_mismatch is not None:
            tests.append(lambda view, index, _file: _flagged(view, index, "type_mismatch") is self.type_mismatch)
        return tests

    def _named(self, filename: str) -> bool:
        return self.names.fullmatch(fold(filename).encode("utf-8", "replace")) is not None

    def _gaps(self, view: View, picked: set[int]) -> tuple[str, ...]:
        """What nobody could see and what might be another picked file; empty if all is known."""
        gaps = set(view.files_incomplete)
        for index, file in enumerate(view.files):
            if index in picked:
                continue
            # nobody knows whether a closed container holds one; of an unread file nobody knows what is in it
            about_content = self.macros is not None or self.type_mismatch is not None
            if (self._tests and self.encrypted is not True and file.closed) or (about_content and file.unread):
                gaps.add(file.path or "?")
        return tuple(sorted(gaps))

    def _say(self, found: int, total: int, paths: list[str], unread: tuple[str, ...]) -> Because:
        words = [(ja, en) for asked, ja, en in self._phrases() if asked]
        ja, en = "、".join(ja for ja, _ in words), " ".join(en for _, en in words)
        asked_ja, asked_en = [self.count.ja("件")], [self.count.en()]
        weight = both("")
        if self.total_size is not None:
            asked_ja.append(f"合計 {self.total_size.written}")
            asked_en.append(f"in all {self.total_size.written}")
            weight = Because(f"、合計{_size(total)}", f" of {_size(total)} in all")
        named = some(paths)
        hidden = some(unread)
        return Because(
            f"{ja}添付ファイルは{found}件{weight.ja}です{f'「{named.ja}」' if paths else ''}"
            + f"（条件: {'、'.join(asked_ja)}）"
            + (f"。ただし「{hidden.ja}」の中は確認できません" if unread else ""),
            f"there {'are' if found > 1 else 'is'} {found or 'no'} attachment{'s' * (found > 1)}"
            f"{f' {en}' if en else ''}{weight.en}{f' ({named.en})' if paths else ''} [asked: {', '.join(asked_en)}]"
            + (f"; but {hidden.en} could not be examined" if unread else ""),
        )

    def _phrases(self) -> tuple[tuple[bool, str, str], ...]:
        types, globs = ", ".join(sorted(self.types or ())), ", ".join(self.name_globs)
        return (
            (self.types is not None, f"種類が{types}の", f"of type {types}"),
            (bool(globs), f"名前が「{globs}」の", f"named {globs}"),
            (self.encrypted is True, "暗号化された", "that is encrypted"),
            (self.encrypted is False, "暗号化されていない", "that is not encrypted"),
            (self.macros is True, "マクロを含む", "with macros"),
            (self.macros is False, "マクロを含まない", "without macros"),
            (self.type_mismatch is True, "名前と中身の種類が違う", "whose content is not what its name says"),
            (self.type_mismatch is False, "名前と中身の種類が合う", "whose content is what its name says"),
            (self.inspected is True, "中身を確認できた", "whose content was examined"),
            (self.inspected is False, "中身を確認できない", "whose content could not be examined"),
            (self.size is not None, f"大きさが {self.size.written if self.size else ''} の", "of the size asked"),
        )


def _flagged(view: View, index: int, code: str) -> bool:
    """Whether a finding with this code is about the file. One that names no file is held against all of them."""
    file = view.files[index]
    if code == "macro" and file.attachment.short_type in _MACRO_TYPES:
        return True
    places = [normal(finding.where) for finding in view.facts.findings if finding.code == code]
    names = [normal(other.attachment.filename) for other in view.files]
    own = names[index]
    return any((own and own in place) or not any(name and name in place for name in names) for place in places)


def _is_attached(file: File) -> bool:
    return file.depth == 0 and not file.attachment.inline


def _total(view: View, picked: set[int]) -> int:
    """The sizes of the picked files, none counted twice: not those inside another picked one."""
    total = 0
    for index in picked:
        around = view.files[index].parent
        while around is not None and around not in picked:
            around = view.files[around].parent
        total += view.files[index].attachment.size if around is None else 0
    return total


def _size(octets: int) -> str:
    if octets < 2**10:
        return f"{octets} B"
    return f"{octets / 2**10:,.0f} KB" if octets < 2**20 else f"{octets / 2**20:,.1f} MB"
