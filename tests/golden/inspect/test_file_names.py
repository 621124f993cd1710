"""Names of files in all the forms that clients write: the name that is shown, each name where they differ, and paths,
escapes and stand-ins where a rule still finds them."""

from __future__ import annotations

import base64

import pytest
from tests.golden.inspect.makers import HEAD, b64, multipart, part, word

from mailguard.inspect.reader import read_mail
from mailguard.mail.facts import Facts

NAME = "極秘_見積書.xlsx"
_D = b"Content-Disposition: attachment"
_T = b"Content-Type: application/octet-stream"


def pct(text: str, charset: str = "utf-8") -> bytes:
    return "".join(f"%{octet:02X}" for octet in text.encode(charset)).encode()


def w(text: str, charset: str, label: str = "") -> bytes:
    return word(text, charset, label)


def q(octets: bytes, charset: str) -> bytes:
    return f"=?{charset}?Q?{''.join(f'={octet:02X}' for octet in octets)}?=".encode()


def read(*fields: bytes) -> Facts:
    file = part(b64(b"\x00\x01payload"), *fields, b"Content-Transfer-Encoding: base64")
    return read_mail(multipart(part(b"see the file\r\n", b"Content-Type: text/plain"), file))


_J = NAME.encode("iso2022_jp")
_U = NAME.encode()
_H = pct(NAME)
#: Name of the case, the fields, the one name that is to be shown; nothing may be flagged.
ONE = (
    ("plain", [_D + b'; filename="report.xlsx"'], "report.xlsx"),
    ("token", [_D + b"; filename=report.xlsx"], "report.xlsx"),
    ("upper case", [b"CONTENT-DISPOSITION: ATTACHMENT; FILENAME=report.xlsx"], "report.xlsx"),
    ("2231", [_D + b"; filename*=UTF-8''" + _H], NAME),
    ("2231 with a language", [_D + b"; filename*=utf-8'ja'" + _H], NAME),
    ("2231 in quotes", [_D + b"; filename*=\"utf-8''" + _H + b'"'], NAME),
    ("2231 sjis", [_D + b"; filename*=Shift_JIS''" + pct(NAME, "cp932")], NAME),
    ("2231 euc", [_D + b"; filename*=EUC-JP'ja'" + pct(NAME, "euc_jp")], NAME),
    ("2231 jis", [_D + b"; filename*=iso-2022-jp''" + pct(NAME, "iso2022_jp")], NAME),
    ("2231 jis, only the escapes encoded", [_D + b"; filename*=iso-2022-jp''%1B%24B6KHk%1B%28B.xlsx"], "極秘.xlsx"),
    ("2231 without charset", [_D + b"; filename*=''" + _H], NAME),
    ("2231 without quotes", [_D + b"; filename*=" + _H], NAME),
    ("2231 with one quote", [_D + b"; filename*=utf-8'" + _H], NAME),
    ("2231 of a wrong charset", [_D + b"; filename*=us-ascii''" + _H], NAME),
    ("2231 of an unknown charset", [_D + b"; filename*=x-none''" + _H], NAME),
    ("2231 whose star was forgotten", [_D + b"; filename=\"utf-8''" + _H + b'"'], NAME),
    ("blanks about the star's sign", [_D + b"; filename* = utf-8''" + _H], NAME),
    ("sections", [_D + b";\r\n filename*0*=utf-8''" + _H[:30] + b";\r\n filename*1*=" + _H[30:]], NAME),
    (
        "sections cut in a character",
        [_D + b";\r\n filename*0*=utf-8''" + _H[:6] + b";\r\n filename*1*=" + _H[6:]],
        NAME,
    ),
    ("sections out of order", [_D + b"; filename*1*=" + _H[9:] + b"; filename*0*=utf-8''" + _H[:9]], NAME),
    ("sections from one on", [_D + b"; filename*1*=utf-8''" + _H[:9] + b"; filename*2*=" + _H[9:]], NAME),
    (
        "sections, plain and encoded",
        [_D + b"; filename*0*=utf-8''" + pct("極秘") + b"; filename*1=_100; filename*2*=%25.xlsx"],
        "極秘_100%.xlsx",
    ),
    ("sections in quotes", [_D + b'; filename*0="long "; filename*1="name.xlsx"'], "long name.xlsx"),
    ("a first section without a second", [_D + b"; filename*0=report.xlsx"], "report.xlsx"),
    (
        "twelve sections",
        [_D + b"".join(b'; filename*%d="%d-"' % (n, n) for n in range(12)) + b"; filename*12=x.xlsx"],
        "0-1-2-3-4-5-6-7-8-9-10-11-x.xlsx",
    ),
    ("charset in every section", [_D + b"; filename*0*=utf-8''" + _H[:9] + b"; filename*1*=utf-8''" + _H[9:]], NAME),
    ("charset only in name*", [_T + b"; name*=utf-8''" + _H], NAME),
    ("word in quotes", [_D + b'; filename="' + w(NAME, "utf-8") + b'"'], NAME),
    ("word without quotes", [_D + b"; filename=" + w(NAME, "utf-8")], NAME),
    ("word of outlook", [_D + b'; filename="' + w(NAME, "iso2022_jp", "ISO-2022-JP") + b'"'], NAME),
    (
        "word of becky",
        [_D + b';\r\n filename="=?ISO-2022-JP?B?' + base64.b64encode("①㈱.xlsx".encode("cp932")) + b'?="'],
        "①㈱.xlsx",
    ),
    ("word sjis", [_D + b'; filename="' + w(NAME, "cp932", "Shift_JIS") + b'"'], NAME),
    (
        "words with a fold",
        [_D + b';\r\n filename="' + w("極秘_", "utf-8") + b"\r\n " + w("見積書.xlsx", "utf-8") + b'"'],
        NAME,
    ),
    (
        "words without quotes, blank between",
        [_D + b"; filename=" + w("極秘_", "utf-8") + b" " + w("見積書.xlsx", "utf-8")],
        NAME,
    ),
    ("words cut in a character", [_D + b'; filename="' + q(_U[:4], "utf-8") + b" " + q(_U[4:], "utf-8") + b'"'], NAME),
    (
        "each word in its quotes",
        [_D + b'; filename="' + w("極秘_", "utf-8") + b'"\r\n "' + w("見積書.xlsx", "utf-8") + b'"'],
        NAME,
    ),
    ("word and text", [_D + b'; filename="' + w("極秘", "utf-8") + b'.xlsx"'], "極秘.xlsx"),
    ("text and word", [_D + b'; filename="2026-' + w("極秘.xlsx", "utf-8") + b'"'], "2026-極秘.xlsx"),
    ("word in name only", [_T + b'; name="' + w(NAME, "utf-8") + b'"', _D], NAME),
    ("word inside 2231", [_D + b'; filename*0="' + w(NAME, "utf-8") + b'"'], NAME),
    ("word with a wrong charset", [_D + b'; filename="' + q(NAME.encode("cp932"), "utf-8") + b'"'], NAME),
    ("raw utf-8", [_D + b'; filename="' + _U + b'"'], NAME),
    ("raw sjis", [_D + b'; filename="' + NAME.encode("cp932") + b'"'], NAME),
    ("raw sjis with backslash octets", [_D + b'; filename="' + "表ソ能.xlsx".encode("cp932") + b'"'], "表ソ能.xlsx"),
    ("raw sjis, the last is a backslash", [_D + b'; filename="' + "価格表".encode("cp932") + b'"'], "価格表"),
    ("raw euc", [_D + b'; filename="' + "見積書です.xlsx".encode("euc_jp") + b'"'], "見積書です.xlsx"),
    ("raw jis", [_D + b'; filename="' + _J + b'"'], NAME),
    ("raw jis with a quote octet", [_D + b'; filename="' + "あ議い.xlsx".encode("iso2022_jp") + b'"'], "あ議い.xlsx"),
    (
        "raw jis with semicolon and backslash octets",
        [_D + b'; filename="' + "資催最.xlsx".encode("iso2022_jp") + b'"'],
        "資催最.xlsx",
    ),
    ("raw utf-8 token", [_D + b"; filename=" + _U], NAME),
    ("raw utf-8 decomposed", [_D + b'; filename="' + "か\u3099.xlsx".encode() + b'"'], "が.xlsx"),
    ("half-width kana", [_D + b'; filename="' + "ﾃｽﾄ.xlsx".encode("cp932") + b'"'], "ﾃｽﾄ.xlsx"),
    ("blanks without quotes", [_D + b"; filename=my secret report.xlsx"], "my secret report.xlsx"),
    ("semicolons in quotes", [_D + b'; filename="a;b;c.xlsx"'], "a;b;c.xlsx"),
    ("escaped quotes", [_D + rb'; filename="a \"b\" c.xlsx"'], 'a "b" c.xlsx'),
    ("no closing quote", [_D + b'; filename="report.xlsx'], "report.xlsx"),
    ("no opening quote", [_D + b'; filename=report.xlsx"'], "report.xlsx"),
    ("single quotes", [_D + b"; filename='report.xlsx'"], "report.xlsx"),
    ("trailing semicolons", [_D + b'; filename="report.xlsx";;'], "report.xlsx"),
    ("blanks about the sign", [_D + b' ; filename = "report.xlsx" ; size=3'], "report.xlsx"),
    ("a comment behind", [_D + b'; filename="report.xlsx" (a table)'], "report.xlsx"),
    ("no semicolon between", [_D + b'; filename="report.xlsx" size=3'], "report.xlsx"),
    ("no semicolon between tokens", [_D + b"; filename=report.xlsx size=3"], "report.xlsx"),
    ("comma between", [_D + b', filename="report.xlsx"'], "report.xlsx"),
    ("commas between", [_D + b", filename=report.xlsx, size=3"], "report.xlsx"),
    ("no semicolon", [_D + b" filename=report.xlsx"], "report.xlsx"),
    ("no semicolon, quotes", [_D + b' filename="my report.xlsx"'], "my report.xlsx"),
    ("no value", [b"Content-Disposition: filename=report.xlsx"], "report.xlsx"),
    ("no value but a semicolon", [b"Content-Disposition: ; filename=report.xlsx"], "report.xlsx"),
    ("the whole field is a word", [b"Content-Disposition: " + w(f'attachment; filename="{NAME}"', "utf-8")], NAME),
    ("a parameter is a word", [_D + b"; " + w(f'filename="{NAME}"', "utf-8")], NAME),
    ("folded in quotes", [_D + b';\r\n filename="my long\r\n report.xlsx"'], "my long report.xlsx"),
    ("folded by a tab", [_D + b';\r\n filename="my long\r\n\treport.xlsx"'], "my long report.xlsx"),
    ("Windows path", [_D + b'; filename="C:\\\\Users\\\\taro\\\\report.xlsx"'], "report.xlsx"),
    ("Unix path", [_D + b'; filename="/srv/data/report.xlsx"'], "report.xlsx"),
    ("traversal", [_D + b'; filename="../../../etc/report.xlsx"'], "report.xlsx"),
    ("traversal by escapes", [_D + b"; filename*=utf-8''..%2F..%5Creport.xlsx"], "report.xlsx"),
    ("controls", [_D + b'; filename="re\x07po\x1frt.xlsx"'], "report.xlsx"),
    ("zero width", [_D + b'; filename="' + "re\u200bport.xlsx".encode() + b'"'], "report.xlsx"),
    ("per cent in a plain name", [_D + b'; filename="100%.xlsx"'], "100%.xlsx"),
    ("escapes in a plain name", [_D + b'; filename="' + _H + b'"'], _H.decode()),
    (
        "escapes cut by sections",
        [_D + b"; filename*0*=utf-8''%E2%8; filename*1*=2%AC%; filename*2*=2Fx%.xlsx"],
        "x%.xlsx",
    ),
    ("a sign at the end", [_D + b"; filename*0*=utf-8''a; filename*1=100%; filename*2*=41.xlsx"], "a100%41.xlsx"),
    ("name only", [_T + b'; name="report.xlsx"'], "report.xlsx"),
    ("name and filename alike", [_T + b'; name="report.xlsx"', _D + b'; filename="report.xlsx"'], "report.xlsx"),
    (
        "name and filename in two encodings",
        [_T + b'; name="' + w(NAME, "utf-8") + b'"', _D + b"; filename*=utf-8''" + _H],
        NAME,
    ),
    ("filename and filename* alike", [_D + b"; filename=\"a.xlsx\"; filename*=utf-8''a.xlsx"], "a.xlsx"),
    ("a stand-in of question marks", [_D + b"; filename=\"??_???.xlsx\"; filename*=utf-8''" + _H], NAME),
    ("a stand-in of low lines", [_D + b"; filename=\"_____.xlsx\"; filename*=utf-8''" + _H], NAME),
    ("empty filename", [_T + b'; name="report.xlsx"', _D + b'; filename=""'], "report.xlsx"),
    ("no name but a description", [_T, _D, b"Content-Description: report.xlsx"], "report.xlsx"),
    ("a description as a word", [_T, _D, b"Content-Description: " + w(NAME, "utf-8")], NAME),
    ("no name but a location", [_T, _D, b"Content-Location: https://x.example/a/" + _H + b"?v=1"], NAME),
    ("no name at all", [_T, _D], ""),
    ("a description that is no name", [_T, _D, b"Content-Description: the table you asked for"], ""),
    ("an empty name", [_D + b'; filename=""'], ""),
)

