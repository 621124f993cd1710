"""By what octets archives are known, in front or behind something else; light, so that a process without the readers
can ask whether a file may hold one.

Sources: APPNOTE 6.3.10 section 4.3.16 (zip), 7zFormat.txt of the LZMA SDK, RARLAB's notes of RAR 4 and 5, MS-CAB
section 2.1, POSIX ustar.
"""

from __future__ import annotations

from mailguard.inspect.occurrences import stands

END_OF_ZIP = b"PK\x05\x06"
MARK_7Z = b"7z\xbc\xaf\x27\x1c"
MARK_4, MARK_5 = b"Rar!\x1a\x07\x00", b"Rar!\x1a\x07\x01\x00"
#: What both kinds of RAR begin with.
RAR = MARK_4[:-1]
CAB = b"MSCF\0\0\0\0"
TAR_BLOCK = 512
_SEVEN_BIT = bytes(range(128))


def may_hold_archive(octets: bytes) -> bool:
    """Whether there may be an archive in a file of no known kind, from its first octet on or behind others: False says
    that there is none.
    """
    return is_tar(octets[:TAR_BLOCK]) or any(stands(octets, mark) for mark in (MARK_7Z, RAR, CAB, END_OF_ZIP))


def is_tar(head: bytes) -> bool:
    """Whether a file begins with a tar header, of old or new form: its checksum says so."""
    return len(head) >= TAR_BLOCK and bool(head[0]) and is_tar_header(head[:TAR_BLOCK])


def is_tar_header(block: bytes) -> bool:
    """Whether the checksum is right; some old programs summed signed octets."""
    claimed = octal(block[148:156])
    plain = sum(block) - sum(block[148:156]) + 8 * 32
    return claimed in (plain, plain - 256 * len((block[:148] + block[156:]).translate(None, _SEVEN_BIT)))


def octal(digits: bytes) -> int:
    """A number in octal, or in base 256 as GNU tar writes large ones; 0 if it is none, or negative."""
    if digits[:1] == b"\x80":
        return int.from_bytes(digits[1:], "big")
    text = digits.split(b"\0")[0].strip()
    return int(text, 8) if text.isdigit() and not text.strip(b"01234567") else 0
