"""Absences that people set for themselves: whose place is taken by whom, and from when until when.

An absence is looked up in the transaction that writes a question down, so a mail never waits for somebody who has gone;
what waits already is passed on when the absence begins. Nothing is taken from the one who is away: he may still answer.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from mailguard.mail.actor import Actor
from mailguard.store import audit
from mailguard.store.db import Database
from mailguard.store.questions import owe_passed_on
from mailguard.store.records import Asked, MessageRecord
from mailguard.store.rows import asks_to_text, load, to_micro, to_moment, to_text

#: Mails of one transaction when what waits is passed on: SMTP shares the writer.
_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Absence:
    """person and delegates are keys; the delegates stand in the order in which they are asked."""

    id: int
    person: str
    first: datetime
    until: datetime
    delegates: tuple[str, ...]
    set_by: str


def passed_on(connection: sqlite3.Connection, record: MessageRecord, now: datetime) -> MessageRecord:
    """The record with its questions as the absences of now make them; the same record if nobody is away."""
    asked = {person for copy in record.recipients for ask in copy.asks for person in ask.approvers}
    away = _away(connection, asked, now)
    if not away:
        return record
    authors = record.authors
    copies = tuple(
        replace(copy, asks=tuple(_passed_on(ask, away, authors) for ask in copy.asks)) if copy.asks else copy
        for copy in record.recipients
    )
    return replace(record, recipients=copies)


def _passed_on(ask: Asked, away: Mapping[str, tuple[str, ...]], authors: frozenset[str]) -> Asked:
    delegates = dict(ask.delegates)
    for approver in ask.approvers:
        stand_ins = [one for one in away.get(approver, ()) if one not in authors]
        if stand_ins:
            delegates[approver] = tuple(dict.fromkeys((*stand_ins, *delegates.get(approver, ()))))
    absent = sorted({*ask.absent, *(one for one in ask.approvers if one in away)})
    return replace(ask, delegates=tuple(sorted(delegates.items())), absent=tuple(absent))


def _away(connection: sqlite3.Connection, people: Iterable[str], now: datetime) -> dict[str, tuple[str, ...]]:
    """Those of the people who are away now, each with who takes his place: of a stand-in who is away, his own."""
    found: dict[str, tuple[str, ...]] = {}
    waiting = list(people)
    while waiting:
        rows = connection.execute(
            "SELECT person, delegates FROM absence WHERE person IN (SELECT value FROM json_each(?1))"
            " AND first_at <= ?2 AND until_at > ?2 ORDER BY id",
            (json.dumps(waiting), to_micro(now)),
        ).fetchall()
        new = {person: tuple(json.loads(delegates)) for person, delegates in rows if person not in found}
        found |= new
        waiting = list({one for delegates in new.values() for one in delegates}.difference(found))
    return {person: _present(person, found) for person in people if person in found}


def _present(person: str, away: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    there: dict[str, None] = {}
    seen, waiting = {person}, list(away[person])
    while waiting:
        one = waiting.pop(0)
        if one in seen:
            continue
        seen.add(one)
        if one in away:
            waiting += away[one]
        else:
            there[one] = None
    return tuple(there)


class Absences:
    """Set, looked up, ended."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def of(self, person: str, now: datetime) -> list[Absence]:
        """A person's absences that are not over, the next first."""
        sql = f"SELECT {_COLUMNS} FROM absence WHERE person = ? AND until_at > ? ORDER BY first_at, id"  # noqa: S608
        return await self._db.read(lambda c: [_absence(row) for row in c.execute(sql, (person, to_micro(now)))])

    async def standing_in(self, delegate: str, now: datetime) -> list[Absence]:
        """The absences in which somebody is asked in another's place, that are not over."""
        sql = (
            f"SELECT {_COLUMNS} FROM absence WHERE until_at > ?2 AND EXISTS (SELECT 1 FROM json_each(delegates)"  # noqa: S608
            " WHERE value = ?1) ORDER BY first_at, id"
        )
        return await self._db.read(lambda c: [_absence(row) for row in c.execute(sql, (delegate, to_micro(now)))])

    async def find(self, absence_id: int) -> Absence | None:
        """One absence, also one that is over and not yet forgotten."""
        sql = f"SELECT {_COLUMNS} FROM absence WHERE id = ?"  # noqa: S608
        row = await self._db.read(lambda c: c.execute(sql, (absence_id,)).fetchone())
        return None if row is None else _absence(row)

    async def add(
        self, person: str, first: datetime, until: datetime, delegates: tuple[str, ...], actor: Actor, now: datetime
    ) -> int:
        """Write an absence down. What waits is passed on by `begin`. Returns its id."""

        def change(connection: sqlite3.Connection) -> int:
            cursor = connection.execute(
                "INSERT INTO absence (person, first_at, until_at, delegates, set_by) VALUES (?, ?, ?, ?, ?)",
                (person, to_micro(first), to_micro(until), to_text(list(delegates)), actor.address),
            )
            said = {"person": person, "first": first.isoformat(), "until": until.isoformat(), "delegates": delegates}
            audit.append(connection, now, actor, "absence", detail=said)
            assert cursor.lastrowid is not None
            return cursor.lastrowid

        return await self._db.write(change)

    async def remove(self, absence_id: int, actor: Actor, now: datetime) -> bool:
        """End an absence, or take one back. False if it was gone."""

        def change(connection: sqlite3.Connection) -> bool:
            row = connection.execute("DELETE FROM absence WHERE id = ? RETURNING person", (absence_id,)).fetchone()
            if row is not None:
                audit.append(connection, now, actor, "absence_ended", detail={"person": row[0]})
            return row is not None

        return await self._db.write(change)

    async def begin(self, now: datetime) -> list[tuple[str, tuple[str, ...]]]:
        """Pass on what waits for one whose absence has begun, some mails at a time; and forget what is over.

        Returns the ids of the mails with the people who are asked now (keys). `next_time` says whether more is due.
        """
        return await self._db.write(lambda c: _begin(c, now))

    async def next_time(self) -> datetime | None:
        """When the next absence begins that was not passed on yet."""
        sql = "SELECT min(first_at) FROM absence WHERE begun = 0"
        row = await self._db.read(lambda c: c.execute(sql).fetchone())
        return None if row[0] is None else to_moment(row[0])


