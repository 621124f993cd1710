"""The one way in which a copy changes its state: a guarded UPDATE made from mail.lifecycle.NEXT.

A copy that is not in a state from which the event leads anywhere is not touched; the caller sees that in the answer.
The database checks the same table once more by a trigger.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from mailguard.mail.lifecycle import FINAL, NEXT, Event, State, message_state
from mailguard.store.rows import to_micro

#: What people may not do to a copy while its try at the upstream is under way: it may be out already.
_NOT_WHILE_LEASED = frozenset({Event.HOLD, Event.CANCEL, Event.REMOVE})
#: Columns that a change may set beside the state.
_COLUMNS = frozenset({
    "due_at", "decided_by", "decided_at", "frozen_by", "last_code", "last_text", "expire_action", "urgent_at", "paused",
    "tried_at", "mta",
})  # fmt: skip


def sources(event: Event) -> tuple[State, ...]:
    """The states in which the event can happen."""
    return tuple(state for state, happening in NEXT if happening is event)


def change(
    connection: sqlite3.Connection,
    number: int,
    event: Event,
    keys: Iterable[str],
    now: datetime,
    values: Mapping[str, Any],
    *,
    tried: bool = False,
) -> list[str]:
    """Let the event happen to those of the copies to which it can. Returns the keys of the changed ones.

    values: other columns to set (times in microseconds). tried: a try at the upstream ended: count it.
    """
    if not _COLUMNS.issuperset(values):
        raise ValueError("a change sets only known columns")
    case = " ".join(f"WHEN '{state}' THEN '{NEXT[state, event]}'" for state in sources(event))
    states = ", ".join(f"'{state}'" for state in sources(event))
    guard = " AND (lease IS NULL OR due_at <= :now)" if event in _NOT_WHILE_LEASED else ""
    columns = "".join(f", {name} = :{name}" for name in values)
    rows = connection.execute(
        # Only words of our own enums and column names are put into the text; every value is bound.
        f"UPDATE recipient SET state = CASE state {case} END, event = :event, lease = NULL,"  # noqa: S608
        f" nudge_at = NULL, attempts = attempts + :tried{columns}"
        " WHERE message = :number AND key IN (SELECT value FROM json_each(:keys))"
        f" AND state IN ({states}){guard} RETURNING key",
        {
            **values,
            "event": str(event),
            "tried": int(tried),
            "number": number,
            "keys": json.dumps(list(keys), ensure_ascii=False),
            "now": to_micro(now),
        },
    ).fetchall()
    return [row[0] for row in rows]


def settle(connection: sqlite3.Connection, number: int, now: datetime) -> State:
    """Bring the message's own state in line with its copies'. Returns it."""
    states = [State(row[0]) for row in connection.execute("SELECT state FROM recipient WHERE message = ?", (number,))]
    state = message_state(states)
    ended = to_micro(now) if state in FINAL else None
    connection.execute(
        "UPDATE message SET state = ?, ended_at = ? WHERE number = ? AND state <> ?", (str(state), ended, number, state)
    )
    return state
