"""A mail to its parts, each with its place in the octets; nothing is decoded and nothing is written again.

One reading only: where another reader could see other parts, the part says so in `doubt`, and whoever would alter a
body refuses. Messages inside messages are leaves: what stands in them is not ours. Linear for each level of nesting,
and bounded. Sources: RFC 2045, RFC 2046 section 5.1.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from mailguard.transform.edits import Unalterable
from mailguard.transform.fields import Field, Kind, parse_kind, parse_media, read_fields

_MOST_PARTS, _MOST_DEPTH, _MOST_DELIMITERS = 2000, 30, 4000
_TAIL = re.compile(rb"(--)?[ \t]*(?:\r?\n|\Z)")
IDENTITY = ("7bit", "8bit", "binary")
ENCODINGS = (*IDENTITY, "quoted-printable", "base64")


@dataclass(slots=True)
class Part:
    """An entity. [start:block] its header, [body:end] its body, [cut:start] the delimiter above it with its line end.

    path: "" for the mail itself, else "1", "1.2"; doubt: why its structure cannot be trusted, "" if it can.
    """

    path: str
    cut: int
    start: int
    block: int
    body: int
    end: int
    fields: tuple[Field, ...]
    kind: Kind
    disposition: Kind
    encoding: str
    parents: tuple[str, ...] = ()
    children: list[Part] = field(default_factory=list)
    doubt: str = ""

    @property
    def media(self) -> str:
        return self.kind.value

    @property
    def is_multipart(self) -> bool:
        return self.media.startswith("multipart/")

    def every(self) -> Iterator[Part]:
        """This part and all below it, in order."""
        yield self
        for child in self.children:
            yield from child.every()

    def named(self, name: str) -> list[Field]:
        return [one for one in self.fields if one.name == name]


@dataclass(frozen=True, slots=True)
class Mail:
    """The octets, their parts, and the line end that they use."""

    octets: bytes
    root: Part
    eol: bytes

    def doubt(self) -> str:
        """Why the structure cannot be trusted; "" if it can."""
        return next((one.doubt for one in self.root.every() if one.doubt), "")

    def require_sound(self) -> None:
        """Raises Unalterable where another reader could see other parts."""
        if doubt := self.doubt():
            raise Unalterable(
                "メールの構造が一通りに読み取れないため、本文や添付を変更できません",
                f"the structure of the mail can be read in two ways, so its parts are not altered ({doubt})",
            )


def read_structure(octets: bytes) -> Mail:
    """The structure of a mail. Raises Unalterable only where it is beyond all limits."""
    first = octets.find(b"\n")
    eol = b"\n" if first >= 0 and octets[first - 1 : first] != b"\r" else b"\r\n"
    root = _entity(octets, "", (0, 0, len(octets)), (), "text/plain")
    count, stack = 1, [root]
    while stack:
        part = stack.pop()
        if not part.is_multipart:
            continue
        if len(part.parents) >= _MOST_DEPTH:
            raise Unalterable("メールの構造が深すぎるため変更できません", "the mail is nested too deeply to be altered")
        _split(octets, part)
        count += len(part.children)
        if count > _MOST_PARTS:
            raise Unalterable("パートが多すぎるため変更できません", "the mail has too many parts to be altered")
        stack.extend(part.children)
    return Mail(octets, root, eol)


def _entity(octets: bytes, path: str, place: tuple[int, int, int], parents: tuple[str, ...], default: str) -> Part:
    cut, start, end = place
    fields, block, body = read_fields(octets, start, end)
    doubts = [] if all(one.clean for one in fields) else ["a header line is no field"]
    if path == "" and body > start and block == start:
        doubts.append("an empty line stands before the header")
    raws = [[one.raw(octets) for one in fields if one.name == name] for name in _STRUCTURE]
    if any(len(some) > 1 for some in raws):
        doubts.append("a field of the structure stands twice")
    types, dispositions, encodings = raws
    kind = parse_media(types[0]) if types and types[0].strip() else Kind(default)
    disposition = parse_kind(dispositions[0]) if dispositions else Kind()
    encoding = encodings[0].strip().decode("latin-1").lower() if encodings else "7bit"
    if not kind.value or (kind.odd and (kind.value.startswith(("multipart/", "text/")))):
        doubts.append("Content-Type is not well formed")
    if encoding not in ENCODINGS or (kind.value.startswith("multipart/") and encoding not in IDENTITY):
        doubts.append("the transfer encoding is not one of a mail")
    doubt = doubts[0] if doubts else ""
    return Part(path, cut, start, block, body, end, fields, kind, disposition, encoding, parents, doubt=doubt)


_STRUCTURE = ("content-type", "content-disposition", "content-transfer-encoding")


def _split(octets: bytes, part: Part) -> None:
    """Fill in the children of a multipart."""
    boundary = part.kind.get("boundary").encode("latin-1", "replace")
    if not boundary or len(boundary) > 998 or b"\n" in boundary or boundary != boundary.rstrip(b" \t"):
        part.doubt = part.doubt or "a multipart without a usable boundary"
        return
    default = "message/rfc822" if part.media == "multipart/digest" else "text/plain"
    parents = (*part.parents, part.media)
    marks = _delimiters(octets, part, boundary)
    if not marks:
        part.doubt = part.doubt or "the declared boundary does not occur"
    for number, (cut, start, closes) in enumerate(marks):
        if closes:
            break
        end = marks[number + 1][0] if number + 1 < len(marks) else part.end
        path = f"{part.path}.{number + 1}" if part.path else str(number + 1)
        part.children.append(_entity(octets, path, (cut, start, max(start, end)), parents, default))


def _delimiters(octets: bytes, part: Part, boundary: bytes) -> list[tuple[int, int, bool]]:
    """Where each delimiter begins (with the line end before it) and ends, and whether it is the closing one."""
    needle = b"--" + boundary
    marks: list[tuple[int, int, bool]] = []
    closed, seen = False, 0
    at = part.body if octets.startswith(needle, part.body) else octets.find(b"\n" + needle, part.body, part.end) + 1
    while part.body <= at < part.end and at:
        seen += 1
        tail = _TAIL.match(octets, at + len(needle), part.end)
        if seen > _MOST_DELIMITERS:
            raise Unalterable("パートが多すぎるため変更できません", "the mail has too many parts to be altered")
        if tail is None or closed:
            part.doubt = part.doubt or "the boundary can be read in two ways"
        else:
            floor = marks[-1][1] if marks else part.body
            marks.append((_line_before(octets, at, floor), tail.end(), tail.group(1) is not None))
            closed = tail.group(1) is not None
        at = octets.find(b"\n" + needle, at, part.end) + 1
    return marks


def _line_before(octets: bytes, at: int, floor: int) -> int:
    """The place before the line end that belongs to a delimiter (RFC 2046 section 5.1.1)."""
    if at <= floor:
        return at
    return at - 2 if at - 2 >= floor and octets[at - 2 : at] == b"\r\n" else at - 1
