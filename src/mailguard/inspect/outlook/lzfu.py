"""Packed RTF undone (MS-OXRTFCP): a sliding window of 4096 octets that begins with a dictionary of usual RTF words.

Bounded by what the caller allows; what is cut off or broken gives what came before. Never raises.
"""

from __future__ import annotations

import struct

_PACKED = 0x75465A4C  # "LZFu"
_PLAIN = 0x414C454D  # "MELA"
#: What the window holds at the start (section 2.1.2.1).
_WINDOW = (
    b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor MS "
    b"Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par \\pard\\plain\\f0"
    b"\\fs20\\b\\i\\u\\tab\\tx"
)
_SIZE = 4096


def unpack_rtf(octets: bytes, most: int) -> tuple[bytes, bool]:
    """The RTF in a PidTagRtfCompressed, at most `most` octets of it, and whether it came out whole."""
    if len(octets) < 16:
        return b"", not octets
    packed_size, raw_size, kind, _ = struct.unpack_from("<IIII", octets)
    end = min(len(octets), packed_size + 4)
    if kind == _PLAIN:
        content = octets[16 : min(end, 16 + raw_size, 16 + most)]
        return content, len(content) == raw_size
    if kind != _PACKED:
        return b"", False
    content = _expand(octets[16:end], most)
    return content, len(content) >= raw_size


def _expand(packed: bytes, most: int) -> bytes:
    out = bytearray(_WINDOW)
    most += len(_WINDOW)
    position, length = 0, len(packed)
    while position < length and len(out) < most:
        flags = packed[position]
        position += 1
        if not flags:  # eight octets as they are
            out += packed[position : position + 8]
            position += 8
            continue
        for bit in range(8):
            if not flags >> bit & 1:
                out += packed[position : position + 1]
                position += 1
                continue
            if position + 2 > length:
                return bytes(out[len(_WINDOW) :])
            word = packed[position] << 8 | packed[position + 1]
            position += 2
            distance = (len(out) - (word >> 4)) % _SIZE
            if not distance or distance > len(out):  # the place where writing is: the end (section 2.1.3.1.4)
                return bytes(out[len(_WINDOW) :])
            _copy(out, distance, (word & 15) + 2)
    return bytes(out[len(_WINDOW) :])


def _copy(out: bytearray, distance: int, count: int) -> None:
    start = len(out) - distance
    piece = bytes(out[start : start + count])
    while len(piece) < count:  # it reaches into what it writes: the piece again and again
        piece += piece
    out += piece[:count]
