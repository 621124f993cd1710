"""Mails that somebody gives to be judged by two policies: one mail, an mbox, or JSON lines (contract section 6).

Whatever stands in the file is hostile: it is read in a worker like mail at the door, its envelope is what its headers
name, and what cannot be read or names nobody is counted as such. Nothing of it is kept.
"""

from __future__ import annotations

import json
import mailbox
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime, formataddr, parsedate_to_datetime
from pathlib import Path
from typing import Any

from mailguard.config.load import Config
from mailguard.config.rooms import organization
from mailguard.inspect.workers import Readers
from mailguard.mail.address import Address, AddressError, ReversePath, parse_address
from mailguard.mail.envelope import Client, Envelope
from mailguard.mail.facts import Facts, HeaderAddress
from mailguard.mail.message import Body, new_message_id
from mailguard.policy.case import Case, Known
from mailguard.policy.judge import judge
from mailguard.policy.question import question
from mailguard.policy.recorded import Recorded
from mailguard.policy.rule import Policy
from mailguard.store.history import History

#: Mails of one file; what comes after is left alone.
MOST = 5000
_LINE_MOST = 32 * 2**20


def mails_in(path: Path) -> Iterator[bytes | None]:
    """The octets of each mail of a file; None for a line that is no mail. Blocks. Raises OSError."""
    with path.open("rb") as file:
        head = file.read(200).lstrip(b"\xef\xbb\xbf \r\n\t")
    if head.startswith(b"From "):
        yield from _in_mbox(path)
    elif head.startswith(b"{"):
        yield from _in_lines(path)
    else:
        yield path.read_bytes()


async def recorded(
    octets: bytes, config: Config, policy: Policy, readers: Readers, history: History | None, now: datetime
) -> Recorded | None:
    """A given mail as if it had come in and the policy had judged it. None if it names no recipient.

    history: what was written to before; without it, every recipient is new.
    """
    body = Body.of(octets)
    facts = await readers.read(body)
    headers = facts.headers
    to = _addresses((*headers.to, *headers.cc, *headers.bcc))
    if not to:
        return None
    path = ReversePath(next(iter(_addresses(headers.sender)), None))
    client = Client("127.0.0.1", "simulate", login=None if path.is_null else str(path))
    envelope, moment = Envelope(path, to, client), _moment(facts, now)
    known = Known()
    if history is not None:
        known = await history.known(path, to, question(policy, facts, moment))
    case = Case(envelope, facts, organization(config), known, body.size, moment)
    return Recorded(new_message_id(moment), case, headers.subject or "", judge(policy, case))


def _in_mbox(path: Path) -> Iterator[bytes]:
    with closing(mailbox.mbox(path, create=False)) as box:
        for number, key in enumerate(box.keys()):
            if number == MOST:
                return
            yield box.get_bytes(key)


def _in_lines(path: Path) -> Iterator[bytes | None]:
    with path.open(encoding="utf-8-sig", errors="replace") as lines:
        for number, line in enumerate(iter(lambda: lines.readline(_LINE_MOST), "")):
            if number == MOST:
                return
            if line.strip():
                yield _written(line)


def _written(line: str) -> bytes | None:
    """The mail of a JSON line, or of `{"message": ...}`."""
    try:
        value = json.loads(line)
        said = value.get("message", value)
        mail = EmailMessage()
        mail["From"] = formataddr((_plain(said.get("from_name")), _plain(said["from"])))
        for name in ("to", "cc", "bcc"):
            if said.get(name):
                mail[name.title()] = ", ".join(map(_plain, said[name]))
        mail["Subject"] = _plain(said.get("subject"))
        mail["Date"] = format_datetime(_date(said.get("date")))
        mail["Message-ID"] = f"<{_plain(said.get('id'))}@given.invalid>"
        mail.set_content(str(said.get("body") or ""))
        return mail.as_bytes(policy=mail.policy.clone(linesep="\r\n", max_line_length=0))
    except (ValueError, KeyError, TypeError, AttributeError, LookupError, RecursionError):
        return None


def _plain(value: Any) -> str:
    return " ".join(str(value or "").split())


def _date(value: Any) -> datetime:
    """Unix seconds or ISO 8601. Raises ValueError, TypeError."""
    if isinstance(value, int | float):
        return datetime.fromtimestamp(value, UTC)
    found = datetime.fromisoformat(value)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _moment(facts: Facts, now: datetime) -> datetime:
    """When it was written, as far as that is said; rules about the time ask for it."""
    try:
        found = parsedate_to_datetime(facts.headers.date or "")
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, OverflowError):
        return now


def _addresses(named: Iterable[HeaderAddress]) -> tuple[Address, ...]:
    found: dict[Address, None] = {}
    for one in named:
        try:
            found[parse_address(one.address)] = None
        except AddressError:
            continue
    return tuple(found)
