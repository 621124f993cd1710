"""Bodies in every charset under every label that clients put there: the words must be in the text, whatever it says."""

from __future__ import annotations

import base64
import random

import pytest
from tests.golden.inspect.makers import HEAD, mail, text_mail

from mailguard.inspect.reader import read_mail

JAPANESE = "お世話になっております。機密事項の一覧をお送りします。"
SHORT = "機密資料です"
LABELS = (
    None,
    "us-ascii",
    "utf-8",
    "iso-8859-1",
    "iso-2022-jp",
    "shift_jis",
    "euc-jp",
    "windows-1252",
    "x-unknown",
    "",
    '"utf-8"',
    '"Shift_JIS"',
    "shift_jis; junk=1",
    "'iso-2022-jp'",
    "gb2312",
)
FOREIGN = (
    ("gb18030", "机密文件，请勿外传"),
    ("big5", "機密文件，請勿外傳給客戶"),
    ("cp949", "기밀문서입니다. 첨부파일을 보내드립니다"),
    ("utf-8", "機密事項 기밀 机密"),
    ("koi8_r", "Секретный документ, список клиентов"),
    ("cp1251", "Секретный документ, список клиентов"),
)
#: Charset, its label, a text in it: what the label says must hold and nothing else be read.
RIGHT = (
    ("cp932", "Shift_JIS", "①㈱髙﨑№℡～∥－ ｶﾅ 表ソ能"),
    ("cp932", "windows-31j", JAPANESE),
    ("cp932", "MS_Kanji", JAPANESE),
    ("euc_jp", "EUC-JP", JAPANESE),
    ("euc_jp", "x-euc-jp", "ｶﾅと漢字"),
    ("iso2022_jp", "ISO-2022-JP", JAPANESE),
    ("iso2022_jp_1", "iso-2022-jp-1", "機密の丂丄"),
    ("iso2022_jp_3", "iso-2022-jp-3", "機密の①"),
    ("iso2022_jp_2004", "iso-2022-jp-2004", "機密の俱剝"),
    ("iso2022_jp_ext", "iso-2022-jp-ms", "機密のｶﾅ"),
    ("euc_jis_2004", "euc-jis-2004", "機密の俱剝か゚"),
    ("shift_jis_2004", "shift_jis-2004", "機密の俱剝"),
    ("utf-8", "UTF8", JAPANESE),
    ("utf-16", "utf-16", JAPANESE),
    ("utf-16-le", "utf-16le", JAPANESE),
    ("utf-16-be", "utf-16be", JAPANESE),
    ("utf-16-le", "utf-16", JAPANESE),
    ("utf-16-be", "utf-16", JAPANESE),
    ("utf-16-be", "unicode", "plain words"),
    ("utf-32", "utf-32", JAPANESE),
    ("utf-7", "utf-7", JAPANESE),
    ("utf-7", "unicode-1-1-utf-7", JAPANESE),
    ("gb18030", "gb2312", "机密文件，请勿外传"),
    ("gb18030", "GBK", "机密文件，请勿外传"),
    ("hz", "hz-gb-2312", "机密文件"),
    ("big5", "Big5", "機密文件，請勿外傳"),
    ("cp949", "ks_c_5601-1987", "기밀문서입니다"),
    ("iso2022_kr", "iso-2022-kr", "기밀문서입니다"),
    ("koi8_r", "koi8-r", "Секретный документ"),
    ("koi8_u", "koi8-u", "Секретний документ"),
    ("cp1250", "windows-1250", "Příliš žluťoučký kůň"),
    ("cp1251", "windows-1251", "Секретный документ"),
    ("cp1253", "windows-1253", "Εμπιστευτικό έγγραφο"),
    ("cp1254", "windows-1254", "gizli müşteri listesi ığş"),
    ("cp1255", "windows-1255", "מסמך סודי"),
    ("cp1256", "windows-1256", "وثيقة سرية"),
    ("cp1257", "windows-1257", "slaptas sąrašas"),
    ("cp1258", "windows-1258", "tài"),
    ("cp874", "tis-620", "เอกสารลับ"),
    ("iso8859_2", "iso-8859-2", "tajný dokument č"),
    ("iso8859_5", "iso-8859-5", "Секретный документ"),
    ("iso8859_15", "iso-8859-15", "geheim 10 € œuvre"),
    ("latin-1", "iso-8859-1", "vertrauliche Übersicht, señor"),
)
_K = "機密事項".encode("iso2022_jp")[3:-3]  # its octets without the escapes
#: Name, octets, label, what must be read.
PECULIAR = (
    ("circled digits", b"\x1b$B-!-j5!L)\x1b(B", "iso-2022-jp", "①㈱機密"),
    ("IBM's kanji by NEC's rows", b"\x1b$B|b5!L)\x1b(B", "cp50221", "髙機密"),
    ("half-width kana designated", b"\x1b(I6E\x1b$B5!L)\x1b(B", "cp50220", "ｶﾅ機密"),
    ("half-width kana by SO and SI", b"\x0e6E\x0f\x1b$B5!L)\x1b(B", "iso-2022-jp", "ｶﾅ機密"),
    ("half-width kana by SO and SI alone", b"memo \x0e=DO\x0f end", "us-ascii", "memo ｽﾄﾏ end"),
    ("half-width kana in eight bits", b"\xb6\xc5\x1b$B5!L)\x1b(B", "iso-2022-jp", "ｶﾅ機密"),
    ("no return to ASCII", b"\x1b$B" + _K + b"\r\nnext line\r\n", "iso-2022-jp", "機密事項\nnext line"),
    ("escapes stripped", b"Hello\r\n$B" + _K + b"(B and more\r\n", "iso-2022-jp", "機密事項 and more"),
    ("escapes stripped, no label", b"$B" + _K + b"(B", None, "機密事項"),
    ("escape broken by a fold", b"\x1b\r\n $B" + _K + b"\x1b(B", "iso-2022-jp", "機密事項"),
    ("escape broken by a blank", b"\x1b$ B" + _K + b"\x1b(B", None, "機密事項"),
    ("line broken in two-byte text", b"\x1b$B" + _K[:4] + b"\r\n" + _K[4:] + b"\x1b(B", "iso-2022-jp", "機密\n事項"),
    ("JIS X 0201 roman", b"\x1b(J\\100 \x1b$B5!L)\x1b(B", "iso-2022-jp", "\\100 機密"),
    ("JIS X 0212", b"\x1b$(D0!\x1b$B5!L)\x1b(B", "iso-2022-jp-1", "丂機密"),
    ("old JIS C 6226", b"\x1b$@" + _K + b"\x1b(B", "iso-2022-jp", "機密事項"),
    ("GB 2312 in ISO-2022-JP-2", b"\x1b$A;zC\\\x1b(B", "iso-2022-jp-2", "机密"),
    ("ISO-2022-KR under no label", "기밀문서".encode("iso2022_kr"), None, "기밀문서"),
    ("ISO-2022-CN", b"\x1b$)A\x0e;zC\\ND<~\x0f ok", "iso-2022-cn", "机密文件 ok"),
    ("NEC's row in EUC", b"\xad\xa1\xad\xea\xb5\xa1\xcc\xa9", "euc-jp", "①㈱機密"),
    ("IBM's kanji in eucJP-ms", b"\x8f\xf4\xfb\x8f\xf4\xbd\xb5\xa1\xcc\xa9", "euc-jp", "髙﨑機密"),
    ("IBM's kanji in CP51932", b"\xfc\xe2\xb5\xa1\xcc\xa9", "cp51932", "髙機密"),
    ("JIS X 0212 in EUC", b"\x8f\xb0\xa1\xb5\xa1\xcc\xa9", "euc-jp", "丂機密"),
    ("user-defined area", b"\xf0\x40" + "機密事項".encode("cp932"), "shift_jis", "機密事項"),
    ("JIS X 0213 under Shift_JIS", "機密の剝".encode("shift_jis_2004") + b"\x85\x6b", "shift_jis", "機密の"),
    ("UTF-8 with its mark", b"\xef\xbb\xbf" + JAPANESE.encode(), "iso-8859-1", JAPANESE),
    ("UTF-16 with its mark, no label", JAPANESE.encode("utf-16"), None, JAPANESE),
    ("UTF-16 with its mark, wrong label", b"\xfe\xff" + JAPANESE.encode("utf-16-be"), "utf-8", JAPANESE),
    ("UTF-16 without mark and label", f"Hi {JAPANESE} all\n".encode("utf-16-le"), None, JAPANESE),
    ("UTF-16 of ASCII, no label", "keyword KINGFISHER".encode("utf-16-be"), None, "KINGFISHER"),
    ("ASCII under UTF-16", b"keyword KINGFISHER", "utf-16", "KINGFISHER"),
    ("UTF-32 without mark", JAPANESE.encode("utf-32-le"), None, JAPANESE),
    ("overlong letters", b"\xc1\x8bINGFISHER \xe0\x81\x8bX", "utf-8", "KINGFISHER KX"),
    ("overlong kanji", b"\xf0\x86\xa9\x9f\xe5\xaf\x86", "utf-8", "機密"),
    ("CESU-8", "機密".encode() + b"\xed\xa1\x82\xed\xbe\xb7", "utf-8", "機密𠮷"),
    ("UTF-7 under ASCII", JAPANESE.encode("utf-7"), "us-ascii", JAPANESE),
    ("UTF-7 of IMAP", b"&al9bxg-", "x-imap4-modified-utf7", "機密"),
    ("HZ under no label", "机密文件".encode("hz"), None, "机密文件"),
    ("cut in a character, UTF-8", JAPANESE.encode()[:-1], "utf-8", JAPANESE[:-1]),
    ("cut in a character, Shift_JIS", JAPANESE.encode("cp932")[:-1], "shift_jis", JAPANESE[:-1]),
    ("cut in a character, EUC", JAPANESE.encode("euc_jp")[:-1], "euc-jp", JAPANESE[:-1]),
    ("cut in a character, JIS", b"\x1b$B" + _K[:-1], "iso-2022-jp", "機密事"),
    ("cut in a character, no label", JAPANESE.encode("cp932")[:-1], None, JAPANESE[:-1]),
    ("short, cut, no label", SHORT.encode("cp932")[:-1], None, SHORT[:-1]),
    ("NUL in a word", "機\0密".encode(), "utf-8", "機密"),
    ("NUL in a character", b"\xe6\xa9\0\x9f\xe5\xaf\x86", "utf-8", "機密"),
    ("NUL in JIS", b"\x1b$B5\0!L)\x1b(B", "iso-2022-jp", "機密"),
    (
        "quoted mail of another charset",
        "返信です。\n".encode() + f"> {JAPANESE}".encode("cp932"),
        "utf-8",
        f"> {JAPANESE}",
    ),
    ("its own text beside that", f"{JAPANESE}\n".encode() + "> 元のメール".encode("cp932"), "utf-8", JAPANESE),
    ("the same without a label", "返信です。\n".encode() + f"> {JAPANESE}".encode("cp932"), None, f"> {JAPANESE}"),
    ("JIS with UTF-8 behind", b"\x1b$B5!L)\x1b(B\r\n" + "極秘計画".encode(), "iso-2022-jp", "極秘計画"),
    (
        "JIS with Shift_JIS behind",
        b"\x1b$B5!L)\x1b(B\r\n" + "極秘計画です".encode("cp932"),
        "iso-2022-jp",
        "極秘計画です",
    ),
    ("zero-width space", "機\u200b密".encode(), "utf-8", "機密"),
    ("zero-width joiners", "機\u200d密\u200c資\u2060料".encode(), "utf-8", "機密資料"),
    ("soft hyphen", "KING\u00adFISHER".encode(), "utf-8", "KINGFISHER"),
    ("soft hyphen in Latin-1", "Grüße KING\u00adFISHER".encode("latin-1"), "iso-8859-1", "KINGFISHER"),
    ("variation selector", "機\U000e0100密\ufe00".encode(), "utf-8", "機密"),
    ("tags", "機\U000e0041\U000e0020密".encode(), "utf-8", "機密"),
    ("marks of direction", "KING\u200eFI\u2066SH\u2069ER".encode(), "utf-8", "KINGFISHER"),
    ("override of direction", "\u202eREHSIFGNIK\u202c".encode(), "utf-8", "KINGFISHER"),
    ("decomposed kana", "か\u3099っこう".encode(), "utf-8", "がっこう"),
    ("decomposed Latin", "Mu\u0308ller".encode(), "utf-8", "Müller"),
    ("two labels", JAPANESE.encode("euc_jp"), "euc-jp; charset=utf-8", JAPANESE),
    ("label as a second parameter", JAPANESE.encode("euc_jp"), "; charset=euc-jp", JAPANESE),
    ("ASCII hidden by an escape", b"\x1b$B" + b"4012888888881881" + b"\x1b(B", "us-ascii", "4012888888881881"),
    ("ASCII hidden by stripped escapes", b"$BKINGFISHER1881(B", "us-ascii", "KINGFISHER1881"),
)


