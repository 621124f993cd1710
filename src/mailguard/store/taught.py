"""What a decision about a held mail says of its recipients: whom somebody asked about, and a person let go or stopped.

Only those are meant whom the mail was held for: whoever stops a mail because its text was wrong says nothing about the
people, and whoever lets it go was not asked about the others. What clocks do teaches nothing. All of it is written in
the transaction of the decision. It decides nothing.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable
from datetime import datetime

from mailguard.mail.actor import Role
from mailguard.mail.lifecycle import Event
from mailguard.mail.verdict import Verdict
from mailguard.store import lessons
from mailguard.store.parts import family
from mailguard.store.records import MessageRecord
from mailguard.store.rows import number_of, to_text
from mailguard.store.wish import Wish

#: From this risk on a recipient looks like a mistake, whatever the mail was held for.
_LIKELY = 0.5
_STOPPED = frozenset({Event.CANCEL, Event.REJECT})


def asked_about(verdict: Verdict) -> frozenset[str]:
    """The recipients (keys) whom a mail was held for, as such."""
    named = frozenset(one.key for hit in verdict.enforced if hit.trust for one in hit.recipients)
    return named.union(one.address.key for one in verdict.recipients if one.risk_kind and one.risk >= _LIKELY)


def decided(
    connection: sqlite3.Connection,
    number: int,
    part: MessageRecord,
    mail: MessageRecord,
    wish: Wish,
    keys: Iterable[str],
) -> None:
    """Somebody's wish came true for these copies of a part."""
    changed = frozenset(keys)
    if wish.actor.role is Role.SYSTEM or not changed:
        return
    if wish.event is Event.REMOVE:
        lessons.refused(connection, number, dict.fromkeys(sorted(changed), ""), wish.now)
    elif wish.event in _STOPPED:
        wrong = changed & asked_about(part.verdict)
        lessons.refused(connection, number, dict.fromkeys(sorted(wrong), ""), wish.now)
    elif wish.event is Event.RELEASE and wish.actor.address in (*mail.owners, *mail.members):
        lessons.trusted(connection, number, sorted(changed & asked_about(part.verdict)), wish.now)


def confirmed(connection: sqlite3.Connection, number: int, verdict: Verdict, now: datetime) -> None:
    """A mail was handed in once more after its sender was asked about it."""
    lessons.trusted(connection, number, sorted(asked_about(verdict)), now)


def vouched_for(connection: sqlite3.Connection, message_id: str, people: Collection[str], now: datetime) -> None:
    """Somebody said of these recipients (keys) of a mail that nobody need ask about them again."""
    number = number_of(connection, message_id)
    if number is None:
        return
    sql = (
        "SELECT message, key FROM recipient WHERE message IN (SELECT value FROM json_each(?))"
        " AND key IN (SELECT value FROM json_each(?)) ORDER BY message, key"
    )
    found: dict[int, list[str]] = {}
    for part, key in connection.execute(sql, (to_text(family(connection, number)), to_text(list(people)))):
        found.setdefault(part, []).append(key)
    for part, keys in found.items():
        lessons.trusted(connection, part, keys, now)
