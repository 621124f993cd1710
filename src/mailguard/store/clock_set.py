"""The wall clock was set while the house ran: what is to happen after some time still happens after that time.

What other processes wrote since then has its times by the new clock already. Where that cannot be told apart, it comes
later than it might, never earlier; a queued copy may be tried earlier. It decides nothing.
"""

from __future__ import annotations

import sqlite3
from datetime import datetime, timedelta

from mailguard.store.pausing import later
from mailguard.store.questions import first_nudge
from mailguard.store.rows import asks_of, asks_to_text, to_micro

#: Whether something of this time was written by the old clock; ?1: by how much it was set, ?2: what it says now.
_BEFORE = "CASE WHEN ?1 > 0 THEN {0} <= ?2 - ?1 ELSE {0} > ?2 END"
_RECEIVED = _BEFORE.format("(SELECT received_at FROM message WHERE number = message)")


def move(connection: sqlite3.Connection, now: datetime, by: timedelta) -> int:
    """Move the deadlines of copies, the times at which people are asked again, and those of acts that can still be
    undone, inside the caller's transaction. now: by the new clock. How many copies have another deadline.
    """
    given = (by // timedelta(microseconds=1), to_micro(now))
    copies = connection.execute(
        "UPDATE recipient SET due_at = due_at + ?1 WHERE due_at > 0 AND"  # noqa: S608
        f" (state = 'held' AND {_RECEIVED} OR state = 'queued' AND (?1 < 0 OR {_RECEIVED}))",
        given,
    ).rowcount
    _move_questions(connection, by, given)
    sql = f"UPDATE bulk SET due_at = due_at + ?1 WHERE state IN ('preparing', 'waiting') AND {_BEFORE}"  # noqa: S608
    connection.execute(sql.format("created_at"), given)
    return copies


def _move_questions(connection: sqlite3.Connection, by: timedelta, given: tuple[int, int]) -> None:
    sql = f"SELECT message, key, asks FROM recipient WHERE nudge_at IS NOT NULL AND state = 'held' AND {_RECEIVED}"  # noqa: S608
    rows = connection.execute(sql, given).fetchall()
    moved = [(tuple(later(ask, by) for ask in asks_of(text)), number, key) for number, key, text in rows]
    connection.executemany(
        "UPDATE recipient SET asks = ?, nudge_at = ? WHERE message = ? AND key = ?",
        [
            (asks_to_text(asks), None if (at := first_nudge(asks)) is None else to_micro(at), number, key)
            for asks, number, key in moved
        ],
    )
