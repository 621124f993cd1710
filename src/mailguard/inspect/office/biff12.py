"""The parts of a workbook in Excel's binary format (.xlsb): strings, styles, the list of sheets, cells, and every
other text.

The same workbook as an .xlsx (`workbook`, `sheets`), written as records instead of XML. What has no reader of its own
(comments, headers, names, links, rules) gives its strings beside the text. Lengths are claims, nothing is trusted.
Raises Unpackable where a part is broken, after having kept what came before. Source: MS-XLSB sections 2.1.4, 2.4, 2.5.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable, Iterator

from mailguard.inspect.archives.entries import Unpackable
from mailguard.inspect.office.formats import format_of, shows_nothing
from mailguard.inspect.office.said import Said
from mailguard.inspect.office.sheets import Rows
from mailguard.inspect.office.workbook import Sheet, Workbook, one_cell

_ROW, _RK, _ERROR, _BOOL, _REAL, _STRING, _SHARED = 0, 2, 3, 4, 5, 6, 7
_RESULT_STRING, _RESULT_NUMBER, _RESULT_BOOL, _RESULT_ERROR, _RICH = 8, 9, 10, 11, 62
_CELLS = frozenset((_RK, _BOOL, _REAL, _STRING, _SHARED, _RESULT_STRING, _RESULT_NUMBER, _RESULT_BOOL, _RICH))
_BLANK = frozenset((1, _ERROR, _RESULT_ERROR))
_ITEM, _FORMAT, _STYLE, _COLUMNS, _BOOK, _SHEET, _CELL_STYLES, _CELL_STYLES_END = 19, 44, 47, 60, 153, 156, 617, 618
_SOURCE = 360  # of a link to elsewhere: 0 a workbook, 1 DDE, 2 OLE
_LONGEST = 2**24  # of a record; no program writes one near it
_CHARS = 32_767
_UNPRINTED, _IDENTITY = re.compile(r"[\t\r\n\u3000]"), re.compile(r"rId\d+")
#: The length of a string of two to 32,767 characters.
_LENGTH = re.compile(rb"(?:[\x02-\xff]\0|[\s\S][\x01-\x7f])\0\0")
#: What a part begins with, as a name like that of a root element.
_ROOTS = {131: "workbook.bin", 129: "sheet.bin", 159: "strings.bin", 278: "styles.bin"}
_OTHERS = frozenset((628, 343, 353, 360, 179, 181, 193, 377, 387, 2118, 5093, 5104))


def binary_root(name: str, head: bytes) -> str:
    """What a part of an .xlsb is, by its first record; "" if it is none. name: of the part."""
    if not name.lower().endswith(".bin") or len(head) < 3:
        return ""
    kind, _ = _number(head, 0, 2)
    return _ROOTS.get(kind, "texts.bin" if kind in _OTHERS else "")


def read_binary_book(pieces: Iterable[bytes], book: Workbook, said: Said) -> None:
    """The list of sheets; names that are defined."""
    for kind, body in _records(pieces):
        if kind == _SHEET:
            relation, end = _wide(body, 8)
            name, _ = _wide(body, end)
            book.sheets.append(Sheet(name, relation, body[0] in (1, 2)))
            said.aside(name)
        elif kind == _BOOK:
            book.since_1904 = bool(body[0] & 1)
        else:
            said.aside(*_strings_in(body))


def read_binary_styles(pieces: Iterable[bytes], book: Workbook) -> None:
    """The number formats of cell styles."""
    codes: dict[int, str] = {}
    styles: list[int] = []
    inside = False
    for kind, body in _records(pieces):
        if kind == _FORMAT:
            codes[struct.unpack_from("<H", body)[0]] = _wide(body, 2)[0]
        elif kind in (_CELL_STYLES, _CELL_STYLES_END):
            inside = kind == _CELL_STYLES
        elif kind == _STYLE and inside:
            styles.append(struct.unpack_from("<H", body, 2)[0])
    for number, identity in enumerate(styles):
        code = codes.get(identity, "")
        if shows_nothing(code):
            book.blank.add(str(number))
        if shown := format_of(identity, code, book.since_1904):
            book.shown[str(number)] = shown


def read_binary_strings(pieces: Iterable[bytes], book: Workbook, said: Said) -> None:
    """The strings that cells refer to; readings of names (furigana) go beside."""
    try:
        for kind, body in _records(pieces):
            if kind != _ITEM:
                continue
            text, end = _wide(body, 1)
            book.strings.append(one_cell(text)[:_CHARS])
            if body[0] & 2:
                said.aside(*_strings_in(body[end:]))
    finally:
        book.used = bytearray(len(book.strings))


def read_binary_texts(pieces: Iterable[bytes], said: Said) -> None:
    """A part without a reader of its own: whatever strings its records hold."""
    for kind, body in _records(pieces):
        if kind == _SOURCE and body[:2] == b"\1\0":
            said.macros["a DDE link"] = None
        said.aside(*_strings_in(body))


def read_binary_sheet(pieces: Iterable[bytes], book: Workbook, said: Said, name: str) -> None:
    """The cells of a sheet, and the strings of what stands around them."""
    rows = Rows(book, said, name)
    columns: list[int] = []
    cells: list[str] = []
    unseen, going = False, True
    try:
        for kind, body in _records(pieces):
            if kind == _ROW:
                going = going and (not columns or rows.add(columns, cells, unseen))
                columns, cells = [], []
                unseen = bool(body[11] & 0x10) or body[8:10] == b"\0\0"
            elif kind in _CELLS:
                columns.append(min(struct.unpack_from("<I", body)[0], 16_383) + 1)
                cells.append(_cell(kind, body, book, rows))
            elif kind == _COLUMNS:
                first, last, width, _, flags = struct.unpack_from("<4IH", body)
                if (flags & 1 or not width) and len(rows.unseen_columns) < 1000:
                    rows.unseen_columns.append((min(first, 16_383) + 1, min(last, 16_383) + 1))
            elif kind not in _BLANK:
                said.aside(*_strings_in(body))
    finally:
        if columns and going:
            rows.add(columns, cells, unseen)
        rows.flush()


def _cell(kind: int, body: bytes, book: Workbook, rows: Rows) -> str:
    """A cell as it is shown: column, style, then its value (section 2.5.9)."""
    style = str(int.from_bytes(body[4:7], "little"))
    if style in book.blank:
        rows.said.hidden[f"cells that show nothing in sheet {rows.name}"] = None
    if kind == _SHARED:
        return book.string(str(struct.unpack_from("<I", body, 8)[0]))
    if kind in (_STRING, _RESULT_STRING):
        return one_cell(_wide(body, 8)[0])
    if kind == _RICH:
        return one_cell(_wide(body, 9)[0])
    if kind in (_BOOL, _RESULT_BOOL):
        return "TRUE" if body[8] else "FALSE"
    if kind == _RK:
        return book.number(_short_number(struct.unpack_from("<i", body, 8)[0]), style)
    return book.number(repr(struct.unpack_from("<d", body, 8)[0]), style)


def _short_number(value: int) -> str:
    """A number in 30 bits: an integer or the upper half of a double, maybe in hundredths (section 2.5.122)."""
    number = float(value >> 2) if value & 2 else struct.unpack("<d", struct.pack("<q", (value & ~3) << 32))[0]
    return repr(number / 100 if value & 1 else number)


def _records(pieces: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    """Type and body of every record (section 2.1.4)."""
    data, position = b"", 0
    for piece in pieces:
        data, position = data[position:] + piece, 0
        while position + 6 <= len(data) and (found := _record(data, position)) is not None:
            kind, start, position = found
            yield kind, data[start:position]
    data = data[position:]
    position = 0
    while position < len(data):  # the last ones may be shorter than a head can be
        found = _record(data + b"\0" * 6, position)
        if found is None or found[2] > len(data):
            raise Unpackable("broken data")
        kind, start, position = found
        yield kind, data[start:position]


def _record(data: bytes, position: int) -> tuple[int, int, int] | None:
    """Type, begin and end of the record at a position; None where it is not whole yet."""
    kind, after = _number(data, position, 2)
    length, start = _number(data, after, 4)
    if length > _LONGEST:
        raise Unpackable("broken data")
    return (kind, start, start + length) if start + length <= len(data) else None


def _number(data: bytes, position: int, most: int) -> tuple[int, int]:
    """A number of seven bits an octet, the lowest first, and where it ends."""
    value = 0
    for step in range(most):
        octet = data[position + step]
        value |= (octet & 0x7F) << 7 * step
        if octet < 0x80:
            break
    return value, position + step + 1


def _wide(body: bytes, position: int) -> tuple[str, int]:
    """A string with four octets of length, and where it ends (section 2.5.169); all ones for none at all."""
    if len(body) < position + 4:
        raise Unpackable("broken data")
    length = struct.unpack_from("<I", body, position)[0]
    start = position + 4
    if length == 0xFFFFFFFF:
        return "", start
    end = start + 2 * length
    if end > len(body):
        raise Unpackable("broken data")
    return body[start:end].decode("utf-16-le", "replace"), end


def _strings_in(body: bytes) -> Iterator[str]:
    """What looks like a string in a record of any kind. Looks at no octet more often than a few times."""
    position, room = 0, 4 * len(body)
    while found := _LENGTH.search(body, position):
        start = found.end()
        end = start + 2 * struct.unpack("<I", found.group())[0]
        position = found.start() + 1
        if end <= len(body):
            room -= end - start
            if room < 0:  # made to be looked at again and again
                raise Unpackable("broken data")
            text = body[start:end].decode("utf-16-le", "replace")
            if "\ufffd" not in text and _UNPRINTED.sub("", text).isprintable():
                position = end
                if not _IDENTITY.fullmatch(text):
                    yield text
