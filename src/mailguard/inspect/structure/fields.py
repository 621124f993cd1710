"""A header block to its fields, from the octets themselves, noting everything that two readers could see differently.

Trusts nothing. Unlike the standard library it never raises and keeps every copy of a field. What makes it ambiguous
(bare CR, NUL in a name, white space before the colon, a line that is no field) is said, not repaired in silence.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass, field
from typing import NamedTuple

_LINE = re.compile(rb"\r\n|\n|\r")
_NAME = re.compile(rb"[!-9;-~]+")
_BLANK = re.compile(rb"\r\n\r\n|\n\n|\n\r\n|\r\n\n|\r\r")
#: Fields on which the structure of a mail hangs.
STRUCTURE = frozenset({"content-type", "content-transfer-encoding", "content-disposition"})
_UNTAME = re.compile(rb"\([^()]*\)?|[\x00-\x20\x7f-\xff]+|\)")
_MIME_LINE = re.compile(rb"(?i)^content-(?:type|transfer-encoding|disposition)[ \t]*:", re.MULTILINE)
_WITHOUT_COLON = re.compile(rb"(?i)(content-(?:type|transfer-encoding|disposition))[ \t=]+")
#: A field of the structure that stands inside the value of another: behind a line end that unfolds it, or behind what
#: some programs take for a line end.
_SWALLOWED = re.compile(
    rb"(?i)(?:[\r\n][ \t]*|[\x00-\x08\x0b\x0c\x0e-\x1f\x85]|\xe2\x80[\xa8\xa9])"
    rb"(content-(?:type|transfer-encoding|disposition))[ \t]*:"
)
#: The names of the structure by their letters alone.
_LETTERS = {name.replace("-", "").encode(): name for name in STRUCTURE}
_SHORTEST = min(map(len, _LETTERS))
#: A header block that every reader reads alike, as most are: fields of ordinary names, lines that end with CR LF.
_ORDINARY = re.compile(rb"(?:[!-9;-~]{1,80}+:[^\r\n]*+\r\n(?:[ \t][^\r\n]*+\r\n)*)+")
_ORDINARY_FIELD = re.compile(rb"([!-9;-~]+):([^\r\n]*+(?:\r\n[ \t][^\r\n]*+)*+)\r\n")
_NO_LETTERS = re.compile(rb"\([^()]*\)?|[^a-z(]+")


class Field(NamedTuple):
    """name: lower case; raw: the value's octets, folded as they came, outer white space trimmed."""

    name: str
    raw: bytes

    @property
    def value(self) -> bytes:
        """The value unfolded: line ends away, the white space after them stays (RFC 5322 section 2.2.3)."""
        return unfold(self.raw)


