"""The audit log as people look it up: filtered, newest first; as it is exported, oldest first; and checked piece by
piece. Reading, but for one row that says how far it was checked.

Lines have no index but their number and their mail: each would cost every mail. A look therefore goes back so many
lines at most, and says how far it came.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from mailguard.store import audit
from mailguard.store.db import Database
from mailguard.store.records import HistoryLine
from mailguard.store.rows import clean, to_micro, to_moment, to_moment_or_none

#: Lines that one look goes back, and lines that are looked at in one go.
_LOOK_MOST = 200_000
_WINDOW = 20_000
#: Clocks are set: a line may be so many numbers away from where its time says.
_SLACK = 1000
#: Lines checked in one read.
PIECE = 5000


@dataclass(frozen=True, slots=True)
class LineFilter:
    """Which lines are meant; all that is given must hold. person: who acted, or among the recipients.

    since, until: from then on, and before. first, last: numbers, both included. before: only smaller numbers.
    """

    person: str = ""
    message_id: str = ""
    act: str = ""
    via: str = ""
    since: datetime | None = None
    until: datetime | None = None
    first: int = 1
    last: int | None = None
    before: int | None = None


@dataclass(frozen=True, slots=True)
class Lines:
    """Found lines, newest first. next: `before` of the following page, None at the end; looked_to: when the look ended
    early, the time of the line where it stopped.
    """

    lines: tuple[HistoryLine, ...]
    next: int | None = None
    looked_to: datetime | None = None


@dataclass(frozen=True, slots=True)
class Checked:
    """How far the chain was checked. upto, hash: the last line that fits; at: when; whole_at: when all of it was walked
    from its start; broken: the first line that is altered or missing.
    """

    upto: int = 0
    hash: bytes = audit.START
    at: datetime | None = None
    whole_at: datetime | None = None
    broken: int | None = None


class AuditLog:
    """Looks lines up, hands them out for export, and checks the chain."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def page(self, chosen: LineFilter, limit: int) -> Lines:
        """The newest lines that match."""
        return await self._db.read(lambda c: _page(c, chosen, limit))

    async def mails(self, ids: Iterable[str]) -> frozenset[str]:
        """Those of these ids that are mails which are still known: letters and forgotten mails have no page."""
        sql = "SELECT id FROM message WHERE kind = 'mail' AND id IN (SELECT value FROM json_each(?))"
        wanted = json.dumps(sorted(set(ids)))
        return frozenset(await self._db.read(lambda c: [row[0] for row in c.execute(sql, (wanted,))]))

    async def after(self, chosen: LineFilter, after: int, limit: int) -> tuple[list[tuple[HistoryLine, str]], int]:
        """Lines that match with a number above `after`, oldest first, each with the hash of the line before it, and up
        to which number was looked: equal to `after` at the end. `before` of the filter does not count.
        """
        return await self._db.read(lambda c: _after(c, chosen, after, limit))

    async def range(self, chosen: LineFilter) -> tuple[int, int]:
        """The first and the last number that the filter can mean."""
        return await self._db.read(lambda c: _range(c, chosen))

    async def checked(self) -> Checked:
        """How far it was checked last."""
        sql = "SELECT upto, hash, at, whole_at, broken FROM audit_check"
        row = await self._db.read(lambda c: c.execute(sql).fetchone())
        return (
            Checked() if row is None else Checked(row[0], row[1], to_moment(row[2]), to_moment_or_none(row[3]), row[4])
        )

    async def check(self, known: Checked, now: datetime) -> tuple[Checked, int]:
        """Check a piece more. Returns how far it is now, and the number of lines that are left."""
        return await self._db.read(lambda c: _check(c, known, now))

    async def keep(self, checked: Checked) -> None:
        """Remember how far it was checked."""
        await self._db.write(lambda c: _keep(c, checked))


def _conditions(chosen: LineFilter) -> tuple[str, list[Any]]:
    found: list[str] = []
    values: list[Any] = []
    if chosen.person:
        found.append("(actor = ? OR instr(lower(recipients), ?) > 0)")
        values += [clean(chosen.person.lower()), f'"{clean(chosen.person.lower())}"']
    for column, value in (("message_id", chosen.message_id), ("event", chosen.act), ("via", chosen.via)):
        if value:
            found.append(f"{column} = ?" + (" AND message_id <> ''" if column == "message_id" else ""))
            values.append(clean(value))
    for sign, moment in ((">=", chosen.since), ("<", chosen.until)):
        if moment is not None:
            found.append(f"at {sign} ?")
            values.append(to_micro(moment))
    return "".join(f" AND {one}" for one in found), values


