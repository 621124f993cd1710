"""Command lines to values: the grammar of RFC 5321 section 4.1 for verbs, paths and parameters. Pure.

Trusts nothing: a line is octets from a stranger, decoded so that every octet survives (surrogateescape) and
then held against the strict grammar of `mail.address`. It never repairs: what does not fit is a `Refused`
with the reply. Parameters are a table each for MAIL and RCPT; of REQUIRETLS and BINARYMIME, which could not be
carried on, it is said that they are not offered.
"""

from __future__ import annotations

import contextlib
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TypeVar

from mailguard.mail import reply as replies
from mailguard.mail.address import Address, AddressError, ReversePath, parse_address, parse_path, parse_reverse_path
from mailguard.mail.reply import Reply
from mailguard.mail.reports import (
    ASKED_NOTHING,
    SAID_NOTHING,
    CopyReports,
    MailReports,
    envid_of,
    notify_of,
    orcpt_of,
    ret_of,
)

T = TypeVar("T")

#: A path ends at the first `>` outside a quoted string; each alternative starts with another character, so it
#: is linear.
_PATH = re.compile(r'<(?:"(?:[^"\\]|\\.)*"|[^"<> ])*>')
#: RFC 5321 section 4.1.1.1 esmtp-param; the value keeps its case (ENVID, ORCPT).
_PARAMETER = re.compile(r"([A-Za-z0-9][A-Za-z0-9-]*)(?:=([!-<>-~]+))?")
_SIZE = re.compile(r"[0-9]{1,20}")
_BDAT = re.compile(r"([0-9]{1,20})(?: +([Ll][Aa][Ss][Tt]))?")
#: What old mail systems route by: eve%there.example@here, there.example!eve@here, "eve@there.example"@here. Postfix
#: still does so by default where `here` is its own: judged as a colleague, such a recipient would be reached outside.
_ROUTE = frozenset("@%!")
_POSTMASTER = "<postmaster>"


