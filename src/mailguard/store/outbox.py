"""Letters that are owed: notices written with the change that made them necessary, ended with the letter's own row."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from mailguard.store import many
from mailguard.store.db import Database
from mailguard.store.records import MessageRecord, Notice, NoticeKind
from mailguard.store.rows import clean, to_micro, to_moment, to_text


def owe(
    connection: sqlite3.Connection,
    kind: NoticeKind,
    to: str,
    now: datetime,
    *,
    message_id: str | None = None,
    detail: dict[str, Any] | None = None,
) -> int:
    """Write a notice inside the caller's transaction. Returns its id."""
    cursor = connection.execute(
        "INSERT INTO notice (message_id, kind, person, detail, created_at) VALUES (?, ?, ?, ?, ?)",
        (message_id, kind, clean(to), to_text(detail or {}), to_micro(now)),
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def owe_held(connection: sqlite3.Connection, rows: Sequence[tuple[str, str, datetime]]) -> list[Notice]:
    """Tell people of mails that are held: (message id, person, moment). Inside the caller's transaction, which has the
    only connection that writes: the ids follow one another.
    """
    if not rows:
        return []
    values = [(message_id, "held", clean(person), "{}", to_micro(now)) for message_id, person, now in rows]
    last = many.insert(connection, "INSERT INTO notice (message_id, kind, person, detail, created_at)", values)
    first = last - len(rows) + 1
    return [
        Notice(number, message_id, "held", person, {}, to_moment(at))
        for number, (message_id, _, person, _, at) in enumerate(values, first)
    ]


def is_owed(connection: sqlite3.Connection, kind: NoticeKind, to: str, message_id: str) -> bool:
    """Whether such a notice waits for its letter."""
    sql = "SELECT 1 FROM notice WHERE ended = 0 AND message_id = ? AND kind = ? AND person = ?"
    return connection.execute(sql, (message_id, kind, clean(to))).fetchone() is not None


def end(connection: sqlite3.Connection, notice_ids: Sequence[int], letter_id: str | None = None) -> bool:
    """End notices inside the caller's transaction. False if all had ended before, or there are none."""
    cursor = connection.execute(
        "UPDATE notice SET ended = 1, letter_id = ? WHERE id IN (SELECT value FROM json_each(?)) AND ended = 0",
        (letter_id, json.dumps(list(notice_ids))),
    )
    return cursor.rowcount > 0


class Outbox:
    """Notices waiting for their letters. A letter ends its notices itself: `Spool.add_letter(..., ends=...)`."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def add(
        self, kind: NoticeKind, to: str, now: datetime, *, message_id: str | None = None, **detail: Any
    ) -> int:
        """A notice that belongs to no change of a message (login). Never put a secret into `detail`."""
        return await self._db.write(lambda c: owe(c, kind, to, now, message_id=message_id, detail=detail))

    async def add_once(self, kind: NoticeKind, to: str, now: datetime, *, since: datetime, **detail: Any) -> bool:
        """As `add`, unless this person was owed one of this kind since then: False."""

        def change(connection: sqlite3.Connection) -> bool:
            sql = "SELECT 1 FROM notice WHERE kind = ? AND person = ? AND created_at >= ?"
            if connection.execute(sql, (kind, clean(to), to_micro(since))).fetchone() is not None:
                return False
            owe(connection, kind, to, now, detail=detail)
            return True

        return await self._db.write(change)

    def fresh(self, limit: int) -> list[tuple[Notice, MessageRecord]]:
        """Notices of mails that this process took in moments ago, oldest first, each with its mail as it came in. What
        is given out here is not given out again; in the ledger it is owed until its letter ends it.
        """
        return self._db.owing.take(limit)

    def owed_of(self, message_id: str) -> Sequence[Notice] | None:
        """What `fresh` has to give out about a mail that was just taken in; None: the ledger may owe more. Asked
        once.
        """
        return self._db.owing.of(message_id)

    def given(self, message_id: str) -> None:
        """What is owed about this mail was taken as `owed_of` told it: `fresh` does not give it out again."""
        self._db.owing.drop(message_id)

    def listen(self) -> None:
        """From now on somebody asks for what is fresh."""
        self._db.owing.wanted = True

    async def pending(self, limit: int = 50, kinds: Sequence[NoticeKind] | None = None, after: int = 0) -> list[Notice]:
        """The oldest notices that are still owed, of these kinds (None: of all), behind the one with the id `after`."""
        sql = (
            "SELECT id, message_id, kind, person, detail, created_at FROM notice WHERE ended = 0"
            " AND id > ?3 AND (?1 IS NULL OR kind IN (SELECT value FROM json_each(?1))) ORDER BY id LIMIT ?2"
        )
        chosen = None if kinds is None else json.dumps(list(kinds))
        return await self._db.read(lambda c: [notice_of(row) for row in c.execute(sql, (chosen, limit, after))])

    async def done(self, *notice_ids: int) -> bool:
        """End notices without a letter (nobody to tell). False if all had ended before."""
        return await self._db.write(lambda c: end(c, notice_ids))

    async def told_since(self, moment: datetime, kinds: Sequence[NoticeKind]) -> list[tuple[str, datetime]]:
        """To whom (as written) letters of these kinds went since then, and when; at most the newest thousand."""
        sql = (
            "SELECT n.person, m.received_at FROM (SELECT person, letter_id FROM notice WHERE ended = 1"
            " AND letter_id IS NOT NULL AND kind IN (SELECT value FROM json_each(?1)) ORDER BY id DESC LIMIT 1000) n"
            " JOIN message m ON m.id = n.letter_id WHERE m.received_at >= ?2"
        )
        rows = await self._db.read(lambda c: c.execute(sql, (json.dumps(list(kinds)), to_micro(moment))).fetchall())
        return [(person, to_moment(at)) for person, at in rows]


def notice_of(row: tuple[Any, ...]) -> Notice:
    """A notice from its columns: id, message_id, kind, person, detail, created_at."""
    return Notice(
        id=row[0],
        message_id=row[1],
        kind=row[2],
        to=row[3],
        detail=json.loads(row[4]),
        created_at=to_moment(row[5]),
    )
