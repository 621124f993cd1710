"""Second factors: one sealed secret a person, the time step last used, and recovery codes as keyed hashes.

What is kept here opens nothing by itself: the room holds the key. A code is used up in the same transaction in which it
is found good, so that of two tries at once one wins (RFC 6238 section 5.2).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from mailguard.mail.actor import Actor
from mailguard.store import audit
from mailguard.store.db import Database
from mailguard.store.rows import to_micro, to_moment_or_none


@dataclass(frozen=True, slots=True)
class FactorRow:
    """confirmed_at: None while nobody has shown a first code; last_step: no step up to this one is taken again."""

    person: str
    secret: bytes = field(repr=False)
    confirmed_at: datetime | None
    last_step: int


class FactorRows:
    """Rows of second factors."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def find(self, person: str) -> FactorRow | None:
        """The factor of a person, also one that is not confirmed."""
        sql = "SELECT person, secret, confirmed_at, last_step FROM factor WHERE person = ?"
        row = await self._db.read(lambda c: c.execute(sql, (person,)).fetchone())
        return None if row is None else FactorRow(row[0], row[1], to_moment_or_none(row[2]), row[3])

    async def offer(self, person: str, secret: bytes, now: datetime) -> None:
        """Keep a secret that is yet to be confirmed, instead of one that was not; a factor in force stays."""
        sql = (
            "INSERT INTO factor (person, secret, created_at) VALUES (?, ?, ?)"
            " ON CONFLICT DO UPDATE SET secret = excluded.secret, created_at = excluded.created_at"
            " WHERE confirmed_at IS NULL"
        )
        await self._db.write(lambda c: c.execute(sql, (person, secret, to_micro(now))))

    async def confirm(self, person: str, step: int, codes: Iterable[bytes], by: Actor, now: datetime) -> bool:
        """The first code was right: the factor is in force, with these recovery codes. False if it was already."""
        kept = list(codes)

        def change(connection: sqlite3.Connection) -> bool:
            done = connection.execute(
                "UPDATE factor SET confirmed_at = ?, last_step = ? WHERE person = ? AND confirmed_at IS NULL",
                (to_micro(now), step, person),
            )
            if done.rowcount != 1:
                return False
            _renew(connection, person, kept)
            audit.append(connection, now, by, "factor-add")
            return True

        return await self._db.write(change)

    async def use_step(self, person: str, step: int) -> bool:
        """Use a time step up. False if it, or a later one, was used before."""
        sql = "UPDATE factor SET last_step = ? WHERE person = ? AND confirmed_at IS NOT NULL AND last_step < ?"
        return await self._db.write(lambda c: c.execute(sql, (step, person, step)).rowcount == 1)

    async def use_code(self, person: str, code: bytes, by: Actor, now: datetime) -> bool:
        """Use a recovery code up. False if there is none like it that is unused."""

        def change(connection: sqlite3.Connection) -> bool:
            done = connection.execute(
                "UPDATE recovery_code SET used_at = ? WHERE hash = ? AND person = ? AND used_at IS NULL",
                (to_micro(now), code, person),
            )
            if done.rowcount == 1:
                audit.append(connection, now, by, "factor-recovery")
            return done.rowcount == 1

        return await self._db.write(change)

    async def codes_left(self, person: str) -> int:
        """How many recovery codes are unused."""
        sql = "SELECT count(*) FROM recovery_code WHERE person = ? AND used_at IS NULL"
        return await self._db.read(lambda c: int(c.execute(sql, (person,)).fetchone()[0]))

    async def renew_codes(self, person: str, codes: Iterable[bytes], by: Actor, now: datetime) -> None:
        """New recovery codes instead of those there were."""
        kept = list(codes)

        def change(connection: sqlite3.Connection) -> None:
            _renew(connection, person, kept)
            audit.append(connection, now, by, "factor-codes")

        await self._db.write(change)

    async def remove(self, person: str, by: Actor, now: datetime) -> bool:
        """Take a factor away, with its codes. False if there is none."""

        def change(connection: sqlite3.Connection) -> bool:
            connection.execute("DELETE FROM recovery_code WHERE person = ?", (person,))
            done = connection.execute("DELETE FROM factor WHERE person = ?", (person,))
            if done.rowcount == 1:
                audit.append(connection, now, by, "factor-reset", detail={"person": person})
            return done.rowcount == 1

        return await self._db.write(change)

    async def failed(self, by: Actor, now: datetime) -> None:
        """Somebody who is logged in showed a wrong code."""
        await self._db.write(lambda c: audit.append(c, now, by, "factor-fail"))


def _renew(connection: sqlite3.Connection, person: str, codes: Iterable[bytes]) -> None:
    connection.execute("DELETE FROM recovery_code WHERE person = ?", (person,))
    connection.executemany("INSERT INTO recovery_code (hash, person) VALUES (?, ?)", [(code, person) for code in codes])
