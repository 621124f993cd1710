"""RAR archives, versions 4 and 5: names, sizes, what is encrypted, comments; members that are stored are read too.

The compression of RAR has no free description and is not undone: such members are listed and said to be unread. An
archive whose headers are encrypted tells no names. Source: "RAR 5.0 archive format" and the technical note of RAR 4,
both published by RARLAB.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial

from mailguard.inspect.archives.entries import OTHER_VOLUME, Entry, TooLarge, Unpackable, cannot, taken
from mailguard.inspect.archives.marks import MARK_4, MARK_5
from mailguard.inspect.archives.oldnames import old_name
from mailguard.inspect.archives.rarnames import wide_name
from mailguard.inspect.content import BROKEN, NEEDS_PASSWORD, Content, FileIn
from mailguard.inspect.limits import Budget

_COMPRESSED = "compressed with RAR"
_NOTHING = 16  # octets into which nothing at all is packed, at most


@dataclass(slots=True)
class _Listing:
    """What the headers say. ended: an end block was seen, so nothing is cut off."""

    entries: list[Entry] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    closed: bool = False
    split: bool = False
    ended: bool = False


@dataclass(frozen=True, slots=True)
class _Claim:
    """One file header in the words that both versions share."""

    name: str
    begins: int
    packed: int
    size: int
    stored: bool
    encrypted: bool
    split: bool
    crc: int | None


def read_rar(file: FileIn, budget: Budget) -> Content:
    """A RAR archive."""
    listing = _Listing()
    most = budget.limits.members + 1
    reader = _read_5 if file.octets.startswith(MARK_5) else _read_4
    try:
        for _ in zip(range(8 * most), reader(file.octets, listing), strict=False):
            if len(listing.entries) > most:
                break
    except (Unpackable, struct.error, IndexError):
        budget.find("unparseable_attachment", file.where, "rar: a broken header")
    else:
        if not (listing.ended or listing.closed or len(listing.entries) > most):
            budget.find("unparseable_attachment", file.where, "rar: cut off")
            listing.ended = False
    if listing.split:
        budget.find("not_inspectable", file.where, "one of several volumes")
    whole = listing.ended and not listing.split and not listing.closed
    content = Content(text="\n".join(listing.comments), encrypted=listing.closed, whole=whole)
    content.inner = taken(listing.entries, content, budget, file.where)
    return content


def _entry(octets: bytes, claim: _Claim) -> Entry:
    return Entry(
        claim.name, claim.size, _unpack_of(octets, claim), claim.packed, claim.encrypted,
        None if claim.split else claim.crc,
    )  # fmt: skip


def _unpack_of(octets: bytes, claim: _Claim) -> Callable[[int], bytes]:
    if claim.encrypted:
        return cannot(NEEDS_PASSWORD)
    if claim.split:
        return cannot(OTHER_VOLUME)
    if not claim.size and not claim.crc and claim.packed <= _NOTHING:
        return lambda _most: b""
    if not claim.stored:
        return cannot(_COMPRESSED)
    return partial(_stored, octets, claim.begins, claim.packed)


def _stored(octets: bytes, begins: int, packed: int, most: int) -> bytes:
    if packed > most:
        raise TooLarge("larger than the limit")
    if begins + packed > len(octets):
        raise Unpackable(BROKEN)
    return octets[begins : begins + packed]


def _read_4(octets: bytes, listing: _Listing) -> Iterator[None]:
    """The blocks of version 4: CRC, type, flags, size; the size of data behind it where flag 0x8000 says so."""
    at = len(MARK_4)
    while at + 7 <= len(octets):
        kind, flags, size = struct.unpack_from("<BHH", octets, at + 2)
        block = octets[at : at + size]
        if size < 7 or len(block) < size:
            raise Unpackable(BROKEN)
        data = struct.unpack_from("<I", block, 7)[0] if flags & 0x8000 else 0
        if kind == 0x73:
            listing.split = listing.split or bool(flags & 1)
            if flags & 2:  # a comment in the header, always packed
                listing.entries.append(Entry("comment", 0, cannot(_COMPRESSED)))
            if flags & 0x80:  # all that follows is encrypted
                listing.closed = True
                return
        elif kind in (0x74, 0x7A):
            claim = _claim_4(block, flags, at + size)
            data = claim.packed
            _take(octets, listing, claim, service=kind == 0x7A, folder=flags & 0xE0 == 0xE0)
        elif kind == 0x7B:
            listing.ended = True
            listing.split = listing.split or bool(flags & 1)
            return
        at += size + data
        yield
    listing.ended = at == len(octets)  # old versions write no end


def _claim_4(block: bytes, flags: int, begins: int) -> _Claim:
    packed, size, _, crc, _, _, method, length = struct.unpack_from("<IIBIIBBH", block, 7)
    at = 32
    if flags & 0x100:
        high_packed, high_size = struct.unpack_from("<II", block, at)
        packed, size, at = packed | high_packed << 32, size | high_size << 32, at + 8
    raw = block[at : at + length]
    name = wide_name(raw) if flags & 0x200 else old_name(raw)
    return _Claim(name, begins, packed, size, method == 0x30, bool(flags & 4), bool(flags & 3), crc)


def _take(octets: bytes, listing: _Listing, claim: _Claim, *, service: bool, folder: bool) -> None:
    """Keep what a header names: a file, or the comment of the archive."""
    if not service:
        if not folder:
            listing.entries.append(_entry(octets, claim))
    elif claim.name == "CMT":
        if claim.stored and not claim.encrypted and claim.packed <= 2**18:
            listing.comments.append(old_name(_stored(octets, claim.begins, claim.packed, 2**18).rstrip(b"\0")))
        else:
            listing.entries.append(_entry(octets, claim))  # a text that is not read, said like one


class _Vints:
    """Numbers of version 5: seven bits an octet, lowest first, the high bit says that more follow."""

    def __init__(self, octets: bytes, at: int) -> None:
        self.octets, self.at = octets, at

    def take(self) -> int:
        value = shift = 0
        while True:
            octet = self.octets[self.at]
            self.at += 1
            value |= (octet & 127) << shift
            shift += 7
            if not octet & 128:
                return value
            if shift > 63:
                raise Unpackable(BROKEN)


def _read_5(octets: bytes, listing: _Listing) -> Iterator[None]:
    """The blocks of version 5: CRC, then in vints size, type, flags, sizes of the extra area and of data behind."""
    at = len(MARK_5)
    while at + 7 <= len(octets):
        head = _Vints(octets, at + 4)
        size = head.take()
        ends = head.at + size
        kind, flags = head.take(), head.take()
        extra = head.take() if flags & 1 else 0
        data = head.take() if flags & 2 else 0
        if not size or ends > len(octets):
            raise Unpackable(BROKEN)
        if kind == 1:
            listing.split = bool(head.take() & 1)
        elif kind in (2, 3):
            claim, folder = _claim_5(head, ends - extra, ends, data, flags)
            _take(octets, listing, claim, service=kind == 3, folder=folder)
        elif kind == 4:  # all that follows is encrypted
            listing.closed = True
            return
        elif kind == 5:
            listing.ended = True
            listing.split = listing.split or bool(head.take() & 1)
            return
        at = ends + data
        yield


def _claim_5(head: _Vints, extra: int, ends: int, data: int, flags: int) -> tuple[_Claim, bool]:
    kind, size, _ = head.take(), head.take(), head.take()
    head.at += 4 if kind & 2 else 0
    crc = struct.unpack_from("<I", head.octets, head.at)[0] if kind & 4 else None
    head.at += 4 if kind & 4 else 0
    method, _, length = head.take(), head.take(), head.take()
    name = head.octets[head.at : head.at + length].decode("utf-8", "replace")
    encrypted = 1 in _extra_kinds(head.octets, extra, ends)
    stored = not method >> 7 & 7
    claim = _Claim(name, ends, data, data if kind & 8 else size, stored, encrypted, bool(flags & 0x18), crc)
    return claim, bool(kind & 1)


def _extra_kinds(octets: bytes, at: int, ends: int) -> set[int]:
    """The types of the records in an extra area."""
    kinds: set[int] = set()
    while at < ends:
        record = _Vints(octets, at)
        size = record.take()
        at = record.at + size
        kinds.add(record.take())
    return kinds