#: Readers differ: every name is listed; those of different kinds are a finding.
SEVERAL = (
    ("name and filename", [_T + b'; name="real.exe"', _D + b'; filename="safe.txt"'], {"real.exe", "safe.txt"}, True),
    ("filename and filename*", [_D + b"; filename=a.txt; filename*=utf-8''b.exe"], {"a.txt", "b.exe"}, True),
    ("of one kind", [_D + b"; filename=a.xlsx; filename*=utf-8''b.xlsx"], {"a.xlsx", "b.xlsx"}, False),
    ("a fallback in words", [_D + b"; filename=estimate.xlsx; filename*=utf-8''" + _H], {"estimate.xlsx", NAME}, False),
    ("filename twice", [_D + b"; filename=a.txt; filename=b.exe"], {"a.txt", "b.exe"}, True),
    ("the field twice", [_D + b"; filename=a.txt", _D + b"; filename=b.exe"], {"a.txt", "b.exe"}, True),
    (
        "filename* and filename*0*",
        [_D + b"; filename*=utf-8''a.txt; filename*0*=utf-8''b.exe"],
        {"a.txt", "b.exe"},
        True,
    ),
    ("a section is missing", [_D + b'; filename*0="a.txt"; filename*2=".exe"'], {"a.txt.exe", "a.txt"}, True),
    ("a section twice", [_D + b'; filename*0="a"; filename*1=".txt"; filename*1=".exe"'], {"a.txt", "a.exe"}, True),
    ("semicolon without quotes", [_D + b"; filename=a.txt;b.exe"], {"a.txt;b.exe", "a.txt"}, True),
    ("quotes inside quotes", [_D + b'; filename="a.txt"b".exe"'], {'a.txt"b".exe', "a.txt"}, True),
    ("path", [_D + b'; filename="C:\\TEMP\\a.xlsx"'], {"a.xlsx", "C:TEMPa.xlsx"}, False),
    ("NUL", [_D + b'; filename="a.exe\x00.txt"'], {"a.exe", "a.exe.txt"}, True),
    ("NUL by an escape", [_D + b"; filename*=utf-8''a.exe%00.txt"], {"a.exe", "a.exe.txt"}, True),
)

