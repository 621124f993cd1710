"""Recorded mail, to be judged again: what the judge saw, what it said, and what became of the hold. Reading only.

It streams by id, page by page, each page a snapshot of its own: memory stays flat, and a long look never keeps the
ledger's log from being folded back. A record that cannot be read is counted by whoever asks, never guessed.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

from mailguard.mail.address import Address
from mailguard.mail.envelope import Client, Envelope
from mailguard.mail.facts import Facts
from mailguard.mail.facts_json import facts_from_json, facts_to_kept
from mailguard.mail.message import Message, new_message_id
from mailguard.mail.organization import Organization
from mailguard.mail.verdict import Verdict
from mailguard.policy.case import Case
from mailguard.policy.case_json import case_from_json
from mailguard.policy.recorded import Copy, Recorded, outcome_of
from mailguard.policy.verdict_json import verdict_from_json, verdict_to_kept
from mailguard.store.connection import connect
from mailguard.store.rows import address_of, clean, path_of, to_micro, to_moment, to_text

_PAGE = 500
_MAIL = (
    "SELECT number, id, sender, login, client_ip, received_at, size, subject, body <> 'gone', smtputf8, body_8bit,"
    " facts, verdict, circumstances FROM message"
)
#: Whom a rule added is no recipient of the envelope: the judge adds him again.
_COPIES = (
    "SELECT message, address, disposition, state, decided_by, decided_at FROM recipient"
    " WHERE added = 0 AND message IN (SELECT value FROM json_each(?)) ORDER BY message, position"
)
_REFUSED = (
    "SELECT 0, id, sender, login, client_ip, received_at, size, subject, 0, 0, 0, facts, verdict, circumstances,"
    " recipients FROM refused"
)


def keep_refused(
    connection: sqlite3.Connection, message: Message, facts: Facts, verdict: Verdict, circumstances: dict[str, Any]
) -> None:
    """Record a mail that policy refused, inside the caller's transaction."""
    envelope, subject = message.envelope, facts.headers.subject
    connection.execute(
        "INSERT OR IGNORE INTO refused (id, received_at, sender, recipients, login, client_ip, size, subject, facts,"
        " verdict, circumstances) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            message.id,
            to_micro(message.received_at),
            str(envelope.sender),
            to_text([str(address) for address in envelope.recipients]),
            None if envelope.client.login is None else clean(envelope.client.login),
            envelope.client.recorded_ip,
            message.body.size,
            None if subject is None else clean(subject),
            to_text(facts_to_kept(facts)),
            to_text(verdict_to_kept(verdict)),
            to_text(circumstances),
        ),
    )


def replay(path: Path, organization: Organization, since: datetime, until: datetime) -> Iterator[Recorded | None]:
    """Every recorded mail from `since` to before `until`, in the order in which it came, then the refused ones.

    None stands for a mail that was not recorded (an older version, or forgotten by now) or cannot be read. It opens a
    connection of its own and blocks. Raises sqlite3.Error.
    """
    after, before = new_message_id(since)[:9], new_message_id(until)[:9]
    with closing(connect(path, read_only=True)) as connection:
        where = "kind = 'mail' AND id > ? AND id < ? ORDER BY id LIMIT ?"
        while rows := connection.execute(f"{_MAIL} WHERE {where}", (after, before, _PAGE)).fetchall():
            copies = _copies(connection, [row[0] for row in rows])
            for row in rows:
                yield _recorded(row, copies.get(row[0], ()), organization)
            after = rows[-1][1]
        after = new_message_id(since)[:9]
        where = "id > ? AND id < ? ORDER BY id LIMIT ?"
        while rows := connection.execute(f"{_REFUSED} WHERE {where}", (after, before, _PAGE)).fetchall():
            for row in rows:
                yield _recorded(row, _named(row[-1]), organization)
            after = rows[-1][1]


def find_recorded(connection: sqlite3.Connection, message_id: str, organization: Organization) -> Recorded | None:
    """One recorded mail. None if there is none, or it cannot be judged again."""
    row = connection.execute(f"{_MAIL} WHERE id = ? AND kind = 'mail'", (message_id,)).fetchone()
    if row is not None:
        return _recorded(row, _copies(connection, [row[0]]).get(row[0], ()), organization)
    row = connection.execute(f"{_REFUSED} WHERE id = ?", (message_id,)).fetchone()
    return None if row is None else _recorded(row, _named(row[-1]), organization)


def _copies(connection: sqlite3.Connection, numbers: list[int]) -> dict[int, list[Copy]]:
    found: dict[int, list[Copy]] = {}
    for number, address, disposition, state, by, at in connection.execute(_COPIES, (json.dumps(numbers),)):
        decided = None if at is None else to_moment(at)
        found.setdefault(number, []).append(Copy(address_of(address), disposition, state, by, decided))
    return found


def _named(recipients: str) -> list[Copy]:
    return [Copy(address_of(address)) for address in json.loads(recipients)]


def _recorded(row: Sequence[Any], copies: Sequence[Copy], organization: Organization) -> Recorded | None:
    if not row[13]:
        return None
    received_at = to_moment(row[5])
    try:
        envelope = _envelope(row, tuple(copy.address for copy in copies))
        facts = facts_from_json(json.loads(row[11]))
        bare = Case(envelope, facts, organization, size=row[6], moment=received_at, texts_kept=False)
        case, verdict = case_from_json(json.loads(row[13]), bare), verdict_from_json(json.loads(row[12]))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):  # damaged: said, never guessed
        return None
    return Recorded(row[1], case, row[7] or "", verdict, outcome_of(copies), has_body=bool(row[8]))


def _envelope(row: Sequence[Any], recipients: tuple[Address, ...]) -> Envelope:
    client = Client(row[4], "", login=row[3])
    return Envelope(path_of(row[2]), recipients, client, body_8bit=bool(row[10]), smtputf8=bool(row[9]))
