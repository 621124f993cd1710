"""What cameras and editors write into a picture: EXIF, that is a small TIFF inside it, or the TIFF itself.

Only texts and the question whether a place is in it; the place itself is told to nobody. Directories are followed with
a count, so that a loop ends; nothing here raises. Source: TIFF 6.0 section 2, Exif 2.32 sections 4.6.2-4.6.6.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

from mailguard.inspect.chars.charset import decode

HEADERS = (b"II*\0", b"MM\0*")
_MOST_DIRECTORIES, _MOST_ENTRIES, _LONGEST = 8, 500, 16384
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8}
_EXIF, _GPS = 0x8769, 0x8825
_LATITUDE, _LONGITUDE = 2, 4
#: DocumentName, ImageDescription, Artist, Copyright, CameraOwnerName.
_TEXTS = frozenset({0x010D, 0x010E, 0x013B, 0x8298, 0xA430})
_COMMENT = 0x9286
_WINDOWS = frozenset(range(0x9C9B, 0x9CA0))  # title, comment, author, keywords, subject: UTF-16
_WANTED = _TEXTS | _WINDOWS | {_COMMENT, _EXIF, _GPS, _LATITUDE, _LONGITUDE}


@dataclass(slots=True)
class Exif:
    """texts: what people wrote; located: whether latitude and longitude are in it."""

    texts: list[str] = field(default_factory=list)
    located: bool = False


def read_exif(octets: bytes, base: int) -> Exif:
    """The EXIF data whose TIFF header stands at `base`."""
    found = Exif()
    order = "<" if octets[base : base + 2] == b"II" else ">"
    waiting, seen = [_number(octets, base + 4, order)], set[int]()
    while waiting and len(seen) < _MOST_DIRECTORIES:
        offset = waiting.pop()
        if not offset or offset in seen:
            continue
        seen.add(offset)
        entries, behind = _entries(octets, base, offset, order)
        waiting.append(_number(octets, behind, order))
        for tag, value in entries.items():
            if tag == _EXIF:
                waiting.append(_number(value, 0, order))
            elif tag == _GPS:
                found.located = found.located or _has_place(octets, base, _number(value, 0, order), order)
            elif text := _text(tag, value, order):
                found.texts.append(text)
    return found


def _number(octets: bytes, offset: int, order: str) -> int:
    if offset + 4 > len(octets):
        return 0
    return int(struct.unpack_from(f"{order}I", octets, offset)[0])


def _entries(octets: bytes, base: int, offset: int, order: str) -> tuple[dict[int, bytes], int]:
    """The tags of a directory that are of use here, each with its value as octets; and where the directory ends."""
    start = base + offset
    if start + 2 > len(octets):
        return {}, start
    count = min(int(struct.unpack_from(f"{order}H", octets, start)[0]), _MOST_ENTRIES, (len(octets) - start - 2) // 12)
    found = {}
    end = start + 2 + 12 * count
    for place in range(start + 2, end, 12):
        tag, kind, number = struct.unpack_from(f"{order}HHI", octets, place)
        if tag in _WANTED:
            size = min(_SIZES.get(kind, 1) * number, _LONGEST)
            begin = place + 8 if size <= 4 else base + _number(octets, place + 8, order)
            found[tag] = octets[begin : begin + size]
    return found, end


def _has_place(octets: bytes, base: int, offset: int, order: str) -> bool:
    """Whether latitude and longitude are written, and not as zeroes: phones that know no place do that."""
    entries, _ = _entries(octets, base, offset, order)
    return all(_is_angle(entries.get(tag, b""), order) for tag in (_LATITUDE, _LONGITUDE))


def _is_angle(value: bytes, order: str) -> bool:
    numbers = struct.unpack_from(f"{order}{len(value) // 4}I", value) if len(value) >= 8 else ()
    return any(above and below for above, below in zip(numbers[::2], numbers[1::2], strict=False))


def _text(tag: int, value: bytes, order: str) -> str:
    if tag in _WINDOWS:
        return _clean(value.decode("utf-16-le", "replace"))
    if tag == _COMMENT:
        code, value = value[:8], value[8:]
        if code.startswith(b"UNICODE"):
            return _clean(value.decode("utf-16-le" if order == "<" else "utf-16-be", "replace"))
        return _clean(decode(value, "iso-2022-jp" if code.startswith(b"JIS") else "").both)
    return _clean(decode(value.rstrip(b"\0"), "").both) if tag in _TEXTS else ""


def _clean(text: str) -> str:
    return text.replace("\0", " ").strip()
