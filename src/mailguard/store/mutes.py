"""Who wants no letters about his own held mail for a while. A mute only delays letters: the notices stay owed."""

from __future__ import annotations

import asyncio
import sqlite3
from datetime import datetime

from mailguard.mail.actor import Actor
from mailguard.store import audit
from mailguard.store.db import Database
from mailguard.store.rows import to_micro, to_moment

#: How long what was read is taken for true. Letters come in numbers; a mute that begins a moment later does no harm.
_KNOWN_SECONDS = 1.0


class Mutes:
    """Times until which people are left in peace, by the key of the person. What other processes set is known within a
    second.
    """

    def __init__(self, db: Database) -> None:
        self._db = db
        self._known: dict[str, datetime] = {}
        self._known_at: float | None = None  # by the loop's clock; None: to be read
        self._changes = 0

    async def set(self, actor: Actor, until: datetime, now: datetime) -> None:
        """No letters to this person until then; a time set before no longer counts."""
        sql = "INSERT INTO mute (person, until) VALUES (?1, ?2) ON CONFLICT (person) DO UPDATE SET until = ?2"

        def change(connection: sqlite3.Connection) -> None:
            connection.execute("DELETE FROM mute WHERE until <= ?", (to_micro(now),))
            connection.execute(sql, (actor.address, to_micro(until)))
            audit.append(connection, now, actor, "mute", detail={"until": to_micro(until)})

        await self._db.write(change)
        self._changed()

    async def end(self, actor: Actor, now: datetime) -> bool:
        """Letters again from now on. False if none were held back."""

        def change(connection: sqlite3.Connection) -> bool:
            gone = connection.execute("DELETE FROM mute WHERE person = ? RETURNING until", (actor.address,)).fetchall()
            if gone:
                audit.append(connection, now, actor, "unmute")
            return bool(gone)

        ended = await self._db.write(change)
        self._changed()
        return ended

    async def of(self, person: str, now: datetime) -> datetime | None:
        """Until when, None if not muted now."""
        return (await self.all(now)).get(person)

    async def all(self, now: datetime) -> dict[str, datetime]:
        """Everybody who is muted now."""
        at = asyncio.get_running_loop().time()
        if self._known_at is None or at - self._known_at > _KNOWN_SECONDS:
            changes = self._changes
            rows = await self._db.read(lambda c: c.execute("SELECT person, until FROM mute").fetchall())
            self._known = {person: to_moment(until) for person, until in rows}
            if changes == self._changes:  # else whoever was set while it was read is read anew
                self._known_at = at
        return {person: until for person, until in self._known.items() if until > now}

    def _changed(self) -> None:
        self._changes += 1
        self._known_at = None
