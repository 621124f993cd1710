"""Pictures that the text shows and signatures are part of the letter; all else that hangs on a mail is a file."""

from __future__ import annotations

import base64

import pytest
from tests.golden.inspect.makers import pkcs7

from mailguard.inspect.reader import read_mail

_PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\6\0\0\0\x1f\x15\xc4\x89"


def mail(html: bytes, picture: bytes, content: bytes = _PNG) -> bytes:
    return (
        b"From: a@corp.example\r\nTo: b@partner.example\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: multipart/related; boundary="r"\r\n\r\n'
        b"--r\r\nContent-Type: text/html; charset=utf-8\r\n\r\n" + html + b"\r\n"
        b"--r\r\n" + picture + b"Content-Transfer-Encoding: 8bit\r\n\r\n" + content + b"\r\n--r--\r\n"
    )


_ID = b"Content-Type: image/png\r\nContent-ID: <logo@corp>\r\n"
_SHOWN = b'<p>hello <img src="cid:logo@corp"></p>'


@pytest.mark.parametrize(
    ("html", "fields", "content", "inline"),
    [
        (_SHOWN, _ID, _PNG, True),
        (_SHOWN, _ID + b"Content-Disposition: inline\r\n", _PNG, True),
        (b"<p>hello</p>", _ID, _PNG, False),
        (_SHOWN, b"Content-Type: image/png\r\n", _PNG, False),
        (
            _SHOWN,
            _ID + b"Content-Disposition: attachment\r\n",
            _PNG,
            False,
        ),
        (_SHOWN, _ID, b"PK\3\4 no picture at all", False),
    ],
    ids=["shown", "shown and inline", "not shown", "no id", "an attachment", "no picture"],
)
def test_a_picture_in_the_text_is_no_file(html: bytes, fields: bytes, content: bytes, inline: bool) -> None:
    (one,) = read_mail(mail(html, fields, content)).attachments
    assert one.inline is inline


def test_a_signature_is_no_file() -> None:
    octets = (
        b"From: a@corp.example\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: multipart/signed; protocol="application/pkcs7-signature"; boundary="s"\r\n\r\n'
        b"--s\r\nContent-Type: text/plain\r\n\r\nhello\r\n"
        b"--s\r\nContent-Type: application/pkcs7-signature; name=smime.p7s\r\n\r\n0\x80\r\n--s--\r\n"
    )
    facts = read_mail(octets)
    assert facts.signed
    assert [one.inline for one in facts.attachments] == [True]


@pytest.mark.parametrize(
    "content",
    [b"PK\3\4 no signature at all", b"%PDF-1.7\r\n", b"\xff\xd8\xff\xe0\0\x10JFIF", b"0\x80" + b"\xaa" * 70_000],
    ids=["zip", "pdf", "picture", "too long"],
)
def test_what_only_calls_itself_a_signature_is_a_file(content: bytes) -> None:
    octets = (
        b"From: a@corp.example\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: multipart/mixed; boundary="s"\r\n\r\n'
        b"--s\r\nContent-Type: text/plain\r\n\r\nhello\r\n"
        b"--s\r\nContent-Type: application/pkcs7-signature; name=list.xlsx\r\n"
        b"Content-Transfer-Encoding: 8bit\r\n\r\n" + content + b"\r\n--s--\r\n"
    )
    assert [one.inline for one in read_mail(octets).attachments] == [False]


def test_a_receipt_with_a_file_of_unknown_kind_is_no_receipt() -> None:
    def receipt(more: bytes) -> bytes:
        return (
            b"From: a@corp.example\r\nMIME-Version: 1.0\r\n"
            b'Content-Type: multipart/report; report-type=disposition-notification; boundary="s"\r\n\r\n'
            b"--s\r\nContent-Type: text/plain\r\n\r\nread\r\n"
            b"--s\r\nContent-Type: message/disposition-notification\r\n\r\n"
            b"Final-Recipient: rfc822;a@corp.example\r\n" + more + b"\r\n--s--\r\n"
        )

    file = b"\r\n--s\r\nContent-Type: application/octet-stream; name=x.bin\r\n\r\n" + bytes(range(14, 256)) * 9
    assert read_mail(receipt(b"")).kind == "read_receipt"
    assert read_mail(receipt(file)).kind == "ordinary"


@pytest.mark.parametrize(
    ("inner", "kind"),
    [
        (b"text/calendar; method=REPLY\r\n\r\nBEGIN:VCALENDAR\r\nMETHOD:REPLY\r\nEND:VCALENDAR\r\n", "calendar_reply"),
        (
            b'multipart/report; report-type=disposition-notification; boundary="r"\r\n\r\n--r\r\n\r\nread\r\n--r\r\n'
            b"Content-Type: message/disposition-notification\r\n\r\nDisposition: a/b; displayed\r\n\r\n--r--\r\n",
            "read_receipt",
        ),
    ],
    ids=["answer", "receipt"],
)
def test_what_is_never_held_may_be_signed(inner: bytes, kind: str) -> None:
    def signed(signature: bytes) -> bytes:
        return (
            b"From: a@corp.example\r\nMIME-Version: 1.0\r\n"
            b'Content-Type: multipart/signed; protocol="application/pkcs7-signature"; boundary="s"\r\n\r\n'
            b"--s\r\nContent-Type: "
            + inner
            + b"\r\n--s\r\nContent-Type: application/pkcs7-signature; name=smime.p7s\r\n"
            b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(signature) + b"\r\n--s--\r\n"
        )

    assert read_mail(signed(pkcs7(2, None))).kind == kind
    assert read_mail(signed(b"PK\3\4" + bytes(90))).kind == "ordinary"


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        (b"SUMMARY:yes", "calendar_reply"),
        (b"ATTACH:https://corp.example/agenda", "calendar_reply"),
        (b"ATTACH;VALUE=BINARY;ENCODING=BASE64:UEsDBA==", "ordinary"),
        (b'ATTACH;FILENAME=a.xlsx;enco\r\n ding="base64";VALUE=BINARY:UEsDBA==', "ordinary"),
    ],
)
@pytest.mark.parametrize("named", [b"", b"; name=a.ics"])
def test_a_calendar_answer_with_a_file_inside_is_no_answer(line: bytes, kind: str, named: bytes) -> None:
    octets = (
        b"From: a@corp.example\r\nMIME-Version: 1.0\r\nContent-Type: text/calendar; method=REPLY" + named + b"\r\n\r\n"
        b"BEGIN:VCALENDAR\r\nMETHOD:REPLY\r\nBEGIN:VEVENT\r\n" + line + b"\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    assert read_mail(octets).kind == kind
