"""The footer: in which parts, in what charset and encoding, and that the octets before it are the same."""

from __future__ import annotations

import base64
from email import message_from_bytes
from email.policy import default

import pytest
from tests.unit.transform.mails import altered, crlf, refused

from mailguard.inspect.reader import read_mail
from mailguard.mail.alteration import Footer, RemoveAttachment

JA, EN = "このメールは社外秘です。", "Confidential."
BOTH = Footer(JA, EN)


def mail(kind: str, body: bytes, encoding: str = "7bit") -> bytes:
    head = f"From: a@corp.example\nContent-Type: {kind}\nContent-Transfer-Encoding: {encoding}\nMIME-Version: 1.0\n\n"
    return crlf(head) + body


def body_of(octets: bytes) -> bytes:
    return octets.partition(b"\r\n\r\n")[2]


def content_of(octets: bytes) -> str:
    return str(message_from_bytes(octets, policy=default).get_content()).replace("\r\n", "\n")


@pytest.mark.parametrize(
    ("charset", "encoding"), [("iso-2022-jp", "7bit"), ("shift_jis", "8bit"), ("euc-jp", "8bit"), ("utf-8", "8bit")]
)
def test_it_stands_in_the_charset_of_the_text(charset: str, encoding: str) -> None:
    text = "お世話になります。\r\n".encode(charset)
    octets = mail(f"text/plain; charset={charset}", text, encoding)
    after = altered(octets, BOTH)
    assert after.octets == octets + f"\r\n{JA}\r\n".encode(charset)
    assert after.diff == ("@@ part 1 text/plain @@", f"+{JA}")


@pytest.mark.parametrize("ending", ["", "\r\n", "=", "=\r\n"])
def test_quoted_printable_goes_on_behind_whatever_end(ending: str) -> None:
    octets = mail("text/plain; charset=utf-8", b"=E3=81=82" + ending.encode(), "quoted-printable")
    after = altered(octets, BOTH).octets
    assert after.startswith(octets)
    assert content_of(after) == f"あ\n\n{JA}\n"


@pytest.mark.parametrize("text", ["", "あ", "ab", "abc\r\n", "x" * 57, "あ" * 100 + "\r\n"])
def test_base64_is_opened_at_its_last_group_only(text: str) -> None:
    body = base64.encodebytes(text.encode()).replace(b"\n", b"\r\n")
    octets = mail("text/plain; charset=utf-8", body, "base64")
    after = altered(octets, BOTH if "あ" in text else Footer(EN)).octets
    kept = len(text.encode()) // 3 * 4
    assert after.startswith(octets[: -len(body) or None] + body[: kept + kept // 76 * 2 - 2 if kept > 76 else kept])
    lead = text.replace("\r\n", "\n")
    gap = "" if not text else "\n" if text.endswith("\n") else "\n\n"
    assert content_of(after) == f"{lead}{gap}{JA if 'あ' in text else EN}\n"


def test_broken_base64_is_refused() -> None:
    result = refused(mail("text/plain; charset=utf-8", b"QUJD=QUJD\r\n", "base64"), BOTH)
    assert result.alteration == "footer"
    assert "base64" in result.because.en


def test_where_the_charset_cannot_say_it_the_part_is_written_anew() -> None:
    octets = mail('text/plain; charset="us-ascii"; format=flowed', b"Hello \r\nworld\r\n")
    after = altered(octets, Footer(JA)).octets
    assert b"Content-Type: text/plain; charset=utf-8; format=flowed\r\n" in after
    assert content_of(after) == f"Hello \nworld\n\n{JA}\n"
    assert JA in read_mail(after).text


def test_a_character_beyond_rfc_1468_makes_utf_8_and_microsofts_characters_survive() -> None:
    octets = mail("text/plain; charset=ISO-2022-JP", b"\x1b$B-!\x1b(B \x1b$B%+%J\x1b(B\r\n")  # a circled 1
    assert content_of(altered(octets, Footer("注②")).octets) == "① カナ\n\n注②\n"


@pytest.mark.parametrize("charset", ["iso-2022-jp", "shift_jis", "euc-jp"])
def test_microsofts_wave_dash_is_no_reason_to_write_anew(charset: str) -> None:
    octets = mail(f"text/plain; charset={charset}", "カナ\r\n".encode(charset), "8bit")
    once = altered(octets, Footer("東京～大阪")).octets
    assert once.startswith(octets)
    assert altered(once, Footer("東京～大阪")).octets == once


def test_seven_bits_stay_seven_bits() -> None:
    after = altered(mail("text/plain; charset=utf-8", b"Hello\r\n"), Footer(JA)).octets
    assert after.isascii()
    assert content_of(after) == f"Hello\n\n{JA}\n"


def test_old_mail_without_a_label_keeps_its_iso_2022_jp() -> None:
    octets = crlf("From: a@corp.example\nSubject: x\n\n") + "こんにちは\r\n".encode("iso-2022-jp")
    assert altered(octets, BOTH).octets == octets + f"\r\n{JA}\r\n".encode("iso-2022-jp")


def test_a_text_that_is_not_what_its_label_says_is_refused() -> None:
    assert refused(mail("text/plain; charset=us-ascii", b"\x82\xa0\xff\r\n", "8bit"), Footer(JA)).alteration == "footer"
    assert refused(mail("text/html; charset=utf-16", b"<p>plain</p>"), Footer(JA)).alteration == "footer"


def test_utf_16_is_written_anew() -> None:
    content = "<html><body>あ</body></html>".encode("utf-16")
    after = altered(mail("text/html; charset=UTF-16", base64.encodebytes(content), "base64"), BOTH).octets
    assert "あ" in read_mail(after).text
    assert JA in read_mail(after).text


def test_flowed_text_is_stuffed_and_does_not_flow_into_the_footer() -> None:
    octets = mail("text/plain; charset=utf-8; format=flowed", b"I flow \r\n")
    after = altered(octets, Footer(en="> not a quote\nFrom us")).octets
    assert body_of(after) == b"I flow \r\n\r\n\r\n > not a quote\r\n From us\r\n"
    assert "> not a quote" in read_mail(after).text


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ("<body>x</body></html>", "<body>x\r\n{}\r\n</body></html>"),
        ("<BODY>x</BODY\r\n>", "<BODY>x\r\n{}\r\n</BODY\r\n>"),
        ("<body>x</body><!-- </body> -->", "<body>x\r\n{}\r\n</body><!-- </body> -->"),
        ("<html>x</html>", "<html>x\r\n{}\r\n</html>"),
        ("x", "x\r\n{}\r\n"),
    ],
)
@pytest.mark.parametrize("encoding", ["8bit", "base64", "quoted-printable"])
def test_in_html_it_stands_before_the_end_of_the_body(page: str, expected: str, encoding: str) -> None:
    block = "<div><br\r\n>Confidential &lt;b&gt; &#12354;</div>"
    body = page.encode()
    if encoding == "base64":
        body = base64.encodebytes(body).replace(b"\n", b"\r\n")
    octets = mail("text/html; charset=windows-1252", body, encoding)
    after = altered(octets, Footer(en="Confidential <b> あ")).octets
    read = message_from_bytes(after, policy=default).get_payload(decode=True)
    assert isinstance(read, bytes)
    # Base64 may pad with blanks so that the groups behind stay.
    assert "".join(read.decode().split()) == "".join(expected.format(block).split())
    assert altered(after, Footer(en="Confidential <b> あ")).octets == after


