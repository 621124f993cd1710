"""Acts over many mails that wait a while, so that they can be undone: which mails, how far they are, what was refused.

The mails are fixed when the act is asked for and lie in small parts. A part is done, counted and removed in one
transaction, so that a crash repeats none and forgets none, and so small that whoever hands mail in does not wait for
it. Of undoing and beginning one wins: both are guarded by the state. Nothing here decides about a mail.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Literal, TypeVar

from mailguard.mail.actor import Actor, Role
from mailguard.mail.verdict import Because
from mailguard.store import audit
from mailguard.store.db import Database
from mailguard.store.rows import clean, to_micro, to_moment, to_moment_or_none, to_text

T = TypeVar("T")

BulkState = Literal["preparing", "waiting", "running", "done", "undone", "stopped"]
#: Mails that are decided in one change: some milliseconds of the one thread that writes.
PART = 10
#: Refusals that are kept with their reasons; all are counted.
REFUSALS = 1000
_PARTS_AT_ONCE = 250
#: An act whose preparation was cut off by a crash is given up after so long.
_PREPARING = timedelta(minutes=5)
_COLUMNS = "id, actor, role, via, act, comment, query, state, total, done, refused, created_at, due_at, ended_at"


@dataclass(frozen=True, slots=True)
class BulkJob:
    """An act over many mails. query: the filter's text, for people. due_at: when it begins, unless it is undone."""

    id: str
    actor: Actor
    act: str
    comment: str
    query: str
    state: BulkState
    total: int
    done: int
    refused: int
    created_at: datetime
    due_at: datetime
    ended_at: datetime | None

    @property
    def is_open(self) -> bool:
        """Whether something is still to come."""
        return self.state in ("preparing", "waiting", "running")


@dataclass(frozen=True, slots=True)
class Refusal:
    """A mail that stayed as it was, and why."""

    message_id: str
    because: Because


