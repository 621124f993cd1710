"""What the secrets in the addresses of answers are bound to: person and mail, until when, and whether it was used.

The secret is long and random and kept as its SHA-256 hash only: whoever reads the ledger can answer for nobody. A row
outlives its time by a month, so that a late answer can be told that it is late. The replies room decides.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from mailguard.store import many
from mailguard.store.db import Database
from mailguard.store.rows import to_micro, to_moment
from mailguard.store.sessions import hashed

_REMEMBERED = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class ReplyTicketRow:
    """person: key of whom the letter went to; spent: an answer has decided; copies: how many the letter was about, None
    if that was not kept; 0: it asked for words, not for a decision.
    """

    person: str
    message_id: str
    expires_at: datetime
    spent: bool
    copies: int | None = None


class NewReply(NamedTuple):
    """The row of a new secret."""

    hash: bytes
    person: str
    message_id: str
    expires_at: int
    copies: int


def new_reply(secret: str, person: str, message_id: str, expires_at: datetime, copies: int) -> NewReply:
    """The row that a secret is kept as."""
    return NewReply(hashed(secret), person, message_id, to_micro(expires_at), copies)


def insert_replies(connection: sqlite3.Connection, rows: Sequence[NewReply], now: datetime) -> None:
    """Keep new secrets inside the caller's transaction, and forget those that ended a month ago."""
    connection.execute("DELETE FROM reply_ticket WHERE expires_at <= ?", (to_micro(now - _REMEMBERED),))
    many.run(connection, "INSERT INTO reply_ticket (hash, person, message_id, expires_at, copies)", rows)


class ReplyTicketStore:
    """Rows of what answers are bound to."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def find(self, secret: str) -> ReplyTicketRow | None:
        """What a secret is bound to."""
        sql = "SELECT person, message_id, expires_at, spent_at, copies FROM reply_ticket WHERE hash = ?"
        row = await self._db.read(lambda c: c.execute(sql, (hashed(secret),)).fetchone())
        if row is None:
            return None
        return ReplyTicketRow(row[0], row[1], to_moment(row[2]), row[3] is not None, row[4])

    async def spend(self, secret: str, now: datetime) -> None:
        """Mark it as used."""
        values = (to_micro(now), hashed(secret))
        sql = "UPDATE reply_ticket SET spent_at = ? WHERE hash = ? AND spent_at IS NULL"
        await self._db.write(lambda c: c.execute(sql, values))
