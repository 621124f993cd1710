"""The cells and everything else that is text in Excel's older binary workbooks (.xls, BIFF5 and BIFF8).

Sheets as lines with tabs, hidden ones too; then headers, comments, text boxes, links. Numbers as a person would read
them, dates as dates. Reads the records one after the other and trusts no length. Sources: MS-XLS sections 2.1.4, 2.4,
2.5.293 (strings), 2.5.198 (formulas are not read, their results are).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from mailguard.inspect.office.biff_strings import Strings, byte_string, text_of, unicode_string
from mailguard.inspect.office.formats import Shown, format_of, plain_number

_BOF, _FILEPASS, _CODEPAGE, _DATEMODE = 0x0809, 0x002F, 0x0042, 0x0022
_BOUNDSHEET, _SST, _FORMAT, _XF = 0x0085, 0x00FC, 0x041E, 0x00E0
_LABELSST, _LABEL, _RSTRING, _NUMBER, _RK, _MULRK = 0x00FD, 0x0204, 0x00D6, 0x0203, 0x027E, 0x00BD
_FORMULA, _STRING, _ROW, _COLINFO = 0x0006, 0x0207, 0x0208, 0x007D
_HEADER, _FOOTER, _NOTE, _TXO, _HLINK = 0x0014, 0x0015, 0x001C, 0x01B6, 0x01B8
_BIFF8 = 0x0600
_MOST_CELLS = 3_000_000
_WIDEST = 256


@dataclass(slots=True)
class Workbook:
    """text: sheets first, then the rest; hidden: names of sheets that are not shown, and rows and columns as counts."""

    text: str = ""
    encrypted: bool = False
    whole: bool = True
    hidden: list[str] = field(default_factory=list)
    macros: bool = False  # sheets of Excel 4 macros


def workbook_text(stream: bytes) -> Workbook:
    """Read a "Workbook" or "Book" stream."""
    reader = _Reader()
    try:
        for kind, body, more in _records(stream):
            reader.take(kind, body, more)
            if reader.found.encrypted:
                return reader.found
    except (struct.error, IndexError):
        reader.found.whole = False
    reader.close_sheet()
    reader.found.text = "\n".join([*reader.lines, *reader.beside])
    return reader.found


def _records(stream: bytes) -> Iterator[tuple[int, bytes, list[bytes]]]:
    """Kind, body and continuations of each record."""
    position = 0
    while position + 4 <= len(stream):
        kind, length = struct.unpack_from("<HH", stream, position)
        body = stream[position + 4 : position + 4 + length]
        position += 4 + length
        more: list[bytes] = []
        while position + 4 <= len(stream) and stream[position : position + 2] == b"\x3c\x00":
            length = struct.unpack_from("<H", stream, position + 2)[0]
            more.append(stream[position + 4 : position + 4 + length])
            position += 4 + length
        yield kind, body, more


class _Reader:
    """What was read so far: the workbook's own tables, then the cells of the sheet under way."""

    def __init__(self) -> None:
        self.found = Workbook()
        self.lines: list[str] = []
        self.beside: list[str] = []
        self._biff8 = True
        self._codec = "cp1252"
        self._since_1904 = False
        self._names: list[str] = []
        self._sheets = 0
        self._strings: list[str] = []
        self._formats: dict[int, str] = {}
        self._styles: list[int] = []
        self._shown_by: dict[int, Shown] = {}
        self._cells: dict[int, dict[int, str]] = {}
        self._count = 0
        self._waiting: tuple[int, int] | None = None  # the cell of a formula whose result is a string

    def take(self, kind: int, body: bytes, more: list[bytes]) -> None:
        known = _READERS.get(kind)
        if known is not None:
            known(self, body, more)

    def close_sheet(self) -> None:
        for _, cells in sorted(self._cells.items()):
            width = min(max(cells) + 1, _WIDEST)
            row = [cells.get(column, "") for column in range(width)]
            row += [cells[column] for column in sorted(cells) if column >= width]
            self.lines.append("\t".join(row))
        self._cells = {}

    def _begin(self, body: bytes, more: list[bytes]) -> None:
        version, what = struct.unpack_from("<HH", body)
        self._biff8 = version >= _BIFF8
        if what == 0x0010:  # a sheet of cells
            self.close_sheet()
            if self._sheets < len(self._names):
                self.lines.append(self._names[self._sheets])
            self._sheets += 1

    def _locked(self, body: bytes, more: list[bytes]) -> None:
        self.found.encrypted, self.found.whole = True, False

    def _code_page(self, body: bytes, more: list[bytes]) -> None:
        number = struct.unpack_from("<H", body)[0]
        self._codec = "mac_roman" if number == 0x8000 else f"cp{number}" if number != 1200 else "cp1252"

    def _date_mode(self, body: bytes, more: list[bytes]) -> None:
        self._since_1904 = body[:1] == b"\x01"

    def _sheet(self, body: bytes, more: list[bytes]) -> None:
        name = self._short(body[6:])
        self._names.append(name)
        if body[4] & 3:
            self.found.hidden.append(name)
        self.found.macros = self.found.macros or body[5] == 1

    def _shared(self, body: bytes, more: list[bytes]) -> None:
        strings = Strings(body[8:], more)
        self._strings, furigana = strings.all(struct.unpack_from("<I", body, 4)[0])
        self.beside.extend(furigana)
        self.found.whole = self.found.whole and strings.whole

    def _format(self, body: bytes, more: list[bytes]) -> None:
        code = self._long(body[2:]) if self._biff8 else self._short(body[2:])
        self._formats[struct.unpack_from("<H", body)[0]] = code

    def _style(self, body: bytes, more: list[bytes]) -> None:
        self._styles.append(struct.unpack_from("<H", body, 2)[0])

    def _label_shared(self, body: bytes, more: list[bytes]) -> None:
        row, column, _, number = struct.unpack_from("<HHHI", body)
        self._put(row, column, self._strings[number] if number < len(self._strings) else "")

    def _label(self, body: bytes, more: list[bytes]) -> None:
        row, column = struct.unpack_from("<HH", body)
        self._put(row, column, self._long(body[6:]))

    def _number(self, body: bytes, more: list[bytes]) -> None:
        row, column, style, value = struct.unpack_from("<HHHd", body)
        self._put(row, column, self._shown(value, style))

    def _small_number(self, body: bytes, more: list[bytes]) -> None:
        row, column, style, packed = struct.unpack_from("<HHHI", body)
        self._put(row, column, self._shown(_unpacked(packed), style))

    def _small_numbers(self, body: bytes, more: list[bytes]) -> None:
        row, first = struct.unpack_from("<HH", body)
        for number in range((len(body) - 6) // 6):
            style, packed = struct.unpack_from("<HI", body, 4 + 6 * number)
            self._put(row, first + number, self._shown(_unpacked(packed), style))

    def _formula(self, body: bytes, more: list[bytes]) -> None:
        row, column, style = struct.unpack_from("<HHH", body)
        if body[12:14] != b"\xff\xff":
            self._put(row, column, self._shown(struct.unpack_from("<d", body, 6)[0], style))
        elif body[6] == 0:
            self._waiting = (row, column)

    def _result(self, body: bytes, more: list[bytes]) -> None:
        if self._waiting is not None:
            self._put(*self._waiting, text_of(body, more) if self._biff8 else self._long(body))
        self._waiting = None

    def _row(self, body: bytes, more: list[bytes]) -> None:
        if len(body) >= 16 and body[12] & 0x20:
            self._hide("hidden rows")

    def _columns(self, body: bytes, more: list[bytes]) -> None:
        if len(body) >= 10 and body[8] & 0x01:
            self._hide("hidden columns")

    def _margin(self, body: bytes, more: list[bytes]) -> None:
        if body:
            self.beside.append(self._long(body) if self._biff8 else self._short(body))

    def _note(self, body: bytes, more: list[bytes]) -> None:
        if self._biff8 and len(body) > 10:
            self.beside.append(unicode_string(body[8:])[0])
        elif not self._biff8:
            self.beside.append(body[6:].decode(self._codec, "replace"))

    def _box(self, body: bytes, more: list[bytes]) -> None:
        length = struct.unpack_from("<H", body, 10)[0]
        if more and length:
            self.beside.append(text_of(struct.pack("<H", length) + more[0], more[1:]))

    def _link(self, body: bytes, more: list[bytes]) -> None:
        text = body[32:].decode("utf-16-le", "replace")
        self.beside.append("".join(ch for ch in text if ch.isprintable()))

    def _short(self, body: bytes) -> str:
        """A string with one octet of length."""
        if self._biff8:
            return unicode_string(body[:1] + b"\0" + body[1:])[0] if body else ""
        return byte_string(body[1:], body[0], self._codec) if body else ""

    def _long(self, body: bytes) -> str:
        """A string with two octets of length."""
        if self._biff8:
            return unicode_string(body)[0]
        return byte_string(body[2:], struct.unpack_from("<H", body)[0], self._codec)

    def _put(self, row: int, column: int, text: str) -> None:
        self._count += 1
        if self._count > _MOST_CELLS:
            self.found.whole = False
        elif text:
            self._cells.setdefault(row, {})[column] = text

    def _shown(self, value: float, style: int) -> str:
        number = self._styles[style] if style < len(self._styles) else 0
        if number not in self._shown_by:
            self._shown_by[number] = format_of(number, self._formats.get(number, ""), self._since_1904) or plain_number
        return self._shown_by[number](repr(value))

    def _hide(self, what: str) -> None:
        if what not in self.found.hidden:
            self.found.hidden.append(what)


def _unpacked(packed: int) -> float:
    """An RK number: 30 bits of a double or of an integer, perhaps a hundredth (MS-XLS section 2.5.217)."""
    value: float
    if packed & 2:
        value = float((packed >> 2) - (1 << 30 if packed & 0x80000000 else 0))
    else:
        value = struct.unpack("<d", struct.pack("<Q", (packed & 0xFFFFFFFC) << 32))[0]
    return value / 100 if packed & 1 else value


_READERS = {
    _BOF: _Reader._begin,
    _FILEPASS: _Reader._locked,
    _CODEPAGE: _Reader._code_page,
    _DATEMODE: _Reader._date_mode,
    _BOUNDSHEET: _Reader._sheet,
    _SST: _Reader._shared,
    _FORMAT: _Reader._format,
    _XF: _Reader._style,
    _LABELSST: _Reader._label_shared,
    _LABEL: _Reader._label,
    _RSTRING: _Reader._label,
    _NUMBER: _Reader._number,
    _RK: _Reader._small_number,
    _MULRK: _Reader._small_numbers,
    _FORMULA: _Reader._formula,
    _STRING: _Reader._result,
    _ROW: _Reader._row,
    _COLINFO: _Reader._columns,
    _HEADER: _Reader._margin,
    _FOOTER: _Reader._margin,
    _NOTE: _Reader._note,
    _TXO: _Reader._box,
    _HLINK: _Reader._link,
}
