"""Postfix logs as letters without text: who wrote to whom, and when, as far as a next server took the mail.

A mail is spread over many lines which its queue id holds together. Lines are hostile (a client chooses its names, a
sender his Message-ID) and bounded, and so is what is remembered between them. Syslog's own dates have no year: it is
the last one in which they are not later than the file. Pure but for the lines that it is given.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import BinaryIO

from mailguard.insight.words import Letter
from mailguard.past.items import Item, Left, Recorded

#: Octets of one line, mails whose end has not come yet, recipients of one mail.
_LINE_MOST, _OPEN_MOST, _RECIPIENTS_MOST = 64 * 1024, 50_000, 10_000
_DAY = 86_400.0
_MONTHS = {name: number for number, name in enumerate(
    ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"), start=1
)}  # fmt: skip
#: A line of Postfix: date, host, service, queue id, and the rest. An instance has a name of its own (`postfix-out`).
_LINE = re.compile(
    r"(?:<\d{1,3}>)?(?:(\w{3}) {1,2}(\d{1,2}) (\d\d:\d\d:\d\d)|(\d{4}-\d\d-\d\dT[\d:.,]{8,20}(?:Z|[+-]\d\d:?\d\d)?))"
    r" \S{1,255} postfix[\w-]{0,40}/(?:[\w-]{1,40}/)?([\w-]{1,20})\[\d{1,10}\]: ([0-9A-Za-z]{5,30}): (.*)",
    re.DOTALL,
)
#: The status is the one before the words of the next server, which may say anything.
_SENT = re.compile(
    r"to=<([^<>]*)>, (?:orig_to=<([^<>]*)>, )?relay=[^,]*, (?:\w{1,20}=[^,]{0,100}, ){0,10}?status=(\w{1,20})"
)
_FROM = re.compile(r"from=<([^<>]*)>, size=\d")
#: Any line of a syslog, by which such a file is known.
SYSLOG = re.compile(
    rb"(?:<\d{1,3}>)?(?:[A-Z][a-z]{2} {1,2}\d{1,2} \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\S{0,20})"
    rb" \S{1,255} [^\s:]{1,80}:"
)
#: Who brings a mail to its recipient: what they took is delivered.
_CARRIERS = frozenset({"smtp", "lmtp", "local", "virtual", "pipe", "relay"})


@dataclass(slots=True)
class _Mail:
    """What the lines of a queue id said so far. at: when it was first given to the next server, 0: it was not yet."""

    sender: str | None = None
    message_id: str = ""
    at: float = 0.0
    sent: dict[str, None] = field(default_factory=dict)
    tried: bool = False


def letters(source: BinaryIO, *, written_at: float, zone: tzinfo) -> Iterator[Item]:
    """The mails of a log. written_at: when its last line was written, in seconds since 1970; zone: of dates that name
    none. Raises what reading the file raises.
    """
    waiting: OrderedDict[str, _Mail] = OrderedDict()
    number = 0
    while line := source.readline(_LINE_MOST):
        number += 1
        if b"postfix" not in line:
            continue
        found = _LINE.match(line.decode("utf-8", "replace").rstrip("\r\n"))
        if found is None:
            continue
        identity, service, said = found[6], found[5], found[7]
        mail = waiting.get(identity)
        if mail is None:
            mail = waiting[identity] = _Mail()
        _note(mail, service, said, found, written_at, zone)
        if said == "removed":
            yield from _ended(identity, waiting.pop(identity))
        elif len(waiting) > _OPEN_MOST:
            yield from _ended(*waiting.popitem(last=False))
    for identity, mail in waiting.items():
        yield from _ended(identity, mail)


def _note(mail: _Mail, service: str, said: str, line: re.Match[str], written_at: float, zone: tzinfo) -> None:
    """What one line adds to its mail."""
    if service == "qmgr" and (found := _FROM.match(said)):
        mail.sender = found[1]
    elif service == "cleanup" and said.startswith("message-id="):
        mail.message_id = said[11:][:1000]
    elif service in _CARRIERS and (found := _SENT.match(said)):
        mail.tried = True
        if found[3] != "sent" or len(mail.sent) >= _RECIPIENTS_MOST:
            return
        # The address that was written to, not the one that an alias made of it.
        mail.sent[found[2] if "@" in (found[2] or "") else found[1]] = None
        mail.at = mail.at or _moment(line, written_at, zone)


def _ended(identity: str, mail: _Mail) -> Iterator[Item]:
    """The letter of a mail of which no more is to come; nothing where it went to nobody and nobody tried."""
    if not mail.tried or not mail.sender:  # cut off at an end of the log, or a report of failure, from `<>`
        return
    if not mail.sent:
        yield Left(identity, "undelivered")
    elif not mail.at:
        yield Left(identity, "undated")
    else:
        letter = Letter(mail.at, mail.sender, to=tuple(mail.sent), message_id=mail.message_id)
        yield Recorded(identity, letter, mail.message_id)


def _moment(line: re.Match[str], written_at: float, zone: tzinfo) -> float:
    """When a line was written, in seconds since 1970; 0 if it does not say."""
    try:
        if line[4]:
            moment = datetime.fromisoformat(line[4].replace(",", "."))
            return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).timestamp()
        hour, minute, second = (int(part) for part in line[3].split(":"))
        year = datetime.fromtimestamp(written_at, UTC).year + 1
    except (ValueError, OverflowError, OSError):
        return 0.0
    for earlier in range(9):  # 29 February comes every four years, and once in eight
        try:
            at = datetime(year - earlier, _MONTHS[line[1]], int(line[2]), hour, minute, second, tzinfo=zone).timestamp()
        except (ValueError, KeyError, OverflowError):
            continue
        if at <= written_at + _DAY:
            return at
    return 0.0
