"""The packing of -lh4- to -lh7-: matches in a sliding window, coded by Huffman tables that change from block to block.

Pure Python, about a megabyte a second; its caller bounds it. A block is thousands of symbols, so archives with many
tiny blocks are refused: each costs a table. Source: the format as LHa for UNIX documents it. Raises Unpackable.
"""

from __future__ import annotations

from mailguard.inspect.archives.entries import Unpackable
from mailguard.inspect.content import BROKEN

#: Methods with the bits of their window.
DICTIONARIES = {b"-lh4-": 12, b"-lh5-": 13, b"-lh6-": 15, b"-lh7-": 16}
_LONGEST = 16
_SHORTEST_MATCH = 3
_SMALLEST_BLOCK = 256  # octets out, on the average

#: For each pattern of `bits` bits: symbol << 5 | bits that it takes. Zero bits: one symbol that takes none.
_Table = tuple[int, list[int]]


def unpacked(packed: bytes, method: bytes, size: int) -> bytes:
    """The content, of exactly `size` octets."""
    window = DICTIONARIES[method]
    bits = _Bits(packed)
    out = bytearray()
    blocks = size // _SMALLEST_BLOCK + 16
    while len(out) < size:
        blocks -= 1
        count = bits.take(16)
        if not count or blocks < 0:
            raise Unpackable(BROKEN)
        helper = _lengths(bits, 19, 5, 3)
        letters = _letters(bits, helper)
        places = _lengths(bits, window + 1, 4 if window < 15 else 5, -1)
        _block(bits, out, count, letters, places, size)
    return bytes(out)


class _Bits:
    """Bits, highest first. Behind the end come zeros, but not for long."""

    def __init__(self, octets: bytes) -> None:
        self._octets = octets
        self._at = 0
        self._held = 0
        self._count = 0

    def _fill(self) -> None:
        part = self._octets[self._at : self._at + 8]
        if self._at > len(self._octets) + 16:
            raise Unpackable(BROKEN)
        self._held = (self._held << 64) | int.from_bytes(part.ljust(8, b"\0"), "big")
        self._count += 64
        self._at += 8

    def take(self, number: int) -> int:
        if self._count < number:
            self._fill()
        self._count -= number
        value = self._held >> self._count
        self._held &= (1 << self._count) - 1
        return value

    def symbol(self, table: _Table) -> int:
        width, entries = table
        if self._count < width:
            self._fill()
        entry = entries[self._held >> (self._count - width)]
        self._count -= entry & 31
        self._held &= (1 << self._count) - 1
        return entry >> 5


def _block(bits: _Bits, out: bytearray, count: int, letters: _Table, places: _Table, size: int) -> None:
    symbol = bits.symbol
    for _ in range(count):
        one = symbol(letters)
        if one < 256:
            out.append(one)
            continue
        length = one - 256 + _SHORTEST_MATCH
        place = symbol(places)
        if place > 1:
            place = (1 << (place - 1)) + bits.take(place - 1)
        begins = len(out) - place - 1
        if begins < 0:  # before the beginning there are blanks
            out += b" " * min(length, -begins)
            length -= min(length, -begins)
            begins = 0
        while length > 0:
            part = out[begins : begins + length]
            out += part
            length -= len(part)
            begins += len(part)
        if len(out) > size:
            raise Unpackable(BROKEN)


def _lengths(bits: _Bits, most: int, width: int, gap_after: int) -> _Table:
    """A table of few symbols: lengths of three bits, longer ones in unary; a gap after the third."""
    count = bits.take(width)
    if not count:
        return 0, [bits.take(width) << 5]
    if count > most:
        raise Unpackable(BROKEN)
    lengths: list[int] = []
    while len(lengths) < count:
        length = bits.take(3)
        if length == 7:
            while bits.take(1):
                length += 1
                if length > _LONGEST:
                    raise Unpackable(BROKEN)
        lengths.append(length)
        if len(lengths) == gap_after:
            lengths += [0] * bits.take(2)
    return _table(lengths)


def _letters(bits: _Bits, helper: _Table) -> _Table:
    """The table of letters and match lengths; its own lengths are coded by the helper."""
    count = bits.take(9)
    if not count:
        return 0, [bits.take(9) << 5]
    lengths: list[int] = []
    while len(lengths) < count:
        code = bits.symbol(helper)
        if code == 0:
            lengths.append(0)
        elif code == 1:
            lengths += [0] * (bits.take(4) + 3)
        elif code == 2:
            lengths += [0] * (bits.take(9) + 20)
        else:
            lengths.append(code - 2)
    if len(lengths) > 511:
        raise Unpackable(BROKEN)
    return _table(lengths)


def _table(lengths: list[int]) -> _Table:
    """Canonical codes: shorter first, then by number."""
    width = max(lengths)
    if not 0 < width <= _LONGEST:
        raise Unpackable(BROKEN)
    entries: list[int] = []
    for length in range(1, width + 1):
        for symbol, own in enumerate(lengths):
            if own == length:
                entries += [symbol << 5 | length] * (1 << (width - length))
        if len(entries) > 1 << width:
            break
    if len(entries) != 1 << width:
        raise Unpackable(BROKEN)
    return width, entries
