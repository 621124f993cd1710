"""Subjects, display names and address fields as clients really write them."""

from __future__ import annotations

import base64
import quopri

import pytest
from tests.golden.inspect.makers import mail, word

from mailguard.inspect.reader import read_mail
from mailguard.mail.facts import HeaderAddress

TEXT = "機密事項の件"


def b(octets: bytes, charset: str) -> bytes:
    return f"=?{charset}?B?".encode() + base64.b64encode(octets) + b"?="


def q(octets: bytes, charset: str) -> bytes:
    escaped = "".join(f"={octet:02X}" for octet in octets)
    return f"=?{charset}?Q?{escaped}?=".encode()


_U = TEXT.encode()
_J = TEXT.encode("iso2022_jp")
_S = TEXT.encode("cp932")
_E = TEXT.encode("euc_jp")
_B64 = base64.b64encode(_U)

#: Name, the field's octets, the subject exactly.
SUBJECTS = (
    ("B utf-8", word(TEXT, "utf-8"), TEXT),
    ("Q utf-8", q(_U, "utf-8"), TEXT),
    ("B jis", b(_J, "ISO-2022-JP"), TEXT),
    ("Q jis", q(_J, "ISO-2022-JP"), TEXT),
    ("Q jis, raw", b"=?ISO-2022-JP?Q?" + _J.replace(b"=", b"=3D").replace(b"?", b"=3F") + b"?=", TEXT),
    ("B sjis", b(_S, "Shift_JIS"), TEXT),
    ("B cp932", b("①㈱髙".encode("cp932"), "windows-31j"), "①㈱髙"),
    ("B euc", b(_E, "EUC-JP"), TEXT),
    ("B outlook", b(b"\x1b$B-!-j5!L)\x1b(B", "iso-2022-jp"), "①㈱機密"),
    ("B cp50220", b(b"\x1b(I6E\x1b(B", "cp50220"), "ｶﾅ"),
    ("B gb2312", b("机密文件".encode("gb18030"), "gb2312"), "机密文件"),
    ("B big5", b("機密文件".encode("big5"), "big5"), "機密文件"),
    ("B korean", b("기밀문서".encode("cp949"), "ks_c_5601-1987"), "기밀문서"),
    ("B utf-7", b(TEXT.encode("utf-7"), "utf-7"), TEXT),
    ("B utf-16", b(TEXT.encode("utf-16"), "utf-16"), TEXT),
    ("Q koi8-r", q("Секретный документ".encode("koi8_r"), "koi8-r"), "Секретный документ"),
    ("Q latin-1", b"=?iso-8859-1?Q?Gr=FC=DFe_aus_K=F6ln?=", "Grüße aus Köln"),
    ("lower case", b"=?utf-8?b?" + _B64 + b"?=", TEXT),
    ("upper case", b"=?UTF-8?B?" + _B64 + b"?=", TEXT),
    ("language", b"=?utf-8*ja?B?" + _B64 + b"?=", TEXT),
    ("no charset", b"=??B?" + base64.b64encode(_J) + b"?=", TEXT),
    ("unknown charset", b(_U, "x-unknown"), TEXT),
    ("blanks in the head", b"=? utf-8 ? B ?" + _B64 + b"?=", TEXT),
    ("no padding", b"=?utf-8?B?" + base64.b64encode(b"abcd").rstrip(b"=") + b"?=", "abcd"),
    ("a letter too many", b"=?utf-8?B?" + _B64 + b"A?=", TEXT),
    ("wrong: sjis as utf-8", b(_S, "utf-8"), TEXT),
    ("wrong: jis as utf-8", b(_J, "utf-8"), TEXT),
    ("wrong: utf-8 as jis", b(_U, "iso-2022-jp"), TEXT),
    ("wrong: euc as jis", b(_E, "iso-2022-jp"), TEXT),
    ("wrong: sjis as ascii", b(_S, "us-ascii"), TEXT),
    ("cut in a character", b(_U[:4], "utf-8") + b"\r\n " + b(_U[4:], "utf-8"), TEXT),
    ("cut in a character, Q", q(_U[:7], "utf-8") + b"\r\n\t" + q(_U[7:], "utf-8"), TEXT),
    ("cut in a character, B and Q", b(_U[:4], "utf-8") + b" " + q(_U[4:], "UTF8"), TEXT),
    ("cut in a character, sjis", b(_S[:3], "shift_jis") + b"\r\n " + b(_S[3:], "Shift-JIS"), TEXT),
    ("cut in a character, jis", b(_J[:6], "iso-2022-jp") + b" " + b(_J[6:], "iso-2022-jp"), TEXT),
    ("cut in base64", b"=?utf-8?B?" + _B64[:6] + b"?= =?utf-8?B?" + _B64[6:] + b"?=", TEXT),
    (
        "cut in base64 twice",
        b"=?utf-8?B?" + _B64[:5] + b"?= =?utf-8?B?" + _B64[5:11] + b"?=\r\n =?utf-8?B?" + _B64[11:] + b"?=",
        TEXT,
    ),
    (
        "no return to ASCII in the first of two",
        b(b"\x1b$B5!L)", "iso-2022-jp") + b" " + b(b"abc", "iso-2022-jp"),
        "機密abc",
    ),
    ("neighbours without a blank", word("機密", "utf-8") + word("事項", "utf-8"), "機密事項"),
    ("neighbours of two charsets", word("機密", "utf-8") + b" " + word("事項", "cp932", "shift_jis"), "機密事項"),
    ("many folds", word("機密", "utf-8") + b"\r\n   \t" + word("事項", "utf-8"), "機密事項"),
    ("in the middle of text", b"Re: " + word("機密", "utf-8") + b" (urgent)", "Re: 機密 (urgent)"),
    ("glued to text", b"[" + word("機密", "utf-8") + b"]x" + word("事項", "utf-8") + b"y", "[機密]x事項y"),
    ("in quotes", b'"' + word("機密", "utf-8") + b'"', '"機密"'),
    ("blanks inside Q", b"=?utf-8?Q?top secret =E6=A9=9F=E5=AF=86?=", "top secret 機密"),
    ("question mark inside Q", b"=?utf-8?Q?=E6=A9=9F=E5=AF=86??=", "機密?"),
    ("question mark before an escape", b"=?utf-8?Q??=E6=A9=9F=E5=AF=86?=", "?機密"),
    ("question mark between escapes", b"=?utf-8?Q?=E6=A9=9F?=E5=AF=86?=", "機?密"),
    ("folded inside B", b"=?utf-8?B?" + _B64[:8] + b"\r\n " + _B64[8:] + b"?=", TEXT),
    ("folded inside Q", b"=?utf-8?Q?=E6=A9=9F=\r\n E5=AF=86?=", "機密"),
    ("folded between the octets of a character", b"=?utf-8?Q?=E6=A9\r\n =9F=E5=AF=86?=", "機密"),
    ("no end", b"=?utf-8?B?" + _B64, TEXT),
    ("half an end", b"=?utf-8?B?" + _B64 + b"?", TEXT),
    ("no end, text behind", b"=?utf-8?B?" + _B64 + b" and more", f"{TEXT} and more"),
    ("no end before the next", b"=?utf-8?B?" + _B64 + b" =?utf-8?B?" + _B64 + b"?=", TEXT * 2),
    ("no end, Q", b"=?utf-8?Q?=E6=A9=9F=E5=AF=86", "機密"),
    ("garbage before", b"=? =?? =?x? " + word("機密", "utf-8"), "=? =?? =?x? 機密"),
    ("no word at all", b"what =?is this?= thing", "what =?is this?= thing"),
    ("encoded twice", b(word(TEXT, "utf-8"), "us-ascii"), TEXT),
    ("encoded three times", b(b(word(TEXT, "cp932", "shift_jis"), "utf-8"), "us-ascii"), TEXT),
    ("encoded twice, Q", b"=?us-ascii?Q?=3D=3Futf-8=3FB=3F" + _B64 + b"=3F=3D?=", TEXT),
    ("raw utf-8", _U, TEXT),
    ("raw sjis", _S, TEXT),
    ("raw sjis, four octets", "極秘".encode("cp932"), "極秘"),
    ("raw euc", "機密事項について".encode("euc_jp"), "機密事項について"),
    ("raw jis", _J, TEXT),
    ("raw jis without escapes", b"Re: " + _J.replace(b"\x1b", b""), f"Re: {TEXT} / Re: $B5!L);v9`$N7o(B"),
    ("raw jis folded", b"\x1b$B5!L)\r\n ;v9`\x1b(B", "機密 事項"),
    ("raw latin-1", "Grüße aus Köln".encode("latin-1"), "Grüße aus Köln"),
    ("raw sjis and a word", _S + b" " + word("極秘", "utf-8"), f"{TEXT} 極秘"),
    ("raw jis and a word", _J + b" " + word("極秘", "utf-8"), f"{TEXT} 極秘"),
    ("a word and raw utf-8", word("極秘", "cp932", "shift_jis") + " 機密".encode(), "極秘 機密"),
    ("tabs and controls", b"one\ttwo\x07three\x7f", "one two three"),
    ("decomposed", word("か\u3099", "utf-8"), "が"),
    ("nobody sees it", word("機\u200b密\u00ad事\u202e\u202c項", "utf-8"), "機密事項"),
    ("plain", b"Re: Figures", "Re: Figures"),
    ("empty", b"", ""),
)

