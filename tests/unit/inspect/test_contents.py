"""Transfer encodings, HTML, file kinds, zip directories, compound files: each reader by itself."""

from __future__ import annotations

import base64
import hashlib

import pytest
from tests.golden.inspect.makers import compound, pkcs7, raw_zip, zip_of
from tests.golden.inspect.outlook_makers import compound_file

from mailguard.inspect.archives.entries import Unpackable
from mailguard.inspect.archives.zipdata import unpack
from mailguard.inspect.archives.zipfiles import list_members
from mailguard.inspect.kinds.filetype import detect, has_double_extension, mismatch, of_short
from mailguard.inspect.limits import Budget, ReadingLimits
from mailguard.inspect.occurrences import Stretch
from mailguard.inspect.office import compound as cfb
from mailguard.inspect.office.formats import plain_number
from mailguard.inspect.page.html import html_text, xml_text
from mailguard.inspect.sealed.smime import open_container
from mailguard.inspect.structure.delimiters import split_parts
from mailguard.inspect.structure.flowed import unflow
from mailguard.inspect.structure.mime import leaves_of
from mailguard.inspect.structure.names import clean_name, member_name
from mailguard.inspect.structure.salvage import readable, salvage
from mailguard.inspect.structure.transfer import from_base64, undo
from mailguard.inspect.structure.uuencode import find_uuencoded


@pytest.mark.parametrize(
    ("body", "octets", "odd"),
    [
        (b"aGVsbG8=\r\n", b"hello", False),
        (b"aGVs\r\nbG8", b"hello", False),
        (b"aGVsbG8", b"hello", False),
        (b"aGVs*bG8=", b"hello", True),
        (b"aGU=bGxv", b"hello", True),
        (b"", b"", False),
        (b"a", b"", False),
    ],
)
def test_base64(body: bytes, octets: bytes, odd: bool) -> None:
    decoded = from_base64(body)
    assert (decoded.octets, bool(decoded.odd)) == (octets, odd)


@pytest.mark.parametrize(
    ("body", "other"),
    [
        (b"A\r\naGVsbG8gdGhlcmU=\r\nYQ==\r\n", b"hello therea"),  # lines that end inside a group
        (b"aGVs=bG8g=dGhl=cmU=", b"hello there"),  # padding that one reader does not see
        (b"a_-_", b"k\xff\xbf"),  # the alphabet of URLs (RFC 4648 section 5)
        (b"Hello, world!\r\naGVsbG8gdGhlcmU=\r\n", b"hello there"),
    ],
)
def test_base64_in_other_readings(body: bytes, other: bytes) -> None:
    decoded = from_base64(body)
    assert decoded.odd
    assert other in decoded.others


def test_quoted_printable_in_other_readings() -> None:
    assert undo(b"a=3D=\r\nb", "quoted-printable").others == ()
    assert b"KINGFISHER" in undo(b"KING=ZZFISHER", "quoted-printable").others
    assert undo(b"KING= \r\nFISHER", "quoted-printable").others[0] == b"KINGFISHER"


def test_base64_of_usual_widths_is_no_riddle() -> None:
    letters = b"QUJD" * 700
    for width in (60, 64, 72, 76, 77, 998, 1000):
        body = b"\r\n".join(letters[n : n + width] for n in range(0, len(letters), width))
        assert from_base64(body + b"\r\n\r\n").odd == ""


def test_what_is_pasted_is_brought_to_light() -> None:
    pasted = b"see\r\n" + base64.encodebytes("山田太郎,KINGFISHER\r\n".encode("cp932") * 5) + b"bye\r\n"
    assert [readable(octets, doubt=False)[:4] for octets, _ in salvage(pasted, 64)] == ["山田太郎"]
    assert [octets for octets, _ in salvage(b"a =E3=81=82=E3=81=84 b")] == ["a あい b\n".encode()]
    assert readable(hashlib.sha384(b"x").digest(), doubt=False) == ""


