"""Makers of ordinary mail, written the way real programs write it: none of it may be called ambiguous.

A *client* is how a program writes its header fields and boundaries, a *shape* is what the mail is made of, a *body* is
what people write in it (among it everything that only looks like MIME).
"""

from __future__ import annotations

import base64
import quopri
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.golden.inspect.clients import BODIES, BOUNDARIES, CLIENTS, LETTER, Client
from tests.golden.inspect.makers import b64, docx, paragraph, pkcs7, zip_of


def encoded(octets: bytes, encoding: str) -> bytes:
    """A body under a transfer encoding."""
    if encoding == "base64":
        return b64(octets)
    if encoding == "quoted-printable":
        return quopri.encodestring(octets.replace(b"\r\n", b"\n")).replace(b"\n", b"\r\n")
    return octets


@dataclass
class Desk:
    """A client at work on one mail; it counts its boundaries."""

    client: Client
    number: int = 0

    def text(self, text: str, kind: str = "") -> bytes:
        octets, charset, encoding = (
            text.encode(self.client.charset, "replace"),
            self.client.charset,
            self.client.encoding,
        )
        media = kind or self.client.text.format(charset)
        return f"Content-Type: {media}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n".encode() + encoded(
            octets, encoding
        )

    def html(self, text: str) -> bytes:
        return self.text(f"<html><body><p>{text}</p></body></html>", f'text/html; charset="{self.client.charset}"')

    def multi(self, kind: str, *parts: bytes, boundary: str = "") -> bytes:
        self.number += 1
        edge = boundary or self.client.boundary.replace("#", str(self.number))
        quote = self.client.quote or (
            '"' if set(edge) - set("-_.abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") else ""
        )
        head = f"Content-Type: multipart/{kind};\r\n\tboundary={quote}{edge}{quote}\r\n\r\n".encode()
        line = b"--" + edge.encode()
        body = b"".join(line + b"\r\n" + one + b"\r\n" for one in parts)
        return head + self.client.preamble + body + line + b"--\r\n" + self.client.epilogue

    def mail(self, entity: bytes) -> bytes:
        head = (
            b"From: =?utf-8?B?5bGx55Sw?= <ann@corp.example>\r\nTo: bob@partner.example\r\nSubject: "
            b"=?utf-8?B?6KaL56mN?=\r\nMessage-ID: <1@x>\r\n"
        )
        return (head + self.client.fields + entity).replace(b"\r\n", self.client.end)


def file(octets: bytes, name: str, media: str, disposition: str = "attachment") -> bytes:
    """A part that is a file in base64."""
    head = (
        f'Content-Type: {media};\r\n name="{name}"\r\nContent-Transfer-Encoding: base64\r\nContent-ID: '
        f'<{name}@x>\r\nContent-Disposition: {disposition};\r\n filename="{name}"\r\n\r\n'
    )
    return head.encode() + b64(octets)


DOCX = docx(paragraph("x"))
_PNG = b"\x89PNG\r\n\x1a\n" + bytes(200)
_ICS = "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nSUMMARY:x\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
_STATUS = (
    b"Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n"
    b"Final-Recipient: rfc822; a@b.example\r\nAction: failed\r\nStatus: 5.1.1\r\n"
)
_DISPLAYED = (
    b"Content-Type: message/disposition-notification\r\n\r\nFinal-Recipient: rfc822; "
    b"a@b.example\r\nDisposition: manual-action/MDN-sent-manually; displayed\r\n"
)


def _alternative(desk: Desk, text: str = LETTER) -> bytes:
    return desk.multi("alternative", desk.text(text), desk.html(text))


def _related(desk: Desk) -> bytes:
    return desk.multi(
        'related;\r\n type="multipart/alternative"',
        _alternative(desk),
        file(_PNG, "image001.png", "image/png", "inline"),
    )


