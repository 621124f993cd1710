"""Where octets stand in other octets: `bytes.find`, made quick for megabytes.

Python looks for one octet some forty times as fast as for several. Base64 has no "-": so the first octet is looked for,
and what follows it compared, for as long as that pays. Then a pattern looks for them, which in noise takes two thirds
of the time of `find`. Pure; finds what `find` finds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

#: So far must the next first octet be on average: looking for one octet costs what some tens of octets do.
_PAYS = 400
#: How many first octets are tried before it is asked whether that paid.
_TRIAL = 64
_SMALL = 4096


class Stretch(NamedTuple):
    """Octets within others, not copied out: a large file in a mail must not lie in memory once for each step."""

    whole: bytes
    start: int
    end: int

    @classmethod
    def of(cls, octets: bytes) -> Stretch:
        """All of them."""
        return cls(octets, 0, len(octets))

    @property
    def octets(self) -> bytes:
        """A copy, unless they are the whole."""
        return self.whole[self.start : self.end]


def place(octets: bytes, wanted: bytes, start: int = 0, end: int | None = None) -> int:
    """Where `wanted` (not empty) stands first from `start` on, and before `end`; -1: nowhere."""
    stop = len(octets) if end is None else end
    mark, tried, begun, at = wanted[:1], 0, start, start
    while stop - at > _SMALL:
        at = octets.find(mark, at, stop)
        if at < 0 or octets.startswith(wanted, at, stop):
            return at
        at += 1
        tried += 1
        if tried == _TRIAL:
            if at - begun < _TRIAL * _PAYS:
                break
            tried, begun = 0, at
    if stop - at <= _SMALL:
        return octets.find(wanted, at, stop)
    found = re.compile(re.escape(wanted)).search(octets, at, stop)
    return found.start() if found else -1


def occurrences(octets: bytes, wanted: bytes, start: int = 0, end: int | None = None) -> Iterator[int]:
    """Where `wanted` (not empty) stands from `start` on and before `end`; what begins inside of another is left out."""
    at = place(octets, wanted, start, end)
    while at >= 0:
        yield at
        at = place(octets, wanted, at + len(wanted), end)
