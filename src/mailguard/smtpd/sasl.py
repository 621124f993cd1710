"""AUTH PLAIN, LOGIN, XOAUTH2 and OAUTHBEARER (RFC 4616, RFC 4954, RFC 7628): base64 lines to credentials, no more.

Trusts nothing, checks no password, keeps none and logs none. The conversation is given as one function that
puts a challenge and brings the client's line back, so this knows no socket either. A token is not read: only the name
that goes with it is, and whoever checks it gets the client's words as they are.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from mailguard.mail import reply as replies
from mailguard.smtpd.commands import Refused

#: Puts a challenge (as octets, before base64) and gives the client's line without CRLF. Raises Refused for a
#: line too long.
Ask = Callable[[bytes], Awaitable[bytes]]

PASSWORDS = ("PLAIN", "LOGIN")
TOKENS = ("XOAUTH2", "OAUTHBEARER")
_BEARER = b"bearer "


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who somebody says to be, and what is to prove it: a password, or the client's whole response with a token, in
    base64 as it came. Nothing of it shows in a repr.
    """

    mechanism: str
    name: str = field(repr=False)
    password: str = field(default="", repr=False)
    response: bytes = field(default=b"", repr=False)

    @property
    def complete(self) -> bool:
        """Whether there is anything to check: what is empty is refused like what is wrong."""
        return bool(self.name and (self.password or self.response)) and "\0" not in self.name + self.password


async def credentials(argument: str, ask: Ask, offered: Sequence[str] = PASSWORDS) -> Credentials:
    """Credentials out of the argument of AUTH and, where it takes more, what the client answers. Raises Refused."""
    word, _, initial = argument.partition(" ")
    initial = initial.strip()
    mechanism = word.upper()  # mechanism names are compared without case (RFC 4422 section 3.1)
    if not mechanism:
        raise Refused(replies.SYNTAX.with_text("syntax error: AUTH mechanism"))
    if mechanism not in offered:
        raise Refused(replies.AUTH_MECHANISM.with_text(f"mechanism not supported: {' or '.join(offered)}"))
    if mechanism == "LOGIN":
        name = _decoded(await _line(initial, b"Username:", ask))
        return Credentials(mechanism, _text(name), _text(_decoded(await ask(b"Password:"))))
    line = await _line(initial, b"", ask)
    message = _decoded(line)
    if mechanism == "PLAIN":
        return Credentials(mechanism, *_plain(message))
    return Credentials(mechanism, _text(_whose(mechanism, message)), response=line)


def _whose(mechanism: str, message: bytes) -> bytes:
    """Whose token it is: pairs of key and value that end in ^A, and one more ^A behind them.

    It must be said, or one login could not be told from another: of OAUTHBEARER's header (RFC 7628 section 3.1) only
    the form with a name is taken.
    """
    head, *pairs = message.split(b"\x01") if mechanism == "OAUTHBEARER" else [b"", *message.split(b"\x01")]
    if pairs[-2:] != [b"", b""] or b"\0" in message:
        raise Refused(replies.AUTH_MALFORMED)
    values = dict(pair.partition(b"=")[::2] for pair in pairs[:-2])
    if not values.get(b"auth", b"").lower().startswith(_BEARER):
        raise Refused(replies.AUTH_MALFORMED)
    # A pair that is there twice, or in other capitals, or where it does not belong: the server might go by the other.
    names = [key.strip().lower() for key in values]
    if len(set(names)) != len(pairs) - 2 or ((b"user" in names) != (mechanism == "XOAUTH2")):
        raise Refused(replies.AUTH_MALFORMED)
    if mechanism == "XOAUTH2":
        return values.get(b"user", b"")
    header = head.split(b",")
    if len(header) != 3 or header[0] not in (b"n", b"y") or header[1][:2] != b"a=" or header[2]:
        raise Refused(replies.AUTH_MALFORMED)
    return header[1][2:].replace(b"=2C", b",").replace(b"=3D", b"=")  # RFC 5801 section 4


async def _line(initial: str, challenge: bytes, ask: Ask) -> bytes:
    """The initial response if there is one; "=" stands for an empty one (RFC 4954 section 4)."""
    if not initial:
        return await ask(challenge)
    return b"" if initial == "=" else initial.encode("utf-8", "surrogateescape")


def _decoded(line: bytes) -> bytes:
    if line == b"*":
        raise Refused(replies.AUTH_CANCELLED)
    try:
        return base64.b64decode(line, validate=True)
    except (binascii.Error, ValueError):
        raise Refused(replies.AUTH_NOT_BASE64) from None


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
    except UnicodeDecodeError:
        # Without its cause: that would carry the octets into whatever prints it.
        raise Refused(replies.AUTH_MALFORMED) from None


def encoded(challenge: bytes) -> str:
    """A challenge as it is put on the line."""
    return base64.b64encode(challenge).decode("ascii")