@pytest.mark.parametrize("width", [4, 20, 76])
def test_what_is_pasted_is_brought_to_light_however_it_is_framed(width: int) -> None:
    encoded = base64.b64encode(b"%PDF-1.7 " + hashlib.sha512(b"x").digest())
    lines = [encoded[at : at + width] for at in range(0, len(encoded), width)]
    framed = b"\n".join([b"=" * 70, b"x" * 40, *lines, b"o" * 70])
    assert any(b"%PDF" in octets for octets, _ in salvage(framed, 64))
    assert list(salvage(b"\n".join([b"=" * 70, b"x" * 400, b"hello", b"=o" * 40, b"12XX" * 30]), 64)) == []


def test_other_encodings() -> None:
    assert undo(b"a=\r\nb=3D", "quoted-printable").octets == b"ab="
    assert undo(b"a=3D", "8bit").octets == b"a=3D"
    assert undo(b"a=3D", "x-odd").odd


def test_uuencode_is_no_sentence() -> None:
    assert find_uuencoded(b"begin 644 the work\r\nsoon, as we said, \xff\r\nend\r\n") == []


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("<p>a</p><p>b</p>", "a\n\nb"),
        ("a<b>b</b>c", "abc"),
        ("<tr><td>a</td><td>b</td></tr><tr><td>c</td></tr>", "a\tb\t\n\nc\t"),
        ("a&amp;b &#x6a5f;", "a&b 機"),
        ("a<br>b", "a\nb"),
        ("a < b", "a < b"),
        ('<a title=">">x</a>', "x"),
        ("<!-- <p>x</p> -->y", "y"),
        ("<script>x</script><style>y</style><title>t</title>z", "z"),
        ('<p a="never closed>x', "x"),
    ],
)
def test_html(source: str, shown: str) -> None:
    assert html_text(source).shown == shown


@pytest.mark.parametrize(
    "style", ["display:none", "DISPLAY : none;", "visibility:hidden", "font-size:0", "font-size:0px;", "opacity:0"]
)
def test_html_that_is_not_shown(style: str) -> None:
    page = html_text(f'a<div style="{style}">b<div>c</div></div>d')
    assert page.shown.split() == ["a", "d"]
    assert page.hidden.split() == ["b", "c"]


def test_html_that_is_shown() -> None:
    assert html_text('<div style="font-size:0.9em; opacity:0.8">b</div>').hidden == ""


def test_xml() -> None:
    assert xml_text('<?xml version="1.0"?><a b="v&amp;w"><![CDATA[x]]></a>').split() == ["x", "1.0", "v&w"]


@pytest.mark.parametrize(
    ("octets", "name", "short"),
    [
        (b"%PDF-1.7", "", "pdf"),
        (b"PK\3\4", "", "zip"),
        (b"MZ\x90\0\3", "a.txt", "exe"),
        (b"<!DOCTYPE html><p>", "", "html"),
        (b"a,b\nc,d\n", "a.csv", "csv"),
        (b"hello", "a.bat", "script"),
        (b"From: a@b\r\nSubject: x\r\n\r\n", "", "eml"),
        (b"BEGIN:VCARD\n", "", "vcf"),
        (bytes(range(200)), "a.txt", ""),
        (b"", "a.txt", ""),
    ],
)
def test_file_kinds(octets: bytes, name: str, short: str) -> None:
    assert detect(octets, name).short == short


def test_names_against_contents() -> None:
    assert mismatch("a.pdf", of_short("exe"))
    assert mismatch("a.jpg", of_short("zip"))
    for name, short in (("a.txt", "csv"), ("a.dat", "docx"), ("a.docm", "docx"), ("a", "pdf"), ("a.jpeg", "jpg")):
        assert mismatch(name, of_short(short)) == ""
    assert has_double_extension("bill.pdf      .exe")
    assert not has_double_extension("v1.2.exe")