#: What is no name of its own is found all the same, in the text of the one file.
BESIDE = (
    ("folder", [_D + b'; filename="' + "極秘/list.csv".encode() + b'"'], "list.csv", "極秘"),
    ("backslashes kept", [_D + b'; filename="C:\\\\TEMP\\\\nsmail.png"'], "nsmail.png", "C:\\TEMP\\nsmail.png"),
    ("backslashes undone", [_D + b"; filename=C:\\TEMP\\nsmail.png"], "nsmail.png", "C:TEMPnsmail.png"),
    ("escapes undone", [_D + b'; filename="' + _H + b'"'], _H.decode(), NAME),
    ("stand-in", [_D + b"; filename=\"unnamed.xlsx\"; filename*=utf-8''" + _H], NAME, "unnamed.xlsx"),
)


@pytest.mark.parametrize(("name", "fields", "wanted"), ONE, ids=[one[0] for one in ONE])
def test_one_name(name: str, fields: list[bytes], wanted: str) -> None:
    facts = read(*fields)
    assert [one.filename for one in facts.attachments] == [wanted]
    assert "ambiguous_mime" not in {finding.code for finding in facts.findings}


@pytest.mark.parametrize(("name", "fields", "wanted", "flagged"), SEVERAL, ids=[one[0] for one in SEVERAL])
def test_several_names(name: str, fields: list[bytes], wanted: set[str], flagged: bool) -> None:
    facts = read(*fields)
    assert {one.filename for one in facts.attachments} == wanted
    assert ("ambiguous_mime" in {finding.code for finding in facts.findings}) == flagged


