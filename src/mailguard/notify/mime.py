"""A letter's octets: header fields that nothing can be injected into, a text and an HTML part, maybe a file.

Written by hand because the standard library's writer folds long message ids into encoded words (RFC 2047 section 5
forbids them there) and so breaks threading. Every value that came from a stranger's mail passes `on_one_line` or a
strict pattern before it stands in a field. Lines end in CRLF and stay within 998 octets (RFC 5322 section 2.1.1); all
octets are ASCII, but for an address that needs SMTPUTF8.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache

from mailguard.mail.address import Address
from mailguard.notify.phrases import on_one_line

#: RFC 5322 section 3.6.4, only what is plain ASCII without white space: anything else is left out of the thread, and so
#: is what a program that decodes every field would take for an encoded word.
_MESSAGE_ID = re.compile(r"<(?:(?!=\?)[!-;=?-~]){1,240}>")
#: Octets of UTF-8 in one encoded word, so that it stays within 75 characters (RFC 2047 section 2).
_WORD = 42
_MOST_REFERENCES = 20
#: Octets in pieces of 76, half as dear as slices.
_LINES = struct.Struct("76s").iter_unpack


@dataclass(frozen=True, slots=True)
class Attached:
    """A file that goes with a letter. media_type is ours; filename is made safe here."""

    filename: str
    media_type: str
    octets: bytes


@dataclass(frozen=True, slots=True)
class Sheet:
    """All that makes the octets. references: the thread, oldest first; the last one is what is answered."""

    sender: Address
    sender_name: str
    to: Address
    subject: str
    date: datetime
    message_id: str
    references: Sequence[str]
    marks: Sequence[tuple[str, str]]  # further fields of ours: ASCII name and value
    text: str
    html: str
    attached: Attached | None = None


def write(sheet: Sheet) -> bytes:
    """The whole letter, CRLF lines."""
    body = _alternative(sheet)
    if sheet.attached is not None:
        body = _multipart("mixed", sheet.message_id, [body, _file_part(sheet.attached)])
    fields = [*_fields(sheet), "MIME-Version: 1.0"]
    return "\r\n".join(fields).encode("utf-8") + b"\r\n" + body


def message_ids(text: str) -> tuple[str, ...]:
    """The message ids in a Message-ID or References field that can be quoted without harm."""
    return tuple(_MESSAGE_ID.findall(text))


def _fields(sheet: Sheet) -> list[str]:
    fields = [
        f"From: {_phrase(sheet.sender_name)} <{sheet.sender}>",
        f"To: <{sheet.to}>",
        f"Subject: {_encoded(on_one_line(sheet.subject), first=66)}",
        f"Date: {format_datetime(sheet.date)}",
        f"Message-ID: {sheet.message_id}",
    ]
    thread = [ref for ref in sheet.references if _MESSAGE_ID.fullmatch(ref)]
    if thread:
        # RFC 5322 section 3.6.4; the first and the newest ones are what clients thread by.
        kept = thread if len(thread) <= _MOST_REFERENCES else [thread[0], *thread[-_MOST_REFERENCES:]]
        fields += [f"In-Reply-To: {thread[-1]}", "References: " + "\r\n ".join(kept)]
    return fields + [f"{name}: {value}" for name, value in sheet.marks]


@lru_cache(maxsize=16)
def _phrase(name: str) -> str:
    """A display name as a quoted string or encoded words (RFC 5322 section 3.2.5)."""
    clean = on_one_line(name, 60)
    if clean.isascii():
        return '"' + clean.replace("\\", "").replace('"', "") + '"'
    return _encoded(clean, first=66)


def _encoded(text: str, *, first: int) -> str:
    """Text for an unstructured field: as it is when short ASCII, else encoded words folded one a line (RFC 2047)."""
    if text.isascii() and len(text) <= first and "=?" not in text:
        return text
    whole = text.encode("utf-8", "replace")
    if len(whole) <= _WORD:
        return f"=?utf-8?B?{base64.b64encode(whole).decode()}?="
    words, piece = [], b""
    for character in text:
        octets = character.encode("utf-8", "replace")
        if len(piece) + len(octets) > _WORD:
            words.append(piece)
            piece = b""
        piece += octets
    words.append(piece)
    return "\r\n ".join(f"=?utf-8?B?{base64.b64encode(word).decode()}?=" for word in words)


def _alternative(sheet: Sheet) -> bytes:
    parts = [_text_part("plain", sheet.text), _text_part("html", sheet.html)]
    return _multipart("alternative", sheet.message_id + "a", parts)


def _multipart(kind: str, seed: str, parts: Sequence[bytes]) -> bytes:
    # base64 bodies have no "=_" at a line's start, so the boundary cannot occur in a part (RFC 2046 section 5.1.1).
    boundary = "=_" + hashlib.sha256(f"{kind}{seed}".encode()).hexdigest()[:32]
    opened = b"".join(b"--" + boundary.encode() + b"\r\n" + part + b"\r\n" for part in parts)
    head = f'Content-Type: multipart/{kind}; boundary="{boundary}"\r\n\r\n'.encode()
    return head + opened + b"--" + boundary.encode() + b"--\r\n"


def _text_part(subtype: str, text: str) -> bytes:
    head = f"Content-Type: text/{subtype}; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    lines = "\r\n".join(text.splitlines()) + "\r\n"
    return head.encode() + _base64(lines.encode("utf-8", "replace"))


def _file_part(attached: Attached) -> bytes:
    safe = re.sub(r"[^A-Za-z0-9._-]", "_", attached.filename)[:60] or "file"
    head = (
        f'Content-Type: {attached.media_type}; name="{safe}"\r\n'
        f'Content-Disposition: attachment; filename="{safe}"\r\n'
        "Content-Transfer-Encoding: base64\r\n\r\n"
    )
    return head.encode() + _base64(attached.octets)


def _base64(octets: bytes) -> bytes:
    """Base 64 in lines of 76 (RFC 2045 section 6.8), CRLF between them."""
    encoded = binascii.b2a_base64(octets, newline=False)
    whole, rest = divmod(len(encoded), 76)
    return b"\r\n".join([line for (line,) in _LINES(encoded[: whole * 76])] + [encoded[-rest:]] * bool(rest))
