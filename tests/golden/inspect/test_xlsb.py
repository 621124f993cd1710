"""Workbooks in Excel's binary format (.xlsb), made record by record after MS-XLSB: all that a person wrote is found."""

from __future__ import annotations

import struct

from tests.golden.inspect.makers import CARD, file_mail, zip_of
from tests.golden.inspect.office import relations, types

from mailguard.inspect.reader import read_mail
from mailguard.mail.facts import Attachment, Facts

_MAIN = "application/vnd.ms-excel.sheet.binary.macroEnabled.main"
_ROW, _RK, _REAL, _STRING, _SHARED, _ITEM, _RICH = 0, 2, 5, 6, 7, 19, 62
_BEGIN_BOOK, _END_BOOK, _SHEET = 131, 132, 156
_BEGIN_SHEET, _END_SHEET, _COLUMNS = 129, 130, 60
_BEGIN_STRINGS, _END_STRINGS, _BEGIN_COMMENTS, _COMMENT_TEXT = 159, 160, 628, 637
_BEGIN_STYLES, _FORMAT, _BEGIN_CELL_STYLES, _STYLE, _END_CELL_STYLES = 278, 44, 617, 47, 618
_HEADER_FOOTER, _LINK_SOURCE = 479, 360


def _number(value: int, most: int) -> bytes:
    out = b""
    for _ in range(most):
        out += bytes([value & 0x7F | (0x80 if value > 0x7F else 0)])
        value >>= 7
        if not value:
            break
    return out


def _record(kind: int, body: bytes = b"") -> bytes:
    return _number(kind, 2) + _number(len(body), 4) + body


