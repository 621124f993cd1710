"""One mail that came in several transactions: which messages are its parts, and the mail as people see it.

Each part stays a message of its own: judged, kept, sent and counted by itself. Only people see one mail, with the
recipients of all parts, and decide about all of them at once. Nothing is decided here; `joining` says what a late part
takes over.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TypeVar

from mailguard.mail.verdict import RuleHit, Verdict
from mailguard.store.records import MessageRecord
from mailguard.store.rows import load, number_of

T = TypeVar("T")

#: SQL for the row numbers of all parts of the mail that message ?1 belongs to; nothing for one that came whole.
SIBLINGS = "SELECT message FROM part WHERE first = (SELECT first FROM part WHERE message = ?1)"


def family(connection: sqlite3.Connection, number: int) -> list[int]:
    """The row numbers of all parts of a mail, the first in front; just this one if it came whole."""
    return [row[0] for row in connection.execute(f"{SIBLINGS} ORDER BY message", (number,))] or [number]


def lead_of(connection: sqlite3.Connection, number: int) -> str:
    """The id that a mail is called by in letters and pages."""
    sql = "SELECT id FROM message WHERE number = ?"
    return str(connection.execute(sql, (family(connection, number)[0],)).fetchone()[0])


def load_parts(connection: sqlite3.Connection, message_id: str) -> list[tuple[int, MessageRecord]]:
    """Each part of the mail by itself, with its row number; none if there is no such message."""
    number = number_of(connection, message_id)
    if number is None:
        return []
    numbers = family(connection, number)
    return list(zip(numbers, load(connection, numbers), strict=True))


def load_whole(connection: sqlite3.Connection, message_id: str) -> MessageRecord | None:
    """The mail that a message is or is a part of, by any of its ids."""
    parts = load_parts(connection, message_id)
    return whole([record for _, record in parts], message_id) if parts else None


def whole(parts: Sequence[MessageRecord], message_id: str) -> MessageRecord:
    """The parts as one mail, with the recipients and findings of all. Id, size and octets are those of the part that
    was asked for.
    """
    asked = next(record for record in parts if record.id == message_id)
    if len(parts) == 1:
        return asked
    recipients = tuple(replace(copy, part=record.id) for record in parts for copy in record.recipients)
    return replace(
        asked,
        recipients=recipients,
        verdict=_verdict([record.verdict for record in parts], asked.verdict),
    )


def _verdict(verdicts: Sequence[Verdict], asked: Verdict) -> Verdict:
    hits: dict[tuple[str, str], RuleHit] = {}
    for hit in (hit for verdict in verdicts for hit in verdict.hits):
        known = hits.get((hit.rule, hit.mode))
        hits[hit.rule, hit.mode] = hit if known is None else _both(known, hit)
    return replace(
        asked,
        recipients=tuple(one for verdict in verdicts for one in verdict.recipients),
        hits=tuple(hits.values()),
        own=_all(*(verdict.own for verdict in verdicts)),
    )


def _both(one: RuleHit, other: RuleHit) -> RuleHit:
    """The same rule of two parts: its sentence once, with the evidence of both."""
    return replace(
        one,
        disposition=max(one.disposition, other.disposition),
        evidence=_all(one.evidence, other.evidence),
        recipients=_all(one.recipients, other.recipients),
        notes=_all(one.notes, other.notes),
        notify=_all(one.notify, other.notify),
        unsure=one.unsure or other.unsure,
        alter=_all(one.alter, other.alter),
    )


def _all(*lists: Iterable[T]) -> tuple[T, ...]:
    return tuple(dict.fromkeys(item for some in lists for item in some))
