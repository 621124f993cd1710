"""What people say to each other about a mail, and asking one more: each with its audit line and its letters, inside one
transaction.

It moves no copy: whoever is asked decides later, by the rights that the ledger gives him here. Bounds and rights are
asked in `review`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from mailguard.mail.actor import Actor
from mailguard.mail.address import Address, key_of_written
from mailguard.mail.lifecycle import State
from mailguard.store.audit import lines_of
from mailguard.store.records import Asked, Decision, HistoryLine, MessageRecord, RecipientRecord
from mailguard.store.rows import asks_to_text, to_text
from mailguard.store.wish import Wish, as_written, decision, mail_of, owe, senders_of, wanted, write_line

#: The events of the audit lines.
COMMENT, FORWARD = "comment", "forward"
#: How much of what the sender said goes along in a letter, in notes and in characters.
_NOTES, _NOTE = 5, 600


@dataclass(frozen=True, slots=True)
class Note:
    """readers: who is told, asked with what stands in the ledger then; it may refuse by an exception."""

    actor: Actor
    now: datetime
    text: str
    readers: Callable[[MessageRecord, Sequence[HistoryLine]], Sequence[str]]


def comment(connection: sqlite3.Connection, message_id: str, note: Note) -> None:
    """Write a note down, and owe its letters."""
    _, record = mail_of(connection, message_id)
    readers = note.readers(record, said_of(connection, record))
    wish = Wish(None, note.actor, note.now, comment=note.text)
    write_line(connection, message_id, wish, COMMENT, [], {"told": list(readers)})
    for person in readers:
        owe(connection, person, record, wish, "comment", [], as_sender=person in senders_of(record))


def said_of(connection: sqlite3.Connection, record: MessageRecord) -> list[HistoryLine]:
    """All lines about a mail, in the order in which they were written."""
    lines = [line for one in record.parts or (record.id,) for line in lines_of(connection, one)]
    return sorted(lines, key=lambda line: line.number)


def notes_of(connection: sqlite3.Connection, record: MessageRecord) -> list[str]:
    """What the sender said about his mail, for those who are asked: the newest notes, oldest first."""
    said = [
        line.comment[:_NOTE]
        for line in said_of(connection, record)
        if line.event == COMMENT and line.actor in (*record.owners, *record.members)
    ]
    return said[-_NOTES:]


def forward(connection: sqlite3.Connection, message_id: str, wish: Wish, to: Address) -> Decision:
    """Ask one more person. Whoever was asked himself passes on his voice: both share his seat. Anybody else who may
    forward adds a person whose yes is enough where it is for nobody else to say, and one of the approvers otherwise.
    Who could stand in for an approver all along, and was never told of it, is told once.
    """
    parts, mail = mail_of(connection, message_id)
    seats: set[str] = set()
    changed = [key for number, part in parts for key in _forward_part(connection, number, part, mail, wish, to, seats)]
    if not changed and not _was_asked(connection, mail, to):
        changed = [key for _, part in parts for key in _standing_in(connection, part, mail, wish, to, seats)]
    if changed:
        recipients = as_written(mail, changed)
        more = {"instead_of": sorted(seats), "forwarded": True, "notes": notes_of(connection, mail)}
        owe(connection, str(to), mail, wish, "approval", recipients, **more)
    return decision(connection, mail, changed)


def _forward_part(
    connection: sqlite3.Connection,
    number: int,
    part: MessageRecord,
    mail: MessageRecord,
    wish: Wish,
    to: Address,
    seats: set[str],
) -> list[str]:
    """seats: the approvers in whose places he is asked are added."""
    meant, texts = set(wanted(part, mail, wish, (State.HELD,))), dict[str, list[str]]()
    for one in part.recipients:
        if one.address.key in meant and to.key not in one.voters:
            seats |= _seats(one, wish.actor.address)
            texts.setdefault(asks_to_text(_asked_too(one, wish.actor.address, to.key)), []).append(one.address.key)
    changed = [key for keys in texts.values() for key in keys]
    if changed:
        connection.executemany(
            "UPDATE recipient SET asks = ? WHERE message = ? AND key IN (SELECT value FROM json_each(?))",
            [(text, number, to_text(keys)) for text, keys in texts.items()],
        )
        connection.execute(
            "INSERT OR IGNORE INTO viewer (person, message, role) VALUES (?, ?, 'approver')", (to.key, number)
        )
        write_line(connection, part.id, wish, FORWARD, as_written(part, changed), {"to": str(to)})
    return changed


def _was_asked(connection: sqlite3.Connection, mail: MessageRecord, to: Address) -> bool:
    """Whether somebody asked him before."""
    said = (line.detail.get("to") for line in said_of(connection, mail) if line.event == FORWARD)
    return any(isinstance(one, str) and key_of_written(one) == to.key for one in said)


def _standing_in(
    connection: sqlite3.Connection, part: MessageRecord, mail: MessageRecord, wish: Wish, to: Address, seats: set[str]
) -> list[str]:
    """The copies for which he may speak in an approver's place, but is no approver. seats: theirs are added."""
    meant = set(wanted(part, mail, wish, (State.HELD,)))
    copies = [one for one in part.recipients if one.address.key in meant and to.key in one.voters - {*one.approvers}]
    seats |= {seat for one in copies for seat in _seats(one, to.key)}
    changed = [one.address.key for one in copies]
    if changed:
        write_line(connection, part.id, wish, FORWARD, as_written(part, changed), {"to": str(to)})
    return changed


def _seats(copy: RecipientRecord, person: str) -> set[str]:
    """The approvers for whom this person may speak."""
    return {approver for ask in copy.asks for approver in _filled(ask, person)}


def _filled(ask: Asked, person: str) -> list[str]:
    delegates = dict(ask.delegates)
    return [one for one in ask.approvers if one == person or person in delegates.get(one, ())]


def _asked_too(copy: RecipientRecord, person: str, to: str) -> tuple[Asked, ...]:
    """The questions of a copy with one more who may answer."""
    if not copy.asks:
        return (Asked((to,)),)
    if person not in copy.voters:
        return tuple(replace(ask, approvers=tuple(sorted({*ask.approvers, to}))) for ask in copy.asks)
    return tuple(_with_delegate(ask, _filled(ask, person), to) for ask in copy.asks)


def _with_delegate(ask: Asked, seats: Sequence[str], to: str) -> Asked:
    delegates = dict(ask.delegates)
    for seat in seats:
        delegates[seat] = (*delegates.get(seat, ()), to)
    return replace(ask, delegates=tuple(delegates.items()))
