"""What a server in front says of the client that it speaks for: Postfix's XCLIENT and XFORWARD, grammar only. Pure.

Attributes are `NAME=value` with the value in xtext (RFC 3461 section 4); `[UNAVAILABLE]` and `[TEMPUNAVAIL]` say that
it is not known. Trusts nothing: what does not fit is `Refused`, whole. Whether the peer may say any of it is decided
elsewhere, and what XFORWARD says is for the record only.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from types import EllipsisType

from mailguard.mail import reply as replies
from mailguard.mail.values import value
from mailguard.smtpd.commands import Refused
from mailguard.smtpd.settings import IPAddress, client_address

#: As EHLO offers them. (XCLIENT_README, XFORWARD_README of Postfix 3.)
XCLIENT = ("NAME", "ADDR", "PORT", "PROTO", "HELO", "LOGIN", "DESTADDR", "DESTPORT")
XFORWARD = ("NAME", "ADDR", "PORT", "PROTO", "HELO", "IDENT", "SOURCE")
_UNKNOWN = frozenset({"[UNAVAILABLE]", "[TEMPUNAVAIL]"})
_ATTRIBUTE = re.compile(r"([A-Za-z]+)=([!-~]*)")
_XTEXT = re.compile(r"(?:\+[0-9A-F]{2}|[!-*,-<>-~])*")
_PORT = re.compile(r"[0-9]{1,5}")
_LONGEST = 255


@dataclass(frozen=True, slots=True)
class Introduced:
    """What XCLIENT said. A field that it did not name is `...`, one that is not known None."""

    address: IPAddress | EllipsisType | None = ...
    helo: str | EllipsisType | None = ...
    login: str | EllipsisType | None = ...


@value(frozen=True, slots=True)
class Forwarded:
    """What XFORWARD said, for the record: the client's address and what it called itself, "" where not known."""

    ip: str = ""
    helo: str = ""


def parse_xclient(argument: str) -> Introduced:
    """The argument of XCLIENT. Raises Refused."""
    said = _attributes(argument, XCLIENT)
    for port in ("PORT", "DESTPORT"):
        _port(said.get(port))
    if "DESTADDR" in said:
        _address(said["DESTADDR"])
    if said.get("PROTO") not in (None, "SMTP", "ESMTP"):
        raise Refused(replies.BAD_PARAMETER_VALUE)
    login: str | EllipsisType | None = said.get("LOGIN", ...)
    if login == "" or (isinstance(login, str) and login != login.strip()):
        raise Refused(replies.BAD_PARAMETER_VALUE)
    return Introduced(
        address=_address(said["ADDR"]) if "ADDR" in said else ...,
        helo=said.get("HELO", ...),
        login=login,
    )


def parse_xforward(argument: str, before: Forwarded) -> Forwarded:
    """The argument of XFORWARD, added to what was said before in this transaction. Raises Refused."""
    said = _attributes(argument, XFORWARD)
    if said.get("SOURCE") not in (None, "LOCAL", "REMOTE"):
        raise Refused(replies.BAD_PARAMETER_VALUE)
    _port(said.get("PORT"))
    address = _address(said["ADDR"]) if "ADDR" in said else None
    return Forwarded(
        ip=(str(address) if address else "") if "ADDR" in said else before.ip,
        helo=(said["HELO"] or "") if "HELO" in said else before.helo,
    )


def _attributes(argument: str, known: tuple[str, ...]) -> dict[str, str | None]:
    """Each attribute once, by upper-case name; None: not known. Raises Refused."""
    found: dict[str, str | None] = {}
    for word in argument.split():
        attribute = _ATTRIBUTE.fullmatch(word)
        if attribute is None or attribute[1].upper() not in known or attribute[1].upper() in found:
            raise Refused(replies.SYNTAX.with_text("syntax error: attributes of the client"))
        found[attribute[1].upper()] = None if attribute[2].upper() in _UNKNOWN else _text(attribute[2])
    if not found:
        raise Refused(replies.SYNTAX.with_text("syntax error: attributes of the client"))
    return found


def _text(xtext: str) -> str:
    """xtext to text that can stand in one line. Raises Refused."""
    # Postfix writes lower-case hexadecimals too, and leaves brackets and the like as they are.
    raw = re.sub(r"\+([0-9A-Fa-f]{2})", lambda found: "+" + found[1].upper(), xtext)
    if not _XTEXT.fullmatch(raw):
        raise Refused(replies.BAD_PARAMETER_VALUE)
    octets = re.sub(rb"\+([0-9A-F]{2})", lambda found: bytes([int(found[1], 16)]), raw.encode("ascii"))
    try:
        text = octets.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Refused(replies.BAD_PARAMETER_VALUE) from error
    if len(text) > _LONGEST or not text.isprintable():
        raise Refused(replies.BAD_PARAMETER_VALUE)
    return text


def _address(text: str | None) -> IPAddress | None:
    """An address as Postfix writes it: 192.0.2.1, or IPV6:2001:db8::1. None: not known. Raises Refused."""
    if text is None:
        return None
    address = client_address(text[5:] if text[:5].upper() == "IPV6:" else text)
    if address is None:
        raise Refused(replies.BAD_PARAMETER_VALUE)
    return address


def _port(text: str | None) -> None:
    if text is not None and not (_PORT.fullmatch(text) and int(text) < 65536):
        raise Refused(replies.BAD_PARAMETER_VALUE)
