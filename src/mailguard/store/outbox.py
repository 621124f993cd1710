"""Letters that are owed: notices written with the change that made them necessary, ended with the letter's own row."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from mailguard.store.db import Database
from mailguard.store.records import Notice, NoticeKind
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


def end(connection: sqlite3.Connection, notice_id: int, letter_id: str | None = None) -> bool:
    """End a notice inside the caller's transaction. False if it had ended before, or there is none."""
    cursor = connection.execute(
        "UPDATE notice SET ended = 1, letter_id = ? WHERE id = ? AND ended = 0", (letter_id, notice_id)
    )
    return cursor.rowcount == 1


class Outbox:
    """Notices waiting for their letters. A letter ends its notice itself: `Spool.add_letter(..., notice_id=...)`."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def add(
        self, kind: NoticeKind, to: str, now: datetime, *, message_id: str | None = None, **detail: Any
    ) -> int:
        """A notice that belongs to no change of a message (login). Never put a secret into `detail`."""
        return await self._db.write(lambda c: owe(c, kind, to, now, message_id=message_id, detail=detail))

    async def pending(self, limit: int = 50, kinds: Sequence[NoticeKind] | None = None) -> list[Notice]:
        """The oldest notices that are still owed, of these kinds (None: of all)."""
        sql = (
            "SELECT id, message_id, kind, person, detail, created_at FROM notice WHERE ended = 0"
            " AND (?1 IS NULL OR kind IN (SELECT value FROM json_each(?1))) ORDER BY id LIMIT ?2"
        )
        chosen = None if kinds is None else json.dumps(list(kinds))
        return await self._db.read(lambda c: [notice_of(row) for row in c.execute(sql, (chosen, limit))])

    async def done(self, notice_id: int) -> bool:
        """End a notice without a letter (nobody to tell). False if it had ended before."""
        return await self._db.write(lambda c: end(c, notice_id))


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
