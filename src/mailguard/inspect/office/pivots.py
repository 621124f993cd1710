"""Pivot caches: a pivot table keeps a copy of the whole table it was made from, also where that sheet was taken out
before the file was sent (ECMA-376 part 1 section 18.10).
"""

from __future__ import annotations

from collections.abc import Iterable

from mailguard.inspect.office.formats import plain_number
from mailguard.inspect.office.said import Said
from mailguard.inspect.office.workbook import one_cell
from mailguard.inspect.office.xml import local, parse

#: Strings, numbers, dates, switches, errors, nothing: in the order of a column they may be referred to by number.
_VALUES = frozenset({"s", "n", "d", "b", "e", "m"})
_LINES = 2000


def read_columns(pieces: Iterable[bytes], said: Said) -> list[list[str]]:
    """A cache's definition: the distinct values of each column, which its records refer to. Raises UnsafeXml."""
    names: list[str] = []
    columns: list[list[str]] = []
    state = {"items": False}

    def start(tag: str, attributes: dict[str, str]) -> None:
        name = local(tag)
        if name == "cacheField":
            names.append(one_cell(attributes.get("name", "")))
            columns.append([])
        elif name == "worksheetSource":
            said.aside(*attributes.values())
        elif name in ("sharedItems", "groupItems"):
            state["items"] = name == "sharedItems"
        elif name in _VALUES and state["items"] and columns:
            columns[-1].append(_value(attributes))

    def end(tag: str) -> None:
        if local(tag) == "sharedItems":
            state["items"] = False

    try:
        parse(pieces, start, end, lambda _text: None)
    finally:
        for name, values in zip(names, columns, strict=True):
            said.say("\n".join((name, *filter(None, values))))
        said.say("\t".join(names))
    return columns


def read_records(pieces: Iterable[bytes], columns: list[list[str]], said: Said) -> None:
    """A cache's records, as rows under the names of the columns. Raises UnsafeXml."""
    lines: list[str] = []
    row: list[str] = []

    def start(tag: str, attributes: dict[str, str]) -> None:
        name = local(tag)
        if name == "x":
            row.append(_shared(columns, len(row), attributes.get("v", "")))
        elif name in _VALUES:
            row.append(_value(attributes))

    def end(tag: str) -> None:
        if local(tag) != "r":
            return
        if sum(map(len, row)) > said.room:
            said.full = True
        else:
            lines.append("\t".join(row))
        row.clear()
        if len(lines) >= _LINES:
            said.say("\n".join(lines))
            lines.clear()

    try:
        parse(pieces, start, end, lambda _text: None)
    finally:
        said.say("\n".join(lines))


def _value(attributes: dict[str, str]) -> str:
    return plain_number(one_cell(attributes.get("v", "")))


def _shared(columns: list[list[str]], column: int, index: str) -> str:
    try:
        return columns[column][int(index)]
    except (ValueError, IndexError):
        return ""
