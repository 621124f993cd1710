"""LHA archives (.lzh), the old Japanese form: headers of levels 0 to 3, members stored or packed by -lh4- to -lh7-.

Names are what the sender's Windows wrote. Older and stranger methods are listed and not undone. Unpacking is
arithmetic in pure Python and so bounded by `slow_bytes`. Source: the header document of LHa for UNIX.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from mailguard.inspect.archives.entries import Entry, TooLarge, Unpackable, taken
from mailguard.inspect.archives.lzhuf import DICTIONARIES, unpacked
from mailguard.inspect.archives.oldnames import old_name
from mailguard.inspect.content import BROKEN, Content, FileIn
from mailguard.inspect.limits import Budget

_STORED = (b"-lh0-", b"-lz4-", b"-pm0-")
_FOLDER = b"-lhd-"
_MOST_EXTENSIONS = 100


@dataclass(frozen=True, slots=True)
class _Claim:
    """A member as its header has it. after: where the next header is."""

    name: str
    method: bytes
    begins: int
    packed: int
    size: int
    after: int
    comment: str = ""


@dataclass(slots=True)
class _Names:
    """What extended headers say. taken: their octets."""

    name: bytes = b""
    folder: bytes = b""
    wide_name: str = ""
    wide_folder: str = ""
    comment: bytes = b""
    taken: int = 0

    def note(self, kind: int, value: bytes) -> None:
        match kind:
            case 0x01:
                self.name = value
            case 0x02:
                self.folder = value
            case 0x3F:
                self.comment = value
            case 0x44:
                self.wide_name = value.decode("utf-16-le", "replace")
            case 0x45:
                self.wide_folder = value.decode("utf-16-le", "replace").replace("\uffff", "/")

    def path(self) -> str:
        folder = self.wide_folder or "/".join(old_name(step) for step in self.folder.split(b"\xff") if step)
        name = self.wide_name or old_name(self.name)
        return f"{folder.rstrip('/')}/{name}" if folder else name


def read_lzh(file: FileIn, budget: Budget) -> Content:
    """An LHA archive."""
    content = Content()
    claims: list[_Claim] = []
    try:
        for claim in _listed(file.octets):
            claims.append(claim)
            if len(claims) > 2 * budget.limits.members:
                break
    except (struct.error, IndexError, Unpackable):
        budget.find("unparseable_attachment", file.where, "lzh: a broken header, or cut off")
        content.whole = False
    content.text = "\n".join(one.comment for one in claims if one.comment)
    entries = (
        Entry(one.name, one.size, partial(_unpack, file, one, budget), one.packed)
        for one in claims
        if one.method != _FOLDER
    )
    content.inner = taken(entries, content, budget, file.where)
    return content


def _unpack(file: FileIn, claim: _Claim, budget: Budget, most: int) -> bytes:
    packed = file.octets[claim.begins : claim.begins + claim.packed]
    if len(packed) < claim.packed:
        raise Unpackable(BROKEN)
    if claim.size > most:
        raise TooLarge("larger than the limit")
    if claim.method in _STORED:
        return packed
    if claim.method not in DICTIONARIES:
        raise Unpackable(f"compressed with {claim.method.decode('ascii', 'replace')}")
    if not budget.take_slow(claim.size + claim.packed, file.where):
        raise Unpackable("compressed in a way that takes too long to undo")
    return unpacked(packed, claim.method, claim.size)


def _listed(octets: bytes) -> Iterator[_Claim]:
    at = 0
    while at < len(octets) and octets[at]:
        level = octets[at + 20]
        if octets[at + 2 : at + 4] not in (b"-l", b"-p") or level > 3:
            raise Unpackable(BROKEN)
        claim = _old(octets, at, level) if level < 2 else _new(octets, at, level)
        yield claim
        if claim.after > len(octets):
            raise Unpackable(BROKEN)
        at = claim.after


def _old(octets: bytes, at: int, level: int) -> _Claim:
    """Levels 0 and 1: the header's size is an octet, and the name stands in it."""
    method, packed, size = struct.unpack_from("<5sII", octets, at + 2)
    length = octets[at + 21]
    names = _Names(name=octets[at + 22 : at + 22 + length])
    begins = at + 2 + octets[at]
    if level == 1:  # extended headers count as packed data
        _extensions(octets, begins - 2, 2, names)
        begins, packed = begins + names.taken, packed - names.taken
    if packed < 0:
        raise Unpackable(BROKEN)
    return _Claim(names.path(), method, begins, packed, size, begins + packed, old_name(names.comment))


def _new(octets: bytes, at: int, level: int) -> _Claim:
    """Levels 2 and 3: one size for the whole header, the name in extended headers."""
    method, packed, size = struct.unpack_from("<5sII", octets, at + 2)
    names = _Names()
    if level == 2:
        begins = at + struct.unpack_from("<H", octets, at)[0]
        _extensions(octets, at + 24, 2, names)
    else:
        begins = at + struct.unpack_from("<I", octets, at + 24)[0]
        _extensions(octets, at + 28, 4, names)
    if begins <= at + 21:
        raise Unpackable(BROKEN)
    return _Claim(names.path(), method, begins, packed, size, begins + packed, old_name(names.comment))


def _extensions(octets: bytes, at: int, width: int, names: _Names) -> None:
    """Extended headers: a size (of this and the next size), a type, a value; size 0 ends."""
    for _ in range(_MOST_EXTENSIONS):
        size = int.from_bytes(octets[at : at + width], "little")
        if not size:
            return
        if size <= width or at + width + size > len(octets):
            raise Unpackable(BROKEN)
        names.note(octets[at + width], octets[at + width + 1 : at + size])
        names.taken += size
        at += size
    raise Unpackable(BROKEN)
