"""One member of an Office package as octets, in pieces, so that a sheet of a hundred megabytes never lies in memory
whole.

Limits are the archives' (`limits.ratio`, what is left of `expanded_bytes`); what comes out is counted once. Raises
Unpackable where a member cannot be had.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import replace

from mailguard.inspect.archives.entries import Unpackable
from mailguard.inspect.archives.zipdata import packed_data, unpack
from mailguard.inspect.archives.zipheaders import DEFLATED, STORED, Member
from mailguard.inspect.limits import SMALL_MEMBER, Budget

_PIECE = 2**18
_HEAD = 4096


class Stored:
    """A member of a package. odd: what was wrong with it, known after it was read; "" if nothing."""

    def __init__(self, octets: bytes, member: Member, budget: Budget) -> None:
        self.octets, self.member, self.budget = octets, member, budget
        self.counted = False
        self.odd = ""

    @property
    def name(self) -> str:
        """Its name without a leading slash."""
        return self.member.name.lstrip("/")

    def head(self) -> bytes:
        """Its first octets."""
        return next(self._expanded(_HEAD), b"")

    def pieces(self) -> Iterator[bytes]:
        """Its content."""
        limits, budget = self.budget.limits, self.budget
        most = max(SMALL_MEMBER, limits.ratio * max(self.member.packed, 1))
        out = crc = 0
        for piece in self._expanded(_PIECE):
            out += len(piece)
            if not self.counted:
                if out > most or len(piece) > budget.left:
                    raise Unpackable("larger than the limit")
                budget.spend(len(piece))
            crc = zlib.crc32(piece, crc)
            yield piece
        self.counted = True
        if self.member.crc and crc != self.member.crc:
            self.odd = "a member is damaged: its checksum is wrong"
        elif self.member.size and out != self.member.size:
            self.odd = "a member is not as long as it claims"

    def content(self) -> bytes:
        """Its content as one."""
        return b"".join(self.pieces())

    def _expanded(self, size: int) -> Iterator[bytes]:
        member, octets = self.member, self.octets
        if member.encrypted:
            raise Unpackable("encrypted")
        if member.method not in (STORED, DEFLATED):
            yield unpack(octets, member, min(self.budget.left, 2**26))
            return
        packed = packed_data(octets, member)
        if member.method == DEFLATED:
            yield from _inflated(packed, size)
            return
        for position in range(0, len(packed), size):
            yield bytes(packed[position : position + size])


def _inflated(packed: memoryview, size: int) -> Iterator[bytes]:
    """Deflated data in pieces. Raises Unpackable where they are broken or cut off, after what came before."""
    inflater = zlib.decompressobj(-15)
    position = 0
    try:
        while not inflater.eof:
            taken = inflater.unconsumed_tail
            if not taken:
                taken = bytes(packed[position : position + size])
                position += len(taken)
                if not taken:
                    raise Unpackable("broken data")
            if piece := inflater.decompress(taken, size):
                yield piece
    except zlib.error as error:
        raise Unpackable("broken data") from error


class Unlocked(Stored):
    """A part whose content was decrypted."""

    def __init__(self, part: Stored, content: bytes) -> None:
        super().__init__(part.octets, replace(part.member, encrypted=False, crc=0, size=0), part.budget)
        self.counted = True
        self.plain = content

    def _expanded(self, size: int) -> Iterator[bytes]:
        for position in range(0, len(self.plain), size):
            yield self.plain[position : position + size]
