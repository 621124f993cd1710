"""Header fields: splitting, encoded words, address lists, parameters; as the standards and as real clients write."""

from __future__ import annotations

import pytest

from mailguard.inspect.chars.words import decode_field
from mailguard.inspect.glance import glance
from mailguard.inspect.structure.addresses import parse_addresses
from mailguard.inspect.structure.fields import parse_block, split_entity
from mailguard.inspect.structure.params import boundaries, encodings, media_types, parse_parameterised


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"=?utf-8?B?5qmf?= =?utf-8?B?5a+G?=", "機密"),
        (b"=?utf-8?B?5qmf?= x =?utf-8?Q?=E5=AF=86?=", "機 x 密"),
        (b"=?utf-8?B?5q?= =?utf-8?B?mf?=", "機"),
        (b"=?utf-8*ja?B?5qmf?=", "機"),
        (b"=?UTF-8?Q?a_b?=", "a b"),
        (b"=?utf-8?Q?=E6=A9=9F?", "機"),
        (b"=?utf-8?B?5qmf", "機"),
        (b"pre=?utf-8?B?5qmf?=post", "pre機post"),
        (b"=?x?y?z?=", "=?x?y?z?="),
        (b"a\r\n b", "a b"),
        ("機密".encode("cp932"), "機密"),
        (b"\x1b$B5!L)\x1b(B", "機密"),
        (b"", ""),
    ],
)
def test_words(raw: bytes, text: str) -> None:
    assert decode_field(raw) == text


@pytest.mark.parametrize(
    ("raw", "people"),
    [
        (b"a@b.c", [("a@b.c", "")]),
        (b"A B <a@b.c>, d@e.f", [("a@b.c", "A B"), ("d@e.f", "")]),
        (b'"B, A" <a@b.c>', [("a@b.c", "B, A")]),
        (b"a@b.c (A (x) B)", [("a@b.c", "A (x) B")]),
        (b"g: a@b.c, d@e.f;", [("a@b.c", ""), ("d@e.f", "")]),
        (b"undisclosed-recipients:;", []),
        (b"<@x.y,@z:a@b.c>", [("a@b.c", "")]),
        (b'"john doe"@b.c', [('"john doe"@b.c', "")]),
        (b"=?utf-8?B?5bGx55Sw?= <a@b.c>", [("a@b.c", "山田")]),
        (b'"=?utf-8?B?5bGx55SwLCB4?=" <a@b.c>', [("a@b.c", "山田, x")]),
        (b'"boss@corp.example" <eve@evil.example>', [("eve@evil.example", "boss@corp.example")]),
        (b"a@b.c; d@e.f", [("a@b.c", ""), ("d@e.f", "")]),
        (b"a@b.c d@e.f", [("a@b.c", ""), ("d@e.f", "")]),
        (b"<a@b.c> <d@e.f>", [("a@b.c", ""), ("d@e.f", "")]),
        (b'"never closed <a@b.c>', [("a@b.c", "never closed")]),
        (b"A <(c)a@b.c(d)>", [("a@b.c", "A")]),
        (b"A <mailto:a@b.c>", [("a@b.c", "A")]),
        (b"a @ b.c, d@ e.f", [("a@b.c", ""), ("d@e.f", "")]),
        (b"a@[IPv6:2001:db8::1]", [("a@[IPv6:2001:db8::1]", "")]),
        ("a@b.c、d@e.f，g@h.i".encode(), [("a@b.c", ""), ("d@e.f", ""), ("g@h.i", "")]),
        (b"(((((", []),
        (b"", []),
        (b"<c@(Chris's host.)public.example>, <d(x)@b.example>", [("c@public.example", ""), ("d@b.example", "")]),
    ],
)
def test_addresses(raw: bytes, people: list[tuple[str, str]]) -> None:
    found = [(one.address, one.name) for one in parse_addresses(raw) if "@" in one.address]
    assert found == people


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (b'attachment; filename="a b.txt"', "a b.txt"),
        (b"attachment; filename=a b.txt", "a b.txt"),
        (b'attachment; filename="a;b.txt"; size=3', "a;b.txt"),
        (b'attachment; filename="C:\\x\\a.txt"', "C:\\x\\a.txt"),
        (b"attachment; filename*=utf-8''%E6%A9%9F", "機"),
        (b"attachment; filename*=%E6%A9%9F", "機"),
        (b"attachment; filename*=utf-16be''%6A%5F%00%61", "機a"),
        (b"attachment; filename*0*=utf-8''%E6; filename*1*=%A9%9F", "機"),
        (b"attachment; filename*1=b; filename*0=a", "ab"),
        (b'attachment; filename="=?utf-8?B?5qmf?="', "機"),
        (b'attachment; filename="100%25.txt"', "100%25.txt"),
        (b"attachment; filename", ""),
        (b"attachment; filename=", ""),
        (b";;;=;filename=a", "a"),
    ],
)
def test_parameters(value: bytes, name: str) -> None:
    assert parse_parameterised(value).get("filename") == name


