"""RTF by itself: code pages, places of texts, what is skipped, files inside."""

from __future__ import annotations

import struct

import pytest
from tests.golden.inspect.office import ole1, ole2, packager

from mailguard.inspect.content import FileIn
from mailguard.inspect.limits import Budget, ReadingLimits
from mailguard.inspect.rtf.document import read_rtf, rtf_text

_FONTS = (
    rb"{\fonttbl{\f0\fcharset0 Times;}{\f1\fcharset128 MS Mincho;}{\f2\fcharset204 Arial Cyr;}"
    rb"{\f3\fcharset134 SimSun;}}"
)


def _rtf(body: bytes, page: bytes = rb"\ansicpg1252") -> bytes:
    return rb"{\rtf1\ansi" + page + rb"\deff0" + _FONTS + body + b"}"


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (rb"\f1 \'8b\'40\'96\'a7", "機密"),
        (b"\\f1 \\'8b@\\'96\\'a7", "機密"),  # the second octet as a character: WordPad
        (b"\\f1 \\'8b\r\n\\'40", "機"),
        (rb"\f2 \'cf\'f0\'e8", "При"),
        (rb"\f3 \'bb\'fa", "机"),
        (rb"caf\'e9", "café"),
        (rb"\loch\af0\hich\af0\dbch\af1 \'8b\'40", "機"),
        (rb"{\f1 {\f0 x}\'8b\'40}\'e9", "x機é"),
        (rb"\u27231 ?\u23494 ?", "機密"),
        (rb"\uc2\u27231 \'8b\'40x", "機x"),
        (rb"{\uc0\u27231\u23494}\u-1 ?", "機密\uffff"),
        (rb"\u-10179?\u-8704?", "\U0001f600"),
        (rb"\{a\}\\b\~c\_d\-e", "{a}\\b c-de"),
        (rb"a\par b\line c\tab d", "a\nb\nc\td"),
        (rb"KING{\b FIS}{\*\unknown skipped}H\'45R", "KINGFISHER"),
        (rb"a{\pict\bin5 {}}{\x b}c", "ac"),
        (rb"4012{\footnote NOTE}8888", "40128888\nNOTE"),
        (rb"{\header HEAD}{\footerf FOOT}x", "x\nHEAD\nFOOT"),
        (rb"x{\*\annotation{\*\atnref 1}REMARK}{\*\atnauthor WHO}", "x\nREMARK\nWHO"),
        (rb"{\shp{\*\shpinst{\sp{\sn wzDescription}{\sv ALT}}{\shptxt BOX}}{\shprslt OLD}}x", "x\nBOX\nALT"),
        (rb"{\info{\title TITLE}{\*\company FIRM}}{\*\userprops{\propname P}{\staticval V}}x", "x\nTITLE\nFIRM\nP\nV"),
        (rb'{\field{\*\fldinst HYPERLINK "mailto:a@b.example"}{\fldrslt LINK}}', "LINK\na@b.example"),
        (rb"{\field{\*\fldinst EQ \\* jc2 \\o\\ad(\\s\\up 9(yama),YAMADA)}{\fldrslt }}", "YAMADA\nyama"),
        (rb"{\upr{\title ?}{\*\ud{\title \u27231 ?}}}x", "x\n機"),
        (rb"\trowd\pard\intbl a\par b\cell c\cell\row\pard d", "a b\tc\nd"),
        (
            rb"\pard\intbl a\cell\pard\intbl\itap2 n\nestcell{\*\nesttableprops\nestrow}\pard\intbl b\cell\row",
            "a\tb\nn",
        ),
        (rb"KING{\deleted OLD}{\revised FISHER}\par", "KINGFISHER\nKINGOLD"),
        (rb"{{{a", "a"),
        (b"a}}}b\\", "ab}"),
    ],
)
def test_text(body: bytes, text: str) -> None:
    found = rtf_text(_rtf(body))
    assert [line for line in found.split("\n") if line] == text.split("\n")


def test_a_japanese_document_with_fonts_of_no_charset() -> None:
    assert rtf_text(_rtf(rb"\f0 \'8b\'40", rb"\ansicpg932")) == "機"
    assert rtf_text(rb"{\rtf1\ansi\ansicpg99999 \'e9}") == "é"


def _read(octets: bytes) -> tuple[str, list[tuple[str, bytes | None]], set[str]]:
    budget = Budget(ReadingLimits())
    content = read_rtf(FileIn("a.rtf", "", octets, "a.rtf"), budget)
    inner = [(one.name, one.octets) for one in content.inner]
    return content.text, inner, {finding.code for finding in budget.findings()}


def test_hidden_text_is_read_and_said() -> None:
    text, _, codes = _read(_rtf(rb"SEEN{\v UNSEEN}TOO\plain"))
    assert text.split("\n")[:2] == ["SEENTOO", "UNSEEN"]
    assert codes == {"hidden_text"}
    assert _read(_rtf(rb"\v0 SEEN{\v }"))[2] == set()


def test_what_runs_is_said() -> None:
    assert _read(_rtf(rb"{\field{\*\fldinst {DDE}{AUTO c:}}}"))[2] == {"macro"}
    assert _read(_rtf(rb"{\*\template https://evil.example/t.dotm}"))[2] == {"macro"}
    assert _read(_rtf(rb"{\*\template C:\\t.dotm}"))[2] == set()


def _object(data: bytes, cut: int = 64) -> bytes:
    digits = data.hex().encode()
    lines = b"\r\n".join(digits[at : at + cut] for at in range(0, len(digits), cut))
    return _rtf(rb"x{\object\objemb{\*\objclass Package}{\*\objdata " + lines + rb"}{\result y}}")


def test_files_inside() -> None:
    package = packager("顧客.csv", b"a,b\n")
    assert _read(_object(ole1("Package", package)))[:2] == ("xy", [("顧客.csv", b"a,b\n")])
    whole = ole2({"\x01Ole10Native": struct.pack("<I", len(package)) + package})
    assert _read(_object(ole1("Package", whole), 3))[1] == [("顧客.csv", b"a,b\n")]
    inner = ole2({"Package": b"PK\3\4".ljust(5000, b"x")})
    assert _read(_object(ole1("Excel.Sheet.12", inner)))[1] == [("object 1.xlsx", b"PK\3\4".ljust(5000, b"x"))]
    old = ole2({"Workbook": b"x" * 5000})
    assert _read(_object(ole1("Excel.Sheet.8", old)))[1] == [("object 1.xls", old)]


def test_a_file_inside_as_raw_octets() -> None:
    data = ole1("Package", packager("a.txt", b"{}\\"))
    octets = _rtf(rb"{\object{\*\objdata\bin" + str(len(data)).encode() + b" " + data + b"}}z")
    assert _read(octets)[:2] == ("z", [("a.txt", b"{}\\")])


def test_a_broken_object_comes_back_whole() -> None:
    assert _read(_object(b"\1\2\3"))[1] == [("object 1.bin", b"\1\2\3")]
    link = struct.pack("<III", 0x501, 1, 0) + bytes(8)
    assert _read(_object(link))[1] == []


def test_depth_is_bounded() -> None:
    assert rtf_text(_rtf(b"{" * 100_000 + b"a" + b"}" * 100_000 + b"b")) == "ab"