_A = "a@x.example"
#: Name, the field's octets, addresses with names exactly.
PEOPLE: tuple[tuple[str, bytes, list[tuple[str, str]]], ...] = (
    ("word", word("山田 太郎", "utf-8") + b" <a@x.example>", [(_A, "山田 太郎")]),
    ("jis word", b("山田".encode("iso2022_jp"), "ISO-2022-JP") + b" <a@x.example>", [(_A, "山田")]),
    ("two words", word("山田", "utf-8") + b" " + word("太郎", "utf-8") + b" <a@x.example>", [(_A, "山田太郎")]),
    ("word in quotes", b'"' + word("山田", "utf-8") + b'" <a@x.example>', [(_A, "山田")]),
    (
        "word cut in a character",
        b("山".encode()[:2], "utf-8") + b" " + b("山".encode()[2:], "utf-8") + b" <a@x.example>",
        [(_A, "山")],
    ),
    ("raw utf-8", "山田 太郎 <a@x.example>".encode(), [(_A, "山田 太郎")]),
    ("raw sjis with @ and \\ in characters", "ソ表Ａ <a@x.example>".encode("cp932"), [(_A, "ソ表Ａ")]),
    ("raw sjis in quotes", '"表 能" <a@x.example>'.encode("cp932"), [(_A, "表 能")]),
    ("raw jis", "山田 <a@x.example>".encode("iso2022_jp"), [(_A, "山田")]),
    ("full-width @ and comma in a name", "営業＠本社，東京 <a@x.example>".encode(), [(_A, "営業＠本社，東京")]),
    ("comma in a word", b"=?utf-8?Q?Doe,_Jane?= <a@x.example>", [(_A, "Doe, Jane")]),
    ("brackets and semicolons in a word", b"=?utf-8?Q?(Doe);:_Jane?= <a@x.example>", [(_A, "(Doe);: Jane")]),
    (
        "an address in a word",
        word("evil@y.example, b@z.example", "utf-8") + b" <a@x.example>",
        [(_A, "evil@y.example, b@z.example")],
    ),
    ("an address as a name", b'"boss@corp.example" <a@x.example>', [(_A, "boss@corp.example")]),
    ("an address as a bare name", b"boss@corp.example <a@x.example>", [(_A, "boss@corp.example")]),
    ("an address in brackets as a name", b'"<boss@corp.example>" <a@x.example>', [(_A, "<boss@corp.example>")]),
    ("comma outside of quotes", b"Doe, Jane <a@x.example>", [(_A, "Doe, Jane")]),
    ("comma inside quotes", b'"Doe, Jane" <a@x.example>, b@y.example', [(_A, "Doe, Jane"), ("b@y.example", "")]),
    ("semicolons", b"a@x.example; Bob <b@y.example>;", [(_A, ""), ("b@y.example", "Bob")]),
    ("bare with a comment", b"a@x.example (Jane (really) Doe)", [(_A, "Jane (really) Doe")]),
    ("comment with an address", b"(b@y.example) a@x.example", [(_A, "b@y.example")]),
    ("group", b"Team: a@x.example, Bob <b@y.example>;", [(_A, ""), ("b@y.example", "Bob")]),
    ("empty group", b"Undisclosed recipients:;", []),
    ("empty group of a client", b"undisclosed-recipients: ;", []),
    ("group with a word", word("営業部", "utf-8") + b": a@x.example;", [(_A, "")]),
    ("route", b"Jane <@r.example,@s.example:a@x.example>", [(_A, "Jane")]),
    ("quoted local part", b'Jane <"a b"@x.example>', [('"a b"@x.example', "Jane")]),
    ("quoted local part with a comma", b'<"a,b"@x.example>', [('"a,b"@x.example', "")]),
    ("no closing bracket", b"Jane <a@x.example", [(_A, "")]),
    (
        "no closing bracket before another",
        b"Jane <a@x.example, Bob <b@y.example>",
        [(_A, "Jane"), ("b@y.example", "Bob")],
    ),
    ("two opening brackets", b"Jane <<a@x.example>>", [(_A, "Jane")]),
    ("mailto", b"<mailto:a@x.example>", [("a@x.example", "")]),
    ("unclosed quote", b'"Jane <a@x.example>', [(_A, "Jane")]),
    ("unclosed comment", b"Jane (Doe <a@x.example>", [(_A, "Jane Doe")]),
    ("escaped quotes", rb'"Jane \"J\" Doe" <a@x.example>', [(_A, 'Jane "J" Doe')]),
    (
        "folded in a name",
        b'"Jane\r\n Doe"\r\n\t<a@x.example>,\r\n b@y.example',
        [(_A, "Jane Doe"), ("b@y.example", "")],
    ),
    ("folded in brackets", b"Jane <\r\n a@x.example\r\n >", [(_A, "Jane")]),
    ("blanks only between", b"a@x.example b@y.example", [(_A, ""), ("b@y.example", "")]),
    ("empty members", b",, a@x.example,,", [(_A, "")]),
    ("A-label", b"a@xn--r8jz45g.jp", [("a@xn--r8jz45g.jp", "")]),
    ("U-label", "a@例え.jp".encode(), [("a@例え.jp", "")]),
    ("SMTPUTF8", "花子@例え.jp".encode(), [("花子@例え.jp", "")]),
    ("domain literal", b"a@[192.0.2.1]", [("a@[192.0.2.1]", "")]),
    ("IPv6 literal", b"Jane <a@[IPv6:2001:db8::1]>", [("a@[IPv6:2001:db8::1]", "Jane")]),
    ("dots of a mobile carrier", b"Jane <a..b.@x.example>", [("a..b.@x.example", "Jane")]),
    ("local name alone", b"postmaster, a@x.example", [("postmaster", ""), (_A, "")]),
    (
        "a word of another charset than its label",
        b("山田さん".encode("cp932"), "iso-2022-jp") + b" <a@x.example>",
        [(_A, "山田さん")],
    ),
)