def test_boundaries_in_one_reading_or_in_several() -> None:
    assert boundaries([b'multipart/mixed; boundary="a b"; charset=x']) == (["a b"], False)
    assert boundaries([b"multipart/mixed; boundary=----=_Part_1.2"]) == (["----=_Part_1.2"], False)
    swaks = b'multipart/mixed; boundary="----=_MIME_BOUNDARY_000_2926"'
    assert boundaries([swaks]) == (["----=_MIME_BOUNDARY_000_2926"], False)
    assert boundaries([b"multipart/mixed; boundary=_boundary_7; charset=x"]) == (["_boundary_7"], False)
    related = b'multipart/related; type="multipart/alternative"; boundary="a"; start="<1@x>"'
    assert boundaries([related]) == (["a"], False)
    assert boundaries([b'multipart/mixed; boundary="a; boundary=b"'])[1]
    assert boundaries([b'multipart/mixed; x="; boundary=b;"; boundary=a'])[1]
    assert "b" in boundaries([b'multipart/mixed; boundary="a boundary*0=b"'])[0]
    assert boundaries([b"multipart/mixed; boundary=a; x-boundary=b"])[1]
    found, odd = boundaries([b'multipart/mixed; boundary="a"b'])
    assert odd
    assert {"a", '"a"b'} <= set(found)


def test_types_and_encodings_in_one_reading_or_in_several() -> None:
    assert media_types([b"Text/HTML; charset=x"]) == (["text/html"], False)
    assert media_types([b"text/plain", b"text/html"]) == (["text/plain", "text/html"], True)
    assert media_types([b"text"]) == (["text/plain"], False)
    assert encodings([b"Base64"]) == (["base64"], False)
    assert encodings([]) == (["7bit"], False)
    assert encodings([b"base64", b"7bit"]) == (["base64", "7bit"], True)


def test_a_block_keeps_every_field_and_says_what_is_odd() -> None:
    block = parse_block(b"A: 1\r\nB: 2\r\n\tmore\r\nA: 3\r\n")
    assert block.all("a") == [b"1", b"3"]
    assert block.first("b") == b"2\tmore"
    assert block.odd == ()
    assert parse_block(b"A: 1\nB: 2\n").odd == ()
    assert parse_block(b"A: 1\rB: 2\r\n").odd[0][0] == "ambiguous_mime"
    assert parse_block(b"Content-Type : x\r\n").odd[0][0] == "ambiguous_mime"
    assert parse_block(b"no field\r\n").odd[0][0] == "malformed_header"


@pytest.mark.parametrize(
    "line",
    [
        b"Content-Type text/html",
        b"Content-Type= text/html",
        b"Content_Type: text/html",
        b"Content-(x)Type: text/html",
        b"Con\0tent-Type: text/html",
        b"Content-Disposition: inline;\r\n Content-Type: text/html",
        b"Content-Disposition: inline\x0bContent-Type: text/html",
    ],
)
def test_a_field_of_the_structure_is_seen_in_disguise(line: bytes) -> None:
    block = parse_block(line + b"\r\n")
    assert block.first("content-type") == b"text/html"
    assert block.odd[0][0] == "ambiguous_mime"


@pytest.mark.parametrize(
    "line", [b"X-Content-Type: a", b"Content-Language: ja", b"DKIM-Signature: h=from:\r\n content-type:subject; b=x"]
)
def test_other_fields_are_no_disguise(line: bytes) -> None:
    block = parse_block(line + b"\r\n")
    assert block.all("content-type") == []
    assert block.odd == ()


def test_where_the_header_may_end() -> None:
    block = parse_block(b"A: 1\r\nB: 2\r\njunk\r\nC: 3\r\n")
    assert (block.before, block.rest, len(block.fields)) == (2, b"junk\r\nC: 3\r\n", 3)


@pytest.mark.parametrize(
    ("octets", "halves"),
    [
        (b"A: 1\r\n\r\nbody", (b"A: 1\r\n", b"body")),
        (b"A: 1\n\nbody", (b"A: 1", b"body")),
        (b"\r\nbody", (b"", b"body")),
        (b"A: 1\r\n", (b"A: 1\r\n", b"")),
    ],
)
def test_entity_halves(octets: bytes, halves: tuple[bytes, bytes]) -> None:
    assert split_entity(octets, 1000) == halves


def test_a_glance_sees_the_main_fields() -> None:
    headers = glance(
        b"From: A <a@b.c>\r\nSubject: =?utf-8?B?5qmf?=\r\nsubject: second\r\nTo: d@e.f,\r\n g@h.i\r\n\r\nTo: x@y.z"
    )
    assert headers.subject == "機"
    assert [one.address for one in (*headers.sender, *headers.to)] == ["a@b.c", "d@e.f", "g@h.i"]
