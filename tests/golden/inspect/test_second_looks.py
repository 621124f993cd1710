"""What one client shows and another does not: pages sent as plain text, text files without a mark, escapes of programs,
names in octets that a mailer has escaped."""

from __future__ import annotations

import pytest
from tests.golden.inspect.makers import CARD, MY_NUMBER, b64, file_mail, mail, multipart, part, text_mail, word

from mailguard.inspect.kinds.filetype import detect
from mailguard.inspect.reader import read_mail

TEXT = f"お世話になっております。\r\nこの資料は極秘計画です。\r\nカード {CARD}\r\n"


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
def test_a_text_file_in_utf_16_without_a_mark_is_read(codec: str) -> None:
    facts = read_mail(file_mail(TEXT.encode(codec), "memo.txt", "text/plain"))
    assert facts.findings == ()
    assert [(one.short_type, "極秘計画" in one.text) for one in facts.attachments] == [("txt", True)]
    assert facts.personal_data["payment_card"].values == (CARD,)


@pytest.mark.parametrize(
    "octets", [b"\x01\x00\x02\x00" * 40, b"R\x00\x04\x00" * 40, b"\x00" * 64, b"a\x00\x07\x00" * 9]
)
def test_octets_with_zeros_are_no_text(octets: bytes) -> None:
    assert detect(octets, "x.dat").short == ""


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-16-be", "utf-8"])
def test_xml_is_read_in_every_charset(codec: str) -> None:
    page = '<?xml version="1.0" encoding="utf-16"?><a><b>極秘計画</b></a>'
    facts = read_mail(file_mail(page.encode(codec), "a.xml", "application/xml"))
    assert [(one.short_type, "極秘計画" in one.text) for one in facts.attachments] == [("xml", True)]


def test_escapes_of_json_are_read_as_its_programs_read_them() -> None:
    escaped = "".join(f"\\u{ord(sign):04x}" for sign in "極秘計画") + "\\ud83d\\ude00\\ud83d"
    facts = read_mail(file_mail(f'{{"name": "{escaped}"}}'.encode(), "a.json", "application/json"))
    assert "極秘計画😀" in facts.attachments[0].text
    assert escaped in facts.attachments[0].text


def test_a_page_sent_as_plain_text_is_read_as_both() -> None:
    facts = read_mail(text_mail("\r\n<HTML><body>極<b>秘</b>計画</body></html>".encode(), "utf-8"))
    assert "極秘計画" in facts.text
    assert "極<b>秘</b>計画" in facts.text
    talk = read_mail(text_mail("タグは <html><b>極</b>秘 です".encode(), "utf-8"))
    assert "極秘" not in talk.text


@pytest.mark.parametrize("name", ["予定表.xlsx", "ソ連.txt", "構想・表示.docx"])
def test_octets_of_shift_jis_that_a_mailer_escaped(name: str) -> None:
    raw = name.encode("cp932").replace(b"\\", b"\\\\")
    file = part(
        b64(b"x"), b'Content-Disposition: attachment; filename="' + raw + b'"', b"Content-Transfer-Encoding: base64"
    )
    facts = read_mail(multipart(part(b"see the file\r\n", b"Content-Type: text/plain"), file))
    assert [one.filename for one in facts.attachments] == [name]


def test_a_bcc_of_who_sent_it_again_is_told() -> None:
    facts = read_mail(mail(b"x", b"Resent-Bcc: eve@partner.example"))
    assert [(one.code, one.where) for one in facts.findings] == [("bcc_header", "resent-bcc")]
    assert read_mail(mail(b"x", b"Resent-Bcc:", b"Resent-To: bob@partner.example")).findings == ()


def test_a_number_in_the_name_of_a_file_counts() -> None:
    facts = read_mail(file_mail(b"x", "4012-8888-8888-1881.txt", "text/plain"))
    assert facts.personal_data["payment_card"].values == (CARD,)


def test_the_subject_speaks_for_the_number_in_the_text() -> None:
    subject = b"Subject: " + word("マイナンバーの提出", "utf-8")
    facts = read_mail(text_mail(f"番号は {MY_NUMBER} です".encode(), "utf-8", subject))
    assert facts.personal_data["my_number"].values == (MY_NUMBER,)
