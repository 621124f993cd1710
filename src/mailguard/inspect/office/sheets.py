"""The cells of a sheet: rows as lines, columns kept apart by tabs and in their places, values as the program shows
them.

Rows and columns that are not shown are read like the others, and said. What stands around the cells (rules, links,
headers, footers) is read as any other part. Patterns read the rows where the XML allows it, the parser elsewhere
(`plain`). Source: ECMA-376 part 1 section 18.3.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from mailguard.inspect.office.plain import NotPlain, plain_chunks
from mailguard.inspect.office.prose import Prose
from mailguard.inspect.office.said import Said
from mailguard.inspect.office.workbook import Pieces, Workbook, cell_text, one_cell
from mailguard.inspect.office.xml import is_on, local, parse

_CELL = re.compile(
    r'<c(?: r="([A-Z]{1,3})\d+")?(?: s="(\d+)")?(?: t="(\w+)")?(?: (?:cm|vm|ph)="\d+")*(?:/>|>'
    r"(?:<f(?: [^<>]*)?(?:/>|>([^<]*)</f>))?"
    r'(?:<v(?: xml:space="preserve")?>([^<]*)</v>|<v/>|<is><t(?: xml:space="preserve")?>([^<]*)</t></is>)?</c>)\s*'
)
_GROUPS = 7  # of `_CELL`, and what stands between two of them
_EMPTY_ROWS = re.compile(r"\s*(?:<row(?: [^<>]*)?/>\s*)*")
_UNSEEN_ROW = re.compile(r'\s(?:hidden="(?:1|true)"|ht="0")')
_LITERAL = re.compile(r'"([^"]{2,})"')
#: Where a formula puts two texts together.
_JOINED = re.compile(r'"\s{0,9}[&,]\s{0,9}"')
_DDE = re.compile(r"^[^\"'(]{1,60}\|'|\bDDE\(", re.IGNORECASE)
_WIDEST = 64  # tabs in place of columns that are left out
_LAST_COLUMN = 16_384


class Rows:
    """Rows of one sheet as they come, whoever reads them."""

    def __init__(self, book: Workbook, said: Said, name: str) -> None:
        self.book, self.said, self.name = book, said, name
        self.lines: list[str] = []
        self.unseen_columns: list[tuple[int, int]] = []
        self.unseen_rows = False

    def add(self, columns: Sequence[int], cells: list[str], unseen: bool) -> bool:
        """Add a row. columns: of the cells, from 1; 0 where a cell does not say. False: there is no more room."""
        if not any(cells):
            return True
        if unseen or self.unseen_rows:
            self.said.hidden[f"hidden rows in sheet {self.name}"] = None
        if columns[-1] != len(cells):
            cells = _spread(columns, cells)
        if self.unseen_columns and any(
            any(cells[first - 1 : last]) for first, last in self.unseen_columns if first <= len(cells)
        ):
            self.said.hidden[f"hidden columns in sheet {self.name}"] = None
        if sum(map(len, cells)) > self.said.room:
            self.said.full = True
            return False
        self.lines.append("\t".join(cells))
        return len(self.lines) < 5000 or self.flush()

    def flush(self) -> bool:
        """Hand over the rows that were read."""
        lines, self.lines = self.lines, []
        return self.said.say("\n".join(lines))

    def formula(self, text: str) -> None:
        """Note what a formula says beside its result."""
        if _DDE.search(text):
            self.said.macros["a DDE formula"] = None
            self.said.aside(text)
        self.said.aside(*_LITERAL.findall(text))
        if _JOINED.search(text):
            self.said.aside(*_LITERAL.findall(_JOINED.sub("", text)))

    def around(self, tag: str, attributes: dict[str, str]) -> None:
        """Look at an element that stands before the cells."""
        name = local(tag)
        if name == "col":
            if attributes.get("hidden") in ("1", "true") or attributes.get("width") == "0":
                first, last = attributes.get("min", ""), attributes.get("max", "")
                if first.isdigit() and last.isdigit() and len(self.unseen_columns) < 1000:
                    self.unseen_columns.append((max(1, int(first[:6])), min(_LAST_COLUMN, int(last[:6]))))
        elif name == "sheetFormatPr":
            self.unseen_rows = is_on(attributes.get("zeroHeight", "0"))


def read_sheet(pieces: Pieces, book: Workbook, said: Said, name: str) -> None:
    """Read a sheet. Raises UnsafeXml after having kept what came before the error."""
    rows = Rows(book, said, name)
    mark = len(said.text), said.room
    try:
        _Frame(rows).read(_outside(plain_chunks(pieces(), "sheetData", "row"), rows))
    except NotPlain:
        del said.text[mark[0] :]
        said.room = mark[1]
        _Walk(Rows(book, said, name)).read(pieces())


def _outside(chunks: Iterable[bytes | str], rows: Rows) -> Iterator[bytes]:
    """The octets that are no rows, for the parser; the rows are read on the way."""
    going = True
    for chunk in chunks:
        if isinstance(chunk, bytes):
            yield chunk
        elif going:
            going = _plain_rows(chunk, rows)


def _plain_rows(chunk: str, rows: Rows) -> bool:
    for piece in chunk.split("</row>")[:-1]:
        start = _EMPTY_ROWS.match(piece)
        head, _, cells = piece[start.end() if start else 0 :].partition(">")
        if not head.startswith("<row"):
            raise NotPlain
        parts = _CELL.split(cells)
        if "".join(parts[::_GROUPS]).strip():
            raise NotPlain
        if len(parts) > 1 and not _plain_cells(parts, rows, head):
            return False
    return True


def _plain_cells(parts: list[str], rows: Rows, head: str) -> bool:
    book = rows.book
    number, string = book.number, book.string
    cells: list[str] = []
    for style, kind, value, inline in zip(
        parts[2::_GROUPS], parts[3::_GROUPS], parts[5::_GROUPS], parts[6::_GROUPS], strict=True
    ):
        if value is None:
            cells.append(cell_text(inline) if inline else "")
        elif kind == "s":
            cells.append(string(value))
        elif kind is None or kind == "n":
            cells.append(number(value, style))
        else:
            cells.append(_other(kind, cell_text(value)))
    if book.blank and any(
        value and style in book.blank for style, value in zip(parts[2::_GROUPS], parts[5::_GROUPS], strict=True)
    ):
        rows.said.hidden[f"cells that show nothing in sheet {rows.name}"] = None
    for formula in filter(None, parts[4::_GROUPS]):
        rows.formula(cell_text(formula))
    last = _column(parts[-_GROUPS])
    columns: Sequence[int] = (last,) if last == len(cells) else [_column(one) for one in parts[1::_GROUPS]]
    return rows.add(columns, cells, "h" in head and _UNSEEN_ROW.search(head) is not None)


def _other(kind: str, value: str) -> str:
    return ("TRUE" if value == "1" else "FALSE") if kind == "b" else value


def _column(letters: str | None) -> int:
    """The number of a column from 1, 0 where none is given."""
    if not letters:
        return 0
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number if number <= _LAST_COLUMN else 0


def _spread(columns: Sequence[int], cells: list[str]) -> list[str]:
    """Cells with empty ones where columns were left out, so that a column stays a column."""
    out: list[str] = []
    for column, cell in zip(columns, cells, strict=True):
        gap = column - len(out) - 1
        if 0 < gap <= _WIDEST:
            out.extend([""] * gap)
        out.append(cell)
    return out


class _Frame(Prose):
    """What stands around the cells."""

    def __init__(self, rows: Rows) -> None:
        super().__init__(rows.said, "worksheet")
        self.rows = rows

    def read(self, pieces: Iterable[bytes]) -> None:
        try:
            parse(pieces, self.start, self.end, self.data)
        finally:
            self.rows.flush()
            self.finish()

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self.rows.around(tag, attributes)
        super().start(tag, attributes)


class _Walk(_Frame):
    """The cells by the parser."""

    def __init__(self, rows: Rows) -> None:
        super().__init__(rows)
        self.cells: list[str] = []
        self.columns: list[int] = []
        self.kind = self.style = self.value = ""
        self.target: list[str] | None = None
        self.inside = self.unseen_row = self.going = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = local(tag)
        if name == "sheetData":
            self.inside = self.going = True
        elif not self.inside:
            super().start(tag, attributes)
        elif name == "row":
            self.unseen_row = is_on(attributes.get("hidden", "0")) or attributes.get("ht") == "0"
            self.cells, self.columns = [], []
        elif name == "c":
            self.kind, self.style, self.value = attributes.get("t", "n"), attributes.get("s", ""), ""
            letters = re.match("[A-Z]{1,3}", attributes.get("r", ""))
            self.columns.append(_column(letters.group()) if letters else 0)
        elif name in ("v", "t", "f"):
            self.target = []
        elif name == "rPh":
            self.reading = True

    def end(self, tag: str) -> None:
        if not self.inside:
            super().end(tag)
            return
        name = local(tag)
        if name == "sheetData":
            self.inside = False
        elif name == "row" and self.going and self.cells:
            self.going = self.rows.add(self.columns, self.cells, self.unseen_row)
        elif name == "c":
            self.cells.append(self._shown())
        elif name == "rPh":
            self.reading = False
        elif self.target is not None and name in ("v", "t", "f"):
            self._text(name, "".join(self.target))
            self.target = None

    def data(self, text: str) -> None:
        if not self.inside:
            super().data(text)
        elif self.target is not None:
            self.target.append(text)

    def _text(self, name: str, text: str) -> None:
        if name == "f":
            self.rows.formula(text)
        elif self.reading:
            self.said.aside(text)
        else:
            self.value += text

    def _shown(self) -> str:
        book = self.rows.book
        if self.style in book.blank and self.value:
            self.said.hidden[f"cells that show nothing in sheet {self.rows.name}"] = None
        if self.kind == "s":
            return book.string(self.value)
        if self.kind == "n":
            return book.number(self.value, self.style) if self.value else ""
        return _other(self.kind, one_cell(self.value))
