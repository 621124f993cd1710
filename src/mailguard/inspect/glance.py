"""A glance at a mail that could not be read: its main fields, by the plainest means, for the letter and the console.

Runs in the parent, so it does next to nothing: the first octets, one pass, no structure. Whatever goes wrong gives no
headers.
"""

from __future__ import annotations

import re

from mailguard.inspect.chars.words import decode_field
from mailguard.mail.facts import HeaderAddress, Headers

_MOST = 16 * 1024
_ADDRESS = re.compile(r"[^\s<>,;:\"()@]{1,64}@[^\s<>,;:\"()@]{1,255}")
_MOST_ADDRESSES = 100


def glance(octets: bytes) -> Headers:
    """From, To, Cc, Subject, Date and Message-ID from the first octets of a mail. Never raises."""
    try:
        return _fields(octets[:_MOST])
    except Exception:
        return Headers()


def _fields(head: bytes) -> Headers:
    values: dict[str, bytes] = {}
    name = ""
    for line in head.split(b"\n"):
        line = line.rstrip(b"\r")
        if not line:
            break
        if line[:1] in (b" ", b"\t"):
            if name:
                values[name] += line
            continue
        key, colon, value = line.partition(b":")
        name = key.decode("ascii", "replace").lower() if colon else ""
        if name in values:  # a second copy counts for nothing here
            name = ""
        elif name:
            values[name] = value
    subject = values.get("subject")
    return Headers(
        sender=_addresses(values.get("from", b"")),
        to=_addresses(values.get("to", b"")),
        cc=_addresses(values.get("cc", b"")),
        subject=None if subject is None else decode_field(subject)[:998],
        message_id=values.get("message-id", b"").decode("ascii", "replace").strip()[:998],
        date=values.get("date", b"").decode("ascii", "replace").strip()[:200],
    )


def _addresses(value: bytes) -> tuple[HeaderAddress, ...]:
    found = _ADDRESS.findall(value.decode("utf-8", "replace"))
    return tuple(HeaderAddress(address) for address in found[:_MOST_ADDRESSES])
