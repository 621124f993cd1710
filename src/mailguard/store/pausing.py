"""Clocks that stand and go on: what a frozen copy was waiting for is kept with it, and comes back with the time that
was left.

A copy that was taken back out of the queue had no clock: it is let go or withdrawn, never resumed.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from mailguard.mail.lifecycle import Event, State
from mailguard.store.changes import change
from mailguard.store.questions import first_nudge
from mailguard.store.records import Asked, Decision, MessageRecord, Paused, RecipientRecord
from mailguard.store.rows import asks_to_text, paused_to_text, to_micro, to_text
from mailguard.store.wish import Wish, as_written, decision, mail_of, wanted, write_line


def stop_clocks(
    connection: sqlite3.Connection, number: int, record: MessageRecord, keys: Iterable[str], now: datetime
) -> None:
    """Keep what these copies were waiting for. record: as it stood before they were frozen; whoever freezes a frozen
    one again changes nothing about the clock that stands.
    """
    frozen, groups = set(keys), dict[str, list[str]]()
    for one in record.recipients:
        if one.address.key in frozen and one.state is State.HELD and not one.frozen_by:
            text = paused_to_text(Paused(now, one.expires_at, one.expire_action))
            groups.setdefault(text, []).append(one.address.key)
    _write(connection, number, "paused", groups)


def resume(connection: sqlite3.Connection, message_id: str, wish: Wish) -> Decision:
    """Let the clocks go on. An empty `changed`: none of these copies has one that stands. Raises KeyError."""
    parts, mail = mail_of(connection, message_id)
    changed = [key for number, part in parts for key in _resume_part(connection, number, part, mail, wish)]
    return decision(connection, mail, changed)


def _resume_part(
    connection: sqlite3.Connection, number: int, part: MessageRecord, mail: MessageRecord, wish: Wish
) -> list[str]:
    keys = set(wanted(part, mail, wish, (State.HELD,)))
    groups: dict[tuple[datetime | None, str], list[RecipientRecord]] = {}
    for one in part.recipients:
        if one.address.key in keys and one.paused is not None:
            due = None if one.paused.due is None else one.paused.due + (wish.now - one.paused.at)
            groups.setdefault((due, one.paused.action), []).append(one)
    changed: list[str] = []
    for (due, action), copies in groups.items():
        micro = None if due is None else to_micro(due)
        values = {"due_at": micro, "expire_action": action, "frozen_by": "", "paused": ""}
        done = change(connection, number, Event.RESUME, [one.address.key for one in copies], wish.now, values)
        changed += done
        _shift_questions(connection, number, [one for one in copies if one.address.key in set(done)], wish.now)
    if changed:
        write_line(connection, part.id, wish, str(Event.RESUME), as_written(part, changed))
    return changed


def _shift_questions(
    connection: sqlite3.Connection, number: int, copies: Iterable[RecipientRecord], now: datetime
) -> None:
    """Reminders and escalations come so much later as the clock stood."""
    texts: dict[str, list[str]] = {}
    moments: dict[str, datetime | None] = {}
    for one in copies:
        if one.asks and one.paused is not None:
            asks = tuple(later(ask, now - one.paused.at) for ask in one.asks)
            text = asks_to_text(asks)
            texts.setdefault(text, []).append(one.address.key)
            moments[text] = first_nudge(asks)
    _write(connection, number, "asks", texts)
    for text, keys in texts.items():
        if (at := moments[text]) is not None:
            connection.execute(
                "UPDATE recipient SET nudge_at = ? WHERE message = ? AND key IN (SELECT value FROM json_each(?))",
                (to_micro(at), number, to_text(keys)),
            )


def later(ask: Asked, by: timedelta) -> Asked:
    """A question whose times come so much later."""
    remind = None if ask.remind_at is None else ask.remind_at + by
    escalate = None if ask.escalate_at is None else ask.escalate_at + by
    return replace(ask, remind_at=remind, escalate_at=escalate)


def _write(connection: sqlite3.Connection, number: int, column: str, groups: Mapping[str, list[str]]) -> None:
    """A value for each group of copies. column: one of our own words."""
    sql = f"UPDATE recipient SET {column} = ? WHERE message = ? AND key IN (SELECT value FROM json_each(?))"  # noqa: S608
    connection.executemany(sql, [(value, number, to_text(keys)) for value, keys in groups.items()])