#: What a second reader might see differently: finding code and detail.
Oddity = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Block:
    """The fields of one header block in order.

    odd: what a second reader might see differently; rest: the block's octets from the first line on that is no field
    (for some readers the body begins there); before: how many fields stand before that line.
    """

    fields: tuple[Field, ...]
    odd: tuple[Oddity, ...] = ()
    rest: bytes = b""
    before: int = 0
    #: The values as they came, by name: each is asked for by many.
    by_name: dict[str, list[bytes]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        by_name: dict[str, list[bytes]] = {}
        for name, raw in self.fields:
            if name in by_name:
                by_name[name].append(raw)
            else:
                by_name[name] = [raw]
        object.__setattr__(self, "by_name", by_name)

    def all(self, name: str) -> list[bytes]:
        """The unfolded values of every field of this name."""
        some = self.by_name.get(name)
        return [unfold(raw) for raw in some] if some else []

    def first(self, name: str) -> bytes:
        """The first value of this name, b"" if there is none."""
        some = self.by_name.get(name)
        return unfold(some[0]) if some else b""


def unfold(raw: bytes) -> bytes:
    """A folded value on one line."""
    return raw.replace(b"\r", b"").replace(b"\n", b"") if b"\n" in raw or b"\r" in raw else raw


def split_entity(octets: bytes, header_bytes: int) -> tuple[bytes, bytes]:
    """Header block and body of an entity. The block is at most header_bytes long; an entity may begin with its body."""
    head, at = header_of(octets, header_bytes)
    return head, octets[at:]


def header_of(octets: bytes, header_bytes: int, start: int = 0, end: int | None = None) -> tuple[bytes, int]:
    """Header block of the entity between `start` and `end`, and where its body begins."""
    stop = len(octets) if end is None else end
    if octets.startswith(b"\r\n", start, stop):
        return b"", start + 2
    if octets.startswith(b"\n", start, stop):
        return b"", start + 1
    most = min(start + header_bytes, stop)
    at = octets.find(b"\r\n\r\n", start, most)
    if at >= 0 and octets.find(b"\n\n", start, at) < 0 and octets.find(b"\r\r", start, at) < 0:
        return octets[start : at + 2], at + 4
    found = _BLANK.search(octets, start, most)
    if found:
        return octets[start : found.start()], found.end()
    return octets[start:most], most


def parse_block(block: bytes) -> Block:
    """The fields of a header block. Linear."""
    return _ordinary(block) or _any_block(block)


def _ordinary(block: bytes) -> Block | None:
    """The fields of a block in which nothing is odd, as `_any_block` reads it; None where something may be."""
    if not _ORDINARY.fullmatch(block):
        return None
    fields: list[Field] = []
    for raw_name, raw in _ORDINARY_FIELD.findall(block):
        name = plain_name(raw_name)
        if b"\r\n" in raw:
            raw = raw.replace(b"\r\n", b"\n")
        if not name or (name in STRUCTURE and b"content-" in raw.lower()):
            return None
        fields.append(Field(name, raw.strip(b" \t\n")))
    return Block(tuple(fields))


@functools.lru_cache(maxsize=1024)
def plain_name(raw_name: bytes) -> str:
    """A well-formed name in lower case; "" where some reader may take it for a field of the structure."""
    return "" if _meant(raw_name) else raw_name.decode("ascii").lower()


def _any_block(block: bytes) -> Block:
    """The fields of a header block, line by line."""
    lines = _Lines(block)
    stripped = block.replace(b"\r\n", b"")
    clean = b"\r" not in stripped
    if not clean:
        lines.odd[("ambiguous_mime", "a bare CR stands in the header")] = None
    if b"\n" in stripped and b"\r\n" in block:
        lines.odd[("ambiguous_mime", "the line ends of the header are mixed")] = None
    if clean and b"\n" not in stripped:
        pieces, width = block.split(b"\r\n"), 2
    elif clean and b"\r" not in block:
        pieces, width = block.split(b"\n"), 1
    else:
        pieces, width = _LINE.split(block), 1
    for line in pieces:
        lines.take(line)
        lines.position += len(line) + width
    lines.close()
    rest = b"" if lines.rest is None else block[lines.rest :]
    return Block(tuple(lines.fields), tuple(lines.odd), rest, lines.before)


def has_mime_lines(octets: bytes) -> bool:
    """Whether a line in the octets looks like a MIME field."""
    return _MIME_LINE.search(octets) is not None


class _Lines:
    """Lines to fields, one after the other."""

    def __init__(self, block: bytes) -> None:
        self.fields: list[Field] = []
        self.odd: dict[Oddity, None] = {}
        self.rest: int | None = None
        self.before = 0
        self.position = 0
        self._name = ""
        self._pieces: list[bytes] = []

    def take(self, line: bytes) -> None:
        if line[:1] in (b" ", b"\t"):
            if self._name:
                self._pieces.append(line)
            elif line.strip():
                self.odd[("ambiguous_mime", "the first header line begins with white space")] = None
                self._open(line.lstrip())
            return
        self.close()
        if line:
            self._open(line)

    def close(self) -> None:
        if self._name:
            raw = b"\n".join(self._pieces).strip(b" \t\r\n")
            self.fields.append(Field(self._name, raw))
            if self._name in STRUCTURE and (inner := _SWALLOWED.search(raw)):
                self._odd(f"another field stands in the value of {self._name}")
                self.fields.append(Field(inner.group(1).decode("ascii").lower(), raw[inner.end() :].strip(b" \t\r\n")))
        self._name, self._pieces = "", []

    def _odd(self, detail: str) -> None:
        self.odd[("ambiguous_mime", detail)] = None

    def _open(self, line: bytes) -> None:
        raw_name, colon, value = line.partition(b":")
        meant = _meant(raw_name) if colon else ""
        if colon and not meant and _NAME.fullmatch(raw_name):
            self._name, self._pieces = raw_name.decode("ascii").lower(), [value]
            return
        if line.startswith((b"From ", b">From ")):  # mbox's separator, left in by some programs
            return
        # White space, NUL or a comment in the name, no colon: some readers take the field, others do not.
        if not colon and (bare := _WITHOUT_COLON.match(line)):
            meant, value = bare.group(1).decode("ascii").lower(), line[bare.end() :]
        if meant:
            self._odd(f"the name of the field {meant} is not well formed")
            self._name, self._pieces = meant, [value]
            return
        tame = _UNTAME.sub(b"", raw_name) if len(raw_name) < 200 else b""
        if colon and _NAME.fullmatch(tame):
            self._name, self._pieces = tame.decode("ascii").lower(), [value]
        self.odd[("malformed_header", "a header line is no field")] = None
        if self.rest is None:
            self.rest, self.before = self.position, len(self.fields)


def _meant(name: bytes) -> str:
    """The field of the structure that a name is not, but that some reader may take it for; "" if there is none."""
    if not _SHORTEST <= len(name) <= 200 or name.decode("latin-1").lower() in STRUCTURE:
        return ""
    return _LETTERS.get(_NO_LETTERS.sub(b"", name.lower()), "")
