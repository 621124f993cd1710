"""The text of PowerPoint's older binary presentations (.ppt): slides, notes, masters, comments, embedded objects.

Walks the records, whatever contains them, and takes every text atom; deleted slides that a quick save left in the file
are read too, since they leave the company with it. Sources: MS-PPT sections 2.3.1, 2.9.41-43, 2.4.10, 2.10.34.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

_TEXT_CHARS, _TEXT_BYTES, _STRING = 0x0FA0, 0x0FA8, 0x0FBA
_SLIDE_INFO, _OBJECT = 0x03F9, 0x1011
_HIDDEN = 0x04
_CONTAINER = 0xF
_DEEPEST = 32
_MOST_RECORDS = 500_000
_MARKS = str.maketrans({"\r": "\n", "\x0b": "\n"})
#: Words that the program itself puts into every file.
_STOCK = frozenset(["Default Design", "標準デザイン", "___PPT10", "___PPT9", "___PPT12", "___PPT11"])


@dataclass(slots=True)
class SlideText:
    """text: every different text once, in order; objects: embedded files; hidden: slides that are not shown."""

    text: str = ""
    objects: list[bytes] = field(default_factory=list)
    hidden: int = 0


def slides_text(stream: bytes, most: int) -> SlideText:
    """Read a "PowerPoint Document" stream; most: octets that the objects together may expand to."""
    found = SlideText()
    texts: dict[str, None] = {}
    for kind, instance, body in _records(stream):
        if kind in (_TEXT_CHARS, _STRING):
            texts[body.decode("utf-16-le", "replace").translate(_MARKS)] = None
        elif kind == _TEXT_BYTES:
            texts[body.decode("latin-1").translate(_MARKS)] = None
        elif kind == _SLIDE_INFO and len(body) >= 11:
            found.hidden += bool(body[10] & _HIDDEN)
        elif kind == _OBJECT:
            unpacked = _unpacked(body, most) if instance == 1 else body
            most -= len(unpacked)
            found.objects.append(unpacked)
    found.text = "\n".join(text for text in texts if text.strip() and text not in _STOCK)
    return found


def _records(stream: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Kind, instance and body of every record that contains no others."""
    ends = [len(stream)]
    position = 0
    for _ in range(_MOST_RECORDS):
        while len(ends) > 1 and position >= ends[-1]:
            ends.pop()
        if position + 8 > len(stream):
            return
        head, kind, length = struct.unpack_from("<HHI", stream, position)
        position += 8
        if head & 0xF == _CONTAINER and len(ends) < _DEEPEST:
            ends.append(position + length)
            continue
        yield kind, head >> 4, stream[position : position + length]
        position += length


def _unpacked(body: bytes, most: int) -> bytes:
    try:
        return zlib.decompressobj().decompress(body[4:], max(1, most))
    except zlib.error:
        return b""
