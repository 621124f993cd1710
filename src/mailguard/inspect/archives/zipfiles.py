"""Zip archives read from the octets: directory and local headers, since unpackers differ in which one they believe.

Own reader, because the standard one shows a single view: the last directory. Here every directory in the file is
read, and members that only their local headers name come too (APPNOTE 6.3.10 sections 4.3.7, 4.3.12, 4.3.16). Sizes
in headers are claims: nothing is unpacked beyond the limits, whatever they say. Never raises on an archive; says what
was wrong with it.
"""

from __future__ import annotations

import bisect
import bz2
import lzma
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

_END = b"PK\x05\x06"
_CENTRAL = b"PK\x01\x02"
_LOCAL = b"PK\x03\x04"
_MOST_DIRECTORIES = 8
#: What `Listing.odd` says of an archive whose end is missing.
NO_DIRECTORY = "no directory"
STORED, DEFLATED, DEFLATE64, BZIP2, LZMA, AES = 0, 8, 9, 12, 14, 99


@dataclass(frozen=True, slots=True)
class Member:
    """One member. name: decoded, maybe with folders; offset: of its local header; packed, size, crc: as claimed."""

    name: str
    encrypted: bool
    method: int
    packed: int
    size: int
    offset: int
    crc: int

    @property
    def is_folder(self) -> bool:
        return self.name.endswith("/") and not self.size


@dataclass(frozen=True, slots=True)
class Listing:
    """Every member that some unpacker would show; odd: why unpackers differ, "" if they would not."""

    members: tuple[Member, ...]
    odd: str = ""


class Unpackable(ValueError):
    """A member cannot be unpacked; the message says why."""


def list_members(octets: bytes, most: int) -> Listing:
    """List a zip archive; at most `most` + 1 members. Raises Unpackable if nothing in it can be listed."""
    directories = [found for end in _ends(octets) if (found := _directory(octets, end, most)) is not None]
    merged: dict[tuple[str, int], Member] = {}
    for directory in directories:
        for member in directory:
            merged.setdefault((member.name, member.offset), member)
    odd = "several directories" if len(directories) > 1 and len({frozenset(d) for d in directories}) > 1 else ""
    known = {member.offset: member.offset + 30 + member.packed for member in merged.values()}
    starts = sorted(known)
    for member in _locals(octets, most):
        # A header inside another member's data belongs to a zip inside the zip, which is opened in its turn.
        before = starts[max(0, bisect.bisect(starts, member.offset) - 1)] if starts else 0
        if member.offset not in known and not before < member.offset < known.get(before, 0):
            merged[(member.name, member.offset)] = member
            odd = odd or ("members that the directory does not name" if directories else NO_DIRECTORY)
    if not merged and not directories:
        raise Unpackable("neither directory nor members")
    return Listing(tuple(merged.values())[: most + 1], odd)


def unpack(octets: bytes, member: Member, most: int) -> bytes:
    """The content of a member, at most `most` octets. Raises Unpackable with the reason in its message."""
    if member.encrypted:
        raise Unpackable("encrypted")
    if octets[member.offset : member.offset + 4] != _LOCAL:
        raise Unpackable("no local header")
    name_length, extra_length = struct.unpack_from("<HH", octets, member.offset + 26)
    start = member.offset + 30 + name_length + extra_length
    packed = octets[start : start + member.packed] if member.packed else octets[start:]
    if member.method == STORED:
        content = packed[: member.size] if member.packed == 0 else packed
    else:
        content = _expanded(packed, member.method, most)
    if len(content) > most:
        raise Unpackable("larger than the limit")
    return content


