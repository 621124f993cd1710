"""What a sender wishes to be told of his mail: the parameters of RFC 3461 as values, held against their grammar. Pure.

They come from strangers and go on, unchanged, to the next server and into reports; so what decodes to a control
character or to more than its limit is refused at the door, and nothing is ever repaired. Without a parameter the
standard's default holds: failures and delays are reported, success is not.
"""

from __future__ import annotations

import re
from typing import Literal

from mailguard.mail.values import value

Ret = Literal["", "FULL", "HDRS"]
Told = Literal["SUCCESS", "FAILURE", "DELAY"]

#: RFC 3461 section 4: printable US-ASCII but for "+" and "="; those and all others as "+" and two digits.
_XTEXT = re.compile(r"(?:[!-*,-<>-~]|\+[0-9A-F]{2})*")
_HEXCHAR = re.compile(rb"\+([0-9A-F]{2})")
_ENVID_MAX = 100  # section 4.4
_ORCPT_MAX = 500  # section 4.2
_ADDRESS_TYPE = re.compile(r"[A-Za-z0-9-]{1,40}")  # of the atoms that the grammar allows, what is registered looks so
_TOLD = frozenset({"SUCCESS", "FAILURE", "DELAY"})


@value(frozen=True, slots=True)
class MailReports:
    """Of the mail as a whole. ret: how much of it comes back with a failure, "" if that was not said; envid: the
    sender's own name for this envelope, in xtext as it came ("" if there is none).
    """

    ret: Ret = ""
    envid: str = ""


@value(frozen=True, slots=True)
class CopyReports:
    """Of one recipient. notify: `NEVER` or a list such as `SUCCESS,FAILURE`, "" if it was not said; orcpt: the address
    that the sender wrote to first, `type;xtext` as it came.
    """

    notify: str = ""
    orcpt: str = ""

    def wants(self, what: Told) -> bool:
        """Whether the sender is to be told. Unasked, failure and delay are (section 4.1)."""
        return what in self.notify.split(",") if self.notify else what != "SUCCESS"

    @property
    def original(self) -> str:
        """The original recipient as a report names it: `type; address`, "" if none was given. Always ASCII: beyond it,
        each character is \\x{...} (RFC 6533 section 3).
        """
        kind, _, xtext = self.orcpt.partition(";")
        address = decoded(xtext)
        if not address.isascii():
            kind, address = "utf-8", "".join(ch if ch.isascii() else f"\\x{{{ord(ch):X}}}" for ch in address)
        return f"{kind}; {address}" if self.orcpt else ""


SAID_NOTHING = MailReports()
ASKED_NOTHING = CopyReports()


def ret_of(value: str) -> Ret:
    """RET. Raises ValueError."""
    match value.upper():
        case "FULL":
            return "FULL"
        case "HDRS":
            return "HDRS"
    raise ValueError("RET is FULL or HDRS")


def envid_of(value: str) -> str:
    """ENVID, as it came: the case is the sender's. Raises ValueError."""
    if len(value) > _ENVID_MAX:
        raise ValueError(f"ENVID is longer than {_ENVID_MAX} characters")
    if not value or not _is_xtext(value) or not decoded(value).isascii():
        raise ValueError("ENVID is xtext of printable characters")
    return value


def notify_of(value: str) -> str:
    """NOTIFY in capitals, in the order given. Raises ValueError."""
    words = value.upper().split(",") if value.isascii() else [""]
    if words != ["NEVER"] and (len(set(words)) != len(words) or not _TOLD.issuperset(words)):
        raise ValueError("NOTIFY is NEVER, or a list of SUCCESS, FAILURE and DELAY, each once")
    return ",".join(words)


def orcpt_of(value: str) -> str:
    """ORCPT, as it came. Raises ValueError.

    An address beyond ASCII comes as `utf-8;` with its characters as \\x{...} (RFC 6533 section 3), or as `rfc822;` with
    the octets of its UTF-8 in xtext, which no standard knows and each Postfix sends.
    """
    kind, semicolon, address = value.partition(";")
    if len(value) > _ORCPT_MAX:
        raise ValueError(f"ORCPT is longer than {_ORCPT_MAX} characters")
    if not semicolon or not _ADDRESS_TYPE.fullmatch(kind) or not address or not _is_xtext(address):
        raise ValueError("ORCPT is a type, a semicolon and xtext, such as rfc822;bob@partner.example")
    return value


def decoded(xtext: str) -> str:
    """What xtext says. Raises ValueError if its octets are no UTF-8; nothing that passed here does."""
    return _HEXCHAR.sub(lambda found: bytes([int(found[1], 16)]), xtext.encode("ascii")).decode("utf-8")


def _is_xtext(text: str) -> bool:
    """Well-formed, and printable once it is decoded: it stands in a header field of our reports then."""
    if not _XTEXT.fullmatch(text):
        return False
    try:
        return decoded(text).isprintable()
    except UnicodeDecodeError:
        return False
