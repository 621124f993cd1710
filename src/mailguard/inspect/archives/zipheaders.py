"""The headers of a zip archive, each by itself: local, central, end; with the extra fields that change what they say.

Every number in them is a claim. Source: APPNOTE 6.3.10 sections 4.3.7 (local), 4.3.12 (central), 4.3.14-16 (end),
4.5.3 (zip64); Info-ZIP's extra field 0x7075 (Unicode path); WinZip's AE-1 and AE-2 (extra field 0x9901).
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from mailguard.inspect.archives.marks import END_OF_ZIP
from mailguard.inspect.archives.oldnames import old_name

LOCAL, CENTRAL, END = b"PK\x03\x04", b"PK\x01\x02", END_OF_ZIP
STORED, DEFLATED, DEFLATE64, BZIP2, LZMA, XZ, AES = 0, 8, 9, 12, 14, 95, 99
ENCRYPTED, DESCRIPTOR, STRONG = 1, 8, 64
_FULL = 0xFFFFFFFF
_LONGEST_NAME = 2000


@dataclass(frozen=True, slots=True)
class Member:
    """One member. name: decoded, maybe with folders; offset: of its local header; packed, size, crc: as claimed.

    second: a reading beside another of the same data, since two headers contradict each other.
    """

    name: str
    encrypted: bool
    method: int
    packed: int
    size: int
    offset: int
    crc: int
    flags: int = 0
    time: int = 0
    aes: bytes = b""
    comment: str = ""
    volume: int = 0
    second: bool = False

    @property
    def is_folder(self) -> bool:
        return self.name.endswith(("/", "\\")) and not self.size and self.packed <= (14 if self.encrypted else 2)


def local(octets: bytes, position: int) -> tuple[Member, int] | None:
    """The member that a local header names, and where its data begin; None if there is no such header."""
    if position < 0 or octets[position : position + 4] != LOCAL or position + 30 > len(octets):
        return None
    flags, method, time = struct.unpack_from("<HHH", octets, position + 6)
    crc, packed, size, name_length, extra_length = struct.unpack_from("<IIIHH", octets, position + 14)
    begins = position + 30 + name_length
    raw, extra = octets[position + 30 : begins], octets[begins : begins + extra_length]
    size, packed, _ = _extended(extra, size, packed, 0)
    if flags & DESCRIPTOR and not packed:  # what is known follows the data (APPNOTE 4.3.9)
        crc = packed = size = 0
    if not 0 < name_length < _LONGEST_NAME or method not in range(100):
        return None
    aes = next(fields(extra, 0x9901), b"")
    member = Member(
        _name(raw, extra),
        bool(flags & ENCRYPTED) or method == AES,
        method,
        packed,
        size,
        position,
        crc,
        flags,
        time,
        aes,
    )
    return member, begins + extra_length


def central(octets: bytes, position: int, shift: int, most: int) -> Iterator[Member]:
    """The members that a directory names, at most `most` + 1. shift: what lies in front of the archive."""
    for _ in range(most + 1):
        if octets[position : position + 4] != CENTRAL or position + 46 > len(octets):
            return
        flags, method, time = struct.unpack_from("<HHH", octets, position + 8)
        crc, packed, size, *lengths, volume = struct.unpack_from("<IIIHHHH", octets, position + 16)
        offset = struct.unpack_from("<I", octets, position + 42)[0]
        raw, extra, comment = _slices(octets, position + 46, lengths)
        size, packed, offset = _extended(extra, size, packed, offset)
        yield Member(
            _name(raw, extra), bool(flags & ENCRYPTED) or method == AES, method, packed, size, offset + shift, crc,
            flags, time, next(fields(extra, 0x9901), b""), old_name(comment), volume,
        )  # fmt: skip
        position += 46 + sum(lengths)


def directory(octets: bytes, end: int, most: int) -> list[Member] | None:
    """The members that the directory before an end record names, None if there is no directory."""
    if end + 22 > len(octets):
        return None
    count, size, start = struct.unpack_from("<HII", octets, end + 10)
    begins = end - size
    if count == 0 and size == 0:
        return []
    if count == 0xFFFF or _FULL in (size, start):
        begins, start = _zip64(octets, end)
    if begins < 0 or octets[begins : begins + 4] != CENTRAL:
        begins = start
        if begins < 0 or octets[begins : begins + 4] != CENTRAL:
            return None
    # A stub or another archive in front moves everything by the same amount.
    return list(central(octets, begins, begins - start, most))


def fields(extra: bytes, wanted: int) -> Iterator[bytes]:
    """The values of an extra field."""
    position = 0
    while position + 4 <= len(extra):
        tag, length = struct.unpack_from("<HH", extra, position)
        if tag == wanted:
            yield extra[position + 4 : position + 4 + length]
        position += 4 + length


def _slices(octets: bytes, position: int, lengths: list[int]) -> tuple[bytes, bytes, bytes]:
    name, extra, comment = lengths
    middle = position + name + extra
    return octets[position : position + name], octets[position + name : middle], octets[middle : middle + comment]


def _zip64(octets: bytes, end: int) -> tuple[int, int]:
    locator = end - 20
    if locator < 0 or octets[locator : locator + 4] != b"PK\x06\x07":
        return -1, -1
    record = octets.rfind(b"PK\x06\x06", max(0, locator - 4096), locator)
    if record < 0 or record + 56 > len(octets):
        return -1, -1
    size, start = struct.unpack_from("<QQ", octets, record + 40)
    return record - size, start


def _extended(extra: bytes, size: int, packed: int, offset: int) -> tuple[int, int, int]:
    """Sizes from the zip64 field where the ordinary ones are full (APPNOTE 4.5.3)."""
    value = next(fields(extra, 1), b"")
    numbers = list(struct.unpack(f"<{len(value) // 8}Q", value[: len(value) // 8 * 8]))
    out = [numbers.pop(0) if one == _FULL and numbers else one for one in (size, packed, offset)]
    return out[0], out[1], out[2]


def _name(raw: bytes, extra: bytes) -> str:
    """By Info-ZIP's field if it belongs to this name; else UTF-8, or what the sender's Windows or Mac really wrote."""
    for value in fields(extra, 0x7075):
        if len(value) > 5 and struct.unpack_from("<I", value, 1)[0] == zlib.crc32(raw):
            return value[5:].decode("utf-8", "replace")
    return old_name(raw)
