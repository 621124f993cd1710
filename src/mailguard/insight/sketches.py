"""Bounded tables under hashes: the newest few numbers of a key, and small counters of pairs.

A table never grows. Keys that share a place push each other out or are counted together, so whoever reads checks what
he finds where it matters. Everything is flat octets: saved and loaded as it stands.
"""

from __future__ import annotations

import mmap

_MIX_ONE, _MIX_TWO, MIX = 0x85EBCA6B, 0xC2B2AE35, 0x9E3779B1


def blank(octets: int) -> memoryview:
    """So many octets of 0, which take memory only once they are written."""
    return memoryview(mmap.mmap(-1, octets, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS))


class Recent:
    """Of each 32-bit key the newest `width` numbers (32 bits, not 0)."""

    __slots__ = ("cells", "mask", "width")

    def __init__(self, bits: int, width: int) -> None:
        """bits: 2 ** bits keys are told apart."""
        self.mask = (1 << bits) - 1
        self.width = width
        self.cells = blank(4 * width << bits).cast("I")

    def put(self, key: int, number: int) -> None:
        width, cells = self.width, self.cells
        at = (key & self.mask) * width
        cells[at + 1 : at + width] = cells[at : at + width - 1]
        cells[at] = number

    def get(self, key: int) -> list[int]:
        """The newest first; 0 where there is none."""
        at = (key & self.mask) * self.width
        return self.cells[at : at + self.width].tolist()

    def follow(self, other: Recent, shift: int) -> None:
        """Take in another table of this size, whose numbers are `shift` higher here."""
        width = self.width
        for key in range(self.mask + 1):
            for number in reversed(other.cells[key * width : (key + 1) * width].tolist()):
                if number:
                    self.put(key, number + shift)


class Counts:
    """How often, up to 255, two things (32-bit hashes) came together, in either order, maybe under a third."""

    __slots__ = ("cells", "mask")

    def __init__(self, bits: int) -> None:
        self.mask = (1 << bits) - 1
        self.cells = blank(1 << bits)

    def add(self, place: int) -> None:
        count = self.cells[place]
        if count < 255:
            self.cells[place] = count + 1

    def follow(self, other: Counts) -> None:
        """Take in another table of this size."""
        mine, theirs = self.cells, other.cells
        for at in range(len(theirs)):
            if theirs[at]:
                mine[at] = min(255, mine[at] + theirs[at])


def pair(one: int, two: int) -> int:
    """A hash of two hashes, the same in either order."""
    if one > two:
        one, two = two, one
    mixed = (one * _MIX_ONE + two * _MIX_TWO) & 0xFFFFFFFF
    return mixed ^ (mixed >> 15)


def under(key: int, third: int) -> int:
    """A hash of a hash under a third one; not the same in the other order."""
    mixed = (key * 31 + third * MIX) & 0xFFFFFFFF
    return mixed ^ (mixed >> 13)
