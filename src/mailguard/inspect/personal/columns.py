"""Columns of tables: the head says what the cells are, so a number needs no other sign. And the rows that are persons.

A table is a list of people where its head names a column that only people have, or where, without a head, its columns
hold names, mail addresses or phones. What sheets do to numbers (lost zeros, fifteen digits) is undone here.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from mailguard.inspect.personal import checks
from mailguard.inspect.personal.dates import date_in_cell
from mailguard.inspect.personal.finds import EACH_SHOWN, Finds
from mailguard.inspect.personal.grid import Grid
from mailguard.inspect.personal.heads import MAYBE, SURE, kind_of
from mailguard.inspect.personal.names import TITLE, plain_name
from mailguard.inspect.personal.people import People
from mailguard.inspect.personal.places import has_place

_NO_NAMES = frozenset(
    ["合計", "小計", "総計", "total", "以上", "同上", "なし", "未定", "氏名", "名前", "name", "n/a", "na"]
)
_LETTER = re.compile(r"[^\W\d_]")
_PHONE = re.compile(r"[+(]{0,2}[0-9][0-9 ().-]{7,18}")
_EMAIL = re.compile(r"[^\s@]{1,64}@[^\s@]{1,190}\.[^\s@]{2,24}")
_POSTAL = re.compile(r"〒? ?([0-9]{3}-?[0-9]{4}|[0-9]{6})")
_POSTAL_CELL = re.compile("〒? ?[0-9]{3}-[0-9]{4}")
#: What a name in Latin letters has, however it goes on.
_LATIN_NAME = re.compile("[A-Z][A-Za-z]{1,15},? [A-Z]")
_JAPANESE_PLACE = re.compile("[市区町村郡]")
_NO_DIGITS = re.compile("[^0-9]+")
_SAMPLE = 60
_ROW_MOST = 20_000
#: Kinds of columns of which a value tells one person from another.
IDENTIFIERS = frozenset(
    {
        "email",
        "phone",
        "my_number",
        "card",
        "birth",
        "address",
        "person_id",
        "passport",
        "licence",
        "insurance",
        "ssn",
        "account",
    }
)  # fmt: skip


def bare_digits(cell: str) -> str:
    return cell if cell.isdigit() else _NO_DIGITS.sub("", cell)


def _phone(cell: str) -> str:
    if not _PHONE.fullmatch(cell):
        return ""
    digits = bare_digits(cell)
    if cell[0] == "+":
        digits = f"0{digits[2:]}" if digits.startswith("81") else digits
    elif digits[0] != "0" and len(digits) in (9, 10):  # a sheet took it for a number
        digits = f"0{digits}"
    return digits if 10 <= len(digits) <= 15 and digits[0] == "0" and digits[1] != "0" else ""


def _my_number(cell: str) -> str:
    digits = bare_digits(cell).zfill(12) if len(cell) <= 16 else ""
    return digits if len(digits) == 12 and digits[:2] != "00" and checks.is_my_number(digits) else ""


def _card(cell: str) -> str:
    digits = bare_digits(cell) if len(cell) <= 24 else ""
    # A sheet keeps fifteen digits of a number: a sixteenth 0 may have been anything.
    lost = len(digits) == 16 and digits[-1] == "0" and cell.isdigit() and checks.card_grade(digits[:4], 16) > 1
    return digits if checks.is_card(digits) or lost else ""


def _postal(cell: str) -> str:
    match = _POSTAL.fullmatch(cell)
    return match.group(1).replace("-", "").zfill(7) if match else ""


def _address(cell: str) -> str:
    # Japanese ones are found by their shape.
    foreign = 8 <= len(cell) <= 120 and not _JAPANESE_PLACE.search(cell) and any("0" <= ch <= "9" for ch in cell)
    return " ".join(cell.split()) if foreign and " " in cell and "@" not in cell else ""


def _some_digits(least: int, most: int) -> Callable[[str], str]:
    shape = re.compile(rf"[0-9]{{{least},{most}}}|[0-9]{{2,5}}(?:[- ・][0-9]{{1,7}}){{1,2}}")

    def take(cell: str) -> str:
        digits = bare_digits(cell) if shape.fullmatch(cell) else ""
        return digits if least <= len(digits) <= most else ""

    return take


def _account(cell: str) -> str:
    digits = _some_digits(4, 14)(cell)
    return digits.zfill(7) if digits else ""


def _passport(cell: str) -> str:
    bare = cell.replace(" ", "").upper()
    return bare if re.fullmatch("[A-Z]{1,2}[0-9]{6,8}|[0-9]{8,9}", bare) else ""


def _licence(cell: str) -> str:
    digits = _some_digits(12, 12)(cell.replace(" ", "").replace("-", ""))
    return digits if digits and checks.is_driving_licence(digits) else ""


def _insurer(cell: str) -> str:
    digits = _some_digits(5, 8)(cell)
    digits = digits.zfill(8 if len(digits) > 6 else 6) if digits else ""
    return digits if digits and checks.is_insurer(digits) else ""


def _ssn(cell: str) -> str:
    digits = bare_digits(cell) if re.fullmatch("[0-9]{3}-?[0-9]{2}-?[0-9]{4}", cell) else ""
    return digits if digits and checks.is_us_ssn(digits[:3], digits[3:5], digits[5:]) else ""


def _name(cell: str) -> str:
    if not 2 <= len(cell) <= 40 or "@" in cell or cell.lower() in _NO_NAMES or not _LETTER.search(cell):
        return ""
    return TITLE.sub("", cell).replace(" ", "") if not cell.isascii() else cell


#: Kind of column: the class of what it holds, and how a cell is read; "" if it is none.
_READ: dict[str, tuple[str, Callable[[str], str]]] = {
    "name": ("person_name", _name),
    "phone": ("phone", _phone),
    "postal": ("postal_code", _postal),
    "address": ("postal_address", _address),
    "birth": ("birth_date", date_in_cell),
    "my_number": ("my_number", _my_number),
    "card": ("payment_card", _card),
    "account": ("bank_account", _account),
    "passport": ("passport", _passport),
    "licence": ("driving_licence", _licence),
    "insurance": ("health_insurance", _some_digits(4, 11)),
    "insurer": ("health_insurance", _insurer),
    "ssn": ("us_ssn", _ssn),
}


def read_value(kind: str, cell: str) -> tuple[str, str]:
    """Class and value of what stands under a head or after a label; the value is "" if it is none."""
    what, read = _READ.get(kind, ("", str))
    return what, read(cell) if what else ""


def find_columns(grid: Grid, text: str, finds: Finds, people: People) -> None:
    """Add what the columns of a table hold, and its rows as persons, if it is a list of people."""
    kinds = _kinds(grid)
    columns = [
        (index, kind, *_READ[kind], finds.values.setdefault(_READ[kind][0], {}))
        for index, kind in enumerate(kinds)
        if kind in _READ
    ]
    marks = [index for index, kind in enumerate(kinds) if kind in IDENTIFIERS and kind not in _READ]
    parts = [index for index, kind in enumerate(kinds) if kind in ("surname", "given")]
    cards = [index for index, kind in enumerate(kinds) if kind == "card"]
    listed = _is_list(kinds)
    if not (columns or marks or parts):
        return
    for row, offset in grid.body():
        width = len(row)
        name, identifiers = "", []
        for index, kind, what, read, values in columns:
            if index >= width or not (cell := row[index]) or not (value := read(cell)):
                continue
            if len(values) < EACH_SHOWN:
                _note(finds, what, value, cell, text, offset)
            values[value] = None
            if kind == "name":
                name = name or value.replace(" ", "").lower()
            elif kind in IDENTIFIERS:
                identifiers.append(value)
        if parts and not name:
            name = _joined_name(row, parts, text, offset, finds)
        for index in cards:
            _card_of_cells(row, index, text, offset, finds)
        if listed:
            identifiers.extend(row[index].lower() for index in marks if index < width and row[index])
            if name or identifiers:
                people.add(name, identifiers)


def _kinds(grid: Grid) -> list[str]:
    """The kinds of a table's columns, where heads are weak or missing by what stands in them."""
    kinds = list(grid.kinds) or [""] * max(map(len, grid.rows), default=0)
    if not grid.mark:
        return kinds
    for index, kind in enumerate(kinds):
        if kind == "weak_name":
            certain = any(other in SURE or other in ("phone", "address") for other in kinds)
            kinds[index] = "name" if certain or _holds(grid, index, plain_name) else ""
        elif not kind and not grid.kinds:
            kinds[index] = _shape_of(grid, index)
    return kinds


