"""The monthly letter, owed once: the month is marked in the transaction that owes the letters."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from mailguard.mail.actor import Actor
from mailguard.store import audit, outbox
from mailguard.store.db import Database
from mailguard.store.rows import to_micro


class Months:
    """Which months were told."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def told(self, month: str) -> bool:
        """Whether the letter about a month was owed before."""
        sql = "SELECT 1 FROM monthly_letter WHERE month = ?"
        return await self._db.read(lambda c: c.execute(sql, (month,)).fetchone()) is not None

    async def owe(
        self,
        month: str,
        people: Iterable[str],
        detail: dict[str, Any],
        by: Actor,
        now: datetime,
        *,
        again: bool = False,
    ) -> bool:
        """Owe the letter to everybody named. False, and nothing done, if that was done before (unless again)."""
        named = list(people)
        return await self._db.write(lambda c: _owe(c, month, named, detail, by, now, again))


def _owe(
    connection: sqlite3.Connection, month: str, people: list[str], detail: dict[str, Any], by: Actor, now: datetime,
    again: bool,
) -> bool:  # fmt: skip
    sql = "INSERT OR IGNORE INTO monthly_letter (month, owed_at) VALUES (?, ?)"
    first = connection.execute(sql, (month, to_micro(now))).rowcount == 1
    if not first and not again:
        return False
    for person in people:
        outbox.owe(connection, "monthly", person, now, detail=detail)
    audit.append(connection, now, by, "figures", recipients=people, detail={"month": month})
    return True
