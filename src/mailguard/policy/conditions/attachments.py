"""`attachments`: picks files by name, kind and state, at any depth, and holds when as many are picked as asked.

Files that nobody could see or open leave the answer open instead of making it no.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from mailguard.mail.verdict import Because
from mailguard.policy.conditions.file_picks import Pick, no_gaps
from mailguard.policy.conditions.tree import Signs
from mailguard.policy.fold import fold
from mailguard.policy.result import Result, Told, Truth, both, bounded, decide, number, some
from mailguard.policy.values import AT_LEAST_ONE, Comparison
from mailguard.policy.view import File, View

#: What stands between an archive and its member in a path (view.files).
_INSIDE = " › "


def _any(view: View) -> frozenset[str] | None:
    """None, if there may be some."""
    return None if view.files or view.files_incomplete else frozenset()


@dataclass(frozen=True, slots=True)
class Attachments:
    """A file must pass all picks. With none, what people call attachments is picked: what hangs on the mail itself, but
    no logo in its text.
    """

    picks: tuple[Pick, ...] = ()
    count: Comparison = AT_LEAST_ONE
    total_size: Comparison | None = None
    _globs: frozenset[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        globs = (fold(glob) for pick in self.picks for glob in pick.name_globs)
        object.__setattr__(self, "_globs", frozenset(globs))

    def shut(self, view: View) -> bool:
        """There is no file, or none with such a name, and none that nobody saw."""
        if self.count.holds(0) or view.files_incomplete:
            return False
        if view.files:
            matched = view.file_globs
            if not self._globs or matched is None or not self._globs.isdisjoint(matched):
                return False
            if view.has_closed_files:
                return False
        return not any(gap for pick in self.picks for gap in pick.gaps(view))

    @property
    def signs(self) -> Signs | None:
        """Any file at all."""
        unsure = self.count.holds(0) or any(pick.gaps is not no_gaps for pick in self.picks)
        return None if unsure else Signs(_any, frozenset())

    @property
    def needs(self) -> frozenset[str]:
        """What must be asked of others before (Policy.needs)."""
        return frozenset().union(*(pick.needs for pick in self.picks))

    def look(self, view: View) -> Result:
        picked = [
            (index, file)
            for index, file in enumerate(view.files)
            if (self.picks or _is_attached(file)) and all(pick.test(view, index, file) for pick in self.picks)
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
            more = [text for index, file in picked for pick in self.picks for text in pick.evidence(view, index, file)]
            evidence = [*paths, *more] if self.total_size is None else [*paths, *more, f"{total:,} B"]
            return Told(bounded(evidence), {"files": some(_outermost(paths)), "count": number(len(picked))})

        about = self._about(view, picked)
        # What nobody could open may be about others than those whom the picked files are about.
        maybe = None if gaps and about is not None and truth is Truth.YES else frozenset[int]()
        return Result(truth, lambda: self._say(len(picked), total, paths, unread), tell, about, unread, maybe)

    def _about(self, view: View, picked: list[tuple[int, File]]) -> frozenset[int] | None:
        """The recipients that the picked files are about; None if they are about nobody in particular."""
        asked = [pick.recipients for pick in self.picks if pick.recipients is not None]
        if not asked or not picked:
            return None
        return frozenset().union(*(about(view, index, file) for about in asked for index, file in picked))

    def _gaps(self, view: View, picked: set[int]) -> tuple[str, ...]:
        """What nobody could see and what might be another picked file; empty if all is known."""
        gaps = {*view.files_incomplete, *(gap for pick in self.picks for gap in pick.gaps(view))}
        inside = all(pick.inside for pick in self.picks)
        for index, file in enumerate(view.files):
            if index in picked or not self.picks:
                continue
            # nobody knows whether a closed container holds one; of an unread file nobody knows what is in it
            if (inside and file.closed) or self._may_be_one(view, index, file):
                gaps.add(file.path or "?")
        return tuple(sorted(gaps))

    def _may_be_one(self, view: View, index: int, file: File) -> bool:
        """Whether a file that was not picked fails only where nobody could look."""
        failed = [pick for pick in self.picks if not pick.test(view, index, file)]
        return bool(failed) and all(pick.doubtful(view, index, file) for pick in failed)

    def _say(self, found: int, total: int, paths: list[str], unread: tuple[str, ...]) -> Because:
        ja, en = "、".join(pick.phrase.ja for pick in self.picks), " ".join(pick.phrase.en for pick in self.picks)
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


def _outermost(paths: list[str]) -> list[str]:
    """Without the members of an archive that is named itself."""
    named = set(paths)
    split = [path.split(_INSIDE) for path in paths]
    return [
        path
        for path, parts in zip(paths, split, strict=True)
        if not any(_INSIDE.join(parts[:depth]) in named for depth in range(1, len(parts)))
    ]