def _bounce(desk: Desk) -> bytes:
    headers = (
        b"Content-Type: text/rfc822-headers\r\n\r\nFrom: a@b.example\r\nContent-Type: "
        b"multipart/mixed; boundary=q\r\nContent-Transfer-Encoding: 8bit\r\n"
    )
    return desk.multi("report; report-type=delivery-status", desk.text(LETTER), _STATUS, headers)


def _message(desk: Desk) -> bytes:
    inner = Desk(desk.client, desk.number).mail(_alternative(Desk(desk.client, desk.number + 20)))
    return b"Content-Type: message/rfc822\r\nContent-Disposition: attachment\r\n\r\n" + inner


def _returned(desk: Desk) -> bytes:
    return desk.multi("report; report-type=delivery-status", desk.text(LETTER), _STATUS, _message(desk))


def _listed(desk: Desk) -> bytes:
    """A mailing list's own part below the letter."""
    footer = (
        b'Content-Type: text/plain; charset="us-ascii"\r\nMIME-Version: 1.0\r\n'
        b"Content-Transfer-Encoding: 7bit\r\nContent-Disposition: inline\r\n\r\n"
    )
    return desk.multi("mixed", _alternative(desk), footer + b"_" * 47 + b"\r\nlist mailing list\r\nlist@x.example\r\n")


SHAPES: dict[str, Callable[[Desk], bytes]] = {
    "text": lambda desk: desk.text(LETTER),
    "html": lambda desk: desk.html(LETTER),
    "alternative": _alternative,
    "related": _related,
    "mixed": lambda desk: desk.multi(
        "mixed",
        desk.text(LETTER),
        file(DOCX, "a.docx", "application/octet-stream"),
        file(zip_of({"a.txt": b"x"}), "a.zip", "application/zip"),
    ),
    "all": lambda desk: desk.multi(
        "mixed", _related(desk), file(DOCX, "a.docx", "application/octet-stream"), desk.text("後ろの文\r\n")
    ),
    "inside-out": lambda desk: desk.multi(
        "alternative",
        desk.text(LETTER),
        desk.multi("mixed", desk.html(LETTER), file(DOCX, "a.docx", "application/x"), desk.html("x")),
    ),
    "invitation": lambda desk: desk.multi(
        "mixed",
        desk.multi(
            "alternative",
            desk.text(LETTER),
            desk.html("x"),
            desk.text(_ICS, f"text/calendar; charset={desk.client.charset}; method=REQUEST"),
        ),
        file(_ICS.encode(), "invite.ics", "application/ics"),
    ),
    "bounce": _bounce,
    "returned": _returned,
    "receipt": lambda desk: desk.multi("report; report-type=disposition-notification", desk.text(LETTER), _DISPLAYED),
    "forwarded": lambda desk: desk.multi("mixed", desk.text(LETTER), _message(desk)),
    "listed": _listed,
    "digest": lambda desk: desk.multi(
        "mixed",
        desk.text(LETTER),
        desk.multi("digest", b"\r\n" + desk.mail(desk.text("x")), b"\r\n" + desk.mail(desk.text("y"))),
    ),
    "smime": lambda desk: desk.multi(
        'signed; protocol="application/pkcs7-signature"; micalg=sha-256',
        _alternative(desk),
        file(pkcs7(2, None), "smime.p7s", "application/pkcs7-signature"),
    ),
    "pgp": lambda desk: desk.multi(
        'signed; micalg=pgp-sha512; protocol="application/pgp-signature"',
        desk.multi(
            "mixed",
            desk.text(LETTER),
            b"Content-Type: application/pgp-keys\r\n\r\n-----BEGIN PGP PUBLIC KEY BLOCK-----\r\n\r\n"
            b"mQINBF\r\n=abcd\r\n-----END PGP PUBLIC KEY BLOCK-----\r\n",
        ),
        b'Content-Type: application/pgp-signature; name="signature.asc"\r\n\r\n-----BEGIN PGP '
        b"SIGNATURE-----\r\n\r\niQIzBAEBCgAdFiEE" + b"A" * 48 + b"\r\n=Qx1a\r\n-----END PGP SIGNATURE-----\r\n",
    ),
    "empty-part": lambda desk: desk.multi(
        "mixed", desk.text(LETTER), b"\r\n", b"Content-Type: text/plain\r\n\r\n", b"\r\n\r\n"
    ),
}


