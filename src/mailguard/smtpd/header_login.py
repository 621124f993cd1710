"""Who logged in at the server in front, as that server wrote it into the mail's header.

It is asked only for mail of a trusted client on a listener that names the field; the octets stay as they are. A header
is anybody's to write, so what is not plain is nobody: a field that stands there twice with different values (one of
them empty perhaps), a value that is no single word, a header without end. Of `Received` only the topmost is read, which
the server itself has put there, and in it only the line that Postfix writes (`smtpd_sasl_authenticated_header`).
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from functools import cache
from itertools import islice

from mailguard.mail.message import Body
from mailguard.smtpd.auth import Login

RECEIVED = "received"
#: How much of a mail is looked at: a header that is longer names nobody.
_HEADER_OCTETS = 2**20
_LONGEST = 255
#: So often no server writes it: what stands behind is not looked at.
_MANY = 100
#: A line of its own within the field: a greeting cannot bring one in, since Postfix writes it on the first line and
#: replaces its parentheses.
_AUTHENTICATED = re.compile(rb"\r\n[ \t]+\(Authenticated sender: ([^\r\n]*)\)(?=\r\n)")
#: The end of a field: a line end behind which no folded line follows.
_NEXT = re.compile(rb"\r\n(?![ \t])")


async def login_in(body: Body, field: str) -> tuple[Login | None, str]:
    """The login that the field of this name tells, and if there is none though it is there, why. Raises OSError."""
    if (octets := body.in_memory) is not None:
        head = bytes(octets[:_HEADER_OCTETS])
    else:
        head = await asyncio.to_thread(_beginning, body)
    head = b"\r\n" + head
    end = head.find(b"\r\n\r\n")  # a mail may begin with its text
    if end < 0 and len(head) > _HEADER_OCTETS:
        return None, "header_too_long"
    end = len(head) if end < 0 else end  # a mail may be nothing but a header: its last line is one of it
    values = _values(field.lower(), head, end + 2)
    if field.lower() == RECEIVED:
        said = _AUTHENTICATED.search(next(values, b"") + b"\r\n")
        return _login([said[1]] if said else [])
    return _login(list(islice(values, _MANY)))


def _login(values: list[bytes]) -> tuple[Login | None, str]:
    if len(values) == _MANY:
        return None, "login_header_twice"
    words = {b" ".join(value.split()) for value in values}
    if not words - {b""}:
        return None, ""
    if len(words) > 1:  # an empty one too: a server that says "nobody" must not be filled in for
        return None, "login_header_twice"
    try:
        name = words.pop().decode("utf-8")
    except UnicodeDecodeError:
        return None, "login_header_unclear"
    if " " in name or not name.isprintable() or len(name) > _LONGEST:
        return None, "login_header_unclear"
    return Login(name, vouched=True), ""


@cache
def _begun(name: str) -> re.Pattern[bytes]:
    """How a field of this name begins."""
    return re.compile(rb"\r\n" + re.escape(name.encode("ascii", "replace")) + rb"[ \t]*:", re.IGNORECASE)


def _values(name: str, head: bytes, end: int) -> Iterator[bytes]:
    """What the fields of this name say, with their folded lines, as far as the CRLF that is the next one's beginning.

    No octet is looked at twice: a MiB of header takes some milliseconds.
    """
    for begun in _begun(name).finditer(head, 0, end):
        if (ended := _NEXT.search(head, begun.end(), end)) is not None:
            yield head[begun.end() : ended.start()]


def _beginning(body: Body) -> bytes:
    with body.open() as file:
        return file.read(_HEADER_OCTETS)
