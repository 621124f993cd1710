"""Makers of pictures with metadata, octet by octet, for the golden tests."""

from __future__ import annotations

import struct
import zlib

Entry = tuple[int, int, bytes]  # tag, type, value
TOKYO = struct.pack("<6I", 35, 1, 40, 1, 5299, 100), struct.pack("<6I", 139, 1, 45, 1, 55, 1)


def directory(entries: list[Entry], start: int) -> bytes:
    """A TIFF directory that begins at this offset, its values behind it."""
    body, values = b"", b""
    after = start + 2 + 12 * len(entries) + 4
    for tag, kind, value in entries:
        count = len(value) // {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 7: 1}[kind]
        if len(value) <= 4:
            place = value.ljust(4, b"\0")
        else:
            place = struct.pack("<I", after + len(values))
            values += value + bytes(len(value) % 2)
        body += struct.pack("<HHI", tag, kind, count) + place
    return struct.pack("<H", len(entries)) + body + bytes(4) + values


def tiff(texts: list[Entry], place: tuple[bytes, bytes] | None = None) -> bytes:
    """A little-endian TIFF header with one directory and, if asked, one for GPS."""
    entries = [*texts, (0x8825, 4, bytes(4))] if place else texts
    main = directory(entries, 8)
    if place is None:
        return b"II*\0" + struct.pack("<I", 8) + main
    entries = [*texts, (0x8825, 4, struct.pack("<I", 8 + len(main)))]
    gps: list[Entry] = [(1, 2, b"N\0"), (2, 5, place[0]), (3, 2, b"E\0"), (4, 5, place[1])]
    return b"II*\0" + struct.pack("<I", 8) + directory(entries, 8) + directory(gps, 8 + len(main))


def jpeg(*segments: tuple[int, bytes]) -> bytes:
    """A JPEG of these segments and no picture worth the name."""
    out = b"\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0"
    for kind, content in segments:
        out += struct.pack(">BBH", 0xFF, kind, len(content) + 2) + content
    return out + b"\xff\xda\0\2" + b"\x12" * 50 + b"\xff\xd9"


def png(*chunks: tuple[bytes, bytes]) -> bytes:
    """A PNG of one pixel and these chunks."""
    pixel = (b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)), (b"IDAT", zlib.compress(b"\0\0"))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        for kind, content in (pixel[0], *chunks, pixel[1], (b"IEND", b""))
    )


def webp(exif: bytes) -> bytes:
    """A WebP with EXIF."""
    chunk = b"EXIF" + struct.pack("<I", len(exif)) + exif
    return b"RIFF" + struct.pack("<I", len(chunk) + 4) + b"WEBP" + chunk


def heic(exif: bytes) -> bytes:
    """What is an HEIC to a reader of marks: brand, and an EXIF item in its data."""
    data = struct.pack(">I", 6) + b"Exif\0\0" + exif
    return struct.pack(">I", 24) + b"ftypheic\0\0\0\0mif1heic" + struct.pack(">I", len(data) + 8) + b"mdat" + data
