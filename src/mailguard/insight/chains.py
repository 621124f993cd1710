"""A table from hashes to small numbers, in two flat arrays: four octets an entry, and a fixed start for the buckets.

What is found under a hash may also be a stranger to it: who asks compares. A bucket takes LONGEST numbers and no more,
so that no pile of equal keys makes a look-up slow; what comes later is simply not found by this table. Bounded, pure.
"""

from __future__ import annotations

from array import array

#: Numbers in one bucket at most. An octet counts them.
LONGEST = 200
_UNLINKED = 0xFFFF_FFFF


class Chains:
    """Numbers from 1 on, each under one hash. A number is put in once and taken out by the hash it was put under."""

    __slots__ = ("_counts", "_first", "_mask", "_next", "_spilled")

    def __init__(self, buckets: int) -> None:
        """buckets: a power of two."""
        self._mask = buckets - 1
        self._first = array("I", bytes(4 * buckets))
        self._counts = bytearray(buckets)
        self._next = array("I", [0])
        self._spilled: set[int] = set()

    def put(self, number: int, key: int) -> None:
        """Enter a number: at most one more than the greatest that was ever put in."""
        bucket = key & self._mask
        after = self._next
        if number == len(after):
            after.append(_UNLINKED)
        count = self._counts[bucket]
        if count >= LONGEST:
            after[number] = _UNLINKED
            self._spilled.add(bucket)
            return
        self._counts[bucket] = count + 1
        after[number] = self._first[bucket]
        self._first[bucket] = number

    def leave_out(self, number: int) -> None:
        """Keep the place of a number that has no key in this table."""
        if number == len(self._next):
            self._next.append(_UNLINKED)
        else:
            self._next[number] = _UNLINKED

    def take(self, number: int, key: int) -> None:
        """Take a number out again; nothing happens if its bucket was full when it came."""
        after, bucket = self._next, key & self._mask
        if after[number] == _UNLINKED:
            return
        at, before = self._first[bucket], 0
        while at and at != number:
            at, before = after[at], at
        if not at:
            return
        if before:
            after[before] = after[number]
        else:
            self._first[bucket] = after[number]
        after[number] = _UNLINKED
        self._counts[bucket] -= 1

    def is_whole(self, key: int) -> bool:
        """Whether all that was put under this key is found, since its bucket was never full."""
        return key & self._mask not in self._spilled

    def find(self, key: int, into: list[int]) -> None:
        """Append the numbers in the key's bucket, the newest first."""
        at = self._first[key & self._mask]
        after = self._next
        while at:
            into.append(at)
            at = after[at]
