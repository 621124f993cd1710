"""Charsets, encoded words, parameters and entries: the readers that the alterations stand on."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailguard.transform.addresses import keys_in, read_entries
from mailguard.transform.charsets import JIS, codec_of, decoded, encoded, joins
from mailguard.transform.edits import Edit, edited
from mailguard.transform.fields import parse_kind
from mailguard.transform.words import read_words, write_words


@pytest.mark.parametrize(
    ("octets", "text"),
    [
        (b"\x1b$B-!\x1b(B x", "① x"),
        (b"\x1b$B-j\x1b(B", "㈱"),
        (b"\x1b(I6E\x1b(B", "ｶﾅ"),
        (b"\x1b$B%+%J\x1b(J", "カナ"),
        (b"\x1b$B%", None),
        (b"\x1b$B%+%\x1b(B", None),
        (b"\x80", None),
    ],
)
def test_iso_2022_jp_as_microsoft_writes_it(octets: bytes, text: str | None) -> None:
    assert decoded(octets, JIS) == text


@given(text=st.text(alphabet="abc\nあ漢〜カ①"), codec=st.sampled_from([JIS, "cp932", "euc_jp", "utf-8"]))
def test_what_is_encoded_is_decoded(text: str, codec: str) -> None:
    octets = encoded(text, codec)
    assert octets is None or (decoded(octets, codec) or "").replace("～", "〜") == text


def test_labels() -> None:
    assert codec_of("Windows-31J") == "cp932"
    assert codec_of("") == "ascii"
    assert codec_of("rot13") is None
    assert codec_of("unicode_escape") is None
    assert codec_of("\x00é") is None
    assert decoded(b"\x93x\x94", codec_of("ISO-8859-1")) == "“x”"
    assert [joins(codec_of(one) or "") for one in ("utf-16", "utf-7", "cp037", "utf-8", "gb18030")] == [
        False, False, False, True, True,
    ]  # fmt: skip


@given(text=st.text(max_size=80).filter(lambda text: text.isprintable() and text.strip() == text))
def test_encoded_words_read_back_and_stay_short(text: str) -> None:
    octets = write_words(text, "ISO-2022-JP")
    assert read_words(octets).replace("～", "〜") == text.replace("～", "〜") or "=?" in text
    assert all(len(line) <= 76 for line in octets.split(b"\r\n")) or text.isascii()


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"=?utf-8?B?44GC?= =?utf-8?B?44GE?=", "あい"),
        (b"=?utf-8?B?44E=?=\r\n =?utf-8?B?gg==?=", "あ"),
        (b"a =?utf-8?Q?b_c?= d", "a b c d"),
        (b"=?utf-8*ja?Q?x?=", "x"),
        (b"=?x-unknown?B?44GC?=", "あ"),
        (b"=?utf-8?B?!!!?=", "=?utf-8?B?!!!?="),
        (b"=?utf-8?X?x?=", "=?utf-8?X?x?="),
        ("生".encode(), "生"),
    ],
)
def test_words_as_people_see_them(raw: bytes, text: str) -> None:
    assert read_words(raw) == text


@pytest.mark.parametrize(
    ("raw", "name", "value", "odd"),
    [
        (b' text/plain; Charset="utf-8"', "charset", "utf-8", False),
        (b"a/b; name=my file.pdf; x=y", "name", "my file.pdf", False),
        (b"a/b; filename*=UTF-8''%E8%A6%8B.pdf; filename=x", "filename", "見.pdf", False),
        (b"a/b; filename*1=b.txt;\r\n filename*0*=iso-2022-jp'ja'%1B$B8+%1B(B-", "filename", "見-b.txt", False),
        (b'a/b; name="a\\"b;c"', "name", 'a"b;c', False),
        (b"a/b; charset=x; charset=y", "charset", "x", True),
        (b'a/b; name="open', "name", "", True),
        (b"a/b;;; ; x=y;", "x", "y", False),
    ],
)
def test_parameters(raw: bytes, name: str, value: str, odd: bool) -> None:
    kind = parse_kind(raw)
    assert (kind.value, kind.get(name), kind.odd) == (raw.partition(b";")[0].strip().decode(), value, odd)


@pytest.mark.parametrize(
    ("raw", "keys", "sound"),
    [
        (b"a@x.example, <b@x.example>", ["a@x.example", "b@x.example"], True),
        (b'"a, b" <c@x.example>', ["c@x.example"], True),
        (b"(a, b) c@x.example", ["c@x.example"], True),
        (b"(a, (b) c@x.example) d@x.example", [None], True),
        (b"<@r.example,@s.example:a@x.example>, b@x.example", ["a@x.example", "b@x.example"], True),
        (b"=?utf-8?Q?a,b?= <a@x.example>", ["a@x.example"], True),
        (b"\x1b$B%+,\x1b(B <a@x.example>, b@x.example", ["a@x.example", "b@x.example"], True),
        (b"team: a@x.example, b@x.example;, c@x.example", ["a@x.example", "b@x.example", "c@x.example"], True),
        (b'"a <a@x.example>, b@x.example', [None], False),
        (b"<a@x.example, b@x.example", [None], False),
        (b"a@x.example (open", [None], False),
        (b", ,,", [], True),
    ],
)
def test_entries(raw: bytes, keys: list[str | None], sound: bool) -> None:
    entries = read_entries(raw)
    assert [one.address.key if one.address else None for one in entries.all] == keys
    assert entries.sound is sound


def test_addresses_in_any_text() -> None:
    assert "carl@x.example" in keys_in("see <mailto:Carl@X.example>, or not")
    assert keys_in("x?carl@x.example.") >= {"carl@x.example"}
    assert not keys_in("nobody, nowhere")


def test_edits_are_joined_in_order_and_never_overlap() -> None:
    assert edited(b"abcdef", [Edit(4, 5, b"X"), Edit(1, 1, b"1"), Edit(1, 1, b"2"), Edit(1, 3)]) == b"a12dXf"
    with pytest.raises(AssertionError):
        edited(b"abc", [Edit(0, 2), Edit(1, 3)])
