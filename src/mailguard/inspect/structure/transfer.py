"""Content-Transfer-Encoding undone (RFC 2045 section 6), as strictly as written and as tolerantly as clients do it.

Says with each result whether other readers may see something else (junk inside base64, data after the padding).
Never raises; linear.
"""

from __future__ import annotations

import binascii
import re
from dataclasses import dataclass

import pybase64

from mailguard.inspect.occurrences import Stretch
from mailguard.inspect.structure.uuencode import find_uuencoded

#: For bytes.translate, which is an order of magnitude faster than a pattern over megabytes.
_SPACE = b" \t\r\n"
_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_JUNK = bytes(set(range(256)) - set(_ALPHABET + b"="))
_URLSAFE = bytes.maketrans(b"-_", b"+/")
#: Lines and blocks of base64 that are read one by one, where they do not make a whole. Far more than any part has.
_MOST_PIECES = 100_000
_NARROW = 40
_STRETCH = 2**20
#: Octets of a line of base64, with its end, that is looked at for lines of one length.
_SHORTEST_LINE, _LONGEST_LINE = 6, 1000
_CHUNK = re.compile(rb"([A-Za-z0-9+/]+)=*")
_ESCAPES = re.compile(rb"=[0-9A-Fa-f]{2}=[0-9A-Fa-f]{2}=[0-9A-Fa-f]{2}")
#: A "=" that is neither an escape nor a soft line break; with what an escape would be.
_BROKEN_ESCAPE = re.compile(rb"=(?![0-9A-Fa-f]{2}|\r?\n|\Z)")
_BROKEN_WHOLE = re.compile(rb"=(?![0-9A-Fa-f]{2}|\r?\n|\Z)[!-~]{0,2}")
#: As tolerant readers see it (RFC 2045 section 6.7, rule 3: white space at the end of a line is not there).
_SOFT_BREAK = re.compile(rb"=[ \t]*(?:\r\n?|\n)")
IDENTITY = frozenset({"7bit", "8bit", "binary", ""})
_UU = frozenset({"x-uuencode", "uuencode", "x-uue"})


@dataclass(frozen=True, slots=True)
class Decoded:
    """octets: the content; odd: why another reader may see other content, "" if none would; others: that content."""

    octets: bytes
    odd: str = ""
    others: tuple[bytes, ...] = ()


def undo_within(body: Stretch, encoding: str) -> Decoded:
    """`undo`, without a copy of the body where it is base64 as programs write it: of a file of megabytes."""
    octets = as_programs_write_it(body) if encoding == "base64" else None
    return undo(body.octets, encoding) if octets is None else Decoded(octets)


def undo(body: bytes, encoding: str) -> Decoded:
    """Decode a body under one transfer encoding (lower case)."""
    if encoding in IDENTITY:
        return Decoded(body)
    if encoding == "base64":
        return from_base64(body)
    if encoding == "quoted-printable":
        return from_quoted_printable(body)
    if encoding in _UU:
        found = [one.octets for one in find_uuencoded(body)]
        return Decoded(found[0], "", tuple(found[1:])) if found else Decoded(body, "labelled uuencode, but it is not")
    # RFC 2045 section 6.4: an unknown encoding is opaque; some clients show it as it is, others guess base64.
    squeezed = body.translate(None, _SPACE)
    if len(squeezed) >= 16 and _is_plain(squeezed):
        return Decoded(from_base64(body).octets, "unknown transfer encoding")
    return Decoded(body, "unknown transfer encoding")


def from_quoted_printable(body: bytes) -> Decoded:
    """Quoted-printable. What is no escape is left as it is, dropped with its sign or without: readers differ, and a
    text that was never encoded has this label too often for a word about it."""
    others: tuple[bytes, ...] = ()
    if _BROKEN_ESCAPE.search(body):
        joined = _SOFT_BREAK.sub(b"", body, _MOST_PIECES)
        dropped = (one.sub(b"", joined, _MOST_PIECES) for one in (_BROKEN_ESCAPE, _BROKEN_WHOLE))
        others = tuple(binascii.a2b_qp(one) for one in dropped)
    return Decoded(binascii.a2b_qp(body), "", others)


def from_base64(body: bytes) -> Decoded:
    """Base64 with all that real senders do to it: lines of any length, missing padding, several blocks in a row."""
    octets = as_programs_write_it(Stretch.of(body))
    return _as_anybody_writes_it(body) if octets is None else Decoded(octets)