def _shape_of(grid: Grid, column: int) -> str:
    """The kind of a column without a head, by what most of its cells look like. Only what can be in them is tried."""
    first = grid.head + 1
    cells = "\n".join([row[column] for row in grid.rows[first : first + _SAMPLE] if column < len(row)])
    hyphen, ascii_only = "-" in cells, cells.isascii()
    if "@" in cells and _holds(grid, column, _EMAIL.fullmatch):
        return "email"
    if (hyphen or "0" in cells) and _holds(grid, column, _is_phone):
        return "phone"
    if (not ascii_only or _LATIN_NAME.search(cells)) and _holds(grid, column, plain_name):
        return "name"
    if hyphen and _holds(grid, column, _POSTAL_CELL.fullmatch):
        return "postal"
    return "address" if not ascii_only and _holds(grid, column, _is_address) else ""


def _is_phone(cell: str) -> str:
    return _phone(cell) if "-" in cell or cell[:1] == "0" else ""


def _is_address(cell: str) -> bool:
    return len(cell) > 6 and has_place(cell)


def _is_list(kinds: list[str]) -> bool:
    if not SURE.isdisjoint(kinds):
        return True
    return "company" not in kinds and len(MAYBE.intersection(kinds)) > 1


def _holds(grid: Grid, column: int, test: Callable[[str], object]) -> bool:
    """Whether most cells of a column are of a kind, at least two of them, or three names."""
    first = grid.head + 1
    cells = [row[column] for row in grid.rows[first : first + _SAMPLE] if column < len(row) and row[column]]
    wrong = 0
    for cell in cells:
        if not test(cell):
            wrong += 1
            if len(cells) - wrong < 0.6 * len(cells):
                return False
    return len(cells) - wrong >= (3 if test is plain_name else 2)