def text_of(octets: bytes, label: str | None) -> str:
    made = mail(octets) if label is None else text_mail(octets, label)
    return read_mail(made).text


@pytest.mark.parametrize("label", LABELS)
@pytest.mark.parametrize("text", [JAPANESE, SHORT])
@pytest.mark.parametrize("codec", ["iso2022_jp", "cp932", "euc_jp", "utf-8"])
def test_japanese_under_any_label(codec: str, text: str, label: str | None) -> None:
    assert text in text_of(text.encode(codec), label)


@pytest.mark.parametrize(
    "label", ["us-ascii", "utf-8", "iso-8859-1", "shift_jis", "windows-1252", "x-unknown", "", None]
)
@pytest.mark.parametrize(("codec", "text"), FOREIGN, ids=[one[0] for one in FOREIGN])
def test_other_languages_under_any_label(codec: str, text: str, label: str | None) -> None:
    assert text in text_of(text.encode(codec), label)


@pytest.mark.parametrize(("codec", "label", "text"), RIGHT, ids=[f"{one[1]}-{one[0]}" for one in RIGHT])
def test_a_right_label_gives_one_reading(codec: str, label: str, text: str) -> None:
    facts = read_mail(text_mail(text.encode(codec), label))
    assert facts.text.strip() == text
    assert facts.findings == ()