@pytest.mark.parametrize(("name", "fields", "shown", "beside"), BESIDE, ids=[one[0] for one in BESIDE])
def test_readings_beside_the_name(name: str, fields: list[bytes], shown: str, beside: str) -> None:
    facts = read(*fields)
    assert [one.filename for one in facts.attachments] == [shown]
    assert beside in facts.attachments[0].text


def test_a_name_that_shows_another_end_keeps_its_marks_and_is_said() -> None:
    facts = read(_D + b'; filename="' + "invoice\u202efdp.exe".encode() + b'"')
    assert facts.attachments[0].filename == "invoice\u202efdp.exe"
    assert "bidi_filename" in {finding.code for finding in facts.findings}


def test_a_text_with_a_description_stays_the_text_of_the_mail() -> None:
    octets = HEAD + b"Content-Type: text/plain\r\nContent-Description: notes.txt\r\n\r\nhello\r\n"
    facts = read_mail(octets)
    assert facts.attachments == ()
    assert facts.text.strip() == "hello"


def test_a_type_without_a_semicolon_keeps_its_charset() -> None:
    octets = HEAD + b"Content-Type: text/plain charset=euc-jp\r\n\r\n" + "社外秘".encode("euc_jp")
    assert "社外秘" in read_mail(octets).text


def test_twenty_thousand_sections() -> None:
    sections = b"".join(b";\r\n filename*%d=x" % number for number in range(20_000))
    assert read(_D + sections).attachments[0].filename == "x" * 500
