"""The strings of BIFF8 workbooks: eight or sixteen bits a character, with formatting and furigana behind, cut over
records.

A string that runs over a record's end goes on behind a new flag octet, maybe in the other width (MS-XLS sections
2.5.293, 2.5.294, 2.4.265). Lengths are claims: what is missing is left out, and `whole` says so.
"""

from __future__ import annotations

import struct

_WIDE, _PHONETIC, _RICH = 0x01, 0x04, 0x08


def unicode_string(octets: bytes) -> tuple[str, int]:
    """A string with two octets of length, and how many octets it took; formatting behind it is not counted."""
    length, flags = struct.unpack_from("<HB", octets)
    start = 3 + (2 if flags & _RICH else 0) + (4 if flags & _PHONETIC else 0)
    size = length * 2 if flags & _WIDE else length
    return _decoded(octets[start : start + size], flags), start + size


def byte_string(octets: bytes, length: int, codec: str) -> str:
    """A string of BIFF5: octets in the workbook's code page."""
    try:
        return octets[:length].decode(codec, "replace")
    except LookupError:
        return octets[:length].decode("cp1252", "replace")


def text_of(body: bytes, more: list[bytes]) -> str:
    """The one string of a record with its continuations."""
    return Strings(body, more).one()


class Strings:
    """A row of strings over a record and its continuations."""

    def __init__(self, body: bytes, more: list[bytes]) -> None:
        self._pieces = [body, *more]
        self._piece = 0
        self._position = 0
        self.whole = True

    def all(self, count: int) -> tuple[list[str], list[str]]:
        """The strings of a shared string table, by number, and the furigana of some of them."""
        strings: list[str] = []
        furigana: list[str] = []
        while len(strings) < count and self._left():
            try:
                strings.append(self._string(furigana))
            except struct.error:
                break
        self.whole = len(strings) >= count
        return strings, furigana

    def one(self) -> str:
        """The first string."""
        try:
            return self._string([])
        except struct.error:
            return ""

    def _string(self, furigana: list[str]) -> str:
        length, flags = struct.unpack("<HB", self._take(3))
        runs = struct.unpack("<H", self._take(2))[0] if flags & _RICH else 0
        extra = struct.unpack("<I", self._take(4))[0] if flags & _PHONETIC else 0
        text = self._characters(length, flags)
        self._take(4 * runs)
        if extra:
            reading = _reading(self._take(extra))
            if reading:
                furigana.append(reading)
        return text

    def _characters(self, length: int, flags: int) -> str:
        out: list[str] = []
        while length > 0:
            width = 2 if flags & _WIDE else 1
            piece = self._pieces[self._piece]
            octets = piece[self._position : self._position + length * width]
            out.append(_decoded(octets, flags))
            length -= max(len(octets) // width, 0)
            self._position += len(octets)
            if length > 0:
                if not self._next():
                    break
                flags = self._pieces[self._piece][0] if self._pieces[self._piece] else 0
                self._position = 1
        return "".join(out)

    def _take(self, count: int) -> bytes:
        out = b""
        while len(out) < count:
            octets = self._pieces[self._piece][self._position : self._position + count - len(out)]
            out += octets
            self._position += len(octets)
            if len(out) < count and not self._next():
                break
        return out

    def _next(self) -> bool:
        if self._piece + 1 >= len(self._pieces):
            return False
        self._piece, self._position = self._piece + 1, 0
        return True

    def _left(self) -> bool:
        return self._piece + 1 < len(self._pieces) or self._position < len(self._pieces[self._piece])


def _decoded(octets: bytes, flags: int) -> str:
    return octets.decode("utf-16-le", "replace") if flags & _WIDE else octets.decode("latin-1")


def _reading(extra: bytes) -> str:
    """The furigana out of a string's extension (MS-XLS section 2.5.88)."""
    if len(extra) < 14:
        return ""
    length = struct.unpack_from("<H", extra, 10)[0]
    return extra[14 : 14 + 2 * length].decode("utf-16-le", "replace")
