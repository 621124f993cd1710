"""Mails for these tests, put together from named pieces: a test can say which of them an alteration may touch."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

from hypothesis import strategies as st

from mailguard.mail.address import parse_address
from mailguard.mail.alteration import Alteration
from mailguard.transform.apply import Altered, Refused, apply

BOB = parse_address("bob@partner.example")
CRLF = b"\r\n"


@dataclass(frozen=True)
class Piece:
    """Octets of a mail, and what they are: "to", "subject", "text", "html", "file", or "" for what nobody may touch."""

    octets: bytes
    what: str = ""


#: Where a header ends: a field may come in here.
END = Piece(b"", "end")


def joined(pieces: list[Piece]) -> bytes:
    return b"".join(one.octets for one in pieces)


def written(content: bytes, encoding: str) -> bytes:
    """Content in a transfer encoding, without a line end behind it."""
    if encoding == "base64":
        return base64.encodebytes(content).rstrip(b"\n").replace(b"\n", CRLF)
    if encoding == "quoted-printable":
        return binascii.b2a_qp(content.replace(CRLF, b"\n"), istext=True).replace(b"\n", CRLF)
    return content


def altered(octets: bytes, *recipe: Alteration, recipient: str = "bob@partner.example") -> Altered:
    result = apply(octets, recipe, parse_address(recipient))
    assert isinstance(result, Altered), result
    return result


def refused(octets: bytes, *recipe: Alteration, recipient: str = "bob@partner.example") -> Refused:
    result = apply(octets, recipe, parse_address(recipient))
    assert isinstance(result, Refused), result
    return result


def untouched(pieces: list[Piece], touched: set[str], octets: bytes) -> bool:
    """Whether every stretch of pieces that may not be touched stands in the octets, whole and in order, and the first
    and the last one where they were."""
    stretches = [b""]
    for one in pieces:
        if one.what in touched:
            stretches.append(b"")
        else:
            stretches[-1] += one.octets
    at = 0
    for stretch in stretches:
        found = octets.find(stretch, at)
        if found < 0:
            return False
        at = found + len(stretch)
    return octets.startswith(stretches[0]) and octets.endswith(stretches[-1])


def crlf(text: str, charset: str = "utf-8") -> bytes:
    return text.replace("\n", "\r\n").encode(charset)


#: Charset, and encodings that can carry it.
CHARSETS = [
    ("utf-8", ("8bit", "base64", "quoted-printable")),
    ("ISO-2022-JP", ("7bit", "base64", "quoted-printable")),
    ("Shift_JIS", ("8bit", "base64", "quoted-printable")),
    ("EUC-JP", ("8bit", "base64", "quoted-printable")),
]
WORDS = st.lists(
    st.sampled_from(["見積書", "を", "送ります。", "Hello", "=", ".", "From", "> x", "カナ", " "]), max_size=12
)


@st.composite
def texts(draw: st.DrawFn, kind: str) -> list[Piece]:
    """A text part, header and body."""
    charset, encodings = draw(st.sampled_from(CHARSETS))
    encoding = draw(st.sampled_from(encodings))
    lines = ["".join(draw(WORDS)) for _ in range(draw(st.integers(1, 4)))]
    text = "\r\n".join(lines) + draw(st.sampled_from(["", "\r\n", "\r\n\r\n"]))
    if kind == "html":
        text = f"<html><body><p>{text}</p>" + draw(st.sampled_from(["</body></html>", "</BODY >\r\n</html>\r\n", ""]))
    head = (
        f"Content-Type: text/{kind};\r\n charset={charset}\r\nContent-Transfer-Encoding:  {encoding}\r\nX-A:\tkept \r\n"
    )
    return [Piece(head.encode()), END, Piece(CRLF), Piece(written(text.encode(charset), encoding), kind)]


@st.composite
def attachments(draw: st.DrawFn) -> list[Piece]:
    name = draw(st.sampled_from(["budget.xlsx", "=?UTF-8?B?6KaL56mN5pu4LnBkZg==?=", "a b.txt"]))
    content = draw(st.binary(max_size=300))
    head = (
        f'Content-Type: application/octet-stream; name="{name}"\r\n'
        f'Content-Disposition: attachment;\r\n\tfilename="{name}"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
    )
    return [Piece(head.encode() + written(content, "base64"), "file")]


@st.composite
def people(draw: st.DrawFn) -> bytes:
    forms = [b"%s", b"<%s>", b'"Doe, Jane" <%s>', b"=?UTF-8?B?55Sw5Lit?= <%s>", b"(x, y) %s", b"Jane\r\n\t<%s>"]
    some = draw(st.lists(st.sampled_from(["ann", "bob", "carl", "dora"]), min_size=1, max_size=4, unique=True))
    domains = draw(st.sampled_from(["partner.example", "corp.example", "日本.example"]))
    one = [draw(st.sampled_from(forms)) % f"{who}@{domains}".encode() for who in some]
    return draw(st.sampled_from([b",", b", ", b",\r\n  "])).join(one)


@st.composite
def mails(draw: st.DrawFn) -> list[Piece]:
    """A mail as clients write them, with odd folding, order and white space."""
    subject = draw(
        st.sampled_from(["Hello", "=?ISO-2022-JP?B?GyRCOCtAUT1xGyhC?=", "=?utf-8?Q?a_b?=\r\n =?utf-8?Q?c?=", ""])
    )
    fields = [
        Piece(b"Received: from pc (pc [192.0.2.1])\r\n\tby mx; Mon, 1 Jan 2024 00:00:00 +0900\r\n"),
        Piece(b"From:  Sender <sender@corp.example>\r\n"),
        Piece(b"To: " + draw(people()) + CRLF, "to"),
        *([Piece(b"CC: " + draw(people()) + CRLF, "cc")] if draw(st.booleans()) else []),
        Piece(b"Subject: " + subject.encode() + CRLF, "subject"),
        Piece(b"x-odd:no space , kept  \r\n"),
        Piece(b"MIME-Version: 1.0\r\n"),
    ]
    fields = draw(st.permutations(fields))
    body = draw(_bodies("b1"))
    return [*fields, *body]


@st.composite
def _bodies(draw: st.DrawFn, boundary: str) -> list[Piece]:
    mark = boundary.encode()
    shape = draw(st.sampled_from(["plain", "html", "alternative", "mixed", "nested"]))
    if shape in ("plain", "html"):
        return draw(texts(shape))
    parts: list[list[Piece]] = []
    if shape == "alternative":
        parts = [draw(texts("plain")), draw(texts("html"))]
    elif shape == "mixed":
        parts = [draw(texts("plain")), *[draw(attachments()) for _ in range(draw(st.integers(1, 3)))]]
    else:
        parts = [draw(_bodies(boundary + "x")), draw(attachments())]
    kind = "alternative" if shape == "alternative" else "mixed"
    out = [Piece(f'Content-Type: multipart/{kind}; boundary="={boundary}="\r\n'.encode()), END, Piece(CRLF)]
    out.append(Piece(draw(st.sampled_from([b"", b"preamble  \r\n"]))))
    for number, part in enumerate(parts):
        delimiter = (b"" if number == 0 else CRLF) + b"--=" + mark + b"=" + CRLF
        out += [Piece(delimiter, "cut" if part[0].what == "file" else ""), *part]
    out.append(Piece(CRLF + b"--=" + mark + b"=--" + draw(st.sampled_from([b"", CRLF, b"\r\nepilogue\r\n"]))))
    return out