def _wide(text: str) -> bytes:
    return struct.pack("<I", len(text.encode("utf-16-le")) // 2) + text.encode("utf-16-le")


def _row(number: int, *cells: bytes, hidden: bool = False) -> bytes:
    head = struct.pack("<IIHBBB", number, 0, 300, 0, 0x10 if hidden else 0, 0) + bytes(4)
    return _record(_ROW, head) + b"".join(cells)


def _cell(kind: int, column: int, value: bytes, style: int = 0) -> bytes:
    return _record(kind, struct.pack("<II", column, style) + value)


def _sheet(*rows: bytes, before: bytes = b"", after: bytes = b"") -> bytes:
    return b"".join((_record(_BEGIN_SHEET), before, _record(145), *rows, _record(146), after, _record(_END_SHEET)))


def _book(*sheets: tuple[str, int, bytes], **further: bytes) -> bytes:
    listed = b"".join(
        _record(_SHEET, struct.pack("<II", state, n) + _wide(f"rId{n}") + _wide(name))
        for n, (name, state, _) in enumerate(sheets, 1)
    )
    parts: dict[str, str | bytes] = {
        "[Content_Types].xml": types(("/xl/workbook.bin", _MAIN)),
        "xl/workbook.bin": _record(_BEGIN_BOOK) + listed + _record(_END_BOOK),
        "xl/_rels/workbook.bin.rels": relations(
            *((f"rId{n}", "worksheet", f"worksheets/sheet{n}.bin") for n in range(1, len(sheets) + 1))
        ),
    }
    parts |= {f"xl/worksheets/sheet{n}.bin": octets for n, (_, _, octets) in enumerate(sheets, 1)}
    parts |= {f"xl/{name}.bin": octets for name, octets in further.items()}
    return zip_of({name: part.encode() if isinstance(part, str) else part for name, part in parts.items()})


def _strings(*texts: str) -> bytes:
    items = b"".join(_record(_ITEM, b"\0" + _wide(text)) for text in texts)
    return _record(_BEGIN_STRINGS, struct.pack("<II", len(texts), len(texts))) + items + _record(_END_STRINGS)


def _read(octets: bytes) -> tuple[Attachment, Facts]:
    facts = read_mail(file_mail(octets, "一覧.xlsb"))
    return facts.attachments[0], facts


def _codes(facts: Facts) -> set[str]:
    return {finding.code for finding in facts.findings}


def test_cells_are_read_as_rows() -> None:
    rows = (
        _row(0, _cell(_SHARED, 0, struct.pack("<I", 0)), _cell(_SHARED, 1, struct.pack("<I", 1))),
        _row(
            1,
            _cell(_STRING, 0, _wide("山田太郎")),
            _cell(_REAL, 1, struct.pack("<d", float(CARD))),
            _cell(_RK, 2, struct.pack("<i", 1234 << 2 | 2)),
            _cell(_RK, 3, struct.pack("<i", 1250 << 2 | 3)),
            _cell(_RICH, 4, b"\0" + _wide("極秘計画")),
        ),
    )
    file, facts = _read(_book(("顧客", 0, _sheet(*rows)), sharedStrings=_strings("氏名", "カード番号")))
    assert f"氏名\tカード番号\n山田太郎\t{CARD}\t1234\t12.5\t極秘計画" in file.text
    assert "顧客" in file.text
    assert (file.inspected, file.short_type, file.members) == (True, "xlsx", ())
    assert not _codes(facts)


def test_dates_are_shown_as_dates() -> None:
    styles = b"".join(
        (
            _record(_BEGIN_STYLES),
            _record(_FORMAT, struct.pack("<H", 180) + _wide("yyyy/mm/dd")),
            _record(_BEGIN_CELL_STYLES, struct.pack("<I", 2)),
            *(_record(_STYLE, struct.pack("<HH", 0, form) + bytes(12)) for form in (0, 180)),
            _record(_END_CELL_STYLES),
        )
    )
    row = _row(0, _cell(_REAL, 0, struct.pack("<d", 29222.0), style=1), _cell(_REAL, 1, struct.pack("<d", 29222.0)))
    file, _ = _read(_book(("a", 0, _sheet(row)), styles=styles))
    assert "1980-01-02\t29222" in file.text


def test_what_is_hidden_is_read_and_said() -> None:
    shown, cell = _cell(_STRING, 0, _wide("見える")), _cell(_STRING, 1, _wide("隠れた"))
    columns = _record(_COLUMNS, struct.pack("<4IH", 1, 1, 2000, 0, 1))
    for octets in (
        _book(("表", 0, _sheet(_row(0, shown))), ("裏", 2, _sheet(_row(0, cell)))),
        _book(("表", 0, _sheet(_row(0, shown), _row(1, cell, hidden=True)))),
        _book(("表", 0, _sheet(_row(0, shown, cell), before=columns))),
    ):
        file, facts = _read(octets)
        assert "見える" in file.text
        assert "隠れた" in file.text
        assert _codes(facts) == {"hidden_text"}


def test_what_stands_around_the_cells_is_read() -> None:
    margins = _record(_HEADER_FOOTER, b"\0\0" + _wide("&C社外秘の見出し"))
    comments = _record(_BEGIN_COMMENTS) + _record(_COMMENT_TEXT, b"\0" + _wide("注釈の言葉"))
    file, facts = _read(_book(("a", 0, _sheet(after=margins)), comments1=comments))
    assert "社外秘の見出し" in file.text
    assert "注釈の言葉" in file.text
    assert not _codes(facts)


def test_a_dde_link_is_a_macro() -> None:
    link = _record(_LINK_SOURCE, struct.pack("<H", 1) + _wide("cmd") + _wide("/c calc.exe"))
    file, facts = _read(_book(("a", 0, _sheet()), externalLink1=link))
    assert "/c calc.exe" in file.text
    assert _codes(facts) == {"macro"}


def test_a_broken_sheet_is_read_as_far_as_it_goes() -> None:
    whole = _sheet(_row(0, _cell(_STRING, 0, _wide("前半の言葉"))), _row(1, _cell(_STRING, 0, _wide("後半の言葉"))))
    for broken in (whole[:-20], whole[:-4] + b"\x81\x01\xff\xff\xff\x7f", whole + _cell(_REAL, 0, b"\0")):
        file, facts = _read(_book(("a", 0, broken)))
        assert "前半の言葉" in file.text
        assert not file.inspected
        assert "unparseable_attachment" in _codes(facts)
