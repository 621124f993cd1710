"""Sparse files of GNU tar: which stretches of a file are there, and the file with its holes filled.

Source: the manual of GNU tar, "Storing Sparse Files": the old form (type S), pax forms 0.0, 0.1 and 1.0. Where the
whole file would be larger than may be, its stretches come without the holes: in a hole there is nothing to read.
"""

from __future__ import annotations

from mailguard.inspect.archives.marks import octal
from mailguard.inspect.archives.pull import Pull

_MOST = 10_000
_MOST_FILLED = 32 * 2**20
Holes = list[tuple[int, int]]


def old_holes(header: bytes, source: Pull) -> tuple[Holes, int]:
    """The stretches (offset, length) and the real size that a header of type S and the blocks behind it name."""
    found = _stretches(header, 386, 4)
    more = header[482]
    while more and len(found) < _MOST:
        block = source.read(512)
        if len(block) < 512:
            break
        found += _stretches(block, 0, 21)
        more = block[504]
    return found, octal(header[483:495])


def pax_holes(octets: bytes, attributes: dict[str, bytes]) -> tuple[bytes, Holes | None, int]:
    """The data, stretches and real size of a sparse file in a pax form; None if it is an ordinary file."""
    real = _plain(attributes.get("GNU.sparse.realsize") or attributes.get("GNU.sparse.size") or b"0")
    if attributes.get("GNU.sparse.major") == b"1":
        # the map stands in front of the data: a count, then pairs, a line each, filled up to whole blocks
        lines = octets[: 2**20].split(b"\n", 2 * _MOST + 1)
        count = min(2 * _plain(lines[0]), len(lines) - 1, 2 * _MOST)
        begins = -(-sum(len(line) + 1 for line in lines[: count + 1]) // 512) * 512
        return octets[begins:], _pairs(lines[1 : count + 1]), real
    if "GNU.sparse.map" in attributes:
        return octets, _pairs(attributes["GNU.sparse.map"].split(b",", 2 * _MOST)), real
    return octets, None, len(octets)


def filled(octets: bytes, holes: Holes, real: int, most: int) -> bytes:
    """The file with zeros in its holes, if it may be that large; else its stretches."""
    if real > min(most, _MOST_FILLED) or real < len(octets) or any(offset + length > real for offset, length in holes):
        return octets
    out = bytearray(real)
    at = 0
    for offset, length in holes:
        part = octets[at : at + length]
        out[offset : offset + len(part)] = part
        at += length
    return bytes(out)


def _stretches(block: bytes, begins: int, count: int) -> Holes:
    pairs = (block[at : at + 24] for at in range(begins, begins + 24 * count, 24))
    return [(octal(pair[:12]), octal(pair[12:])) for pair in pairs if pair[0]]


def _pairs(numbers: list[bytes]) -> Holes:
    values = [_plain(one) for one in numbers]
    return list(zip(values[::2], values[1::2], strict=False))


def _plain(digits: bytes) -> int:
    return int(digits) if digits.isdigit() and len(digits) < 20 else 0