class BulkJobs:
    """The acts that wait, run, or ended lately."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def together(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run a change of several mails as one."""
        return await self._db.write(work)

    async def begin(
        self, actor: Actor, act: str, ids: Sequence[str], now: datetime, due_at: datetime, *, comment: str, query: str
    ) -> BulkJob:
        """Fix an act over these mails; it is due then."""
        job_id = secrets.token_urlsafe(12)
        row = (job_id, actor.address, str(actor.role), actor.via, act, clean(comment), clean(query), "preparing",
               len(ids), to_micro(now), to_micro(due_at))  # fmt: skip
        columns = "id, actor, role, via, act, comment, query, state, total, created_at, due_at"
        sql = f"INSERT INTO bulk ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608
        await self._db.write(lambda c: c.execute(sql, row))
        parts = iter([(job_id, at // PART, to_text(ids[at : at + PART])) for at in range(0, len(ids), PART)])
        while some := list(islice(parts, _PARTS_AT_ONCE)):
            await self._db.write(lambda c, some=some: c.executemany("INSERT INTO bulk_part VALUES (?, ?, ?)", some))  # type: ignore[misc]
        detail = {"bulk": job_id, "act": act, "query": query, "mails": len(ids), "due_at": due_at.isoformat()}

        def ready(connection: sqlite3.Connection) -> BulkJob:
            connection.execute("UPDATE bulk SET state = 'waiting' WHERE id = ?", (job_id,))
            audit.append(connection, now, actor, "bulk", comment=comment, detail=detail)
            return _found(connection, job_id)

        return await self._db.write(ready)

    async def find(self, job_id: str) -> BulkJob | None:
        """One act, or None."""
        return await self._db.read(lambda c: next(iter(_jobs(c, "id = ?", job_id)), None))

    async def recent(self, person: str, since: datetime) -> list[BulkJob]:
        """Those that are open or ended since then, newest first; person "": everybody's."""
        where = "(ended_at IS NULL OR ended_at >= ?) AND (? = '' OR actor = ?)"
        return await self._db.read(lambda c: _jobs(c, where, to_micro(since), person, person))

    async def refusals(self, job_id: str) -> list[Refusal]:
        """The mails that stayed as they were, as far as they are kept."""
        sql = "SELECT message_id, ja, en FROM bulk_refusal WHERE bulk = ? ORDER BY message_id"
        rows = await self._db.read(lambda c: c.execute(sql, (job_id,)).fetchall())
        return [Refusal(row[0], Because(row[1], row[2])) for row in rows]

    async def among(self, ids: Iterable[str]) -> dict[str, BulkJob]:
        """Which of these mails an open act is still to reach: by id."""
        wanted = list(ids)
        sql = (
            "SELECT j.value, b.id FROM bulk b JOIN bulk_part p ON p.bulk = b.id, json_each(p.messages) j"
            " WHERE b.state IN ('waiting', 'running') AND j.value IN (SELECT value FROM json_each(?))"
        )

        def query(connection: sqlite3.Connection) -> dict[str, BulkJob]:
            pairs = connection.execute(sql, (json.dumps(wanted),)).fetchall()
            jobs = {name: _found(connection, name) for name in {pair[1] for pair in pairs}}
            return {message: jobs[name] for message, name in pairs}

        return await self._db.read(query)

    async def end(self, job_id: str, actor: Actor, now: datetime) -> bool:
        """Undo an act that waits, or stop one that runs before its next part. False if there is nothing to end."""

        def change(connection: sqlite3.Connection) -> bool:
            row = connection.execute(
                "UPDATE bulk SET state = CASE state WHEN 'running' THEN 'stopped' ELSE 'undone' END, ended_at = ?"
                " WHERE id = ? AND state IN ('waiting', 'running') RETURNING state, done",
                (to_micro(now), job_id),
            ).fetchone()
            if row is None:
                return False
            connection.execute("DELETE FROM bulk_part WHERE bulk = ?", (job_id,))
            audit.append(connection, now, actor, f"bulk_{row[0]}", detail={"bulk": job_id, "done": row[1]})
            return True

        return await self._db.write(change)

    async def due(self, now: datetime) -> list[BulkJob]:
        """Those whose time has come, the oldest first; what was cut off while it was prepared is given up."""
        stale, at = to_micro(now - _PREPARING), to_micro(now)
        where = "state IN ('waiting', 'running') AND due_at <= ?"
        jobs, cut = await self._db.read(
            lambda c: (_jobs(c, where, at)[::-1], _jobs(c, "state = 'preparing' AND created_at < ?", stale))
        )
        for job in cut:
            sql = "UPDATE bulk SET state = 'undone', ended_at = ? WHERE id = ? AND state = 'preparing'"
            await self._db.write(lambda c, sql=sql, one=job.id: c.execute(sql, (at, one)))  # type: ignore[misc]
        return jobs

    async def next_time(self) -> datetime | None:
        """When the next one begins."""
        sql = "SELECT min(due_at) FROM bulk WHERE state = 'waiting'"
        return to_moment_or_none((await self._db.read(lambda c: c.execute(sql).fetchone()))[0])

    async def part(
        self, job_id: str, now: datetime, work: Callable[[sqlite3.Connection, Sequence[str]], dict[str, Because]]
    ) -> bool:
        """Do the next part of an act by `work`, which says what it refused and why. False if nothing is left to do."""
        return await self._db.write(lambda c: _part(c, job_id, now, work))


def _part(
    connection: sqlite3.Connection,
    job_id: str,
    now: datetime,
    work: Callable[[sqlite3.Connection, Sequence[str]], dict[str, Because]],
) -> bool:
    sql = "UPDATE bulk SET state = 'running' WHERE id = ? AND state IN ('waiting', 'running')"
    if not connection.execute(sql, (job_id,)).rowcount:
        return False  # undone or stopped meanwhile
    sql = "SELECT part, messages FROM bulk_part WHERE bulk = ? ORDER BY part LIMIT 1"
    row = connection.execute(sql, (job_id,)).fetchone()
    if row is not None:
        ids = json.loads(row[1])
        refused = work(connection, ids)
        connection.execute("DELETE FROM bulk_part WHERE bulk = ? AND part = ?", (job_id, row[0]))
        sql = "UPDATE bulk SET done = done + ?, refused = refused + ? WHERE id = ? RETURNING refused"
        total = connection.execute(sql, (len(ids) - len(refused), len(refused), job_id)).fetchone()[0]
        if total - len(refused) < REFUSALS:
            rows = [(job_id, one, because.ja, because.en) for one, because in refused.items()]
            connection.executemany("INSERT OR IGNORE INTO bulk_refusal VALUES (?, ?, ?, ?)", rows)
    if connection.execute("SELECT 1 FROM bulk_part WHERE bulk = ? LIMIT 1", (job_id,)).fetchone():
        return True
    connection.execute("UPDATE bulk SET state = 'done', ended_at = ? WHERE id = ?", (to_micro(now), job_id))
    return False


def forget_bulk(connection: sqlite3.Connection, before: datetime) -> None:
    """Forget the acts that ended before then; the audit log keeps what they did."""
    connection.execute("DELETE FROM bulk WHERE ended_at < ?", (to_micro(before),))


def _found(connection: sqlite3.Connection, job_id: str) -> BulkJob:
    return _jobs(connection, "id = ?", job_id)[0]


def _jobs(connection: sqlite3.Connection, where: str, *values: object) -> list[BulkJob]:
    sql = f"SELECT {_COLUMNS} FROM bulk WHERE {where} ORDER BY created_at DESC, id LIMIT 100"  # noqa: S608
    return [_job(row) for row in connection.execute(sql, values)]


def _job(row: tuple[Any, ...]) -> BulkJob:
    return BulkJob(
        id=row[0],
        actor=Actor(row[1], Role(row[2]), row[3]),
        act=row[4],
        comment=row[5],
        query=row[6],
        state=row[7],
        total=row[8],
        done=row[9],
        refused=row[10],
        created_at=to_moment(row[11]),
        due_at=to_moment(row[12]),
        ended_at=to_moment_or_none(row[13]),
    )
