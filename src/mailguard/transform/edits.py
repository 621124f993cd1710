"""What an alteration does to the octets: spans that give way to others. Everything outside of the spans stays.

Values and one join; nothing is known here of mail. `Unalterable` is how an alteration says no inside this room; people
get it as `Refused`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from mailguard.mail.verdict import Because

_LINE, _MOST_LINES = 500, 100


class Unalterable(Exception):
    """The mail cannot be altered so without harm; `because` says why, for people."""

    def __init__(self, ja: str, en: str) -> None:
        super().__init__(en)
        self.because = Because(ja, en)


@dataclass(frozen=True, slots=True)
class Edit:
    """octets[start:end] gives way to `octets`. start == end: an insertion."""

    start: int
    end: int
    octets: bytes = b""


@dataclass(slots=True)
class Step:
    """What one alteration does: its edits in any order, the lines of its diff, and what people should know besides."""

    edits: list[Edit] = field(default_factory=list)
    diff: list[str] = field(default_factory=list)
    notes: list[Because] = field(default_factory=list)

    def tell(self, where: str, before: Iterable[str] = (), after: Iterable[str] = ()) -> None:
        """Add to the diff what went and what came, each shortened, under the name of the place."""
        lines = [f"@@ {where} @@", *_signed("-", before), *_signed("+", after)]
        self.diff.extend(lines)


def edited(octets: bytes, edits: Sequence[Edit]) -> bytes:
    """The octets with all edits done; insertions at one place keep their order. That they overlap is our fault."""
    pieces: list[bytes | memoryview] = []
    view, at = memoryview(octets), 0
    for edit in sorted(edits, key=lambda one: (one.start, one.end)):
        if edit.start < at or edit.end < edit.start or edit.end > len(octets):
            raise AssertionError("edits overlap")
        pieces += [view[at : edit.start], edit.octets]
        at = edit.end
    return b"".join([*pieces, view[at:]])


def _signed(sign: str, lines: Iterable[str]) -> list[str]:
    out: list[str] = []
    for line in lines:
        if len(out) == _MOST_LINES:
            out.append(f"{sign}...")
            break
        clean = "".join(ch if ch.isprintable() else " " for ch in line[: _LINE + 1])
        out.append(sign + (clean if len(line) <= _LINE else clean[:_LINE] + "..."))
    return out