def test_clean_names() -> None:
    assert clean_name("..\\..\\a/b.txt") == "b.txt"
    assert clean_name("a\0b\r\n.txt") == "ab.txt"
    assert member_name("../../C:/x/./b.txt") == "x/b.txt"


def test_a_zip_is_read_by_both_of_its_directories() -> None:
    listing = list_members(zip_of({"a.txt": b"x" * 100, "b.txt": b"y"}), 10)
    assert [member.name for member in listing.members] == ["a.txt", "b.txt"]
    assert listing.odd == ""
    cut = list_members(zip_of({"a.txt": b"x" * 100})[:50], 10)
    assert [member.name for member in cut.members] == ["a.txt"]
    assert cut.odd
    with pytest.raises(Unpackable):
        list_members(b"PK\3\4 nothing", 10)


def test_a_zip_member_is_not_unpacked_beyond_the_limit() -> None:
    octets = raw_zip(b"a", bytes(10_000), method=8, claimed=10)
    (member,) = list_members(octets, 10).members
    assert len(unpack(octets, member, 10_000)) == 10_000
    with pytest.raises(Unpackable):
        unpack(octets, member, 9_999)


def test_compound_files() -> None:
    assert cfb.kind_of(cfb.stream_names(compound("WordDocument"))) == "doc"
    assert cfb.kind_of(cfb.stream_names(compound("EncryptedPackage"))) == "encrypted"
    assert cfb.has_macros(cfb.stream_names(compound("Workbook", "_VBA_PROJECT_CUR")))
    many = {f"stream {number}": b"" for number in range(9)}
    names = cfb.stream_names(compound_file({"big": bytes(8 * 2**20), **many}))  # its table does not fit in the header
    assert names == {"Root Entry", "big", *many}
    assert cfb.stream_names(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)) == frozenset()


def test_containers() -> None:
    assert open_container(pkcs7(2, b"inner")).content == b"inner"
    assert open_container(pkcs7(3, b"inner")).kind == "encrypted"
    assert open_container(b"0\x80\x06\x00").kind == "unknown"


@pytest.mark.parametrize(
    ("value", "shown"),
    [("4.012888888881881E15", "4012888888881881"), ("12.0", "12"), ("1.5", "1.5"), ("x", "x"), ("1E400", "1E400")],
)
def test_numbers_as_a_person_sees_them(value: str, shown: str) -> None:
    assert plain_number(value) == shown


def test_flowed_lines() -> None:
    assert unflow("a \nb\n-- \nc", delsp=False) == "a b\n-- \nc"
    assert unflow("機 \n密", delsp=True) == "機密"


def _parts(body: bytes, boundary: bytes, *most: int) -> tuple[bytes, list[bytes], bytes]:
    preamble, parts, epilogue = split_parts(Stretch.of(body), boundary, *most)
    return preamble, [one.octets for one in parts], epilogue


def test_parts_of_a_multipart() -> None:
    assert _parts(b"pre\r\n--x\r\none\r\n--x \r\ntwo\r\n--x--\r\nepi", b"x") == (b"pre", [b"one", b"two"], b"epi")
    assert _parts(b"--x\none\n--xy\ntwo", b"x") == (b"", [b"one\n--xy\ntwo"], b"")
    assert _parts(b"--x--\n1\n--x--\n2\n--x\n3", b"x", 2) == (b"", [], b"12\n--x\n3")  # nothing is lost
    assert _parts(b"nothing", b"x") == (b"nothing", [], b"")


def test_depth_and_number_of_parts_are_bounded() -> None:
    deep = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(150))
    budget = Budget(ReadingLimits())
    leaves_of(deep, budget)
    assert budget.found("nested_too_deep")
    wide = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nx\r\n" * 1500
    budget = Budget(ReadingLimits(parts=20))
    assert len(leaves_of(wide, budget)[1]) < 20
    assert budget.found("too_many_parts")
