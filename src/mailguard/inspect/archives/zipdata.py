"""The data of one zip member: where they lie, and how they are unpacked.

Nothing is unpacked beyond the limit, whatever the headers claim. Source: APPNOTE 6.3.10 section 4.4.5 (methods) and
5.8.8 (LZMA). Raises Unpackable with the reason; never anything else.
"""

from __future__ import annotations

import bz2
import io
import lzma
import struct
import zlib

from mailguard.inspect.archives.entries import TooLarge, Unpackable
from mailguard.inspect.archives.zipheaders import (
    AES,
    BZIP2,
    DEFLATE64,
    DEFLATED,
    LZMA,
    STORED,
    XZ,
    Member,
    local,
)  # fmt: skip
from mailguard.inspect.content import BROKEN, NEEDS_PASSWORD

_NAMES = {DEFLATE64: "Deflate64", 1: "Shrink", 6: "Implode", 93: "Zstandard", 97: "WavPack", 98: "PPMd"}
_MOST_DICTIONARY = 1 << 26
_PIECE = 2**16


def data_of(octets: bytes, member: Member) -> tuple[int, int]:
    """Where the data of a member begin and end. Raises Unpackable if there is no local header."""
    found = local(octets, member.offset)
    if found is None:
        raise Unpackable("no local header")
    return found[1], found[1] + member.packed if member.packed else len(octets)


def unpack(octets: bytes, member: Member, most: int) -> bytes:
    """The content of a member that needs no password, at most `most` octets."""
    if member.encrypted:
        raise Unpackable(NEEDS_PASSWORD)
    return expanded(packed_data(octets, member), member.method, most)


def packed_data(octets: bytes, member: Member) -> memoryview:
    """The data of a member as they lie in the archive, not copied. Raises Unpackable if there are none."""
    begins, ends = data_of(octets, member)
    return memoryview(octets)[begins : begins if member.method == STORED and not member.packed else ends]


def expanded(packed: memoryview, method: int, most: int) -> bytes:
    """Packed data to content. A stream ends where it says so itself, wherever its data end."""
    if method == DEFLATED:
        return _deflated(packed, most)
    if method == STORED and len(packed) <= most:
        return bytes(packed)
    content = packed if method == STORED else _inflated(packed, method, most)
    if len(content) > most:
        raise TooLarge("larger than the limit")
    return bytes(content)


def _inflated(packed: memoryview, method: int, most: int) -> bytes:
    try:
        if method == BZIP2:
            return bz2.BZ2Decompressor().decompress(packed, most + 1)
        if method == LZMA and len(packed) > 9:
            return _lzma(packed, most)
        if method == XZ:
            return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=2 * _MOST_DICTIONARY).decompress(packed, most + 1)
    except (zlib.error, OSError, EOFError, ValueError, lzma.LZMAError) as error:
        raise Unpackable(BROKEN) from error
    if method == AES:
        raise Unpackable(NEEDS_PASSWORD)
    raise Unpackable(f"compressed with {_NAMES.get(method, f'method {method}')}")


def _deflated(packed: memoryview, most: int) -> bytes:
    """In pieces, since what a decoder is given beyond its stream's end it copies."""
    decoder = zlib.decompressobj(-15)
    out, left = io.BytesIO(), most + 1
    try:
        for at in range(0, len(packed), _PIECE):
            fed: bytes | memoryview = packed[at : at + _PIECE]
            while fed and left > 0:
                left -= out.write(decoder.decompress(fed, left))
                fed = decoder.unconsumed_tail
            if decoder.eof or left <= 0:
                break
    except zlib.error as error:
        raise Unpackable(BROKEN) from error
    if left <= 0:
        raise TooLarge("larger than the limit")
    return out.getvalue()


def _lzma(packed: memoryview, most: int) -> bytes:
    """Two octets of version, two of length, then the properties of a raw LZMA stream (APPNOTE 5.8.8)."""
    lc_lp_pb, size = struct.unpack_from("<BI", packed, 4)
    filters = [{"id": lzma.FILTER_LZMA1, "dict_size": min(size, _MOST_DICTIONARY), "lc": lc_lp_pb % 9,
                "lp": lc_lp_pb // 9 % 5, "pb": lc_lp_pb // 45}]  # fmt: skip
    return lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=filters).decompress(packed[9:], most + 1)
