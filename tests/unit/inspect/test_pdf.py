"""The parts of the PDF reader by themselves: objects, strings, the mending of pages."""

from __future__ import annotations

import zlib

import pytest
from tests.golden.inspect.pdfs import one_page, stream

from mailguard.inspect.pdf.objects import LARGEST_STREAM, Objects, scan
from mailguard.inspect.pdf.pages import mended
from mailguard.inspect.pdf.strings import (
    beside_pages,
    does_launch,
    does_script,
    embedded_names,
    raw_string,
    text_string,
)

MUCH = 2**28


@pytest.mark.parametrize(
    ("token", "octets"),
    [
        (b"(a)", b"a"),
        (rb"(\(a\)\\)", b"(a)\\"),
        (b"((a) b)", b"(a) b"),
        (rb"(\101\12)", b"A\n"),
        (b"(a\\\nb\\\r\nc)", b"abc"),
        (b"<41 4>", b"A@"),
        (b"<>", b""),
    ],
)
def test_strings(token: bytes, octets: bytes) -> None:
    assert raw_string(token) == octets


@pytest.mark.parametrize(
    ("octets", "text"),
    [
        (b"plain", "plain"),
        (b"\xfe\xff\x6a\x5f\x5b\xc6", "機密"),
        (b"\xff\xfe\x5f\x6a", "機"),
        (b"\xef\xbb\xbf\xe6\xa9\x9f", "機"),
        (b"\x8b\x40\x96\xa7\x8e\x91\x97\xbf", "機密資料"),
    ],
)
def test_text_strings(octets: bytes, text: str) -> None:
    assert text_string(octets) == text


def plain(octets: bytes) -> Objects:
    return Objects(octets, octets, b"", (), "")


def test_strings_for_people_only() -> None:
    octets = b"<</T(name)/V (a)/TU[(b)]/ID[(x)]/Contents<3082>/F 4/NM(y)>> 9 0 obj (alone) endobj"
    assert list(beside_pages(plain(octets))) == ["a", "b", "alone"]


def test_streams_and_what_stands_outside_of_them() -> None:
    octets = one_page(b"BT (stream\n) Tj ET", stream(b"packed", b"/A(b)", packed=True), catalog=b"/N(x)")
    objects = scan(octets, MUCH)
    assert [objects.data(one, 100) for one in objects.streams] == [b"BT (stream\n) Tj ET", b"packed"]
    assert [one.number for one in objects.streams] == [4, 6]
    assert b"Tj" not in objects.plain
    assert b"/N(x)" in objects.plain
    assert objects.bomb == ""


def test_wrong_length_and_no_end() -> None:
    objects = scan(b"1 0 obj<</Length 3>>stream\nabcdef\nendstream 2 0 obj<</Length 9>>stream\nrest", MUCH)
    assert [objects.data(one, 100) for one in objects.streams] == [b"abcdef\n", b"rest"]


def test_object_streams_come_apart() -> None:
    packed = stream(b"7 0 8 4 (a) (b)", b"/Type/ObjStm/N 2/First 8", packed=True)
    assert scan(b"1 0 obj" + packed, MUCH).unpacked == b"7 0 obj\n(a) \nendobj\n8 0 obj\n(b)\nendobj"
    hostile = stream(b"7 9 8 0 9 9 1 0 (a) (b)", b"/Type/ObjStm/N 4/First 16", packed=True)
    assert len(scan(b"1 0 obj" + hostile, MUCH).unpacked) < 100


def test_bombs() -> None:
    assert scan(b"1 0 obj" + stream(bytes(LARGEST_STREAM + 1), packed=True), MUCH).bomb
    assert scan(b"1 0 obj" + stream(bytes(1000), packed=True), 999).bomb
    twice = stream(zlib.compress(bytes(LARGEST_STREAM + 1)), b"/Filter[/FlateDecode/FlateDecode]")
    assert scan(b"1 0 obj" + twice.replace(b"/Filter/FlateDecode", b""), MUCH).bomb == ""
    again = zlib.compress(zlib.compress(bytes(LARGEST_STREAM + 1)))
    assert scan(b"1 0 obj" + stream(again, b"/Filter[/FlateDecode/FlateDecode]"), MUCH).bomb


@pytest.mark.parametrize(
    ("octets", "script", "launch"),
    [
        (b"<</S/JavaScript/JS(a)>>", True, False),
        (b"<</S /JavaScript /JS 9 0 R>>", True, False),
        (b"<</S/JavaScript/JS(AFDate_FormatEx\\(x\\))>>", False, False),
        (b"<</S/JavaScript/JS(AFDate_FormatEx\\(x\\))>><</S/JavaScript/JS(b)>>", True, False),
        (b"<</S/Launch/F(a)>>", False, True),
        (b"<</S/LaunchPad>>", False, False),
    ],
)
def test_actions(octets: bytes, script: bool, launch: bool) -> None:
    assert (does_script(plain(octets)), does_launch(plain(octets))) == (script, launch)


def test_names_of_embedded_files() -> None:
    octets = (
        b"1 0 obj<</F(a.txt)/EF<</F 5 0 R/UF 5 0 R>>>>endobj\n"
        b"2 0 obj<</EF<</F 6 0 R>>/F(b.txt)>>endobj 3 0 obj<</EF<</F 7 0 R>>>>endobj"
    )
    assert list(embedded_names(plain(octets))) == [("a.txt", 5), ("b.txt", 6), ("", 7)]


@pytest.mark.parametrize(
    ("found", "text"),
    [
        ("confi\ufffe\r\ndential", "confidential"),
        ("4111-1111\ufffe\r\n1111-1111", "4111-1111-1111-1111"),
        ("090-\r\n1234-5678", "090-1234-5678"),
        ("1 -\r\n- 2", "1 -\n- 2"),
        ("縦\r\n書\r\nき\r\nの\r\n文\r\nnext", "縦書きの文\nnext"),
        ("男\r\n女\r\nx", "男\n女\nx"),
        ("行の終わり\r\n次の行", "行の終わり\n次の行"),
    ],
)
def test_mended(found: str, text: str) -> None:
    assert mended(found) == text
