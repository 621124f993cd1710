"""Bounded tables under hashes: the newest few numbers of a key, and small counters of pairs.

A table never grows. Keys that share a place push each other out or are counted together, so whoever reads checks what
he finds where it matters. Everything is flat octets: saved and loaded as it stands.
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterable

MIX_ONE, MIX_TWO, MIX = 0x85EBCA6B, 0xC2B2AE35, 0x9E3779B1
#: Cells that are looked at together.
_BLOCK = 4096


def blank(octets: int) -> memoryview:
    """So many octets of 0, which take memory only once they are written."""
    return memoryview(mmap.mmap(-1, octets, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS))


class Recent:
    """Of each 32-bit key the newest `width` numbers (32 bits, not 0)."""

    __slots__ = ("_move", "_unpack", "cells", "mask", "width")

    def __init__(self, bits: int, width: int) -> None:
        """bits: 2 ** bits keys are told apart."""
        self.mask = (1 << bits) - 1
        self.width = width
        self.cells = blank(4 * width << bits).cast("I")
        self._move = self.cells.obj.move  # type: ignore[attr-defined]  # memory's own, without two slices
        self._unpack = struct.Struct(f"={width}I").unpack_from

    def put(self, keys: Iterable[int], number: int) -> None:
        """Enter a number under each key."""
        mask, width, cells, move = self.mask, self.width, self.cells, self._move
        rest = 4 * (width - 1)
        for key in keys:
            at = (key & mask) * width
            move(4 * at + 4, 4 * at, rest)
            cells[at] = number

    def get(self, key: int) -> tuple[int, ...]:
        """The newest first; 0 where there is none."""
        return self._unpack(self.cells, (key & self.mask) * self.width * 4)

    def find(self, keys: Iterable[int]) -> list[tuple[int, ...]]:
        """What `get` says of each key."""
        unpack, cells, mask, size = self._unpack, self.cells, self.mask, self.width * 4
        return [unpack(cells, (key & mask) * size) for key in keys]

    def find_under(self, keys: Iterable[int], third: int) -> list[tuple[int, ...]]:
        """The same of each key under a third hash."""
        unpack, cells, mask, size = self._unpack, self.cells, self.mask, self.width * 4
        third *= MIX
        return [
            unpack(cells, (((mixed := (key * 31 + third) & 0xFFFFFFFF) ^ (mixed >> 13)) & mask) * size) for key in keys
        ]

    def follow(self, other: Recent, shift: int) -> None:
        """Take in another table of this size, whose numbers are `shift` higher here."""
        width = self.width
        for key in range(self.mask + 1):
            for number in reversed(other.cells[key * width : (key + 1) * width].tolist()):
                if number:
                    self.put((key,), number + shift)


class Counts:
    """How often, up to 255, two things (32-bit hashes) came together, in either order, maybe under a third."""

    __slots__ = ("cells", "mask")

    def __init__(self, bits: int) -> None:
        self.mask = (1 << bits) - 1
        self.cells = blank(1 << bits)

    def add(self, hashes: Iterable[int]) -> None:
        """Count each of these hashes once more."""
        cells, mask = self.cells, self.mask
        for one in hashes:
            place = one & mask
            count = cells[place]
            if count < 255:
                cells[place] = count + 1

    def follow(self, other: Counts) -> None:
        """Take in another table of this size."""
        mine, theirs = self.cells, other.cells
        for start in range(0, len(theirs), _BLOCK):
            block = theirs[start : start + _BLOCK].tobytes()
            if block.count(0) == len(block):  # most of a young table
                continue
            for at, count in enumerate(block, start):
                if count:
                    mine[at] = min(255, mine[at] + count)


def pair(one: int, two: int) -> int:
    """A hash of two hashes, the same in either order."""
    if one > two:
        one, two = two, one
    mixed = (one * MIX_ONE + two * MIX_TWO) & 0xFFFFFFFF
    return mixed ^ (mixed >> 15)


def under(key: int, third: int) -> int:
    """A hash of a hash under a third one; not the same in the other order."""
    mixed = (key * 31 + third * MIX) & 0xFFFFFFFF
    return mixed ^ (mixed >> 13)


def all_under(keys: Iterable[int], third: int) -> list[int]:
    """Each key under a third hash."""
    third *= MIX
    return [(mixed := (key * 31 + third) & 0xFFFFFFFF) ^ (mixed >> 13) for key in keys]
