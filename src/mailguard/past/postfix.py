"""Postfix logs as letters without text: who wrote to whom, and when, as far as a next server took the mail.

A mail is spread over many lines which its queue id holds together, also over files where a log was rotated meanwhile; a
short id is given out again soon, to another mail. One that went in several transactions has several ids, and one
Message-ID. What a content filter gave back to the same server has a second id, which alone says who got it. Lines are
hostile (a client chooses its names, a sender his Message-ID) and bounded, and so is what is remembered between them.
Syslog's own dates have no year: it is the last one in which they are not later than the file. Pure but for the lines
that it is given.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, tzinfo
from typing import BinaryIO

from mailguard.insight.words import Letter
from mailguard.mail.saying import Sentence
from mailguard.past.items import Item, Left, Recorded

#: Octets of one line, mails whose end has not come yet, recipients of one mail.
_LINE_MOST, _OPEN_MOST, _RECIPIENTS_MOST = 64 * 1024, 50_000, 10_000
_DAY = 86_400.0
#: Seconds in which the transactions of one mail come; mails whose further ones are waited for.
_TOGETHER, _PARTS_MOST = 900.0, 10_000
_MONTHS = {name: number for number, name in enumerate(
    ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"), start=1
)}  # fmt: skip
#: What the date of a line looks like, by syslog, rsyslog, RFC 5424 and journalctl; before it the name of a container.
_DATE = (
    r"(?:[\w.-]{1,60} {1,20}\| )?(?:<\d{1,3}>(?:1 )?)?(?:"
    r"(?P<month>[A-Z][a-z]{2}) {1,2}(?P<day>\d{1,2})(?: (?P<year>\d{4}))? (?P<time>\d\d:\d\d:\d\d)(?:[.,]\d{1,9})?"
    r"|(?:[A-Z][a-z]{2} )?(?P<date>\d{4}-\d\d-\d\d)[T ](?P<clock>\d\d:\d\d:\d\d)(?:[.,]\d{1,9})?"
    r"(?P<zone>Z|[+-]\d\d:?\d\d| [A-Z]{3,5})?) "
)
#: A line of Postfix: date, host, service, queue id, and the rest. An instance has a name of its own (`postfix-out`), or
#: any (`syslog_name`).
_LINE = re.compile(
    _DATE + r"(?P<host>\S{1,255}) [\w.+-]{1,60}/(?:[\w-]{1,40}/)?(?P<service>[\w-]{1,20})"
    r"(?:\[\d{1,10}\]:| \d{1,10} \S{1,32} (?:-|\[[^\]]{0,200}\])) (?:\ufeff)?(?:\[ID \d{1,10} [\w.]{1,40}\] )?"
    r"(?P<id>[0-9A-Za-z]{5,30}): (?P<said>.*)",
    re.DOTALL,
)
#: The status is the one before the words of the next server, which may say anything.
_SENT = re.compile(
    r"to=<([^<>]*)>, (?:orig_to=<([^<>]*)>, )?relay=[^,]*, (?:\w{1,20}=[^,]{0,100}, ){0,10}?status=(\w{1,20})"
)
_FROM = re.compile(r"from=<([^<>]*)>, size=\d")
#: What a server answers that took a mail into its queue.
_QUEUED = re.compile(r"queued as ([0-9A-Za-z]{5,30})\b")
#: Any line of a syslog, by which such a file is known.
SYSLOG = re.compile((_DATE + r"\S{1,255} (?:[^\s:]{1,80}:|\S{1,80} (?:\d{1,10}|-) \S{1,32} [-\[])").encode())
#: Who brings a mail to its recipient: what they took is delivered.
_CARRIERS = frozenset({"smtp", "lmtp", "local", "virtual", "pipe", "relay"})
_NO_POSTFIX = Sentence("Postfix の行がありません。", "there is no line of Postfix in it")


@dataclass(slots=True)
class _Mail:
    """What the lines of a queue id said so far. at: when it was first given to the next server, 0: it was not yet.
    passed_on: a filter gave it back under another id. written: whom a recipient stands for, by what came before that.
    """

    sender: str | None = None
    message_id: str = ""
    at: float = 0.0
    sent: dict[str, None] = field(default_factory=dict)
    tried: bool = False
    passed_on: bool = False
    written: dict[str, str] = field(default_factory=dict)


class Log:
    """Logs of one import, one after the other, the oldest first: a mail may begin in one and end in the next."""

    def __init__(self, zone: tzinfo) -> None:
        """zone: of dates that name none."""
        self._zone = zone
        #: By host, and queue id.
        self._waiting: OrderedDict[tuple[str, str], _Mail] = OrderedDict()
        #: What went out by host, sender and Message-ID.
        self._parts: OrderedDict[tuple[str, str, str], Recorded] = OrderedDict()

    def letters(self, source: BinaryIO, written_at: float) -> Iterator[Item]:
        """The mails that come to their end in a log. written_at: when its last line was written, in seconds since 1970.
        Raises what reading the file raises.
        """
        lines = of_postfix = 0
        while line := source.readline(_LINE_MOST):
            lines += 1
            # Behind a power failure a file may go on with noughts.
            found = _LINE.match(line.decode("utf-8", "replace").strip("\r\n\0")) if b"/" in line else None
            of_postfix += found is not None or b"postfix" in line
            if found is not None:
                yield from self._line(found, written_at)
        yield from self._let_go()
        if lines and not of_postfix:
            yield Left(Sentence("ファイル", "the file"), "broken", _NO_POSTFIX)

    def rest(self) -> Iterator[Item]:
        """The mails that have come to no end."""
        for (host, identity), mail in self._waiting.items():
            yield from self._ended(host, identity, mail)
        self._waiting.clear()
        yield from self._let_go()

    def _line(self, line: re.Match[str], written_at: float) -> Iterator[Item]:
        waiting, key, service, said = self._waiting, (line["host"], line["id"]), line["service"], line["said"]
        mail = waiting.get(key)
        if mail is not None and _is_another(mail, service, said):
            yield from self._ended(*key, waiting.pop(key))
            mail = None
        if mail is None:
            mail = waiting[key] = _Mail()
        if not self._given_back(mail, line):
            _note(mail, service, said, line, written_at, self._zone)
        if said == "removed":
            yield from self._ended(*key, waiting.pop(key))
        elif len(waiting) > _OPEN_MOST:
            (host, identity), oldest = waiting.popitem(last=False)
            yield from self._ended(host, identity, oldest)

    def _given_back(self, mail: _Mail, line: re.Match[str]) -> bool:
        """Whether a line says that a filter took the mail, and gave it back: it goes on under another id."""
        found = _SENT.match(line["said"]) if line["service"] in _CARRIERS and "queued as " in line["said"] else None
        into = _QUEUED.search(line["said"], found.end()) if found is not None and found[3] == "sent" else None
        again = self._waiting.get((line["host"], into[1])) if into is not None else None
        if found is None or again is None or again is mail or again.message_id != mail.message_id:
            return False
        mail.tried = mail.passed_on = True
        if len(again.written) < _RECIPIENTS_MOST:
            again.written[found[1]] = _written(mail, found)
        return True

    def _ended(self, host: str, identity: str, mail: _Mail) -> Iterator[Item]:
        """What comes of a mail of which no more is to come. What went out waits for further transactions of it."""
        parts = self._parts
        for one in _outcome(identity, mail):
            if not isinstance(one, Recorded) or not one.key:
                yield one
                continue
            key = (host, one.letter.sender, one.key)
            first = parts.get(key)
            if first is not None and abs(one.letter.at - first.letter.at) <= _TOGETHER:
                to = tuple(dict.fromkeys((*first.letter.to, *one.letter.to)))[:_RECIPIENTS_MOST]
                parts[key] = replace(first, letter=replace(first.letter, to=to))
                continue
            if first is not None:
                yield parts.pop(key)
            parts[key] = one
            while len(parts) > _PARTS_MOST or next(iter(parts.values())).letter.at < one.letter.at - _TOGETHER:
                yield parts.popitem(last=False)[1]

    def _let_go(self) -> Iterator[Item]:
        """What went out, and waits no more."""
        yield from self._parts.values()
        self._parts.clear()


def _is_another(mail: _Mail, service: str, said: str) -> bool:
    """Whether a line is of a mail that was given the id of this one, whose last lines are missing."""
    if service == "cleanup" and said.startswith("message-id="):
        return mail.tried or mail.message_id not in ("", _message_id(said))
    found = _FROM.match(said) if service == "qmgr" and mail.tried else None
    return found is not None and mail.sender not in (None, found[1])


def _message_id(said: str) -> str:
    return said[11:][:1000]


def _note(mail: _Mail, service: str, said: str, line: re.Match[str], written_at: float, zone: tzinfo) -> None:
    """What one line adds to its mail."""
    if service == "qmgr" and (found := _FROM.match(said)):
        mail.sender = found[1]
    elif service == "cleanup" and said.startswith("message-id="):
        mail.message_id = _message_id(said)
    elif service in _CARRIERS and (found := _SENT.match(said)):
        mail.tried = True
        if found[3] != "sent" or len(mail.sent) >= _RECIPIENTS_MOST:
            return
        mail.sent[_written(mail, found)] = None
        mail.at = mail.at or _moment(line, written_at, zone)


def _written(mail: _Mail, found: re.Match[str]) -> str:
    """The address that was written to, not the one that an alias made of it."""
    to = found[2] if "@" in (found[2] or "") else found[1]
    return mail.written.get(to, to)


def _outcome(identity: str, mail: _Mail) -> Iterator[Item]:
    """The letter of a mail of which no more is to come; nothing where it went to nobody and nobody tried."""
    if not mail.tried or not mail.sender:  # cut off at an end of the log, or a report of failure, from `<>`
        return
    if not mail.sent:
        if not mail.passed_on:
            yield Left(identity, "undelivered")
    elif not mail.at:
        yield Left(identity, "undated")
    else:
        letter = Letter(mail.at, mail.sender, to=tuple(mail.sent), message_id=mail.message_id)
        yield Recorded(identity, letter, mail.message_id)


def _moment(line: re.Match[str], written_at: float, zone: tzinfo) -> float:
    """When a line was written, in seconds since 1970; 0 if it does not say."""
    try:
        if line["date"]:
            named = (line["zone"] or "").strip()
            offset = "+00:00" if named == "UTC" else "" if named.isalpha() and named != "Z" else named
            moment = datetime.fromisoformat(f"{line['date']}T{line['clock']}{offset}")
            return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).timestamp()
        hour, minute, second = (int(part) for part in line["time"].split(":"))
        month, day = _MONTHS[line["month"]], int(line["day"])
        if line["year"]:
            return datetime(int(line["year"]), month, day, hour, minute, second, tzinfo=zone).timestamp()
        year = datetime.fromtimestamp(written_at, UTC).year + 1
    except (ValueError, KeyError, OverflowError, OSError):
        return 0.0
    for earlier in range(9):  # 29 February comes every four years, and once in eight
        try:
            at = datetime(year - earlier, month, day, hour, minute, second, tzinfo=zone).timestamp()
        except (ValueError, OverflowError):
            continue
        if at <= written_at + _DAY:
            return at
    return 0.0
