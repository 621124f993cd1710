"""Tar archives to their files, read in order from a stream; links, folders and devices have no content of their own.

Own reader, because the standard one trusts sizes and loops on crafted ones, and ends at the first damage: here a
broken header costs its member, and what comes later is found again. Source: POSIX pax (ustar, x and g records), the
manual of GNU tar (long names L and K, sparse files). Names are UTF-8 or what the sender's machine wrote.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from mailguard.inspect.archives.entries import TooLarge, most_of, note_too_large
from mailguard.inspect.archives.marks import TAR_BLOCK, is_tar_header, octal
from mailguard.inspect.archives.oldnames import old_name
from mailguard.inspect.archives.pull import Pull
from mailguard.inspect.archives.sparse import filled, old_holes, pax_holes
from mailguard.inspect.content import BOMB, Content, FileIn, Inner
from mailguard.inspect.limits import Budget

_LONGEST = 2**20  # of a name or a pax record
_LINKS, _FOLDER, _CONTINUED = b"12", b"5", b"M"
_DEVICES = b"346"


def read_tar(file: FileIn, budget: Budget) -> Content:
    """A tar archive."""
    content = Content()
    source = Pull(iter((file.octets,)), len(file.octets))
    content.inner = open_tar(source, budget, file.where, content, packed=len(file.octets))
    return content


def open_tar(source: Pull, budget: Budget, where: str, content: Content, packed: int) -> Iterator[Inner]:
    """The files in a tar archive. packed: octets of the file around it, for the limits."""
    reading = _Reading(source, budget, where, content)
    try:
        while (header := reading.next_header()) is not None:
            yield from reading.member(header)
    except TooLarge:
        note_too_large(most_of(packed, budget) + 1, packed, budget, where)
        content.whole = False
    if source.broken:
        reading.broken(source.broken)


@dataclass(slots=True)
class _Reading:
    """What the headers in front of a member have said of it."""

    source: Pull
    budget: Budget
    where: str
    content: Content
    long_name: bytes = b""
    pax: dict[str, bytes] = field(default_factory=dict)
    pax_for_all: dict[str, bytes] = field(default_factory=dict)
    ended: bool = False

    def broken(self, why: str) -> None:
        self.budget.find("unparseable_attachment", self.where, f"broken tar: {why}")
        self.content.whole = False

    def next_header(self) -> bytes | None:
        """The next header block, None at the end. Two blocks of zeros are an end that some readers do not believe."""
        lost = False
        while len(block := self.source.read(TAR_BLOCK)) == TAR_BLOCK:
            if not any(block):
                self.ended = True
            elif not (lost or self.ended) or block[257:262] == b"ustar":
                if is_tar_header(block):
                    if self.ended:
                        self.budget.find("ambiguous_archive", self.where, "more members behind the end of the tar")
                        self.ended = False
                    return block
                lost = True
                if not self.ended:
                    self.broken("a header that is none")
        if not self.ended:
            self.broken("it does not end")
        return None

    def member(self, header: bytes) -> Iterator[Inner]:
        kind, size = header[156:157], octal(header[124:136])
        if kind in (b"x", b"g", b"X", b"L", b"K"):
            self._about_next(kind, size)
            return
        attributes = {**self.pax_for_all, **self.pax}
        name = self._name(header, attributes)
        size = _decimal(attributes.get("size"), size)
        self.long_name, self.pax = b"", {}
        if kind in _FOLDER or (name.endswith("/") and not size):
            self.source.skip(_padded(size))
        elif not self.budget.take_member(self.where):
            self.content.whole = False
            self.source.skip(2**63)
        elif kind in _LINKS or kind in _DEVICES:
            target = attributes.get("linkpath") or header[157:257].split(b"\0")[0]
            self.content.text += f"{name} -> {old_name(target, unix=True)}\n" if kind in _LINKS else ""
            self.source.skip(_padded(size) if kind == b"1" and "size" in attributes else 0)
            yield Inner(name, b"", 0)
        else:
            yield self._file(header, kind, name, size, attributes)

    def _file(self, header: bytes, kind: bytes, name: str, size: int, attributes: dict[str, bytes]) -> Inner:
        if kind == _CONTINUED:
            self.budget.find("not_inspectable", self.where, "one of several volumes")
            self.content.whole = False
        holes, real = old_holes(header, self.source) if kind == b"S" else (None, size)
        if size > self.budget.left_for_one:
            self.source.skip(_padded(size))
            note_too_large(size, 0, self.budget, self.where)
            return Inner(name, None, size, why=BOMB)
        octets = self.source.read(size)
        self.source.skip(_padded(size) - size)
        if len(octets) < size:
            self.broken("a member that is cut off")
            self.ended = True
        if holes is None:
            octets, holes, real = pax_holes(octets, attributes)
        if holes is not None:
            octets = filled(octets, holes, real, self.budget.left)
        self.budget.spend(len(octets))
        return Inner(name, octets, len(octets))

    def _about_next(self, kind: bytes, size: int) -> None:
        """A record about the next member, or about all that follow."""
        value = self.source.read(min(size, _LONGEST))
        self.source.skip(_padded(size) - len(value))
        if kind == b"L":
            self.long_name = value.split(b"\0")[0]
        elif kind == b"g":
            self.pax_for_all |= _pax(value)
        elif kind in (b"x", b"X"):
            self.pax |= _pax(value)

    def _name(self, header: bytes, attributes: dict[str, bytes]) -> str:
        raw = attributes.get("GNU.sparse.name") or attributes.get("path") or self.long_name
        if not raw:
            raw = header[:100].split(b"\0")[0]
            prefix = header[345:500].split(b"\0")[0] if header[257:263] == b"ustar\0" else b""
            raw = prefix + b"/" + raw if prefix else raw
        return old_name(raw, unix=True)


def _decimal(digits: bytes | None, otherwise: int) -> int:
    return int(digits) if digits is not None and digits.isdigit() and len(digits) < 20 else otherwise


def _padded(size: int) -> int:
    return -(-size // TAR_BLOCK) * TAR_BLOCK


def _pax(records: bytes) -> dict[str, bytes]:
    """The records "length key=value" of a pax header; what is broken ends it."""
    found: dict[str, bytes] = {}
    at = 0
    while at < len(records):
        blank = records.find(b" ", at, at + 20)
        length = _decimal(records[at:blank] if blank > at else None, 0)
        if length <= blank - at or at + length > len(records):
            break
        key, _, value = records[blank + 1 : at + length - 1].partition(b"=")
        name = key.decode("utf-8", "replace")
        if name == "GNU.sparse.offset" or name == "GNU.sparse.numbytes":
            found["GNU.sparse.map"] = found.get("GNU.sparse.map", b"") + b"," * ("GNU.sparse.map" in found) + value
        else:
            found[name] = value
        at += length
    return found
