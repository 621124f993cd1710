"""The text of Word's older binary documents (.doc): main text, notes, headers, comments and text boxes alike.

Follows the piece table, in which all stories of the document stand one after the other, so nothing is told apart and
nothing is missed. Trusts no offset: what points outside gives no text, and says so. Source: MS-DOC sections 2.4.1, 2.5,
2.8.35, 2.9.73; Word 6 and 95 by the older layout (one run of octets).
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass

_ENCRYPTED, _TABLE_1 = 0x0100, 0x0200
_WORD_97 = 0x00C1
_COMPRESSED = 1 << 30
_MOST_PIECES = 100_000
_CODE_PAGES = {0x0411: "cp932", 0x0804: "gb18030", 0x0404: "big5hkscs", 0x0412: "cp949", 0x0419: "cp1251"}
#: Paragraph, cell and row, line, page; field marks around instructions (which stay: a link's target is text too).
_MARKS = str.maketrans("\r\x0b\x0c\x0e\x13\x14\x15\x1e", "\n\n\n\n   -", "\x1f")
_OBJECTS = re.compile("[\x00-\x06\x08]")


@dataclass(frozen=True, slots=True)
class WordText:
    """text: of all stories; encrypted: nothing can be read without a password; whole: every piece was found."""

    text: str = ""
    encrypted: bool = False
    whole: bool = True


def word_text(document: bytes, table_of: dict[str, bytes]) -> WordText:
    """The text of a WordDocument stream. table_of: the streams "0Table" and "1Table", as far as there are any."""
    if len(document) < 0x1AA:
        return WordText(whole=False)
    version, flags = struct.unpack_from("<H", document, 2)[0], struct.unpack_from("<H", document, 10)[0]
    if flags & _ENCRYPTED:
        return WordText(encrypted=True, whole=False)
    if version < _WORD_97:
        return WordText(_shown(_old_text(document)))
    table = table_of.get("1Table" if flags & _TABLE_1 else "0Table", b"")
    start, length = struct.unpack_from("<II", document, 0x1A2)
    pieces = list(_pieces(table[start : start + length]))
    texts = [_piece(document, count, at) for count, at in pieces]
    whole = bool(pieces) and all(text is not None for text in texts)
    return WordText(_shown("".join(text or "" for text in texts)), whole=whole)


def _pieces(clx: bytes) -> Iterator[tuple[int, int]]:
    """Characters and position (with its flag) of each piece of the piece table."""
    position = 0
    while position + 5 <= len(clx):
        if clx[position] == 1:  # formatting that belongs to pieces
            position += 3 + struct.unpack_from("<H", clx, position + 1)[0]
            continue
        if clx[position] != 2:
            return
        plc = clx[position + 5 : position + 5 + struct.unpack_from("<I", clx, position + 1)[0]]
        count = min((len(plc) - 4) // 12, _MOST_PIECES)
        if count < 1:
            return
        bounds = struct.unpack_from(f"<{count + 1}I", plc)
        for number in range(count):
            at = struct.unpack_from("<I", plc, 4 * (count + 1) + 8 * number + 2)[0]
            yield max(0, bounds[number + 1] - bounds[number]), at
        return


def _piece(document: bytes, count: int, at: int) -> str | None:
    if at & _COMPRESSED:
        start = (at & ~_COMPRESSED) // 2
        octets = document[start : start + count]
        return octets.decode("cp1252", "replace") if len(octets) == count else None
    octets = document[at : at + 2 * count]
    return octets.decode("utf-16-le", "replace") if len(octets) == 2 * count else None


def _old_text(document: bytes) -> str:
    """Word 6 and 95: one run of octets in the code page of the document's language."""
    language = struct.unpack_from("<H", document, 6)[0]
    start, end = struct.unpack_from("<II", document, 0x18)
    return document[start:end].decode(_CODE_PAGES.get(language, "cp1252"), "replace")


def _shown(text: str) -> str:
    # A cell ends in one mark, a row in a mark of its own behind that of its last cell.
    rows = text.replace("\x07\x07", "\n").replace("\x07", "\t")
    return _OBJECTS.sub("", rows.translate(_MARKS))
