"""Any octets under any label give a text without NUL and surrogates; fields of any shape are read, in linear time."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailguard.inspect.chars.charset import decode, decode_each, visible
from mailguard.inspect.chars.words import read_field
from mailguard.inspect.structure.addresses import parse_addresses
from mailguard.inspect.structure.values import parse_parameterised

_LABELS = [
    "",
    "us-ascii",
    "utf-8",
    "utf-7",
    "utf-16",
    "utf-32",
    "utf-16le",
    "x-imap4-modified-utf7",
    "iso-2022-jp",
    "iso-2022-kr",
    "shift_jis",
    "shift_jis-2004",
    "euc-jp",
    "euc-jis-2004",
    "gb18030",
    "hz",
    "big5",
    "euc-kr",
    "koi8-r",
    "iso-8859-1",
    "windows-1255",
    "tis-620",
    "rot13",
    "\x00",
    "x" * 200,
]
_BITS = [
    b"\x1b$B",
    b"\x1b(B",
    b"\x1b(I",
    b"\x1b$)C",
    b"\x1b$(D",
    b"\x1b",
    b"\x0e",
    b"\x0f",
    b"\xff\xfe",
    b"\xfe\xff",
    b"\xef\xbb\xbf",
    b"\0",
    b"\xc0\x80",
    b"\xed\xa0\x80",
    b"\x8f\xf3\xf3",
    b"\x8e",
    b"\x82\xa0",
    b"\xa4\xa2",
    b"$B",
    b"(B",
    b"~{",
    b"~}",
    b"+2ADYAA-",
    b"&2AA-",
    b"\n",
    b"\r",
    b" ",
    b"=?utf-8?B?",
    b"=?iso-2022-jp?Q?",
    b"?=",
    b"=",
    b"filename*0*=",
    b"filename=",
    b"utf-8''%",
    b'"',
    b"\\",
    b"'",
    b";",
    b",",
    b"<",
    b">",
    b"(",
    b")",
    b":",
    b"@",
]
_OCTETS = st.lists(st.one_of(st.sampled_from(_BITS), st.binary(max_size=6)), max_size=40).map(b"".join)
_SETTINGS = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def is_clean(text: str) -> bool:
    return "\0" not in text and not any("\ud800" <= ch <= "\udfff" for ch in text)


@_SETTINGS
@given(octets=_OCTETS, label=st.one_of(st.sampled_from(_LABELS), st.text(max_size=20)))
def test_decode_is_total(octets: bytes, label: str) -> None:
    reading = decode(octets, label)
    assert is_clean(reading.both)
    assert reading.second != reading.text or not reading.text
    assert all(is_clean(visible(text)) for text in decode_each(octets, [label, "utf-8"]))


@_SETTINGS
@given(octets=_OCTETS)
def test_fields_are_total(octets: bytes) -> None:
    assert is_clean(read_field(octets).both)
    assert all(is_clean(one.address) and is_clean(one.name) for one in parse_addresses(octets))
    parsed = parse_parameterised(b"attachment; filename=" + octets)
    assert all(is_clean(value) for _, value in parsed.params)


@pytest.mark.parametrize(
    "bit",
    [
        b"=?a?b?",
        b"=?a?q?=E3",
        b"=?",
        b"?=",
        b"\x1b$B5!",
        b"\x1b ",
        b"$B0!",
        b"$B0",
        b"\xc0\x80",
        b"\x81",
        b'"',
        b'"\\',
        b"(",
        b"<",
        b"< ",
        b"<a@b,",
        b"a=b ",
        b';a="',
        b';a="b"c',
        b"; size=1 name=2",
        b"+MEIwQg-",
        b"~{",
        b"';'",
    ],
)
def test_repetition_ends(bit: bytes) -> None:
    """Not timed: what is not linear here does not end within the test run's limit."""
    octets = bit * (300_000 // len(bit))
    for label in ("", "iso-2022-jp", "utf-8"):
        assert decode(octets, label).both
    read_field(octets), parse_addresses(octets), parse_parameterised(octets)
