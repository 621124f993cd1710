"""Files that stand uuencoded in plain text, which mail programs open out of it (POSIX, uuencode; RFC 934's time).

Tolerant as the programs are: spaces at line ends lost on the way, backticks for spaces, a checksum after each line, no
"end". A sentence that starts with "begin 644" is no file. Linear; never raises.
"""

from __future__ import annotations

import binascii
import re
from dataclasses import dataclass

_BEGIN = re.compile(rb"(?m)^begin(-base64)? [0-7]{3,4} ([^\r\n]{1,255})\r?\n")
_NOT_LETTERS = bytes(one for one in range(256) if not (chr(one).isalnum() and one < 128) and one not in b"+/")
_CODED = re.compile(rb"[ -`]*")
_FULL = b"M"  # a line of 45 octets, which is what every line but the last one is
_MOST_FILES = 500


@dataclass(frozen=True, slots=True)
class Uuencoded:
    """A file inside plain text: its name as octets, its content, and where it stood."""

    name: bytes
    octets: bytes
    start: int
    end: int


def find_uuencoded(octets: bytes) -> list[Uuencoded]:
    """Every uuencoded file in a plain text, in order."""
    found: list[Uuencoded] = []
    position = 0
    while len(found) < _MOST_FILES and (begin := _BEGIN.search(octets, position)) is not None:
        read = _base64 if begin[1] else _lines
        content, end = read(octets, begin.end())
        if content is not None:
            found.append(Uuencoded(begin[2].strip(), content, begin.start(), end))
            position = end
        else:
            position = begin.end()
    return found


def _base64(octets: bytes, start: int) -> tuple[bytes | None, int]:
    """The other alphabet of POSIX: base64 up to a line of "====" (or what ends there)."""
    end = octets.find(b"\n====", start - 1)
    after = octets.find(b"\n", end + 1) if end >= 0 else -1
    letters = octets[start : end if end >= 0 else len(octets)].translate(None, _NOT_LETTERS)
    letters = letters[:-1] if len(letters) % 4 == 1 else letters
    if not letters:
        return None, start
    return binascii.a2b_base64(letters + b"=" * (-len(letters) % 4)), after + 1 if after >= 0 else len(octets)


def _lines(octets: bytes, start: int) -> tuple[bytes | None, int]:
    """The lines of one file and where they end; None if they are none."""
    out: list[bytes] = []
    full = ended = False
    position = start
    while position < len(octets):
        line_end = octets.find(b"\n", position)
        after = line_end + 1 if line_end >= 0 else len(octets)
        line = octets[position : line_end if line_end >= 0 else len(octets)].rstrip(b"\r")
        if line.rstrip() == b"end":
            ended, position = True, after
            break
        if line.strip(b" `"):
            decoded = _line(line)
            if decoded is None:
                break
            full = full or (line[:1] == _FULL and len(line) in (60, 61, 62, 63))
            out.append(decoded)
        position = after
    content = b"".join(out)
    return (content, position) if content and (ended or full) else (None, position)


def _line(line: bytes) -> bytes | None:
    """One line: its length in the first character, then four characters for three octets."""
    if not _CODED.fullmatch(line):
        return None
    need = ((line[0] - 32 & 63) + 2) // 3 * 4
    if len(line) > need + 4:
        return None
    try:
        return binascii.a2b_uu(line[: need + 1].ljust(need + 1))
    except binascii.Error:
        return None