def as_programs_write_it(body: Stretch) -> bytes | None:
    """The octets of base64 in lines of one length, whole groups and CRLF, as nearly all of it is; None if it is not.

    A quick decoder passes over what is no letter. It passed over nothing if the line ends are where they must be and
    there are as many octets as the letters between them give: one letter less would give fewer.
    """
    whole, start, stop = body
    line = whole.find(b"\n", start, min(start + _LONGEST_LINE, stop)) + 1 - start
    count = (stop - start) // line - 1 if line >= _SHORTEST_LINE else 0  # the last line is looked at for itself
    if count < 1 or line % 4 != 2:
        return None
    end = start + count * line
    if whole[start + line - 2 : end : line] != b"\r" * count or whole[start + line - 1 : end : line] != b"\n" * count:
        return None
    last = whole[end:stop]
    squeezed = last.translate(None, _SPACE)
    letters = squeezed.rstrip(b"=")
    if len(squeezed) % 4 or not _is_plain(squeezed) or not _in_whole_groups(last):
        return None
    try:
        octets = pybase64.b64decode(memoryview(whole)[start:stop])
    except binascii.Error:
        return None
    return octets if len(octets) == count * (line - 2) // 4 * 3 + len(letters) * 3 // 4 else None


def _as_anybody_writes_it(body: bytes) -> Decoded:
    squeezed = body.translate(None, _SPACE) if b"\n" in body or b" " in body or b"\t" in body else body
    if _is_plain(squeezed):
        octets = _letters(squeezed.rstrip(b"="))
        if _in_whole_groups(body):
            return Decoded(octets)
        return Decoded(octets, "base64 in lines that do not end with a group", (_by_lines(body),))
    odd = "base64 that goes on after its padding"
    others = [_by_lines(body)]
    if letters := squeezed.translate(None, _ALPHABET + b"="):
        odd = "base64 with other characters inside"
        if not letters.strip(b"-_"):
            others.append(_going_on(squeezed.translate(_URLSAFE)))
        squeezed = squeezed.translate(None, _JUNK)
    # Padding in the middle: one reader stops there, another goes on, a third does not see it.
    others.append(_letters(squeezed.replace(b"=", b"")))
    return Decoded(_going_on(squeezed), odd, tuple(others))


def _going_on(letters: bytes) -> bytes:
    """Blocks of base64 with their padding, one after the other."""
    if letters.count(b"=") > _MOST_PIECES:
        return _letters(letters.replace(b"=", b""))
    return b"".join(_letters(match.group(1)) for match in _CHUNK.finditer(letters))


def _in_whole_groups(body: bytes) -> bool:
    """Whether every line holds groups of four letters, or all lines are as long as each other: who decodes line by
    line then sees what everybody sees, or nothing of sense."""
    widths: set[int] = set()
    position, end = 0, len(body.rstrip(_SPACE))
    while (cut := body.find(b"\n", position + _STRETCH, end)) >= 0:
        widths.update(map(len, body[position:cut].split()))
        position = cut
    widths.update(map(len, body[position:end].split()[:-1]))
    return all(one % 4 == 0 for one in widths) or (len(widths) == 1 and min(widths) >= _NARROW)


def _by_lines(body: bytes) -> bytes:
    """Each line decoded for itself; a line with anything else in it is left out."""
    lines = body.split(None, _MOST_PIECES)[:_MOST_PIECES]
    return b"".join(_letters(line.rstrip(b"=")) for line in lines if not line.rstrip(b"=").translate(None, _ALPHABET))


def _is_plain(squeezed: bytes) -> bool:
    """Whether there is nothing but base64's letters and at most two signs of padding at the end."""
    letters = squeezed.rstrip(b"=")
    return len(squeezed) - len(letters) <= 2 and not letters.translate(None, _ALPHABET)


def looks_quoted_printable(octets: bytes) -> bool:
    """Whether octets without that label seem to be quoted-printable."""
    return _ESCAPES.search(octets) is not None


def _letters(letters: bytes) -> bytes:
    if len(letters) % 4 == 1:  # a lone letter carries no octet
        letters = letters[:-1]
    return binascii.a2b_base64(letters + b"=" * (-len(letters) % 4))
