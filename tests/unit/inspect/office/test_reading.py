"""Pieces of the reader of Office documents by themselves: numbers, field codes, roots, chunks, relations, objects."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.golden.inspect.office import ole2, packager

from mailguard.inspect.office.codes import Code, read_code
from mailguard.inspect.office.formats import day, format_of, plain_number
from mailguard.inspect.office.objects import files_in, packaged
from mailguard.inspect.office.plain import NotPlain, plain_chunks
from mailguard.inspect.office.relations import part_of, read_relations, resolve
from mailguard.inspect.office.said import Said
from mailguard.inspect.office.sheets import read_sheet
from mailguard.inspect.office.workbook import Workbook, one_cell
from mailguard.inspect.office.xml import UnsafeXml, parse, root_of


@pytest.mark.parametrize(
    ("number", "code", "value", "shown"),
    [
        (14, "", "29222", "1980-01-02"),
        (22, "", "29222.5", "1980-01-02 12:00"),
        (58, "", "29222", "1980-01-02"),
        (20, "", "0.5", "12:00"),
        (164, 'ggge"年"m"月"d"日"', "29222", "1980-01-02"),
        (164, "[$-411]ge.m.d;@", "29222", "1980-01-02"),
        (164, "yyyy/m/d", "-1", "-1"),
        (164, "[h]:mm", "1.5", "1.5"),
        (164, r"000\-0000\-0000", "9012345678", "090-1234-5678"),
        (164, r"[<=999]000;[<=9999]000\-00;000\-0000", "1000001", "100-0001"),
        (164, r"[<=99999999]####\-####;\(00\)\ ####\-####", "312345678", "(03) 1234-5678"),
        (164, "0000-0000-0000-0000", "4.012888888881E15", "4012-8888-8888-1000"),
        (164, '"No."000', "7", "No.007"),
        (164, "000-0000", "x", "x"),
    ],
)
def test_formats(number: int, code: str, value: str, shown: str) -> None:
    found = format_of(number, code)
    assert found is not None
    assert found(value) == shown


@pytest.mark.parametrize("code", ["General", "0", "0.00E+00", "#,##0", "@", "0_ ", '"a"', ";;;", "#,##0;[Red]-#,##0"])
def test_formats_that_change_nothing(code: str) -> None:
    assert format_of(164, code) is None


def test_days() -> None:
    assert [day(serial, False).isoformat() for serial in (1, 59, 61)] == ["1900-01-01", "1900-02-28", "1900-03-01"]
    assert day(0, True).isoformat() == "1904-01-01"
    assert plain_number("1E400") == "1E400"
    assert plain_number("NaN.0") == "NaN.0"


@pytest.mark.parametrize(
    ("code", "found"),
    [
        (' HYPERLINK "https://x.example/a" ', Code(beside="https://x.example/a")),
        (' HYPERLINK \\l "_Toc1" ', Code()),
        (" PAGE ", Code()),
        (" PAGES of SECRET ", Code(beside="PAGES of SECRET")),
        (" ddeauto c:\\a ", Code(beside="ddeauto c:\\a", dde=True)),
        ("EQ \\* jc2 \\o\\ad(\\s\\up 9(やまだ),山田)", Code(shown="山田", beside="やまだ")),
    ],
)
def test_field_codes(code: str, found: Code) -> None:
    assert read_code(code) == found


@pytest.mark.parametrize(
    ("head", "root"),
    [
        (b"<a/>", "a"),
        (b"\xef\xbb\xbf<?xml version='1.0'?>\n<!-- <b> --><w:a x='1'>", "a"),
        ("<?xml version='1.0'?><a>".encode("utf-16"), "a"),
        ("<a>".encode("utf-16-le"), "a"),
        (b"<!DOCTYPE x [<!ENTITY y 'z'>]><a>", "a"),
        (b"PK\3\4<a>", ""),
        (b"", ""),
    ],
)
def test_roots(head: bytes, root: str) -> None:
    assert root_of(head) == root


def test_document_types_are_refused() -> None:
    with pytest.raises(UnsafeXml):
        parse([b"<!DOCTYPE a>", b"<a/>"], lambda *_: None, lambda *_: None, lambda *_: None)


def _in_pieces(octets: bytes, size: int) -> Iterator[bytes]:
    return (octets[at : at + size] for at in range(0, len(octets), size))


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_chunks_are_whole_items(size: int) -> None:
    octets = '<a xmlns:p="u"><p:s><p:i>機</p:i><p:i/></p:s></a>'.encode()
    head, *chunks, tail = plain_chunks(_in_pieces(octets, size), "s", "i")
    assert head == b'<a xmlns:p="u"><p:s>'
    assert "".join(str(chunk) for chunk in chunks) == "<i>機</i>"
    assert tail == b"<p:i/></p:s></a>"


@pytest.mark.parametrize(
    "octets",
    [
        b"<!-- --><s><i>x</i></s>",
        b"<s><i><![CDATA[x]]></i></s>",
        b"<s><i><?x?></i></s>",
        b'<?xml version="1.0" encoding="shift_jis"?><s><i>x</i></s>',
        "<s><i>x</i></s>".encode("utf-16"),
        b"<s><i>\xff</i></s>",
        b"<s/>",
        b"<t></t>",
    ],
)
def test_chunks_that_cannot_be_trusted(octets: bytes) -> None:
    with pytest.raises(NotPlain):
        list(plain_chunks([octets], "s", "i"))


@pytest.mark.parametrize(
    "row",
    [
        '<row><c r="A1"><v>77</v></c></row>',
        '<row><c t="n" r="A1"><v>77</v></c></row>',  # another order of attributes
        '<row><c r="A1"><f>1</f><v>77</v><extLst/></c></row>',
        '<row><c r="A1" t="inlineStr"><is><r><t>7</t></r><r><t>7</t></r></is></c></row>',
        '<row r="1" q="a>b"><c><v>77</v></c></row>',
        '<row/><row r="2"/><row><c/><c r="A1"><v>77</v></c></row>',
    ],
)
def test_cells_are_found_however_they_are_written(row: str) -> None:
    said = Said(1000)
    octets = f'<?xml version="1.0"?>\n<worksheet><sheetData>{row}</sheetData></worksheet>'.encode()
    read_sheet(lambda: [octets], Workbook(), said, "a")
    assert said.whole().strip() == "77"


def test_the_same_cells_by_either_way() -> None:
    cells = (
        '<c r="A1" s="1"><v>1.5</v></c><c r="C1" t="str"><f>A1&amp;"x"</f><v>a&#10;b</v></c>'
        '<c r="D1" t="b"><v>0</v></c>'
    )
    texts = []
    for comment in ("", "<!-- -->"):
        said = Said(1000)
        octets = f"<worksheet>{comment}<sheetData><row>{cells}</row></sheetData></worksheet>".encode()
        read_sheet(lambda octets=octets: [octets], Workbook(), said, "a")  # type: ignore[misc]
        texts.append(said.whole())
    assert texts == ["1.5\t\ta b\tFALSE"] * 2


def test_codes_and_formats_without_end_cost_what_they_weigh() -> None:
    """Hours, where each blank and each bracket was the beginning of a further search."""
    assert read_code("EQ \\o(\\s\\up 9(a)," + " " * 1_000_000).beside.startswith("EQ")
    for sign in ("[", "[a", "[h"):
        assert format_of(164, sign * 500_000) is None


def test_spaces_without_end_cost_nothing() -> None:
    assert one_cell(" " * 1_000_000 + "x\n\t  y") == "x y"
    rows = "<row/>" * 200_000
    said = Said(1000)
    octets = f"<worksheet><sheetData>{rows}<row><c><v>7</v></c></row></sheetData></worksheet>".encode()
    read_sheet(lambda: [octets], Workbook(), said, "a")
    assert said.whole() == "7"


def test_relations() -> None:
    assert resolve("../media/a.png", "word/x") == "word/media/a.png"
    assert resolve("/XL/a%20b.xml", "word") == "xl/a b.xml"
    assert resolve("../../../a", "x") == "a"
    assert part_of("word/_rels/document.xml.rels") == "word/document.xml"
    assert part_of("_rels/.rels") == ""
    assert read_relations(b"<Relationships><", "") == []


def test_objects() -> None:
    assert packaged(packager("見積.xlsx", b"abc")) == ("見積.xlsx", b"abc")
    assert packaged(packager("a.txt", b"abc")[:-40])[1] == b"abc"
    assert packaged(b"\2\0abc") == ("", b"\2\0abc")
    (pdf,) = files_in(ole2({"CONTENTS": b"%PDF-1.7".ljust(5000)}), "oleObject1.bin")
    assert pdf.name == "oleObject1.pdf"
    assert list(files_in(ole2({"Equation Native": b"x"}), "oleObject1.bin")) == []
    (whole,) = files_in(ole2({"Unknown": b"x"}), "oleObject1.bin")
    assert whole.octets is not None
    assert whole.octets.startswith(b"\xd0\xcf")


def test_there_is_only_so_much_room() -> None:
    said = Said(10)
    assert said.say("12345")
    assert not said.say("1234567890")
    assert said.whole() == "12345\n12345"
    assert said.full
