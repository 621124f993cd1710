"""The ordinary letter by the shortest way: a header in which nothing is odd, and one plain text below it.

Most mail is that, and the long way (`mime`, `parts`, `headers`, `every_field`, `beside`, `text`) asks of it some
hundred questions whose answer is no. Here its fields are gone over once. Trusts nothing: wherever two readers could see
different things, or anything but one text begins, there is no answer (None), and the mail goes the long way. What this
gives is what the long way gives (tests/unit/inspect/test_letters.py holds one against the other). Linear; pure.
"""

from __future__ import annotations

import functools
import re
from typing import NamedTuple

from mailguard.inspect import gates
from mailguard.inspect.chars.charset import codec_of, decode_each, mirrored, visible
from mailguard.inspect.chars.guess import cut, strict
from mailguard.inspect.chars.labels import EUC
from mailguard.inspect.chars.sight import everyday
from mailguard.inspect.chars.utf import is_often_shifted
from mailguard.inspect.content import Piece
from mailguard.inspect.kinds.plain import take_uuencoded
from mailguard.inspect.limits import NotHere, ReadingLimits
from mailguard.inspect.look import gates_of
from mailguard.inspect.page.cited import unmark
from mailguard.inspect.structure.at_once import fields_of, headers_of
from mailguard.inspect.structure.fields import Block
from mailguard.inspect.structure.flowed import unflow
from mailguard.inspect.structure.mime import looks_like_parts
from mailguard.inspect.structure.params import boundaries, encodings, media_types, parse_parameterised
from mailguard.inspect.structure.roles import is_file, may_be_page
from mailguard.inspect.structure.salvage import PASTED, holds_nothing, salvage
from mailguard.inspect.structure.text import looks_like_page
from mailguard.inspect.structure.transfer import IDENTITY, undo
from mailguard.mail.facts import Headers

#: Names and values of so many characters are remembered.
_REMEMBERED = 200
#: A header whose fields all look like fields; what stands in them is seen when they are read.
_HEADER = re.compile(rb"(?:[!-9;-~]{1,80}+:[^\r\n]*+\r\n(?:[ \t][^\r\n]*+\r\n)*)+\r\n")
_SHIFTED = re.compile(rb"\+[A-Za-z0-9+/]{5}")
_STRUCTURE = ("content-type", "content-transfer-encoding", "content-disposition")
#: Charsets under which plain ASCII is plain ASCII.
_OVER_ASCII = frozenset(
    {None, "ascii", "utf-8", "cp1252", "cp1254", "iso8859-15", "cp932", EUC, "gb18030", "big5hkscs", "cp949"}
)


class Letter(NamedTuple):
    """block: the fields by the long way, None where they say nothing of the mail's kind; text: what is shown; beside:
    what stands beside it (`beside`); gates: those that are open for subject, text and what stands beside (`look`).
    """

    headers: Headers
    text: str
    block: Block | None
    received: int
    beside: list[Piece]
    gates: int


def header_end(octets: bytes) -> int:
    """Where the body begins of a mail whose header is fields and nothing else, as far as they look like fields; 0 if
    anything else is in it.
    """
    match = _HEADER.match(octets)
    return match.end() if match else 0


def letter_of(octets: bytes, end: int, limits: ReadingLimits) -> Letter | None:
    """A mail without NUL as a letter; None where it is more, or where anything is odd about it. end: `header_end`."""
    size = len(octets)
    if size > limits.header_bytes or 3 * size > limits.personal_chars or size > limits.text_chars:
        return None
    if size > limits.texts_chars:
        return None
    fields = fields_of(octets[: end - 2])
    if fields is None:
        return None
    text = _text_of(octets[end:], fields.values)
    if text is None:
        return None
    head = headers_of(fields)
    opened = gates_of("\n".join([text, head.subject or "", *(piece.text for piece in fields.beside)]))
    if opened & gates.ARMOUR:
        return None
    return Letter(head, text, fields.block, fields.received, fields.beside, opened)


class _Kind(NamedTuple):
    """charset, flowed, delsp: parameters of text/plain; codec: the charset's."""

    charset: str = ""
    codec: str | None = None
    flowed: bool = False
    delsp: bool = False