class Refused(Exception):
    """A command that does not fit the grammar; `reply` says why."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(str(reply))
        self.reply = reply


@dataclass(frozen=True, slots=True)
class Mail:
    """MAIL FROM with its parameters. size: octets announced, None if not."""

    sender: ReversePath
    size: int | None = None
    body_8bit: bool = False
    smtputf8: bool = False
    reports: MailReports = SAID_NOTHING


@dataclass(frozen=True, slots=True)
class Rcpt:
    """RCPT TO with its parameters."""

    address: Address
    reports: CopyReports = ASKED_NOTHING


@dataclass(frozen=True, slots=True)
class Chunk:
    """BDAT: so many octets follow at once (RFC 3030 section 2)."""

    size: int
    last: bool


#: What nearly every MAIL and RCPT looks like: a plain address, at most SIZE and BODY behind it. No letter of it folds
#: to another one, and no recipient is a route.
_ATOM = r"[A-Za-z0-9#$&'*+/=?^_`{|}~-]+"
_PLAIN = rf"<({_ATOM}(?:\.{_ATOM})*@[A-Za-z0-9.-]+)>"
_PLAIN_MAIL = re.compile(
    rf"FROM:{_PLAIN}(?: SIZE=([0-9]{{1,20}}))?(?: BODY=(7BIT|8BITMIME))?", re.IGNORECASE | re.ASCII
)
_PLAIN_RCPT = re.compile(rf"TO:{_PLAIN}", re.IGNORECASE | re.ASCII)
_VERBS = {b"MAIL": "MAIL", b"RCPT": "RCPT", b"DATA": "DATA", b"RSET": "RSET", b"EHLO": "EHLO"}
#: Of the addresses that came last so many are remembered: the same senders and recipients come again.
_REMEMBERED = 4096


def split_command(line: bytes) -> tuple[str, str]:
    """A line without its CRLF to (VERB, argument). Raises Refused.

    The verb is upper case; octets that are no UTF-8 stay in the argument as surrogates. Trailing white space
    is tolerated (section 4.1.1).
    """
    verb, _, argument = line.partition(b" ")
    if (known := _VERBS.get(verb)) is not None:
        return known, argument.decode("utf-8", "surrogateescape").strip(" \t")
    if not verb.strip() or not verb.isascii():
        raise Refused(replies.UNKNOWN_COMMAND)
    return verb.decode("ascii").strip().upper(), argument.decode("utf-8", "surrogateescape").strip(" \t")


def parse_mail(argument: str, *, extended: bool) -> Mail:
    """`FROM:<path> [parameters]`. extended: the client said EHLO. Raises Refused."""
    if (plain := _PLAIN_MAIL.fullmatch(argument)) is not None:
        address, size, body = plain.groups()
        if extended or (size is None and body is None):
            with contextlib.suppress(AddressError):
                return _plain_mail(_sender(address), size, body)
    return parse_any_mail(argument, extended=extended)


def _plain_mail(sender: ReversePath, size: str | None, body: str | None) -> Mail:
    return Mail(sender, None if size is None else int(size), body is not None and body[0] == "8")


@lru_cache(_REMEMBERED)
def _sender(text: str) -> ReversePath:
    return ReversePath(parse_address(text))


@lru_cache(_REMEMBERED)
def _recipient(text: str) -> Rcpt:
    return Rcpt(parse_address(text))


def parse_any_mail(argument: str, *, extended: bool) -> Mail:
    """`parse_mail`, whatever the form."""
    path, parameters = _split_path("FROM:", argument, replies.BAD_SENDER)
    if parameters and not extended:
        raise Refused(replies.BAD_PARAMETER)
    try:
        sender = parse_reverse_path(path)
    except AddressError as error:
        raise Refused(replies.BAD_SENDER) from error
    mail = _with_parameters(Mail(sender), parameters)
    if sender.mailbox is not None and sender.mailbox.needs_smtputf8 and not mail.smtputf8:
        raise Refused(replies.NEEDS_SMTPUTF8)
    return mail


def parse_rcpt(argument: str, *, smtputf8: bool, extended: bool = True, postmaster: Address | None = None) -> Rcpt:
    """`TO:<path> [parameters]`. smtputf8: the transaction has it (RFC 6531 section 3.4); extended: the client said
    EHLO; postmaster: who is meant by `<Postmaster>` (RFC 5321 section 4.5.1), if anybody. Raises Refused.
    """
    if (plain := _PLAIN_RCPT.fullmatch(argument)) is not None:
        with contextlib.suppress(AddressError):
            return _recipient(plain[1])
    return parse_any_rcpt(argument, smtputf8=smtputf8, extended=extended, postmaster=postmaster)


def parse_any_rcpt(argument: str, *, smtputf8: bool, extended: bool = True, postmaster: Address | None = None) -> Rcpt:
    """`parse_rcpt`, whatever the form."""
    path, parameters = _split_path("TO:", argument, replies.BAD_RECIPIENT)
    if parameters and not extended:
        raise Refused(replies.BAD_PARAMETER)
    try:
        address = postmaster if postmaster is not None and path.lower() == _POSTMASTER else parse_path(path)
    except AddressError as error:
        raise Refused(replies.BAD_RECIPIENT) from error
    # Also in other letters (full-width, small): a server that folds them (NFKC) routes by them.
    if not _ROUTE.isdisjoint(unicodedata.normalize("NFKC", address.local)):
        raise Refused(replies.ROUTED_RECIPIENT)
    if address.needs_smtputf8 and not smtputf8:
        raise Refused(replies.NEEDS_SMTPUTF8)
    return Rcpt(address, _copy_reports(parameters))


def parse_bdat(argument: str) -> Chunk | None:
    """`size [LAST]`; None if it is anything else: then nobody knows how many octets follow."""
    found = _BDAT.fullmatch(argument)
    return Chunk(int(found[1]), last=found[2] is not None) if found else None


def _split_path(keyword: str, argument: str, bad: Reply) -> tuple[str, dict[str, str | None]]:
    """The path with its angle brackets, and the parameters by upper-case name (None: no value)."""
    if argument[: len(keyword)].upper() != keyword:
        raise Refused(bad)
    # A space after the colon is wrong (section 4.1.1.2) but common, and means nothing else.
    rest = argument[len(keyword) :].lstrip(" ")
    path = _PATH.match(rest)
    if path is None or rest[path.end() : path.end() + 1] not in ("", " "):
        raise Refused(bad)
    return path.group(), _parameters(rest[path.end() :])


def _parameters(text: str) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for word in text.split(" "):
        if not word:
            continue
        parameter = _PARAMETER.fullmatch(word)
        if parameter is None or parameter[1].upper() in found:
            raise Refused(replies.BAD_PARAMETER_VALUE)
        found[parameter[1].upper()] = parameter[2]
    return found


def _with_parameters(mail: Mail, parameters: dict[str, str | None]) -> Mail:
    for name, value in parameters.items():
        match name, value:
            case "SIZE", str() if _SIZE.fullmatch(value):  # RFC 1870 section 3
                mail = replace(mail, size=int(value))
            case "BODY", str() if value.upper() in ("7BIT", "8BITMIME"):  # RFC 6152
                mail = replace(mail, body_8bit=value.upper() == "8BITMIME")
            case "BODY", str() if value.upper() == "BINARYMIME":  # RFC 3030 section 3
                raise Refused(replies.NO_BINARYMIME)
            case "SMTPUTF8", None:  # RFC 6531 section 3.4
                mail = replace(mail, smtputf8=True)
            case "AUTH", str():  # RFC 4954 section 5: taken, and treated as AUTH=<>
                pass
            case "RET", str():  # RFC 3461 section 4.3
                mail = replace(mail, reports=replace(mail.reports, ret=_valid(ret_of, value)))
            case "ENVID", str():  # section 4.4
                mail = replace(mail, reports=replace(mail.reports, envid=_valid(envid_of, value)))
            case (("SIZE" | "BODY" | "SMTPUTF8" | "AUTH" | "RET" | "ENVID"), _):
                raise Refused(replies.BAD_PARAMETER_VALUE)
            case "REQUIRETLS", _:  # RFC 8689: a promise for every server behind us
                raise Refused(replies.NO_REQUIRETLS)
            case _:
                raise Refused(replies.BAD_PARAMETER)
    return mail


def _copy_reports(parameters: dict[str, str | None]) -> CopyReports:
    reports = ASKED_NOTHING
    for name, value in parameters.items():
        match name, value:
            case "NOTIFY", str():  # RFC 3461 section 4.1
                reports = replace(reports, notify=_valid(notify_of, value))
            case "ORCPT", str():  # section 4.2
                reports = replace(reports, orcpt=_valid(orcpt_of, value))
            case (("NOTIFY" | "ORCPT"), _):
                raise Refused(replies.BAD_PARAMETER_VALUE)
            case _:
                raise Refused(replies.BAD_PARAMETER)
    return reports


def _valid(parse: Callable[[str], T], value: str) -> T:
    """A value in its grammar; the reply says what is wrong with another one."""
    try:
        return parse(value)
    except ValueError as error:
        raise Refused(replies.BAD_PARAMETER_VALUE.with_text(str(error))) from error
