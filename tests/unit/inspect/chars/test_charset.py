"""Charsets: labels that hold, labels that lie, and what Japanese clients write under ISO-2022-JP."""

from __future__ import annotations

import pytest

from mailguard.inspect.chars.charset import codec_of, decode, tidy
from mailguard.inspect.chars.jis import decode_euc, decode_iso2022jp, has_escapes

TEXT = "お世話になっております。見積書を送ります。"


@pytest.mark.parametrize("codec", ["iso2022_jp", "cp932", "euc_jp", "utf-8"])
@pytest.mark.parametrize("label", ["", "us-ascii", "x-unknown-label"])
def test_japanese_text_is_recognised_without_its_label(codec: str, label: str) -> None:
    reading = decode(TEXT.encode(codec), label)
    assert TEXT in (reading.text, reading.second)


@pytest.mark.parametrize("codec", ["cp932", "euc_jp", "utf-8"])
@pytest.mark.parametrize("label", ["shift_jis", "euc-jp", "utf-8", "iso-8859-1", "gb2312"])
def test_a_wrong_label_does_not_hide_the_text(codec: str, label: str) -> None:
    reading = decode(TEXT.encode(codec), label)
    assert TEXT in reading.both


@pytest.mark.parametrize(
    ("octets", "text"),
    [
        (b"\x1b$B-!-j\x1b(B", "①㈱"),
        (b"\x1b(I1\x1b(B", "ｱ"),
        (b"\x0e1\x0f x", "ｱ x"),
        (b"\x1b$(D0!\x1b(B", "丂"),
        (b"\x1b$B$\x22\x1b(Ja", "あa"),
        (b"\x1b$B$\x22\r\nabc", "あ\r\nabc"),
        (b"\x1b$B$", "\ufffd"),
        (b"plain", "plain"),
    ],
)
def test_iso_2022_jp_as_it_is_written(octets: bytes, text: str) -> None:
    assert decode_iso2022jp(octets) == text


def test_python_cannot_read_what_outlook_writes() -> None:
    """The reason for the codec of our own; when this fails, it can go."""
    with pytest.raises(UnicodeDecodeError):
        b"\x1b$B-!-j\x1b(B".decode("iso2022_jp_ext")


def test_euc_with_the_rows_of_microsoft() -> None:
    assert decode_euc(b"\xad\xa1\xf9\xa1\xa4\xa2") == "①纊あ"


def test_escapes_are_seen_only_where_they_designate() -> None:
    assert has_escapes(b"\x1b$B")
    assert not has_escapes(b"\x1b[31m red \x1b(B")


@pytest.mark.parametrize("label", ["rot13", "zlib", "idna", "hex", "unicode_escape", "", "no such", "\0"])
def test_what_is_no_charset_is_none(label: str) -> None:
    assert codec_of(label) is None


@pytest.mark.parametrize(
    ("label", "codec"), [("Windows-31J", "cp932"), ("windows-1251", "cp1251"), ("'UTF8'", "utf-8")]
)
def test_labels(label: str, codec: str) -> None:
    assert codec_of(label) == codec


def test_european_text_stays_what_its_label_says() -> None:
    octets = "Grüße aus München, päivää".encode("latin-1")
    assert decode(octets, "iso-8859-1").text == "Grüße aus München, päivää"
    assert decode(octets).text == "Grüße aus München, päivää"


def test_a_text_cut_in_a_character_keeps_its_charset() -> None:
    assert decode((TEXT * 3).encode()[:-1], "utf-8").text.startswith(TEXT)


def test_tidy_takes_away_what_nobody_sees() -> None:
    assert tidy("a\u200bb\r\nc\rd\0\ud800\u00ad") == "ab\nc\nd"


def test_long_broken_texts_are_read_to_their_end() -> None:
    line = "機密①\n"
    assert decode(line.encode("cp932") * 60_000 + b"\x81", "shift_jis").text == line * 60_000 + "\ufffd"
    assert decode_euc(b"\xb5\xa1\xcc\xa9\xad\xa1\n" * 60_000) == line * 60_000
    jis = b"\x1b$B5!L)-!\x1b(B\n"
    assert decode_iso2022jp(jis * 60_000) == line * 60_000
