"""Line ends: whether each CR has its LF and each LF its CR, in octets of any size (RFC 5321 section 2.3.8).

Every octet of every mail is looked at for this, so it is done by what is quickest: Python looks for an octet that is
not there a hundred times as fast as it counts one that stands in every line. Pure.
"""

from __future__ import annotations

import re2

#: Octets from which patterns and slices are quicker than counting pairs.
_LARGE = 16 * 1024
_OPTIONS = re2.Options()
_OPTIONS.encoding = re2.Options.Encoding.LATIN1
_LONE_CR = re2.compile(rb"\r[^\n]", _OPTIONS)


def have_lone(octets: bytes) -> bool:
    """Whether a CR or LF stands alone. What is before and behind the octets does not count."""
    if len(octets) < _LARGE:
        pairs = octets.count(b"\r\n")
        return octets.count(b"\r") != pairs or octets.count(b"\n") != pairs
    if _are_even(octets):
        return False
    if octets.endswith(b"\r") or _LONE_CR.search(octets):
        return True
    # Now there are as many pairs as CR, and all is well if there are as many LF.
    return octets.count(b"\n") != octets.count(b"\r")


def _are_even(octets: bytes) -> bool:
    """Whether all line ends are pairs that stand evenly apart, as in base64: two octets are written over at each place
    where they must be, and none may be left.
    """
    first = octets.find(b"\n")
    apart = octets.find(b"\n", first + 1) - first
    if first <= 0 or apart <= 1:
        return False
    rest, count = bytearray(octets), len(range(first, len(octets), apart))
    if rest[first::apart] != b"\n" * count or rest[first - 1 : -1 : apart] != b"\r" * count:
        return False
    rest[first::apart] = rest[first - 1 : -1 : apart] = b"." * count
    return b"\r" not in rest and b"\n" not in rest


class LineEnds:
    """The same for octets that come in blocks, cut anywhere. `alone`: whether there was one so far."""

    __slots__ = ("_cut", "alone")

    def __init__(self) -> None:
        self.alone = False
        self._cut = False  # the last block ended with a CR

    def feed(self, block: bytes) -> None:
        if not block:
            return
        if self._cut:
            self.alone |= not block.startswith(b"\n")
            block = block[1:]
        self._cut = block.endswith(b"\r")
        self.alone = self.alone or have_lone(block[:-1] if self._cut else block)

    def end(self) -> None:
        """Nothing follows."""
        self.alone |= self._cut
