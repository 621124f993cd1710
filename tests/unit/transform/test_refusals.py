"""Signed, encrypted and doubtful mail is left alone; a DKIM signature that breaks is told."""

from __future__ import annotations

import pytest
from tests.unit.transform.mails import BOB, altered, crlf, refused

from mailguard.mail.alteration import (
    AddBcc,
    AddCc,
    AddHeader,
    Alteration,
    Footer,
    RemoveAttachment,
    Split,
    TagSubject,
    ToBcc,
    ZipAttachments,
)

CHANGES: list[Alteration] = [
    ToBcc(),
    Split(),
    AddCc(BOB),
    TagSubject("[x]"),
    AddHeader("X-A", "b"),
    Footer(en="x"),
    ZipAttachments("password", "0" * 32),
    RemoveAttachment(part="2"),
]
HEAD = "From: a@corp.example\nTo: carl@x.example\nMIME-Version: 1.0\n"


def typed(kind: str, body: str = "--b\n\nx\n--b--\n") -> bytes:
    return crlf(f"{HEAD}Content-Type: {kind}\n\n{body}")


SEALED = {
    "signed": typed('multipart/signed; protocol="application/pkcs7-signature"; boundary=b'),
    "signed-within": typed(
        "multipart/mixed; boundary=b", "--b\nContent-Type: Multipart/Signed; boundary=c\n\nx\n--b--"
    ),
    "pgp-mime": typed('multipart/encrypted; protocol="application/pgp-encrypted"; boundary=b'),
    "opaque": typed("application/pkcs7-mime; smime-type=signed-data; name=smime.p7m", "MIAG"),
    "enveloped": typed("application/x-pkcs7-mime; smime-type=enveloped-data", "MIAG"),
    "by-name": typed('application/octet-stream; name="smime.p7m"', "MIAG"),
    "signature-part": typed(
        "multipart/mixed; boundary=b", "--b\n\nx\n--b\nContent-Type: application/pgp-signature\n\n--b--"
    ),
    "clear-signed": typed("text/plain", "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nx\n"),
    "armoured": typed("text/plain", "Hello\n-----BEGIN PGP MESSAGE-----\n\nabc\n"),
    "second-type": typed("text/plain\nContent-Type: multipart/signed; boundary=b"),
    "not-well-formed": typed("(c) multipart/signed (x) y; boundary=b"),
}


@pytest.mark.parametrize("octets", SEALED.values(), ids=SEALED)
@pytest.mark.parametrize("alteration", CHANGES, ids=lambda one: type(one).__name__)
def test_sealed_mail_is_refused(octets: bytes, alteration: Alteration) -> None:
    result = refused(octets, alteration)
    assert "署名" in result.because.ja or "暗号" in result.because.ja
    assert "signed" in result.because.en or "encrypted" in result.because.en


@pytest.mark.parametrize("octets", SEALED.values(), ids=SEALED)
@pytest.mark.parametrize("alteration", [Split("kept"), AddBcc(BOB)], ids=["split", "bcc"])
def test_what_touches_no_octet_is_done_to_sealed_mail_too(octets: bytes, alteration: Alteration) -> None:
    assert altered(octets, alteration).octets == octets


def test_a_bcc_field_in_sealed_mail_is_refused_rather_than_sent() -> None:
    octets = SEALED["signed"].replace(b"To:", b"Bcc: x@y.example\r\nTo:")
    assert refused(octets, AddBcc(BOB)).alteration == "bcc_header"


@pytest.mark.parametrize(
    "octets",
    [
        typed("text/plain", "> -----BEGIN PGP SIGNED MESSAGE-----\n> quoted\n"),
        typed("multipart/mixed; boundary=b", "--b\n\nx\n--b\nContent-Type: message/rfc822\n\n"
              "Content-Type: multipart/signed; boundary=c\n\n--c--\n--b--\n"),
        typed("text/plain", "How to read -----BEGIN PGP MESSAGE----- lines\n"),
    ],
)  # fmt: skip
def test_what_only_speaks_of_seals_is_altered(octets: bytes) -> None:
    assert b"[x]" in altered(octets, TagSubject("[x]")).octets


DOUBTFUL = {
    "two-types": typed("text/plain\nContent-Type: text/html", "x"),
    "no-boundary": typed("multipart/mixed", "--b\n\nx\n--b--"),
    "boundary-does-not-occur": typed("multipart/mixed; boundary=c"),
    "two-boundaries": typed("multipart/mixed; boundary=b; boundary=c"),
    "boundary-in-pieces": typed("multipart/mixed; boundary*0=b"),
    "almost-a-delimiter": typed("multipart/mixed; boundary=b", "--b\n\nx\n--bc\n\ny\n--b--"),
    "parts-behind-the-end": typed("multipart/mixed; boundary=b", "--b\n\nx\n--b--\n--b\n\ny\n"),
    "encoded-multipart": typed("multipart/mixed; boundary=b\nContent-Transfer-Encoding: base64"),
    "no-field": typed("text/plain\nthis is no field", "x"),
    "blank-before-colon": typed("text/plain\nContent-Type : text/html", "x"),
}


@pytest.mark.parametrize("octets", DOUBTFUL.values(), ids=DOUBTFUL)
def test_where_two_readers_see_two_mails_parts_are_not_touched(octets: bytes) -> None:
    assert "two ways" in refused(octets, Footer(en="x")).because.en
    assert b"Subject: [x]" in altered(octets, TagSubject("[x]")).octets


def test_limits_are_refusals() -> None:
    nested = "".join(f"Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n" for n in range(60))
    assert "deep" in refused(crlf(nested), TagSubject("x")).because.en
    many = crlf("Content-Type: multipart/mixed; boundary=b\n\n" + "--b\n\n" * 3000)
    assert "parts" in refused(many, TagSubject("x")).because.en
    assert "fields" in refused(b"a: b\r\n" * 20_000 + b"\r\n", TagSubject("x")).because.en
    assert "large" in refused(b"a: " + b"b" * 3_000_000 + b"\r\n\r\n", TagSubject("x")).because.en


SIGNATURE = "DKIM-Signature: v=1; a=rsa-sha256; d=corp.example; h=From : To:\n Subject; bh=x; b=y\n"


@pytest.mark.parametrize(
    ("alteration", "breaks"),
    [
        (TagSubject("[x]"), True),
        (ToBcc(), True),
        (Footer(en="x"), True),
        (AddHeader("X-A", "b"), False),
        (AddCc(BOB), False),
        (AddBcc(BOB), False),
    ],
)
def test_a_broken_dkim_signature_is_told(alteration: Alteration, breaks: bool) -> None:
    octets = crlf(SIGNATURE + HEAD + "Subject: s\n\ntext\n")
    assert altered(octets, alteration).breaks_dkim is breaks
    assert not altered(octets.partition(b"\r\n Subject")[2].partition(b"\r\n")[2], alteration).breaks_dkim
