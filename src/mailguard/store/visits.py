"""Open sessions of the console: who, how they came in, from which browser, since when and when last seen.

A session is known by the SHA-256 of its cookie, which is nowhere else; the id is for lists and opens nothing. Every
beginning and every end that somebody meant has its audit line in the same transaction. Which session may do what is
decided by the room.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from mailguard.mail.actor import Actor, Role
from mailguard.store import audit
from mailguard.store.db import Database
from mailguard.store.rows import clean, to_micro, to_moment, to_moment_or_none

#: How somebody came in: by a login letter's link or its code, a letter about a mail, the company's sign-on, a password.
How = Literal["link", "code", "letter", "oidc", "upstream", "ldap", "file"]

_COLUMNS = "id, person, message_id, via, how, browser, created_at, seen_at, expires_at, factor_at"
#: When somebody was last seen is written down at most so often.
_SEEN_NOTED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class VisitRow:
    """An open session. message_id: it reaches this mail only; factor_at: when the second factor was shown."""

    id: str
    person: str
    message_id: str | None
    via: str
    how: str
    browser: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    factor_at: datetime | None


@dataclass(frozen=True, slots=True)
class NewVisit:
    """A session that begins now. hash: of its cookie."""

    hash: bytes
    person: str
    how: How
    via: str
    now: datetime
    until: datetime
    message_id: str | None = None
    browser: str = ""


def begin(connection: sqlite3.Connection, visit: NewVisit) -> None:
    """Keep a new session, with its audit line, in the caller's transaction."""
    now = to_micro(visit.now)
    connection.execute(
        f"INSERT INTO session (hash, {_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL)",  # noqa: S608
        (
            visit.hash, secrets.token_hex(8), visit.person, visit.message_id, visit.via, visit.how,
            clean(visit.browser)[:100], now, now, to_micro(visit.until),
        ),
    )  # fmt: skip
    actor = Actor(visit.person, Role.SENDER, visit.via)
    audit.append(connection, visit.now, actor, "login", message_id=visit.message_id or "", detail={"how": visit.how})


class VisitRows:
    """Rows of sessions."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def begin(self, visit: NewVisit) -> None:
        """Keep a new session."""
        await self._db.write(lambda c: begin(c, visit))

    async def find(self, cookie: bytes, now: datetime, idle: timedelta, *, seen: bool) -> VisitRow | None:
        """An open session by its cookie's hash. idle: it ends after so long without being seen; seen: it is, now."""
        sql = f"SELECT {_COLUMNS} FROM session WHERE hash = ? AND expires_at > ? AND seen_at > ?"  # noqa: S608
        values = (cookie, to_micro(now), to_micro(now - idle))
        row = await self._db.read(lambda c: c.execute(sql, values).fetchone())
        if row is None:
            return None
        found = _visit(row)
        if seen and now - found.seen_at >= _SEEN_NOTED_EVERY:
            noted = (to_micro(now), cookie)
            await self._db.write(lambda c: c.execute("UPDATE session SET seen_at = ? WHERE hash = ?", noted))
        return found

    async def open_of(
        self, person: str | None, now: datetime, idle: timedelta, limit: int, holding: str = ""
    ) -> list[VisitRow]:
        """Open sessions of a person, or of everybody whose address holds these letters; the one seen last first."""
        sql = (
            f"SELECT {_COLUMNS} FROM session WHERE expires_at > ? AND seen_at > ?"  # noqa: S608
            " AND person = coalesce(?, person) AND instr(person, ?) > 0 ORDER BY seen_at DESC, id LIMIT ?"
        )
        values = (to_micro(now), to_micro(now - idle), person, holding, limit)
        return await self._db.read(lambda c: [_visit(row) for row in c.execute(sql, values)])

    async def step_up(self, cookie: bytes, fresh: bytes, now: datetime) -> VisitRow | None:
        """The second factor was shown: the session goes on under another cookie. None if it is there no more."""

        def change(connection: sqlite3.Connection) -> VisitRow | None:
            row = connection.execute(
                f"UPDATE session SET hash = ?, factor_at = ?, seen_at = ? WHERE hash = ? RETURNING {_COLUMNS}",  # noqa: S608
                (fresh, to_micro(now), to_micro(now), cookie),
            ).fetchone()
            return None if row is None else _visit(row)

        return await self._db.write(change)

    async def forget(self, cookie: bytes) -> None:
        """End a session that another one replaces; no line in the log."""
        await self._db.write(lambda c: c.execute("DELETE FROM session WHERE hash = ?", (cookie,)))

    async def log_out(self, cookie: bytes, now: datetime) -> VisitRow | None:
        """End the session of this cookie, with its audit line."""

        def change(connection: sqlite3.Connection) -> VisitRow | None:
            rows = connection.execute(f"DELETE FROM session WHERE hash = ? RETURNING {_COLUMNS}", (cookie,)).fetchall()  # noqa: S608
            for row in rows:
                gone = _visit(row)
                audit.append(connection, now, Actor(gone.person, Role.SENDER, gone.via), "logout")
            return _visit(rows[0]) if rows else None

        return await self._db.write(change)

    async def end(
        self, by: Actor, now: datetime, *, person: str | None, visit: str = "", but: bytes = b""
    ) -> list[VisitRow]:
        """End sessions, with an audit line for each person. person: only theirs (None: anybody's); visit: only the one
        of this id; but: not the one of this cookie. Returns what was ended.
        """

        def change(connection: sqlite3.Connection) -> list[VisitRow]:
            rows = connection.execute(
                "DELETE FROM session WHERE person = coalesce(?, person) AND id = coalesce(nullif(?, ''), id)"  # noqa: S608
                f" AND hash <> ? RETURNING {_COLUMNS}",
                (person, visit, but),
            ).fetchall()
            ended = [_visit(row) for row in rows]
            for name, ids in _by_person(ended):
                audit.append(connection, now, by, "session-end", detail={"person": name, "sessions": ids})
            return ended

        return await self._db.write(change)


def _by_person(ended: Iterable[VisitRow]) -> list[tuple[str, list[str]]]:
    found: dict[str, list[str]] = {}
    for visit in ended:
        found.setdefault(visit.person, []).append(visit.id)
    return list(found.items())


def _visit(row: tuple[Any, ...]) -> VisitRow:
    return VisitRow(
        id=row[0],
        person=row[1],
        message_id=row[2],
        via=row[3],
        how=row[4],
        browser=row[5],
        created_at=to_moment(row[6]),
        seen_at=to_moment(row[7]),
        expires_at=to_moment(row[8]),
        factor_at=to_moment_or_none(row[9]),
    )