@pytest.mark.parametrize(("name", "raw", "wanted"), SUBJECTS, ids=[one[0] for one in SUBJECTS])
def test_subjects(name: str, raw: bytes, wanted: str) -> None:
    assert read_mail(mail(b"x", b"Subject: " + raw)).headers.subject == wanted


@pytest.mark.parametrize(("name", "raw", "wanted"), PEOPLE, ids=[one[0] for one in PEOPLE])
def test_address_fields(name: str, raw: bytes, wanted: list[tuple[str, str]]) -> None:
    facts = read_mail(mail(b"x", b"Cc: " + raw))
    assert facts.headers.cc == tuple(HeaderAddress(*one) for one in wanted)


@pytest.mark.parametrize("label", ["iso-8859-1", "windows-1252"])
@pytest.mark.parametrize("octets", [_U, _S, _E, _J], ids=["utf-8", "sjis", "euc", "jis"])
def test_a_word_under_a_western_label_is_read_both_ways(octets: bytes, label: str) -> None:
    assert TEXT in (read_mail(mail(b"x", b"Subject: " + b(octets, label))).headers.subject or "")


def test_a_subject_whose_charset_is_in_doubt_is_read_twice() -> None:
    raw = "社外秘".encode("euc_jp")
    assert "社外秘" in (read_mail(mail(b"x", b"Subject: " + b(raw, "gb2312"))).headers.subject or "")


