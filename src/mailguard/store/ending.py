"""Holds that end soon although nobody decided: each is told once, to everybody who still can, one notice a person.

What is told has its audit line in the same transaction, and by that line it is known: a mail comes once, also where its
clock stood for a while. Nothing here decides, and no clock moves.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from datetime import datetime, timedelta

from mailguard.mail.actor import HOUSE
from mailguard.mail.lifecycle import State
from mailguard.store import audit, outbox
from mailguard.store.listing import wholes
from mailguard.store.records import MessageRecord, RecipientRecord
from mailguard.store.rows import to_micro
from mailguard.store.wish import as_written, senders_of

#: The event of the audit line.
ENDING = "ending"
#: Mails of one transaction.
_AT_ONCE = 200
#: What was told already, or asked again, as its policy wants it, is not told once more. The empty id is left out as the
#: index of the log has it: without it, all of the log would be read for each hold.
_OPEN = (
    "SELECT r.message FROM recipient r JOIN message m ON m.number = r.message"
    " WHERE r.state = 'held' AND r.due_at > ?1 AND r.due_at <= ?2 AND r.expire_action <> 'release'"
    " AND r.due_at - m.received_at >= ?3 AND m.received_at <= ?5"
    " AND NOT EXISTS (SELECT 1 FROM audit a WHERE a.message_id = m.id"
    " AND a.message_id <> '' AND a.event IN ('ending', 'remind')) GROUP BY r.message ORDER BY min(r.due_at) LIMIT ?4"
)


def tell_of_ending(
    connection: sqlite3.Connection, now: datetime, until: datetime, least: timedelta, since: datetime
) -> tuple[int, int]:
    """Tell of what ends until then, if its time is so long at least, and it came before `since`. How many mails were
    looked at, and people told.
    """
    wanted = (to_micro(now), to_micro(until), least // timedelta(microseconds=1), _AT_ONCE, to_micro(since))
    numbers = [row[0] for row in connection.execute(_OPEN, wanted)]
    own: dict[str, list[str]] = {}
    asked: dict[str, list[str]] = {}
    mails = {record.lead: record for record in wholes(connection, numbers)}
    for record in mails.values():
        copies = [one for one in record.recipients if one.state is State.HELD and _ends(one, until)]
        senders = senders_of(record) if any(not one.asks for one in copies) else ()
        people = _asked(record, copies)
        for told, meant in ((own, senders), (asked, people)):
            for person in meant:
                told.setdefault(person, []).append(record.lead)
        _line(connection, record, now, copies, [*senders, *people])
    for person in dict.fromkeys((*own, *asked)):
        detail = {"own": own.get(person, []), "asked": asked.get(person, [])}
        outbox.owe(connection, "gathered", person, now, detail=detail)
    return len(numbers), len({*own, *asked})


def _ends(copy: RecipientRecord, until: datetime) -> bool:
    return copy.expires_at is not None and copy.expires_at <= until and copy.expire_action != "release"


def _asked(record: MessageRecord, copies: Iterable[RecipientRecord]) -> list[str]:
    """Who is asked about these copies, where nobody has answered and the policy will not remind of it: for an approver
    who is away, his stand-in.
    """
    silent = [ask for one in copies if not one.approvals for ask in one.asks if ask.remind_at is None]
    people = {person for ask in silent for person in ask.asked}
    return sorted(people - record.authors)


def _line(
    connection: sqlite3.Connection,
    record: MessageRecord,
    now: datetime,
    copies: Iterable[RecipientRecord],
    people: list[str],
) -> None:
    """A line for each part, so that none of them is looked at again."""
    written = as_written(record, (one.address.key for one in copies))
    for one in record.parts or (record.id,):
        detail = {"people": people}
        audit.append(connection, now, HOUSE, ENDING, message_id=one, recipients=written, detail=detail)
