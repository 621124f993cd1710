"""Line ends: whether each CR has its LF and each LF its CR, in octets of any size (RFC 5321 section 2.3.8); and where
a line begins with a dot.

Every octet of every mail is looked at for this, so it is done by what is quickest: Python looks for an octet that is
not there a hundred times as fast as it counts one that stands in every line. Pure.
"""

from __future__ import annotations

#: Octets from which lines of one length are looked for, and how many of them are worth it.
_LARGE, _MANY = 16 * 1024, 64


def have_lone(octets: bytes) -> bool:
    """Whether a CR or LF stands alone. What is before and behind the octets does not count."""
    even = _even(octets) if len(octets) >= _LARGE else None
    if even is None:
        return _have_lone(octets)
    begin, end, apart = even
    rest = bytearray(memoryview(octets)[begin:end])
    rest[::apart] = rest[1::apart] = b"." * len(range(0, len(rest), apart))
    return _have_lone(rest) or _have_lone(octets[:begin]) or _have_lone(octets[end:])


def _have_lone(octets: bytes | bytearray) -> bool:
    if b"\n" not in octets:
        return b"\r" in octets
    rest = octets.replace(b"\r\n", b"")  # what comes together by this stood alone
    return b"\r" in rest or b"\n" in rest


def _even(octets: bytes) -> tuple[int, int, int] | None:
    """Where pairs stand evenly apart around the middle, as in the base64 of a file: from the first of them to behind
    the last, and how far apart; None if they do not.
    """
    middle = octets.find(b"\n", len(octets) // 2)
    apart = octets.find(b"\n", middle + 1) - middle
    if middle < 0 or apart < 2:
        return None
    place, first = divmod(middle - 1, apart)  # of the CR among all octets that are so far apart
    before, behind = place, len(octets)
    for sign, start in ((b"\r", first), (b"\n", first + 1)):
        stand = octets[start::apart]
        if stand == sign * len(stand):  # to compare is a fifth of to strip
            behind = min(behind, len(stand) - place)
            continue
        before = min(before, place - len(stand[:place].rstrip(sign)))
        behind = min(behind, len(stand) - place - len(stand[place:].lstrip(sign)))
    if before + behind < _MANY:
        return None
    begin = middle - 1 - before * apart
    return begin, begin + (before + behind - 1) * apart + 2, apart


def dotted(octets: bytes | bytearray, start: int = 0, end: int | None = None) -> int:
    """Where a CRLF with a dot behind it stands first from `start` on; -1: nowhere. Files in base64 have no dots."""
    stop = len(octets) if end is None else end
    if stop - start < _LARGE:
        return octets.find(b"\r\n.", start, stop)
    at = start + 1
    for _ in range(_MANY):
        at = octets.find(b".", at + 1, stop)
        if at < 0:
            return -1
        if octets.startswith(b"\r\n", at - 2):
            return at - 2
    return octets.find(b"\r\n.", at - 1, stop)


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
