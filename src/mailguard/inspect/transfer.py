"""Content-Transfer-Encoding undone (RFC 2045 section 6), as strictly as written and as tolerantly as clients do it.

Says with each result whether other readers may see something else (junk inside base64, data after the padding).
Never raises; linear.
"""

from __future__ import annotations

import binascii
import re
from dataclasses import dataclass

from mailguard.inspect.uuencode import find_uuencoded

#: For bytes.translate, which is an order of magnitude faster than a pattern over megabytes.
_SPACE = b" \t\r\n"
_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_NOT_LETTER = re.compile(rb"[^A-Za-z0-9+/=]+")
_CHUNK = re.compile(rb"([A-Za-z0-9+/]+)=*")
_ESCAPES = re.compile(rb"=[0-9A-Fa-f]{2}")
IDENTITY = frozenset({"7bit", "8bit", "binary", ""})
_UU = frozenset({"x-uuencode", "uuencode", "x-uue"})


@dataclass(frozen=True, slots=True)
class Decoded:
    """octets: the content; odd: why another reader may see other content, "" if none would."""

    octets: bytes
    odd: str = ""


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


def looks_quoted_printable(octets: bytes) -> bool:
    """Whether octets without that label seem to be quoted-printable."""
    return len(_ESCAPES.findall(octets[:100_000])) >= 3


def _letters(letters: bytes) -> bytes:
    if len(letters) % 4 == 1:  # a lone letter carries no octet
        letters = letters[:-1]
    return binascii.a2b_base64(letters + b"=" * (-len(letters) % 4))
