"""Makers of archives by hand, for what no program at hand makes: RAR, odd zips, all header levels of LHA.

Nothing of the product is used here.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass


@dataclass(frozen=True)
class ZipMember:
    """A member with everything that its headers say; what is None is the truth."""

    name: bytes
    content: bytes = b""
    method: int = 0
    flags: int = 0
    local_name: bytes | None = None
    local_flags: int | None = None
    size: int | None = None
    packed: int | None = None
    extra: bytes = b""
    comment: bytes = b""
    data: bytes | None = None
    descriptor: bool = False


def zip_parts(*members: ZipMember, comment: bytes = b"", disk: int = 0, shift: int = 0) -> tuple[bytes, bytes, bytes]:
    """Local part, directory and end of a zip archive; shift: what the offsets are wrong by."""
    front, directory = b"", b""
    for one in members:
        deflater = zlib.compressobj(9, zlib.DEFLATED, -15)
        data = one.data
        if data is None:
            data = one.content if one.method != 8 else deflater.compress(one.content) + deflater.flush()
        size = len(one.content) if one.size is None else one.size
        packed = len(data) if one.packed is None else one.packed
        crc = zlib.crc32(one.content)
        flags = one.flags | 8 * one.descriptor
        local_flags = flags if one.local_flags is None else one.local_flags
        local_name = one.name if one.local_name is None else one.local_name
        shown = (0, 0, 0) if one.descriptor else (crc, packed, size)
        offset = len(front) + shift
        front += struct.pack(
            "<4sHHHHHIIIHH", b"PK\3\4", 20, local_flags, one.method, 0, 33, *shown, len(local_name), len(one.extra)
        )
        front += local_name + one.extra + data
        front += struct.pack("<4sIII", b"PK\7\x08", crc, packed, size) if one.descriptor else b""
        head = (20, 20, flags, one.method, 0, 33, crc, packed, size, len(one.name), len(one.extra), len(one.comment))
        directory += struct.pack("<4sHHHHHHIIIHHHHHII", b"PK\1\2", *head, 0, 0, 0, offset)
        directory += one.name + one.extra + one.comment
    end = struct.pack(
        "<4sHHHHIIH", b"PK\5\6", disk, disk, len(members), len(members), len(directory), len(front) + shift,
        len(comment),
    )  # fmt: skip
    return front, directory, end + comment


def zip_box(*members: ZipMember, comment: bytes = b"", disk: int = 0) -> bytes:
    """A zip archive."""
    return b"".join(zip_parts(*members, comment=comment, disk=disk))


def overlapping(content: bytes, names: int) -> bytes:
    """A zip whose members all use the data of the first."""
    front, directory, _ = zip_parts(ZipMember(b"0000", content, method=8))
    entries = b"".join(directory.replace(b"0000", b"%04d" % n) for n in range(names))
    end = struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, names, names, len(entries), len(front), 0)
    return front + entries + end


def rar4(*members: tuple[bytes, bytes], flags: int = 0, method: int = 0x30, of_archive: int = 0) -> bytes:
    """A RAR 4 archive; each member a name and what lies packed. of_archive: flags of the main header."""

    def block(kind: int, flags: int, body: bytes) -> bytes:
        head = struct.pack("<BHH", kind, flags, 7 + len(body)) + body
        return struct.pack("<H", zlib.crc32(head) & 0xFFFF) + head

    out = b"Rar!\x1a\x07\x00" + block(0x73, of_archive, bytes(6))
    for name, data in members:
        body = struct.pack("<IIBIIBBHI", len(data), len(data), 2, zlib.crc32(data), 0, 29, method, len(name), 32)
        out += block(0x74, 0x8000 | flags, body + name) + data
    return out + block(0x7B, 0x4000, b"")


def vint(number: int) -> bytes:
    """A number of RAR 5."""
    out = b""
    while number > 127:
        out, number = out + bytes((number & 127 | 128,)), number >> 7
    return out + bytes((number,))


def rar5(
    *members: tuple[str, bytes], method: int = 0, encrypted: bool = False, closed: bool = False, comment: str = "",
    split: bool = False,
) -> bytes:  # fmt: skip
    """A RAR 5 archive; each member a name and what lies packed."""

    def block(kind: int, body: bytes, extra: bytes = b"", data: bytes | None = None, flags: int = 0) -> bytes:
        flags |= bool(extra) | 2 * (data is not None)
        head = vint(kind) + vint(flags) + (vint(len(extra)) if extra else b"")
        head += (vint(len(data)) if data is not None else b"") + body + extra
        head = vint(len(head)) + head
        return struct.pack("<I", zlib.crc32(head)) + head + (data or b"")

    def file(kind: int, name: str, data: bytes, extra: bytes) -> bytes:
        raw = name.encode()
        body = vint(4) + vint(len(data)) + vint(0) + struct.pack("<I", zlib.crc32(data)) + vint(method << 7)
        return block(kind, body + vint(0) + vint(len(raw)) + raw, extra, data, flags=16 if split else 0)

    out = b"Rar!\x1a\x07\x01\x00"
    if closed:
        return out + block(4, vint(0) + vint(0) + b"\x0f" + bytes(16)) + bytes(64)
    out += block(1, vint(1 if split else 0))
    if comment:
        out += file(3, "CMT", comment.encode(), b"")
    record = vint(1) + vint(0) + vint(0) + b"\x0f" + bytes(32)
    for name, data in members:
        out += file(2, name, data, vint(len(record)) + record if encrypted else b"")
    return out + block(5, vint(0))


def lzh(level: int, name: bytes, content: bytes, method: bytes = b"-lh0-", folder: bytes = b"") -> bytes:
    """An LHA archive of one member, stored unless its method says something else."""
    extensions = [b"\x01" + name] * (level > 1) + [b"\x02" + folder] * bool(folder)
    width, form = (4, "<I") if level == 3 else (2, "<H")
    tail = b""
    for one in extensions:
        tail += struct.pack(form, len(one) + width) + one
    tail += struct.pack(form, 0)
    skipped = len(tail) - width if level == 1 else 0
    middle = method + struct.pack("<IIIBB", len(content) + skipped, len(content), 0, 0x20, level)
    if level < 2:
        middle += bytes((len(name),)) + name + bytes(2) + (b"M" + tail[:2] if level else b"")
        return bytes((len(middle), sum(middle) & 255)) + middle + (tail[2:] if level else b"") + content + b"\0"
    if level == 2:
        body = middle + bytes(2) + b"M" + tail
        return struct.pack("<H", len(body) + 2) + body + content + b"\0"
    body = middle + bytes(2) + b"M" + struct.pack("<I", 0) + tail
    return (
        struct.pack("<H", 4)
        + body.replace(b"M" + bytes(4), b"M" + struct.pack("<I", len(body) + 2), 1)
        + content
        + b"\0"
    )
