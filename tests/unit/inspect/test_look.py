"""One look at a text shuts no gate before anything that a detector would find; and an ordinary letter, read by the
shortest way, gives what the long way gives.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.golden.inspect.cases import CASES

from mailguard.inspect import gates
from mailguard.inspect.chars import sight
from mailguard.inspect.content import Piece
from mailguard.inspect.limits import Budget, ReadingLimits
from mailguard.inspect.look import _PATTERNS, _any_word, _words, gates_of
from mailguard.inspect.personal.columns import find_columns, vertical
from mailguard.inspect.personal.context import Context
from mailguard.inspect.personal.finds import Finds
from mailguard.inspect.personal.fold import fold
from mailguard.inspect.personal.grid import Grid, grids_of, holds_no_table, plain_lines
from mailguard.inspect.personal.mails import find_mail_addresses
from mailguard.inspect.personal.numbers import find_numbers
from mailguard.inspect.personal.papers import find_born, find_ibans, find_papers
from mailguard.inspect.personal.people import People
from mailguard.inspect.personal.places import find_places
from mailguard.inspect.personal.records import find_records, find_vcards, find_vertical, holds_nobody
from mailguard.inspect.reader import _read, read_letter, read_mail
from mailguard.inspect.secrets.tokens import find_secrets
from mailguard.inspect.speech.voices import alone
from mailguard.inspect.structure.letter import header_end, letter_of
from mailguard.inspect.structure.salvage import PASTED, holds_nothing, salvage

_search = sys.modules["mailguard.inspect.personal.search"]

_WORDS = st.sampled_from(
    ["Dear Ann,", "田中様", "佐藤 花子 様", "鈴木 一郎 殿", "山田 太郎", "高橋 健", "Taro Yamada", "Hanako Sato",
     "Jiro Suzuki", "氏名", "Name", "氏名: 山田 太郎", "カード番号", "[x]", "，", ",", ", ", ";", '"', "\t", "|",
     "  ", "　　", "a,b", "a, b.", "e。", "03-1234-5678", "4111 1111 1111 1111", "〒100-0001",
     "東京都千代田区千代田1-1", "札幌市中央区北一条西二丁目", "1-2-3 Chiyoda-ku",
     "2-1 Marunouchi, Chiyoda-ku, Tokyo", "Japan", "a@x.example", "口座 1234567", "ACCT 1234567", "born 1980-01-02",
     "1980年1月2日生まれ", "GB82 WEST 1234 5698 7654 32", "GB82WEST12345698765432",
     "BEGIN:VCARD\nFN:Ann\nTEL:0312345678\nEND:VCARD", "begin:vcard", "passport TK1234567", "4.111111111111111E+15",
     "パスワードは Ab3dEf9z です", "PASS: Ab3dEf9z", "my pin is 123456x", "xPINコード：Ab3dEf9z",
     "Wi-Fiキー: Ab3dEf9z", "ＰＷ：Ab3dEf9z", "api_key = Zx81kQw92LmP0aTrQQ", "client_secret: Zx81kQw92LmP0aTrQQ",
     "APIキー：Zx81kQw92LmP0aTrQQ", "token", "AKIAIOSFODNN7ABCDEFG", "https://user:pa55w0rd@x.example/",
     "SK" + "0f" * 16, "M" + "a1" * 12 + ".Ab_c-1." + "x1" * 15, "Authorization: Basic QWxhZGRpbjpvcGVu",
     "AC" + "0f" * 16 + " " + "1e" * 16, "This e-mail is confidential and intended for whoever it names.",
     "誤って受信された方は削除してください。", "DİSCLAIMER", "disclaimer",
     "On Nov 2, 2026 at 10:00, Bob <b@y.example> wrote", "田中さんが書きました", "> quoted", "-- ", "Best regards,",
     "ſecret", "K", "\n", "\n", "\n", " ", ". ", "。", ":"]
)  # fmt: skip
TEXTS = st.lists(
    _WORDS | st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=6), max_size=30
)


def everything(
    text: str, finds: Finds, people: People, hint: Callable[[], bool] = lambda: False, _opened: int = gates.ALL
) -> None:
    """What `search` finds in a folded text by asking every detector."""

    def each(grid: Grid) -> None:
        (find_vertical if vertical(grid) else find_columns)(grid, text, finds, people)

    grids = grids_of(text, each, list(plain_lines(text)))
    find_mail_addresses(text, finds)
    find_numbers(Context(text, grids, hint), finds)
    find_papers(text, finds)
    find_born(text, finds)
    find_ibans(text, finds)
    if not text.isascii() or "-ku" in text or "Japan" in text:
        find_places(text, finds)
    find_records(_search._outside(text, grids), finds, people)
    if "VCARD" in text or "vcard" in text:
        find_vcards(text, finds, people)


def ungated(pieces: list[Piece], monkeypatch: pytest.MonkeyPatch) -> object:
    with monkeypatch.context() as patched:
        patched.setattr(_search, "_look", everything)
        return _search.search(pieces, 100)


@settings(max_examples=400, deadline=None)
@given(TEXTS.map("".join) | TEXTS.map("\n".join), st.sampled_from(["", "signature"]))
@example("氏名\n山田 太郎\n佐藤 花子", "")
@example("山田 太郎\n佐藤 花子\n鈴木 一郎", "")
@example("佐藤 花子 様、鈴木 一郎様、高橋 健さま", "")
@example('"a,\nTaro Yamada,b\nHanako Sato,c\nJiro Suzuki,d"', "")
@example("Taro Yamada, a\nHanako Sato, b\nJiro Suzuki, c", "")
def test_what_is_not_asked_would_have_found_nothing(text: str, role: str) -> None:
    pieces, opened = [Piece("mail", text, role)], gates_of(text)
    _search._alone.cache_clear()
    with pytest.MonkeyPatch.context() as monkeypatch:
        expected = ungated(pieces, monkeypatch)
    _search._alone.cache_clear()
    assert _search.search(pieces, 100, opened) == expected == _search.search(pieces, 100)
    assert find_secrets(pieces, opened) == find_secrets(pieces)
    assert alone("mail", text, opened) == alone("mail", text)


@settings(max_examples=300, deadline=None)
@given(TEXTS.map("\n".join).map(fold))
def test_what_is_plain_of_a_text_is_so(text: str) -> None:
    shown: list[Grid] = []
    lines, finds, people = text.split("\n"), Finds(), People()
    grids = grids_of(text, shown.append, list(plain_lines(text)))
    assert not holds_no_table(text, lines, spaced=True) or not (shown or grids.all)
    if not grids.all and holds_nobody(text, lines, _search.has_digits(text)):
        find_records(plain_lines(text), finds, people)
        assert (finds, people) == (Finds(), People())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_golden_texts_have_behind_no_shut_gate_what_is_found(case: object, monkeypatch: pytest.MonkeyPatch) -> None:
    facts = read_mail(case.octets)  # type: ignore[attr-defined]
    pieces = [Piece("subject", facts.headers.subject or ""), Piece("mail", facts.text)]
    opened = gates_of("\n".join(one.text for one in pieces))
    assert _search.search(pieces, 100, opened) == ungated(pieces, monkeypatch)
    assert find_secrets(pieces, opened) == find_secrets(pieces)
    assert alone("mail", facts.text, opened) == alone("mail", facts.text)


#: What `re` takes for these letters in any case.
_TAKEN_FOR = {
    letter: re.compile(letter, re.IGNORECASE).findall("".join(map(chr, range(sys.maxunicode + 1)))) for letter in "isk"
}


@pytest.mark.parametrize(
    ("text", "letter"),
    [("shopping, my p{}n is 482913x", "i"), ("credent{}als = Zx81kQw92LmP0aTrQQ", "i"),
     ("dr{}v{}ng l{}cence 305012345670", "i"), ("b{}rthday 1980-01-02", "i"), ("{}ecret = Zx81kQw92LmP0aTrQQ", "s"),
     ("to{}en = Zx81kQw92LmP0aTrQQ", "k"), ("pa{}{}port TK1234567", "s")],
)  # fmt: skip
def test_a_letter_that_is_taken_for_another_opens_the_gate_of_the_word(text: str, letter: str) -> None:
    for sign in _TAKEN_FOR[letter]:
        pieces = [Piece("mail", text.replace("{}", sign))]
        opened = gates_of(pieces[0].text)
        assert find_secrets(pieces, opened) == find_secrets(pieces), sign
        assert _search.search(pieces, 100, opened) == _search.search(pieces, 100), sign
        assert sign != letter or find_secrets(pieces)[0] or _search.search(pieces, 100).classes


@pytest.mark.parametrize("charset", ["utf-8", "us-ascii", "iso-2022-jp", "shift_jis", "gb18030"])
@pytest.mark.parametrize("text", ["~{<:C\\~}", "+MNEwuTDvMPwwyQ-: Ab3dEf9z", "$B%Q%9%o!<%I(B: Ab3dEf9z", "a\x0e6\x0f"])
def test_what_has_a_second_text_in_seven_bits_is_read_twice(charset: str, text: str) -> None:
    octets = f"{_HEAD}Content-Type: text/plain; charset={charset}\r\n\r\n{text}\r\n".encode()
    assert read_letter(octets) in (None, read_mail(octets))


@pytest.mark.parametrize("mark", ["\ufdd0", "\ufdd1"])
@pytest.mark.parametrize("text", ["p{}assword: Ab3dEf9z", "AK{}IAIOSFODNN7ABCDEFG", "pass{}port TK1234567"])
def test_a_mark_of_ours_in_a_word_hides_nothing(mark: str, text: str) -> None:
    octets = f"{_HEAD}Content-Type: text/plain; charset=utf-8\r\n\r\n{text.format(mark)}\r\n".encode()
    facts = read_letter(octets)
    assert facts == read_mail(octets)
    assert facts.secrets or facts.personal_data


@pytest.mark.parametrize("number", range(len(_PATTERNS)))
def test_every_gate_opens(number: int) -> None:
    gate, _ = _PATTERNS[number]
    words = {gates.SECRET: "ghp_", gates.ASSIGNED: "Token=", gates.PASSWORD: "a PIN", gates.SMALL_PRINT: "Disclaimer",
             gates.WROTE: "wrote", gates.ARMOUR: "-----BEGIN PGP ", gates.SPACES: "  ", gates.PLACE: "Japan",
             gates.CARD: "VCARD", gates.PAPER: "Passport", gates.IBAN: "GB82"}  # fmt: skip
    assert gates_of(f"a{words[gate]}") & gate


def test_an_ordinary_text_opens_no_gate() -> None:
    assert gates_of("Dear Ann,\nplease see the figures for shipping below. Passing by, I took a pint.\nBob") == 0
    assert gates_of("田中様\nお世話になっております。資料をお送りいたします。\n山田") == 0


def test_where_the_look_fails_every_gate_is_open(monkeypatch: pytest.MonkeyPatch) -> None:
    class Exhausted:
        def Match(self, text: str) -> list[int]:
            return []

    monkeypatch.setattr("mailguard.inspect.look._words", lambda: (Exhausted(), _words()[1]))
    assert gates_of("my password") == gates.ALL


@settings(max_examples=400, deadline=None)
@given(TEXTS.map("".join) | TEXTS.map("\n".join))
@example("ftp://a\u3000b:c@x.example/")
@example("https://a\x0bb:c")
@example("to\u212aen = a")
def test_of_what_has_none_of_the_words_no_gate_is_open(text: str) -> None:
    words, _ = _words()
    assert _any_word()[1](text) or words.Match(f"{text}\0") == [0]
    assert _any_word()[0](text)


def test_who_has_none_of_the_words_is_not_looked_at_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mailguard.inspect.look._words", lambda: pytest.fail("it gives the interpreter's lock away"))
    assert gates_of("Dear Ann,\nplease see below.\nBob") == gates_of("田中様\n資料をお送りします。") == 0


def test_half_a_character_is_never_taken_for_a_text_without_words() -> None:
    with pytest.raises(UnicodeEncodeError):
        gates_of("my password \ud800")


def test_everyday_signs_are_seen_as_they_are() -> None:
    for sign in map(chr, range(sys.maxunicode + 1)):
        if sight.everyday(sign):
            assert unicodedata.normalize("NFC", sign) == sign
            assert not unicodedata.combining(sign)
            assert not sight._NOT_READ.search(sign)
            assert not sight._TOO_MANY_MARKS.search(sign * 40)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [b"\n", b"\r\n", b"\r", b" ", b"QUJD" * 5, b"QUJDRA==", b"Ann", b"=41=42=43", b"=", b"a b", b"X" * 40]
        ),
        max_size=16,
    ).map(b"".join)
)
@example(b"A" * 63)
@example(b"A" * 31 + b"\r\n" + b"A" * 31)
def test_a_text_that_holds_nothing_has_nothing_to_salvage(octets: bytes) -> None:
    assert not holds_nothing(octets) or not list(salvage(octets, PASTED))


_HEAD = "From: Ann <ann@corp.example>\r\nTo: bob@x.example\r\n"


@pytest.mark.parametrize(
    "more",
    [
        "\r\nhello",
        "Subject: =?utf-8?B?5bGx55Sw?=\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n山田です。\r\n",
        "Subject: a\r\n b\r\n\tc\r\nReceived: from a\r\n\tby b; Thu, 26 Nov 2026 08:20:20 +0900\r\n\r\nhello",
        "X-Priority: 1\r\nMessage-ID: <CAF+Zabcdef123456789012@x.example>\r\nX-Tel: 03-1234-5678\r\n\r\nhello",
        "Content-Type: text/plain; charset=iso-2022-jp\r\n\r\n\x1b$B;3ED\x1b(B\r\n",
        "Content-Type: text/plain; format=flowed\r\nContent-Disposition: inline\r\n\r\na \r\nb\r\n",
        "Content-Transfer-Encoding: base64\r\nReferences: <a@b> <c@d>\r\n\r\naGVsbG8=\r\n",
        "Content-Transfer-Encoding: quoted-printable\r\nTo: a\r\n\r\na=20b\r\n".replace("To: a\r\n", ""),
    ],
)
def test_an_ordinary_letter_goes_the_shortest_way(more: str) -> None:
    octets = (_HEAD + more).encode()
    assert letter_of(octets, header_end(octets), ReadingLimits()) is not None
    assert read_letter(octets) == _read(octets, Budget(ReadingLimits())) == read_mail(octets)


@pytest.mark.parametrize(
    "more",
    [
        "Bcc: c@x.example\r\n\r\nhello",
        "To: c@x.example\r\n\r\nhello",
        "Subject: é\r\n\r\nhello",
        "Content-Type: text/plain; charset=utf-8; charset=cp932\r\n\r\nhello",
        "Content-Type: text/plain\r\n content-type: text/html\r\n\r\nhello",
        "Content Type: text/html\r\n\r\nhello",
        "content--type: text/html\r\n\r\nhello",
        "Content-Disposition: attachment\r\n\r\nhello",
        "\r\n+MFkwZDBmMGowcDBp-",
    ],
)
def test_what_can_be_read_in_two_ways_goes_the_long_way(more: str) -> None:
    octets = (_HEAD + more).encode()
    assert not (end := header_end(octets)) or letter_of(octets, end, ReadingLimits()) is None


_VALUES = st.sampled_from(
    ["a", " a ", "\ta\t b", "a\r\n b", "\r\n\ta", "a@x.example", "(03-1234-5678)", "A (b) <a@x.example>",
     "1234 5678 9012", "123456\r\n\t789012", "123456\t789012", "=?utf-8?B?MTIzNDU2Nzg5MDEy?=",
     "=?utf-8?Q?=28a=29?= <a@x.example>", "+0900", "+AGE-b", "+MFkwZDBm-", "$B;3ED(B", "$B12", "~{<:~}",
     "text/plain", "content-type: x", "high", "1", "2026-11-26 10:00:00 +0900", "<CAF+Zabc12345@x.example>", "",
     "\"q\"", "\x0b", "\x1b$B;3ED\x1b(B", "re: a", "fwd: a", "bulk", "private", "no", "yes"]
)  # fmt: skip
_NAMES = st.sampled_from(
    ["From", "To", "Cc", "Reply-To", "Subject", "Message-ID", "Date", "References", "In-Reply-To", "Received", "X-A",
     "X-Tel", "DKIM-Signature", "X-Priority", "Auto-Submitted", "Precedence", "Sensitivity", "X-Mailguard-Processed",
     "Thread-Index", "Content-Description", "List-Id", "Comments", "X-123456789012", "X-Forwarded-Message-Id",
     "Importance", "Bcc", "Sender"]
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(
    st.lists(st.tuples(_NAMES, st.lists(_VALUES, min_size=1, max_size=3).map(" ".join)), max_size=8), st.integers(0, 30)
)
def test_a_header_gone_over_once_says_what_it_says(fields: list[tuple[str, str]], long: int) -> None:
    text = "".join(f"{name}:{value}\r\n" for name, value in [*fields, ("X-Long", "a " * 100 * long)])
    octets = f"{text}\r\nhello {long}\r\n".encode()
    short = read_letter(octets)
    assert short is None or short == read_mail(octets)
    if letter_of(octets, header_end(octets), ReadingLimits()) is not None:
        assert short is not None
