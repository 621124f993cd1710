"""What sheets share in a workbook: strings, number formats, names and states of sheets (ECMA-376 part 1 section 18).

Strings are read by patterns where their XML is as programs write it, and by the parser where it is not: both give the
same, the first three times as fast.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from mailguard.inspect.office.formats import Shown, format_of, plain_number, shows_nothing
from mailguard.inspect.office.plain import NotPlain, plain_chunks
from mailguard.inspect.office.said import Said
from mailguard.inspect.office.xml import attribute, is_on, local, parse

#: Gives the pieces of a part; may be asked again.
Pieces = Callable[[], Iterable[bytes]]

_BREAKS = re.compile(r"[\n\t\r]+")
_CELL_CHARS = 32_767  # the most that a cell can hold (ECMA-376 part 1 section 18.4.12; Excel's limits)
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_ITEM = re.compile(r'<si>(?:<t(?: xml:space="preserve")?>([^<]*)</t></si>|((?:[^<]|<(?!/?si\b))*)</si>)|<si/>')
_RUN = re.compile(r"<rPh\b[^<>]*>|</rPh>|<t(?: [^<>]*)?>([^<]*)</t>")
_FRAME = re.compile(rb"<(?:\w+:)?sst(?:\s[^<>]*)?>\Z|\A\s*</(?:\w+:)?sst>\s*\Z")


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet as the workbook lists it. relation: the id that leads to its part."""

    name: str
    relation: str
    hidden: bool


@dataclass(slots=True)
class Workbook:
    """strings: by number; used: whether a cell refers to it; shown: formats that change a number, by cell style."""

    strings: list[str] = field(default_factory=list)
    used: bytearray = field(default_factory=bytearray)
    shown: dict[str, Shown] = field(default_factory=dict)
    blank: set[str] = field(default_factory=set)  # cell styles that show nothing
    sheets: list[Sheet] = field(default_factory=list)
    since_1904: bool = False

    def number(self, value: str, style: str | None) -> str:
        """A number as its cell shows it."""
        shown = self.shown.get(style) if style else None
        return shown(value) if shown else plain_number(value)

    def string(self, index: str) -> str:
        """A shared string, "" where there is none."""
        try:
            number = int(index)
            text = self.strings[number]
        except (ValueError, IndexError):
            return ""
        self.used[number] = 1
        return text

    def unused(self) -> Iterator[str]:
        """Strings that no cell shows: left over, and in the file all the same."""
        return (text for text, used in zip(self.strings, self.used, strict=True) if not used)


def read_workbook(pieces: Iterable[bytes], book: Workbook) -> None:
    """The list of sheets. Raises UnsafeXml."""

    def start(tag: str, attributes: dict[str, str]) -> None:
        name = local(tag)
        if name == "sheet":
            hidden = attribute(attributes, "state") in ("hidden", "veryHidden")
            book.sheets.append(Sheet(attributes.get("name", ""), attribute(attributes, "id"), hidden))
        elif name == "workbookPr":
            book.since_1904 = is_on(attributes.get("date1904", "0"))

    parse(pieces, start, lambda _tag: None, lambda _text: None)


def read_styles(pieces: Iterable[bytes], book: Workbook) -> None:
    """The number formats of cell styles. Raises UnsafeXml."""
    codes: dict[str, str] = {}
    styles: list[str] = []
    inside = [""]

    def start(tag: str, attributes: dict[str, str]) -> None:
        name = local(tag)
        if name == "numFmt":
            codes[attributes.get("numFmtId", "")] = attributes.get("formatCode", "")
        elif name in ("cellXfs", "cellStyleXfs", "dxfs"):
            inside[0] = name
        elif name == "xf" and inside[0] == "cellXfs":
            styles.append(attributes.get("numFmtId", "0"))

    parse(pieces, start, lambda _tag: None, lambda _text: None)
    for number, identity in enumerate(styles):
        code = codes.get(identity, "")
        if shows_nothing(code):
            book.blank.add(str(number))
        if identity.isdigit() and (shown := format_of(int(identity), code, book.since_1904)):
            book.shown[str(number)] = shown


def read_strings(pieces: Pieces, book: Workbook, said: Said) -> None:
    """The strings that cells refer to; readings of names (furigana) go beside. Raises UnsafeXml."""
    try:
        for chunk in plain_chunks(pieces(), "sst", "si"):
            if isinstance(chunk, str):
                _plain_strings(chunk, book, said)
            elif not _FRAME.search(chunk):
                raise NotPlain
    except NotPlain:
        book.strings.clear()
        table = _Strings(book, said)
        parse(pieces(), table.start, table.end, table.data)
    finally:
        book.used = bytearray(len(book.strings))


def cell_text(text: str) -> str:
    """A string as its cell shows it, on one line: escapes undone (ST_Xstring), breaks inside the cell as spaces."""
    if "&" in text:
        text = html.unescape(text)
    return one_cell(text)


def one_cell(text: str) -> str:
    """The same of a text whose entities the parser has resolved."""
    if "_x" in text:
        text = _ESCAPED.sub(lambda match: chr(int(match.group(1), 16)), text)
    if "\n" in text or "\t" in text or "\r" in text:
        text = " ".join(filter(None, map(str.strip, _BREAKS.split(text))))
    return text


def _plain_strings(chunk: str, book: Workbook, said: Said) -> None:
    parts = _ITEM.split(chunk)
    if "".join(parts[::3]).strip():
        raise NotPlain
    for plain, rich in zip(parts[1::3], parts[2::3], strict=True):
        if rich:
            plain, reading = _rich(rich)
            said.aside(cell_text(reading))
        _keep(cell_text(plain or ""), book, said)


def _keep(text: str, book: Workbook, said: Said) -> None:
    if len(text) > _CELL_CHARS:  # no program writes it; each of a million cells might repeat it
        said.aside(text)
        text = text[:_CELL_CHARS]
    book.strings.append(text)


def _rich(item: str) -> tuple[str, str]:
    """The text of an item of several runs, and the reading that stands above it."""
    if item.count("<t>") + item.count("<t ") != item.count("</t>"):
        raise NotPlain
    texts: list[str] = []
    reading: list[str] = []
    target = texts
    for match in _RUN.finditer(item):
        if match.group(1) is not None:
            target.append(match.group(1))
        else:
            target = texts if match.group().startswith("</") else reading
    return "".join(texts), "".join(reading)


class _Strings:
    """The same by the parser."""

    def __init__(self, book: Workbook, said: Said) -> None:
        self.book, self.said = book, said
        self.text: list[str] = []
        self.reading: list[str] = []
        self.target: list[str] = self.text
        self.taking = False

    def start(self, tag: str, _attributes: dict[str, str]) -> None:
        name = local(tag)
        if name == "si":
            self.text.clear()
            self.reading.clear()
        elif name == "rPh":
            self.target = self.reading
        self.taking = name == "t"

    def end(self, tag: str) -> None:
        name = local(tag)
        self.taking = False
        if name == "si":
            _keep(one_cell("".join(self.text)), self.book, self.said)
            self.said.aside(one_cell("".join(self.reading)))
        elif name == "rPh":
            self.target = self.text

    def data(self, text: str) -> None:
        if self.taking:
            self.target.append(text)
