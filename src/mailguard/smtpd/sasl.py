"""AUTH PLAIN and LOGIN (RFC 4616, RFC 4954): base64 lines to a name and a password, and nothing more.

Trusts nothing, checks no password, keeps none and logs none. The conversation is given as one function that
puts a challenge and brings the client's line back, so this knows no socket either.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Awaitable, Callable

from mailguard.mail import reply as replies
from mailguard.smtpd.commands import Refused

#: Puts a challenge (as octets, before base64) and gives the client's line without CRLF. Raises Refused for a
#: line too long.
Ask = Callable[[bytes], Awaitable[bytes]]


async def credentials(argument: str, ask: Ask) -> tuple[str, str]:
    """(name, password) out of the argument of AUTH and, where it takes more, what the client answers. Raises
    Refused.

    Both may be empty, and they are refused like wrong ones.
    """
    mechanism, _, initial = argument.partition(" ")
    initial = initial.strip()
    match mechanism.upper():  # mechanism names are compared without case (RFC 4422 section 3.1)
        case "PLAIN":
            return _plain(await _response(initial, b"", ask))
        case "LOGIN":
            name = await _response(initial, b"Username:", ask)
            return _text(name), _text(_decoded(await ask(b"Password:")))
        case "":
            raise Refused(replies.SYNTAX.with_text("syntax error: AUTH mechanism"))
        case _:
            raise Refused(replies.AUTH_MECHANISM)


async def _response(initial: str, challenge: bytes, ask: Ask) -> bytes:
    """The initial response if there is one; "=" stands for an empty one (RFC 4954 section 4)."""
    if not initial:
        return _decoded(await ask(challenge))
    return b"" if initial == "=" else _decoded(initial.encode("utf-8", "surrogateescape"))


def _decoded(line: bytes) -> bytes:
    if line == b"*":
        raise Refused(replies.AUTH_CANCELLED)
    try:
        return base64.b64decode(line, validate=True)
    except binascii.Error as error:
        raise Refused(replies.AUTH_NOT_BASE64) from error


def _plain(message: bytes) -> tuple[str, str]:
    """[authzid] NUL authcid NUL passwd (RFC 4616 section 2). Acting for somebody else is not offered."""
    parts = message.split(b"\0")
    if len(parts) != 3:
        raise Refused(replies.AUTH_MALFORMED)
    authorize, name, password = map(_text, parts)
    if authorize and authorize.lower() != name.lower():
        raise Refused(replies.AUTH_FAILED)
    return name, password


def _text(octets: bytes) -> str:
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Refused(replies.AUTH_MALFORMED) from error


def encoded(challenge: bytes) -> str:
    """A challenge as it is put on the line."""
    return base64.b64encode(challenge).decode("ascii")