def _expanded(packed: bytes, method: int, most: int) -> bytes:
    try:
        if method == DEFLATED:
            return zlib.decompressobj(-15).decompress(packed, most + 1)
        if method == BZIP2:
            return bz2.BZ2Decompressor().decompress(packed, most + 1)
        if method == LZMA and len(packed) > 9:
            # APPNOTE 5.8.8: two octets of version, two of length, then the properties of a raw LZMA stream
            properties = packed[4:9]
            lc_lp_pb, size = properties[0], struct.unpack("<I", properties[1:5])[0]
            filters = [{"id": lzma.FILTER_LZMA1, "dict_size": min(size, 1 << 26), "lc": lc_lp_pb % 9,
                        "lp": lc_lp_pb // 9 % 5, "pb": lc_lp_pb // 45}]  # fmt: skip
            return lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=filters).decompress(packed[9:], most + 1)
    except (zlib.error, OSError, EOFError, ValueError, lzma.LZMAError) as error:
        raise Unpackable("broken data") from error
    raise Unpackable("encrypted" if method == AES else f"compression method {method}")


def _ends(octets: bytes) -> list[int]:
    found: list[int] = []
    position = octets.rfind(_END)
    while position >= 0 and len(found) < _MOST_DIRECTORIES:
        found.append(position)
        position = octets.rfind(_END, 0, position)
    return found


def _directory(octets: bytes, end: int, most: int) -> list[Member] | None:
    """The members that the directory before an end record names, None if there is no directory."""
    if end + 22 > len(octets):
        return None
    count, size, start = struct.unpack_from("<HII", octets, end + 10)
    begins = end - size
    if count == 0 and size == 0:
        return []
    if 0xFFFF in (count,) or 0xFFFFFFFF in (size, start):
        begins, start = _zip64(octets, end)
    if begins < 0 or octets[begins : begins + 4] != _CENTRAL:
        begins, start = start, start
        if octets[begins : begins + 4] != _CENTRAL:
            return None
    # A stub or another archive in front moves everything by the same amount.
    return list(_central(octets, begins, begins - start, most))


def _zip64(octets: bytes, end: int) -> tuple[int, int]:
    locator = end - 20
    if locator < 0 or octets[locator : locator + 4] != b"PK\x06\x07":
        return -1, -1
    record = octets.rfind(b"PK\x06\x06", 0, locator)
    if record < 0 or record + 56 > len(octets):
        return -1, -1
    size, start = struct.unpack_from("<QQ", octets, record + 40)
    return record - size, start


def _central(octets: bytes, position: int, shift: int, most: int) -> Iterator[Member]:
    for _ in range(most + 1):
        if octets[position : position + 4] != _CENTRAL or position + 46 > len(octets):
            return
        flags, method = struct.unpack_from("<HH", octets, position + 8)
        crc, packed, size, name_length, extra_length, comment_length = struct.unpack_from(
            "<IIIHHH", octets, position + 16
        )
        offset = struct.unpack_from("<I", octets, position + 42)[0]
        name = octets[position + 46 : position + 46 + name_length]
        extra = octets[position + 46 + name_length : position + 46 + name_length + extra_length]
        size, packed, offset = _extended(extra, size, packed, offset)
        yield Member(
            _name(name, flags, extra), bool(flags & 1) or method == AES, method, packed, size, offset + shift, crc
        )
        position += 46 + name_length + extra_length + comment_length


def _extended(extra: bytes, size: int, packed: int, offset: int) -> tuple[int, int, int]:
    """Sizes from the zip64 field where the ordinary ones are full (APPNOTE 4.5.3)."""
    values = list(_extra(extra, 1))
    numbers = list(struct.unpack(f"<{len(values[0]) // 8}Q", values[0][: len(values[0]) // 8 * 8])) if values else []
    out = [numbers.pop(0) if value == 0xFFFFFFFF and numbers else value for value in (size, packed, offset)]
    return out[0], out[1], out[2]


def _extra(extra: bytes, wanted: int) -> Iterator[bytes]:
    position = 0
    while position + 4 <= len(extra):
        tag, length = struct.unpack_from("<HH", extra, position)
        if tag == wanted:
            yield extra[position + 4 : position + 4 + length]
        position += 4 + length


def _locals(octets: bytes, most: int) -> Iterator[Member]:
    """Members by their local headers, skipping over data whose length is known."""
    position = octets.find(_LOCAL)
    for _ in range(most + 1):
        if position < 0 or position + 30 > len(octets):
            return
        flags, method = struct.unpack_from("<HH", octets, position + 6)
        crc, packed, size, name_length, extra_length = struct.unpack_from("<IIIHH", octets, position + 14)
        name = octets[position + 30 : position + 30 + name_length]
        extra = octets[position + 30 + name_length : position + 30 + name_length + extra_length]
        if flags & 8 and not packed:  # sizes follow the data (APPNOTE 4.3.9)
            crc = packed = size = 0
        if 0 < name_length < 2000 and method in (STORED, DEFLATED, DEFLATE64, BZIP2, LZMA, AES):
            yield Member(
                _name(name, flags, extra), bool(flags & 1) or method == AES, method, packed, size, position, crc
            )
            position = octets.find(_LOCAL, position + 30 + name_length + extra_length + packed)
        else:
            position = octets.find(_LOCAL, position + 4)


def _name(raw: bytes, flags: int, extra: bytes) -> str:
    """UTF-8 by flag or by Info-ZIP's field; otherwise what the sender's Windows or Mac really wrote."""
    for value in _extra(extra, 0x7075):
        if len(value) > 5 and struct.unpack_from("<I", value, 1)[0] == zlib.crc32(raw):
            return value[5:].decode("utf-8", "replace")
    for codec in ("utf-8", "cp932") if not flags & 0x800 else ("utf-8",):
        try:
            return raw.decode(codec)
        except UnicodeDecodeError:
            continue
    return raw.decode("cp437")