@pytest.mark.parametrize(("name", "octets", "label", "wanted"), PECULIAR, ids=[one[0] for one in PECULIAR])
def test_peculiar_bodies(name: str, octets: bytes, label: str | None, wanted: str) -> None:
    assert wanted in text_of(octets, label)
    packed = mail(
        base64.encodebytes(octets),
        f"Content-Type: text/plain; charset={label or ''}".encode(),
        b"Content-Transfer-Encoding: base64",
    )
    assert wanted in read_mail(packed).text


_SENTENCES = (
    "お世話になっております。",
    "よろしくお願いいたします。",
    "見積書をお送りします。",
    "株式会社山田商事",
    "会議は三時からです。",
    "ご確認ください。",
    "請求書",
    "田中様",
    "資料を添付します",
    "ありがとうございました！",
    "１０月の予定",
    "テスト送信",
    "了解しました。",
)


@pytest.mark.parametrize("codec", ["cp932", "utf-8", "iso2022_jp"])
def test_ordinary_text_without_a_label_has_one_reading(codec: str) -> None:
    chance = random.Random(7)
    for _ in range(60):
        text = "".join(chance.sample(_SENTENCES, chance.randint(1, 6)))
        assert text_of(text.encode(codec), None) == text


def test_html_whose_own_charset_is_another() -> None:
    page = f"<meta charset=shift_jis><p>{JAPANESE}</p>".encode("euc_jp")
    octets = HEAD + b"Content-Type: text/html; charset=euc-jp\r\n\r\n" + page
    assert read_mail(octets).text.strip() == JAPANESE


def test_html_that_says_utf_16_in_ascii() -> None:
    page = f'<meta http-equiv=Content-Type content="text/html; charset=unicode"><p>{JAPANESE}</p>'.encode()
    assert read_mail(HEAD + b"Content-Type: text/html\r\n\r\n" + page).text.strip() == JAPANESE


def test_references_that_nobody_sees() -> None:
    page = "<p>機&#8203;密&#x200d;事&shy;項&#x202c;</p>".encode()
    assert read_mail(HEAD + b"Content-Type: text/html; charset=utf-8\r\n\r\n" + page).text.strip() == "機密事項"