def _edges() -> Iterator[tuple[str, bytes]]:
    """Boundaries by themselves, and one that is the beginning of another."""
    desk = Desk(CLIENTS["python"])
    for number, edge in enumerate(BOUNDARIES):
        inner = desk.multi(
            "alternative", desk.text(LETTER), desk.html("x"), boundary=f"{edge}-1"[:70] if len(edge) < 68 else "z"
        )
        yield (
            f"edge-{number}",
            desk.mail(desk.multi("mixed", inner, file(DOCX, "a.docx", "application/x"), boundary=edge)),
        )
        inner = desk.multi("alternative", desk.text(LETTER), desk.html("x"), boundary="z")
        yield f"edge-alone-{number}", desk.mail(desk.multi("mixed", desk.text(LETTER), inner, boundary=edge))


def _odds() -> Iterator[tuple[str, bytes]]:
    """Single habits of single programs."""
    desk = Desk(CLIENTS["thunderbird"])
    letter = LETTER.encode()
    long_lines = base64.b64encode(letter * 40)
    plain = b"Content-Type: text/plain; charset=utf-8\r\n"
    alone = {
        "base64-one-line": b"Content-Transfer-Encoding: base64\r\n\r\n" + long_lines,
        "base64-unpadded": b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.b64encode(letter).rstrip(b"="),
        "base64-998": b"Content-Transfer-Encoding: base64\r\n\r\n"
        + b"\r\n".join(long_lines[n : n + 998] for n in range(0, len(long_lines), 998)),
        "base64-72-lf": b"Content-Transfer-Encoding: base64\r\n\r\n"
        + b"\n".join(long_lines[n : n + 72] for n in range(0, len(long_lines), 72))
        + b"\n\n\n",
        "base64-blanks": b"Content-Transfer-Encoding: base64\r\n\r\n"
        + base64.encodebytes(letter).replace(b"\n", b" \r\n"),
        "base64-footer": b"Content-Transfer-Encoding: base64\r\n\r\n"
        + b64(letter)
        + b"\r\n_______________________________________________\r\nlist mailing list\r\nlist@x.example\r\n"
        b"https://x.example/listinfo\r\n",
        "encoding-upper": b"Content-Transfer-Encoding: 8BIT\r\n\r\n" + letter,
        "encoding-blank": b"Content-Transfer-Encoding: 8bit \r\n\r\n" + letter,
        "encoding-none": b"\r\n" + letter,
        "encoding-twice-same": b"Content-Transfer-Encoding: 8bit\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" + letter,
        "encoding-tab": b"Content-Transfer-Encoding:\t8bit\r\n\r\n" + letter,
        "encoding-folded": b"Content-Transfer-Encoding:\r\n 8bit\r\n\r\n" + letter,
        "qp-unescaped": b"Content-Transfer-Encoding: quoted-printable\r\n\r\n"
        + letter
        + b'<a href="http://x.example/?a=b">\r\n',
        "qp-lower": b"Content-Transfer-Encoding: quoted-printable\r\n\r\n" + quopri.encodestring(letter).lower(),
        "qp-8bit": b"Content-Transfer-Encoding: quoted-printable\r\n\r\n" + letter,
        "blank-header-line": b"X-A: b,\r\n \r\nX-B: c\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" + letter,
        "empty-field": b"X-A:\r\nX-B: \r\nContent-Description:\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" + letter,
        "long-field": b"X-A: " + b"b " * 40_000 + b"\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" + letter,
        "raw-field": b"X-A: \x93\xfa\x96{\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" + letter,
        "dkim": b"DKIM-Signature: v=1; a=rsa-sha256; h=from:to:subject:mime-version:\r\n "
        b"content-type:content-transfer-encoding;\r\n\tContent-Type:Content-Transfer-Encoding:\r\n b="
        + b"QUJD" * 80
        + b"\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
        + letter,
        "blank-lines": b"Content-Transfer-Encoding: 8bit\r\n\r\n\r\n\r\n\r\n" + letter,
        "lines-blank-tail": b"Content-Transfer-Encoding: 8bit\r\n\r\n" + letter + b"\r\n" * 40 + b" \t \r\n",
        "binary-empty": b"Content-Transfer-Encoding: binary\r\n\r\n" + letter,
    }
    for name, octets in alone.items():
        yield f"odd-{name}", desk.mail(plain + octets)
    whole = desk.multi("mixed", desk.text(LETTER), file(DOCX, "a.docx", "application/x"), boundary="edge")
    changed = {
        "unclosed": whole.replace(b"--edge--\r\n", b""),
        "unclosed-end": whole[: -len(b"--\r\n")],
        "no-last-line-end": whole.rstrip(),
        "footer-in-epilogue": whole + b"_" * 47 + b"\r\nlist mailing list\r\nlist@x.example\r\n",
        "epilogue-lines": whole + b"\r\n" * 30,
        "preamble-japanese": whole.replace(b"--edge", "このメールはMIME形式です。\r\n\r\n".encode() + b"--edge", 1),
        "blank-behind-edge": whole.replace(b"--edge\r\n", b"--edge \r\n"),
        "encoded-7bit": b"Content-Transfer-Encoding: 7bit\r\n" + whole,
        "encoded-8bit": b"Content-Transfer-Encoding: 8bit\r\n" + whole,
        "encoded-binary": b"Content-Transfer-Encoding: binary\r\n" + whole,
        "upper": whole.replace(b"multipart/mixed", b"Multipart/Mixed").replace(b"boundary=", b"BOUNDARY="),
        "blank-equals": whole.replace(b"boundary=", b"boundary = "),
        "charset": whole.replace(b"multipart/mixed;", b"multipart/mixed; charset=utf-8;"),
        "semicolon": whole.replace(b'"edge"', b'"edge";'),
        "one-line": whole.replace(b";\r\n\tb", b"; b"),
        "no-blank": whole.replace(b";\r\n\tb", b";b"),
        "same-twice": whole.replace(
            b"Content-Type: multi", b'Content-Type: multipart/mixed;\r\n\tboundary="edge"\r\nContent-Type: multi', 1
        ),
        "description": whole.replace(
            b"Content-ID", b"Content-Description: =?utf-8?B?5bGx?=\r\nX-Attachment-Id: f_1\r\nContent-ID"
        ),
        "disposition-dates": whole.replace(
            b"Content-Disposition: attachment;",
            b'Content-Disposition: attachment; size=123;\r\n creation-date="Mon, 01 Jan 2024 00:00:00 GMT";',
        ),
    }
    for name, octets in changed.items():
        yield f"odd-mixed-{name}", desk.mail(octets)


def everyday() -> Iterator[tuple[str, bytes]]:
    """Every ordinary mail, with its name."""
    for name, client in CLIENTS.items():
        for shape, make in SHAPES.items():
            yield f"{name}-{shape}", Desk(client).mail(make(Desk(client)))
    for name, body in BODIES.items():
        for client_name in ("thunderbird", "javamail", "gmail"):
            desk = Desk(CLIENTS[client_name])
            text = LETTER + body
            yield f"{client_name}-says-{name}", desk.mail(desk.text(text))
            parts = desk.multi("alternative", desk.text(text), desk.html(text))
            yield (
                f"{client_name}-says-in-parts-{name}",
                desk.mail(desk.multi("mixed", parts, desk.text(body, "text/plain; charset=utf-8; name=a.txt"))),
            )
    yield from _edges()
    yield from _odds()