def test_an_address_inside_a_word_alone_is_none() -> None:
    facts = read_mail(mail(b"x", b"Cc: " + word("spy@evil.example", "utf-8")))
    assert "spy@evil.example" not in [one.address for one in facts.headers.cc]
    assert [one.name for one in facts.headers.cc] == ["spy@evil.example"]


def test_a_field_that_stands_twice() -> None:
    facts = read_mail(mail(b"x", b"Cc: a@x.example", b"Cc: b@y.example"))
    assert [one.address for one in facts.headers.cc] == ["a@x.example", "b@y.example"]
    assert "malformed_header" in {one.code for one in facts.findings}


def test_quoted_printable_words_of_the_library() -> None:
    escaped = quopri.encodestring("機密 事項".encode(), header=True).replace(b"=\n", b"")
    assert read_mail(mail(b"x", b"Subject: =?utf-8?q?" + escaped + b"?=")).headers.subject == "機密 事項"


def test_very_long_fields() -> None:
    words = b"\r\n ".join([word("機密", "utf-8")] * 20_000)
    assert read_mail(mail(b"x", b"Subject: " + words)).headers.subject == "機密" * 20_000
    people = b",\r\n ".join(
        b'"%s %d" <user%d@dom%d.example>' % (word("山田", "utf-8"), n, n, n % 500) for n in range(9000)
    )
    cc = read_mail(mail(b"x", b"Cc: " + people)).headers.cc
    assert len(cc) == 9000
    assert cc[-1] == HeaderAddress("user8999@dom499.example", "山田 8999")
