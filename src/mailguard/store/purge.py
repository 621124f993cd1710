"""What is removed after its time: octets some days after a mail came to its end, metadata after some more.

Audit lines stay. Both run in batches, inside the caller's transactions, so that the door never waits long.
"""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta

from mailguard.mail.actor import HOUSE
from mailguard.mail.message import new_message_id
from mailguard.store import audit, recipes
from mailguard.store.rows import load, to_micro

_BATCH = 200


@dataclass(frozen=True, slots=True)
class Retention:
    """How long after its end a message's octets and its metadata are kept. facts: how long after it came in what was
    read in it is kept (names of files, masked counts) and what the judge knew; None: as long as the metadata.
    """

    bodies: timedelta = timedelta(days=7)
    metadata: timedelta = timedelta(days=400)
    facts: timedelta | None = None

    @property
    def recorded(self) -> timedelta:
        """How long a mail can be judged again: never longer than its metadata is kept."""
        return self.metadata if self.facts is None else min(self.facts, self.metadata)


@dataclass(frozen=True, slots=True)
class Purged:
    """What a purge removed."""

    bodies: int
    messages: int


def purge_bodies(
    connection: sqlite3.Connection, now: datetime, retention: Retention, learnt: int | None = None
) -> list[str]:
    """Forget the octets and the searched text of a batch of messages. Returns their ids; files are the caller's to
    remove. learnt: mail of which an experience behind this number speaks stays, since its lesson does; None: none does.

    A letter's octets hold a code and a link: they go as soon as the letter is out.
    """
    rows = connection.execute(
        "SELECT number, id FROM message WHERE body <> 'gone' AND ended_at IS NOT NULL AND ended_at <= ?1"
        " AND (kind = 'letter' OR ended_at <= ?2)"
        " AND (?4 IS NULL OR number NOT IN (SELECT message FROM experience WHERE number > ?4 AND message IS NOT NULL))"
        " ORDER BY ended_at LIMIT ?3",
        (to_micro(now), to_micro(now - retention.bodies), _BATCH, learnt),
    ).fetchall()
    if not rows:
        return []
    numbers, ids = json.dumps([row[0] for row in rows]), [row[1] for row in rows]
    connection.execute("DELETE FROM body WHERE message IN (SELECT value FROM json_each(?))", (numbers,))
    connection.execute("DELETE FROM mail_text WHERE message IN (SELECT value FROM json_each(?))", (numbers,))
    connection.execute("DELETE FROM body_key WHERE message IN (SELECT value FROM json_each(?))", (numbers,))
    connection.execute("DELETE FROM lesson WHERE message IN (SELECT value FROM json_each(?))", (numbers,))
    recipes.forget(connection, numbers)
    connection.execute("UPDATE message SET body = 'gone' WHERE number IN (SELECT value FROM json_each(?))", (numbers,))
    detail = {
        "what": "octets",
        "count": len(ids),
        "kept_seconds": int(retention.bodies.total_seconds()),
        "messages": ids,
    }
    audit.append(connection, now, HOUSE, "purge", detail=detail)
    return ids


def purge_messages(connection: sqlite3.Connection, now: datetime, retention: Retention) -> int:
    """Forget a batch of messages whole, once their octets are gone. Returns how many.

    Ids sort by time, so only old rows are looked at.
    """
    before = now - retention.metadata
    connection.execute("DELETE FROM challenge WHERE until <= ?", (to_micro(now),))
    rows = connection.execute(
        "SELECT number FROM message WHERE id < ? AND body = 'gone' AND ended_at <= ? ORDER BY id LIMIT ?",
        (new_message_id(before), to_micro(before), _BATCH),
    ).fetchall()
    records = load(connection, [row[0] for row in rows])
    for (number,), record in zip(rows, records, strict=True):
        for person in record.people:
            connection.execute("DELETE FROM viewer WHERE person = ? AND message = ?", (person, number))
        for rule in {hit.rule for hit in record.verdict.hits}:
            connection.execute("DELETE FROM rule_hit WHERE rule = ? AND message = ?", (rule, number))
        connection.execute("DELETE FROM words WHERE message = ?", (number,))
        connection.execute("DELETE FROM notice WHERE message_id = ? AND ended = 1", (record.id,))
        connection.execute("DELETE FROM message WHERE number = ?", (number,))
    if not records:
        # Notices of no mail (logins): owed or answered days ago, they say nothing any more.
        old = to_micro(now - retention.bodies)
        connection.execute("DELETE FROM notice WHERE ended = 1 AND message_id IS NULL AND created_at <= ?", (old,))
    if records:
        kept = int(retention.metadata.total_seconds())
        ids = [record.id for record in records]
        detail = {"what": "metadata", "count": len(ids), "kept_seconds": kept, "messages": ids}
        audit.append(connection, now, HOUSE, "purge", detail=detail)
    return len(records)


def purge_facts(connection: sqlite3.Connection, now: datetime, retention: Retention, after: str) -> tuple[int, str]:
    """Forget what a batch of ended mails could be judged again by, and refused mails. Returns how many, and the id up
    to which there is nothing left to forget: the next call goes on from there. after: where the last one ended.
    """
    before = new_message_id(now - retention.recorded)
    gone = connection.execute(
        "DELETE FROM refused WHERE id IN (SELECT id FROM refused WHERE id < ? ORDER BY id LIMIT ?)", (before, _BATCH)
    ).rowcount
    if retention.recorded >= retention.metadata:
        return gone, after  # the rest goes with the metadata
    rows = connection.execute(
        "SELECT number, id FROM message WHERE id > ? AND id < ? AND kind = 'mail' AND ended_at IS NOT NULL"
        " ORDER BY id LIMIT ?",
        (after, before, _BATCH),
    ).fetchall()
    if rows:
        numbers = json.dumps([row[0] for row in rows])
        connection.execute(
            "UPDATE message SET facts = '{}', circumstances = '' WHERE number IN (SELECT value FROM json_each(?))"
            " AND circumstances <> ''",
            (numbers,),
        )
    return gone + len(rows), rows[-1][1] if rows else after
