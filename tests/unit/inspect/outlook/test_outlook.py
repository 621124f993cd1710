"""Packed RTF, HTML inside RTF, and MAPI values: each by itself."""

from __future__ import annotations

import pytest
from tests.golden.inspect.outlook_makers import HELLO_RTF, WXYZ_RTF, literal_rtf, plain_rtf

from mailguard.inspect.outlook import mapi
from mailguard.inspect.outlook.encapsulated import encapsulated_html
from mailguard.inspect.outlook.lzfu import unpack_rtf
from mailguard.inspect.outlook.mapi import Properties, label_of


@pytest.mark.parametrize(
    ("packed", "rtf"),
    [
        (HELLO_RTF, b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"),
        (WXYZ_RTF, b"{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}"),
        (plain_rtf(b"{\\rtf1 x}"), b"{\\rtf1 x}"),
        (literal_rtf(b"{\\rtf1 a b c d e f}"), b"{\\rtf1 a b c d e f}"),
    ],
)
def test_packed_rtf(packed: bytes, rtf: bytes) -> None:
    assert unpack_rtf(packed, 1000) == (rtf, True)


def test_packed_rtf_that_is_broken_or_too_much() -> None:
    assert unpack_rtf(WXYZ_RTF[:-6], 1000)[1] is False
    assert unpack_rtf(b"\1" * 20, 1000) == (b"", False)
    assert unpack_rtf(b"\1" * 3, 1000) == (b"", False)
    out, whole = unpack_rtf(plain_rtf(b"x" * 100), 10)
    assert (len(out), whole) == (10, False)
    endless = b"\x2d\xff\xff\xff\xff\xff\xff\x7fLZFu\0\0\0\0" + b"\xff" + bytes.fromhex("0cef") * 8
    assert len(unpack_rtf(endless * 100, 50)[0]) < 400


_OPEN = rb"{\rtf1\ansi\ansicpg932\fromhtml1{\fonttbl{\f0\fcharset0 A;}{\f1\fnil\fcharset128 B;}}"


@pytest.mark.parametrize(
    ("rtf", "html"),
    [
        (rb"{\*\htmltag64 <p>}a\htmlrtf b\htmlrtf0 c{\*\htmltag72 </p>}", "<p>ac</p>"),
        (rb"\htmlrtf{\b\htmlrtf0 a\htmlrtf}\htmlrtf0 b", "ab"),
        (rb"{\*\htmltag148 &lt;}{\*\mhtmltag64 <img>}x", "&lt;x"),
        (rb"\f1\'8b\'40\'96\'a7 \f0\'e9", "機密 é"),
        (rb"\u27231?\uc0\u23494 x", "機密x"),
        (rb"{\*\htmltag84 <a href=\'22x\'22>}\{y\}\par z", '<a href="x">{y}\r\nz'),
        (rb"{\*\unknown hidden}\ldblquote q\rdblquote", "\u201cq\u201d"),
    ],
)
def test_html_in_rtf(rtf: bytes, html: str) -> None:
    assert encapsulated_html(_OPEN + rtf + b"}") == html


def test_rtf_without_html() -> None:
    assert encapsulated_html(rb"{\rtf1\ansi {\*\htmltag <p>}x}") == ""
    assert encapsulated_html(_OPEN + b"}" * 50 + b"{" * 5000 + b"x") == "x"


def test_values() -> None:
    item = Properties("cp932")
    item.add(0x37, mapi.STRING8, "機密①\0".encode("cp932"))
    item.add(0x1000, mapi.UNICODE, "a\0b\0".encode("utf-16-le"))
    item.add(0x3FFD, mapi.LONG, b"\xa4\3\0\0")
    item.add(0x39FE, mapi.UNICODE, "/O=CORP/CN=ANN".encode("utf-16-le"))
    assert item.text(0x99, 0x37) == "機密①"
    assert item.text(0x1000) == "ab"  # what stands behind a NUL is not lost
    assert (item.number(0x3FFD), item.number(0x37)) == (932, None)
    assert list(item.strings(but=frozenset({0x1000}))) == ["機密①"]


@pytest.mark.parametrize(
    ("number", "label"),
    [(932, "cp932"), (65001, "utf-8"), (50220, "iso-2022-jp"), (28592, "iso-8859-2"), (51932, "euc-jp"), (None, "")],
)
def test_code_pages(number: int | None, label: str) -> None:
    assert label_of(number) == label