def test_base64_behind_the_place_in_the_page_stays() -> None:
    page = b"<body>" + b"a" * 99 + b"</body>" + b"<!-- " + b"z" * 300 + b" -->"
    body = base64.encodebytes(page).replace(b"\n", b"\r\n")
    after = altered(mail("text/html", body, "base64"), BOTH).octets
    assert body_of(after).startswith(body[:138])
    assert body_of(after).endswith(body[-400:])


def test_a_long_line_is_broken_inside_a_tag() -> None:
    after = altered(mail("text/html; charset=utf-8", b"<body></body>"), Footer("長" * 200)).octets
    assert max(map(len, after.split(b"\r\n"))) < 998
    assert "長" * 200 in read_mail(after).text.replace("\u200b", "")


TREE = """From: a@corp.example
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: multipart/alternative; boundary=c

--c

plain
--c
Content-Type: multipart/related; boundary=d

--d
Content-Type: text/html

<body>page</body>
--d
Content-Type: image/png
Content-ID: <i>

PNG
--d--
--c
Content-Type: text/calendar; method=REQUEST

BEGIN:VCALENDAR
--c--
--b
Content-Type: text/plain; name=notes.txt

a file
--b
Content-Type: message/rfc822

Subject: inner

inner text
--b--
"""


def test_every_form_of_the_letter_gets_it_and_nothing_else() -> None:
    after = altered(crlf(TREE), BOTH)
    assert after.diff == ("@@ part 1.1 text/plain @@", f"+{EN}", "@@ part 1.2.1 text/html @@", f"+{EN}")
    expected = TREE.replace("plain\n--c", f"plain\n\n{EN}\n\n--c").replace("page<", f"page\n<div><br\n>{EN}</div>\n<")
    assert after.octets == crlf(expected)


def test_of_several_texts_the_last_one_gets_it() -> None:
    octets = crlf("MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b\n\ntwo\n--b--\n")
    assert altered(octets, BOTH).octets == octets.replace(b"two\r\n", f"two\r\n\r\n{EN}\r\n\r\n".encode())


def test_japanese_mail_gets_the_japanese_text_and_either_stands_alone() -> None:
    octets = mail("text/plain; charset=utf-8", "カナ\r\n".encode(), "8bit")
    assert altered(octets, BOTH).octets.endswith(f"{JA}\r\n".encode())
    assert altered(octets, Footer(en=EN)).octets.endswith(b"Confidential.\r\n")
    assert altered(mail("text/plain", b"x\r\n"), Footer("only")).octets.endswith(b"only\r\n")


def test_one_that_is_there_is_enough_unless_it_is_quoted() -> None:
    octets = mail("text/plain", b"Hello\r\n\r\nConfidential.\r\n")
    assert altered(octets, BOTH).octets == octets
    quoted = mail("text/plain", b"Hello\r\n> Confidential.\r\n")
    assert altered(quoted, BOTH).octets == quoted + b"\r\nConfidential.\r\n"
    within = mail("text/plain", b"Confidential. Very.\r\n")
    assert altered(within, BOTH).octets == within + b"\r\nConfidential.\r\n"


def test_a_mail_without_text_stays_and_says_so() -> None:
    octets = mail("application/pdf", b"%PDF-1.4")
    after = altered(octets, BOTH)
    assert after.octets == octets
    assert "no text" in after.notes[0].en


def test_a_note_on_a_removed_file_is_not_the_text_that_gets_it() -> None:
    octets = crlf(
        "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nletter\n"
        "--b\nContent-Type: application/pdf; name=a.pdf\n\nx\n--b--\n"
    )
    after = altered(octets, RemoveAttachment(part="2"), Footer(en=EN)).octets
    assert f"letter\r\n\r\n{EN}\r\n".encode() in after
