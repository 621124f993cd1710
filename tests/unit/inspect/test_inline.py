"""Pictures that the text shows and signatures are part of the letter; all else that hangs on a mail is a file."""

from __future__ import annotations

import pytest

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
