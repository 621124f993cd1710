"""Content-Transfer-Encoding undone (RFC 2045 section 6), as strictly as written and as tolerantly as clients do it.

Says with each result whether other readers may see something else (junk inside base64, data after the padding).
Uuencode, which Outlook opens out of plain text, is here too. Never raises; linear.
"""

from __future__ import annotations

import binascii
import re
from dataclasses import dataclass

#: For bytes.translate, which is an order of magnitude faster than a pattern over megabytes.
_SPACE = b" \t\r\n"
_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_NOT_LETTER = re.compile(rb"[^A-Za-z0-9+/=]+")
_CHUNK = re.compile(rb"([A-Za-z0-9+/]+)=*")
_BEGIN = re.compile(rb"(?m)^begin(?:-base64)? [0-7]{3,4} ([^\r\n]{1,255})\r?\n")
_END = re.compile(rb"(?m)^end[ \t]*(?:\r?$|\Z)")
_ESCAPES = re.compile(rb"=[0-9A-Fa-f]{2}")
IDENTITY = frozenset({"7bit", "8bit", "binary", ""})
_UU = frozenset({"x-uuencode", "uuencode", "x-uue"})


@dataclass(frozen=True, slots=True)
class Decoded:
    """octets: the content; odd: why another reader may see other content, "" if none would."""

    octets: bytes
    odd: str = ""


@dataclass(frozen=True, slots=True)
class Uuencoded:
    """A file inside plain text: its name as octets, its content, and where it stood."""

    name: bytes
    octets: bytes
    start: int
    end: int


def undo(body: bytes, encoding: str) -> Decoded:
    """Decode a body under one transfer encoding (lower case)."""
    if encoding in IDENTITY:
        return Decoded(body)
    if encoding == "base64":
        return from_base64(body)
    if encoding == "quoted-printable":
        return Decoded(binascii.a2b_qp(body))
    if encoding in _UU:
        found = find_uuencoded(body)
        return Decoded(found[0].octets if found else body, "" if found else "labelled uuencode, but it is not")
    # RFC 2045 section 6.4: an unknown encoding is opaque; some clients show it as it is, others guess base64.
    squeezed = body.translate(None, _SPACE)
    if len(squeezed) >= 16 and _is_plain(squeezed):
        return Decoded(from_base64(body).octets, "unknown transfer encoding")
    return Decoded(body, "unknown transfer encoding")


def from_base64(body: bytes) -> Decoded:
    """Base64 with all that real senders do to it: lines of any length, missing padding, several blocks in a row."""
    squeezed = body.translate(None, _SPACE) if b"\n" in body or b" " in body or b"\t" in body else body
    if _is_plain(squeezed):
        letters = squeezed.rstrip(b"=")
        return Decoded(_letters(letters))
    odd = ""
    if _NOT_LETTER.search(squeezed):
        odd = "base64 with other characters inside"
        squeezed = _NOT_LETTER.sub(b"", squeezed)
    if b"=" not in squeezed.rstrip(b"="):
        return Decoded(_letters(squeezed.rstrip(b"=")), odd)
    # Padding in the middle: one reader stops there, another goes on. Going on sees more.
    blocks = b"".join(_letters(match.group(1)) for match in _CHUNK.finditer(squeezed))
    return Decoded(blocks, odd or "base64 that goes on after its padding")


def _is_plain(squeezed: bytes) -> bool:
    """Whether there is nothing but base64's letters and at most two signs of padding at the end."""
    letters = squeezed.rstrip(b"=")
    return len(squeezed) - len(letters) <= 2 and not letters.translate(None, _ALPHABET)


def find_uuencoded(octets: bytes) -> list[Uuencoded]:
    """Every complete uuencoded file in a plain text, in order."""
    found: list[Uuencoded] = []
    position = 0
    while (begin := _BEGIN.search(octets, position)) is not None:
        end = _END.search(octets, begin.end())
        if end is None:
            break
        inner = octets[begin.end() : end.start()]
        content = from_base64(inner).octets if begin.group().startswith(b"begin-base64") else _uu(inner)
        if content is not None:
            found.append(Uuencoded(begin.group(1).strip(), content, begin.start(), end.end()))
        position = end.end()
    return found


def looks_quoted_printable(octets: bytes) -> bool:
    """Whether octets without that label seem to be quoted-printable."""
    return len(_ESCAPES.findall(octets[:100_000])) >= 3


def _letters(letters: bytes) -> bytes:
    if len(letters) % 4 == 1:  # a lone letter carries no octet
        letters = letters[:-1]
    return binascii.a2b_base64(letters + b"=" * (-len(letters) % 4))


def _uu(inner: bytes) -> bytes | None:
    """The lines of a uuencoded file; None if they are none (a sentence that starts with "begin 644")."""
    out: list[bytes] = []
    for line in inner.split(b"\n"):
        text = line.rstrip(b"\r")
        if not text or text in (b"`", b" "):
            continue
        size = (text[0] - 32) & 63
        need = (size + 2) // 3 * 4
        try:
            out.append(binascii.a2b_uu(text[: need + 1].ljust(need + 1)))
        except binascii.Error:
            return None
    return b"".join(out)