def _note(finds: Finds, what: str, value: str, cell: str, text: str, offset: int) -> None:
    values = finds.values.get(what)
    if values is not None and (len(values) >= EACH_SHOWN or value in values):
        values[value] = None
        return
    start = text.find(cell, offset, offset + _ROW_MOST)
    start = start if start >= 0 else offset  # a cell in which quotes were doubled
    finds.add(what, value, start, start + len(cell))


def _joined_name(row: list[str], parts: list[int], text: str, offset: int, finds: Finds) -> str:
    """A name out of its two columns."""
    cells = [row[index] for index in parts if index < len(row)]
    name = "".join(cells) if not "".join(cells).isascii() else " ".join(cells)
    if not any(cells) or not _name(name):
        return ""
    _note(finds, "person_name", name, cells[0], text, offset)
    return name.replace(" ", "").lower()


def _card_of_cells(row: list[str], index: int, text: str, offset: int, finds: Finds) -> None:
    """A card's number in four cells of four digits, the first of them under the head."""
    cells = row[index : index + 4]
    if len(cells) == 4 and all(len(cell) == 4 and cell.isdigit() for cell in cells):
        digits = "".join(cells)
        if checks.is_card(digits):
            _note(finds, "payment_card", digits, cells[0], text, offset)


def vertical(grid: Grid) -> bool:
    """Whether the labels of a table stand in its first column, one record beside or below the other."""
    if grid.head > 0 or sum(kind != "" for kind in grid.kinds) > 1:
        return False
    kinds = {kind_of(row[0]) for row in grid.rows[:12] if len(row) > 1 and row[0]}
    return len(kinds - {"", "other"}) > 1