def _page(connection: sqlite3.Connection, chosen: LineFilter, limit: int) -> Lines:
    first, last = _range(connection, chosen)
    if chosen.before is not None:
        last = min(last, chosen.before - 1)
    conditions, values = _conditions(chosen)
    sql = (
        f"SELECT {audit.COLUMNS} FROM audit WHERE number BETWEEN ? AND ?{conditions}"  # noqa: S608
        " ORDER BY number DESC LIMIT ?"
    )
    found: list[HistoryLine] = []
    end = last
    while end >= first and len(found) <= limit:
        if last - end >= _LOOK_MOST:
            at = connection.execute("SELECT at FROM audit WHERE number = ?", (end + 1,)).fetchone()
            return Lines(tuple(found), end + 1, to_moment(at[0]) if at else None)
        # A mail's own lines have an index: they are found at once, however far back they lie.
        begin = first if chosen.message_id else max(first, end - _WINDOW + 1)
        rows = connection.execute(sql, (begin, end, *values, limit + 1 - len(found)))
        found += map(audit.line_of, rows)
        end = begin - 1
    more = found[limit - 1].number if len(found) > limit else None
    return Lines(tuple(found[:limit]), more)


def _after(
    connection: sqlite3.Connection, chosen: LineFilter, after: int, limit: int
) -> tuple[list[tuple[HistoryLine, str]], int]:
    first, last = _range(connection, replace(chosen, before=None))
    begin = max(first, after + 1)
    if begin > last:
        return [], after
    end = last if chosen.message_id else min(last, begin + _WINDOW - 1)
    conditions, values = _conditions(chosen)
    sql = (
        f"SELECT {audit.COLUMNS}, (SELECT hash FROM audit p WHERE p.number = audit.number - 1) FROM audit"  # noqa: S608
        f" WHERE number BETWEEN ? AND ?{conditions} ORDER BY number LIMIT ?"
    )
    rows = connection.execute(sql, (begin, end, *values, limit)).fetchall()
    found = [(audit.line_of(row[:-1]), (row[-1] or audit.START).hex()) for row in rows]
    return found, found[-1][0].number if len(found) == limit else end


def _range(connection: sqlite3.Connection, chosen: LineFilter) -> tuple[int, int]:
    low, high = connection.execute("SELECT min(number), max(number) FROM audit").fetchone()
    if low is None:
        return 1, 0
    first, last = max(chosen.first, low), high if chosen.last is None else min(chosen.last, high)
    if chosen.since is not None:
        first = max(first, _place(connection, to_micro(chosen.since), low, high) - _SLACK)
    if chosen.until is not None:
        last = min(last, _place(connection, to_micro(chosen.until), low, high) + _SLACK)
    return first, last


def _place(connection: sqlite3.Connection, moment: int, low: int, high: int) -> int:
    """About the number of the first line from then on: numbers run with time, as long as nobody sets the clock."""
    while low < high:
        middle = (low + high) // 2
        row = connection.execute("SELECT at FROM audit WHERE number >= ? LIMIT 1", (middle,)).fetchone()
        if row is not None and row[0] < moment:
            low = middle + 1
        else:
            high = middle
    return low


def _check(connection: sqlite3.Connection, known: Checked, now: datetime) -> tuple[Checked, int]:
    rows: Sequence[tuple[Any, ...]] = connection.execute(
        f"SELECT {audit.COLUMNS} FROM audit WHERE number > ? ORDER BY number LIMIT ?",  # noqa: S608
        (known.upto, PIECE),
    ).fetchall()
    number, previous = known.upto, known.hash
    for *line, stored in rows:
        if line[0] != number + 1 or audit.chained(previous, tuple(line)) != stored:
            return replace(known, upto=number, hash=previous, at=now, broken=number + 1), 0
        number, previous = line[0], stored
    row = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'audit'").fetchone()
    left = (row[0] if row else 0) - number
    # Lines cut off at the end leave a whole chain behind, but SQLite remembers how far it once went.
    broken = number + 1 if left > 0 and len(rows) < PIECE else None
    return replace(known, upto=number, hash=previous, at=now, broken=broken), max(0, left) if broken is None else 0


def _keep(connection: sqlite3.Connection, checked: Checked) -> None:
    connection.execute(
        "INSERT INTO audit_check (one, upto, hash, at, whole_at, broken) VALUES (1, ?1, ?2, ?3, ?4, ?5)"
        " ON CONFLICT (one) DO UPDATE SET upto = ?1, hash = ?2, at = ?3, whole_at = ?4, broken = ?5",
        (
            checked.upto, checked.hash, 0 if checked.at is None else to_micro(checked.at),
            None if checked.whole_at is None else to_micro(checked.whole_at), checked.broken,
        ),
    )  # fmt: skip