_NO_KIND = _Kind()


@functools.lru_cache(maxsize=512)
def _kind(value: str) -> _Kind | None:
    """A Content-Type of plain text; None where it is another one, has a name, or can be read in two ways."""
    raw = value.encode("ascii")
    types, odd = media_types([raw])
    if odd or types != ["text/plain"] or "content-" in value.lower() or boundaries([raw]) != ([], False):
        return None
    kind = parse_parameterised(raw)
    labels = kind.every("charset")
    if len(labels) > 1 or any(key in ("filename", "name") for key, _ in kind.params):
        return None
    charset = labels[0] if labels else ""
    flowed = kind.get("format").strip().lower() == "flowed"
    return _Kind(charset, codec_of(charset) if charset else None, flowed, kind.get("delsp").strip().lower() == "yes")


@functools.lru_cache(maxsize=512)
def _encoding(value: str) -> str | None:
    """A Content-Transfer-Encoding; None where it can be read in two ways."""
    found, odd = encodings([value.encode("ascii")])
    return None if odd or "content-" in value.lower() else found[0]


@functools.lru_cache(maxsize=512)
def _is_inline(value: str) -> bool:
    """Whether a Content-Disposition says nothing of a part but that it is shown."""
    disposition = parse_parameterised(value.encode("ascii"))
    return disposition.value == "inline" and not disposition.params and "content-" not in value.lower()


def _text_of(body: bytes, values: dict[str, str]) -> str | None:
    """The text of a mail with these fields; None where it is no plain text, or more."""
    declared, encoded, shown = (values.get(name) for name in _STRUCTURE)
    if any(value is not None and len(value) > _REMEMBERED for value in (declared, encoded, shown)):
        return None
    kind = _NO_KIND if declared is None else _kind(declared)
    encoding = "7bit" if encoded is None else _encoding(encoded)
    if kind is None or encoding is None or not (shown is None or _is_inline(shown)):
        return None
    if encoding not in IDENTITY:
        decoded = undo(body, encoding)
        if decoded.odd or decoded.others:
            return None
        body = decoded.octets
    elif looks_like_parts(body):
        return None
    if b"\0" in body or may_be_page(body) or is_file(body):
        return None
    if not holds_nothing(body) and next(salvage(body, PASTED), None) is not None:
        return None
    if b"begin" in body and take_uuencoded(body, kind.charset)[1]:
        return None
    text = _decoded(body, kind)
    if text is None:
        return None
    if kind.flowed:
        text = unflow(text, kind.delsp)
    # A text with marks of ours, which are taken out of it later, is not the text that detectors see.
    return None if looks_like_page(text) or unmark(text) is not text else text


def _decoded(body: bytes, kind: _Kind) -> str | None:
    """The octets of a text as it is shown; None where there are two readings of it. Raises NotHere where it takes long
    to tell.
    """
    if body.isascii():
        if kind.codec in _OVER_ASCII and not _is_coded(body):
            return body.decode("ascii").replace("\r\n", "\n").replace("\r", "\n")
    elif kind.codec == "utf-8" and b"\x1b" not in body:
        text = strict(body, "utf-8")
        if text is not None and everyday(text):
            return text.replace("\r\n", "\n").replace("\r", "\n")
        # What cuts a text to a size cuts characters, and all readers show a mark for it.
        if text is None and (text := cut(body, "utf-8")) is not None and everyday(text[:-1]):
            return text.replace("\r\n", "\n").replace("\r", "\n")
    if is_often_shifted(body):
        raise NotHere
    texts = decode_each(body, [kind.charset]) or [""]
    return None if len(texts) > 1 or mirrored(texts[0]) else visible(texts[0])


def _is_coded(octets: bytes) -> bool:
    """Whether plain ASCII has a sign of UTF-7, HZ or ISO 2022."""
    if b"\x1b" in octets or b"\x0e" in octets or b"$B" in octets or b"~{" in octets:
        return True
    return b"+" in octets and _SHIFTED.search(octets) is not None