_COLUMNS = "id, person, first_at, until_at, delegates, set_by"


def _absence(row: tuple[int, str, int, int, str, str]) -> Absence:
    return Absence(row[0], row[1], to_moment(row[2]), to_moment(row[3]), tuple(json.loads(row[4])), row[5])


def _begin(connection: sqlite3.Connection, now: datetime) -> list[tuple[str, tuple[str, ...]]]:
    connection.execute("DELETE FROM absence WHERE until_at <= ?", (to_micro(now),))
    row = connection.execute(
        "SELECT id, person, passed FROM absence WHERE begun = 0 AND first_at <= ? ORDER BY id LIMIT 1", (to_micro(now),)
    ).fetchone()
    if row is None:
        return []
    absence, person, passed = row
    numbers = connection.execute(
        "SELECT v.message FROM viewer v JOIN message m ON m.number = v.message WHERE v.person = ? AND v.role ="
        " 'approver' AND v.message > ? AND m.state = 'held' ORDER BY v.message LIMIT ?",
        (person, passed, _AT_ONCE),
    ).fetchall()
    done = [
        (record.lead, _pass_on(connection, record, number, person, now))
        for record, (number,) in _loaded(connection, numbers)
    ]
    begun, last = len(numbers) < _AT_ONCE, numbers[-1][0] if numbers else passed
    connection.execute("UPDATE absence SET begun = ?, passed = ? WHERE id = ?", (int(begun), last, absence))
    return done


def _loaded(connection: sqlite3.Connection, numbers: list[tuple[int]]) -> Iterable[tuple[MessageRecord, tuple[int]]]:
    return zip(load(connection, [number for (number,) in numbers]), numbers, strict=True)


def _pass_on(
    connection: sqlite3.Connection, record: MessageRecord, number: int, person: str, now: datetime
) -> tuple[str, ...]:
    """Write the questions of one mail anew, and ask who takes the place. Returns who is asked."""
    after = passed_on(connection, record, now)
    if after == record:
        return ()
    for before, copy in zip(record.recipients, after.recipients, strict=True):
        if before.asks != copy.asks:
            connection.execute(
                "UPDATE recipient SET asks = ? WHERE message = ? AND key = ? AND state = 'held'",
                (asks_to_text(copy.asks), number, copy.address.key),
            )
    viewers = [(one, number) for one in sorted(after.approvers - record.approvers)]
    connection.executemany("INSERT OR IGNORE INTO viewer (person, message, role) VALUES (?, ?, 'approver')", viewers)
    return owe_passed_on(connection, after, person, now)
