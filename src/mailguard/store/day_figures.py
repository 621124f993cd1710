"""Figures of days: counted from the mails while these can still change, then kept, so that a year costs no year.

A day is that of the receipt, in the organisation's time zone. It is settled when it is over and none of its mails is
open; until then it is counted anew. What is kept names rules, groups and own domains, never a person.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any, Literal

from mailguard.mail.actor import HOUSE
from mailguard.mail.lifecycle import State
from mailguard.mail.message import new_message_id
from mailguard.policy.recorded import ASKS, Copy
from mailguard.policy.tally import LENGTHS, Length, Seen, Tally, tally_from_json, tally_of, tally_to_json
from mailguard.store.correcting import CORRECT
from mailguard.store.db import Database
from mailguard.store.rows import address_of, to_micro, to_moment, to_moment_or_none, to_text

Kind = Literal["all", "rule", "group"]
#: (kind, name) -> what was counted
Counted = dict[tuple[Kind, str], Tally]
#: From a sender's key to the groups that the mail is counted for.
GroupsOf = Callable[[str], Iterable[str]]

#: Mails that are counted at a time, some milliseconds of work, and the seconds until the next ones: counting is Python,
#: and for as long as it goes on, mail waits for the interpreter's lock at every step.
_SLICE, _PAUSE = 50, 0.005
#: Names of one kind that a day keeps; what comes after stands under "".
_NAMES_MOST = 300
#: What lengths are kept of what: there are many rules and groups.
_LENGTHS: dict[Kind, tuple[Length, ...]] = {"all": LENGTHS, "rule": ("asked", "decide"), "group": ("asked",)}
#: Kept figures are forgotten after so long.
KEPT = timedelta(days=1100)


@dataclass(frozen=True, slots=True)
class Day:
    """A day and its two ends."""

    date: date
    begin: datetime
    end: datetime


@dataclass(slots=True)
class DayCount:
    """What was counted of a day. open: mails that may still come to another end."""

    counted: Counted = field(default_factory=dict)
    open: int = 0

    def add(self, kind: Kind, name: str, tally: Tally) -> None:
        """Count for a rule, a group or all."""
        known = (kind, name) in self.counted or sum(one == kind for one, _ in self.counted) < _NAMES_MOST
        place = self.counted.setdefault((kind, name if known else ""), Tally())
        place.merge(tally, _LENGTHS[kind], alarms=kind == "all")  # a group may be one person


class DayFigures:
    """Counting days, keeping them, and reading what is kept."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def first_mail(self) -> datetime | None:
        """When the oldest mail that is still known came in."""
        sql = "SELECT received_at FROM message ORDER BY id LIMIT 1"
        row = await self._db.read(lambda c: c.execute(sql).fetchone())
        return None if row is None else to_moment(row[0])

    async def days(self) -> dict[date, tuple[datetime, bool]]:
        """The days that were counted: when, and whether that stands."""
        sql = "SELECT day, at, settled FROM day_counted"
        rows = await self._db.read(lambda c: c.execute(sql).fetchall())
        return {date.fromisoformat(day): (to_moment(at), bool(settled)) for day, at, settled in rows}

    async def count(self, day: Day, groups_of: GroupsOf) -> DayCount:
        """Count a day from its mails, each as it is when its turn comes."""
        found = DayCount()
        found.add("all", "", Tally())
        rules = await self._db.read(lambda c: [row[0] for row in c.execute(_RULES)])
        after = new_message_id(day.begin - timedelta(seconds=1))[:9]
        while after:
            after = await self._db.read(partial(_count, found, day, groups_of, rules, after))
            await asyncio.sleep(_PAUSE)
        await self._db.read(lambda c: _refused(c, found, day, groups_of))
        return found

    async def keep(self, day: Day, found: DayCount, now: datetime) -> None:
        """Keep what was counted, in place of what was kept before."""
        await self._db.write(lambda c: _keep(c, day, found, now))

    async def of(self, days: Iterable[date]) -> list[tuple[date, Kind, str, Tally]]:
        """What is kept of these days."""
        sql = "SELECT day, kind, name, tally FROM day_figures WHERE day IN (SELECT value FROM json_each(?))"
        wanted = json.dumps([day.isoformat() for day in days])

        def query(connection: sqlite3.Connection) -> list[tuple[date, Kind, str, Tally]]:
            rows = connection.execute(sql, (wanted,))
            return [(date.fromisoformat(row[0]), row[1], row[2], tally_from_json(json.loads(row[3]))) for row in rows]

        return await self._db.read(query)


def _keep(connection: sqlite3.Connection, day: Day, found: DayCount, now: datetime) -> None:
    name = day.date.isoformat()
    connection.execute("DELETE FROM day_figures WHERE day = ?1 OR day < ?2", (name, (day.date - KEPT).isoformat()))
    connection.executemany(
        "INSERT INTO day_figures (day, kind, name, tally) VALUES (?, ?, ?, ?)",
        [(name, kind, one, to_text(tally_to_json(tally))) for (kind, one), tally in found.counted.items()],
    )
    settled = int(day.end <= now and not found.open)
    connection.execute(
        "INSERT INTO day_counted (day, at, settled) VALUES (?1, ?2, ?3)"
        " ON CONFLICT (day) DO UPDATE SET at = ?2, settled = ?3",
        (name, to_micro(now), settled),
    )


def _count(
    found: DayCount, day: Day, groups_of: GroupsOf, rules: Sequence[str], after: str, connection: sqlite3.Connection
) -> str:
    """Count the next mails of a day behind an id. Returns the last one's, "" where there was none."""
    mails = _some(connection, day, after)
    for mail in _read(connection, mails):
        tally = tally_of(mail.seen)
        found.open += mail.open
        found.add("all", "", tally)
        for group in groups_of(mail.sender):
            found.add("group", group, tally)
        for rule in mail.asked:
            found.add("rule", rule, tally)
    if not mails:
        return ""
    _hits(connection, found, rules, {row[0] for row in mails})
    return str(mails[-1][1])


#: Every rule that ever fired, without reading all its hits (sqlite.org/lang_with.html#rcex2).
_RULES = (
    "WITH RECURSIVE names (rule) AS (SELECT min(rule) FROM rule_hit UNION ALL"
    " SELECT (SELECT min(rule) FROM rule_hit h WHERE h.rule > names.rule) FROM names WHERE names.rule IS NOT NULL)"
    " SELECT rule FROM names WHERE rule IS NOT NULL"
)


def _some(connection: sqlite3.Connection, day: Day, after: str) -> list[tuple[Any, ...]]:
    """The next mails of a day. Ids sort by the time of receipt, to the millisecond; the + has SQLite go by their index,
    where it would sort all mails for each of the pieces.
    """
    before = new_message_id(day.end + timedelta(seconds=1))[:9]
    sql = (
        "SELECT number, id, sender_key, state, received_at, ended_at FROM message"
        " WHERE +kind = 'mail' AND id > ? AND id < ? AND received_at >= ? AND received_at < ? ORDER BY id LIMIT ?"
    )
    return connection.execute(sql, (after, before, to_micro(day.begin), to_micro(day.end), _SLICE)).fetchall()


@dataclass(frozen=True, slots=True)
class _Mail:
    """A mail to be counted. asked: the rules for which people had to decide."""

    sender: str
    open: bool
    seen: Seen
    asked: frozenset[str]


def _read(connection: sqlite3.Connection, mails: Sequence[tuple[Any, ...]]) -> Iterator[_Mail]:
    """Each mail of a slice with all that is counted of it."""
    numbers = json.dumps([row[0] for row in mails])
    copies: dict[int, list[Copy]] = {}
    outside: set[int] = set()
    asked: dict[int, set[str]] = {}
    rows = connection.execute(_COPIES, (numbers,))
    for number, address, external, disposition, state, by, at, named in rows:
        copies.setdefault(number, []).append(Copy(address_of(address), disposition, state, by, to_moment_or_none(at)))
        if external:
            outside.add(number)
        if disposition in ASKS:
            asked.setdefault(number, set()).update(json.loads(named))
    opened, alarms = _opened(connection, numbers), _alarms(connection, asked)
    relayed, altered = _relayed(connection, mails, copies), _acted(connection, mails, asked, "alter")
    corrected = _acted(connection, mails, asked, CORRECT)
    for number, message_id, sender, state, received, _ in mails:
        seen = Seen(
            to_moment(received), number in outside, copies.get(number, ()), relayed.get(message_id),
            message_id in altered, opened.get(number, {}), alarms.get(number), message_id in corrected,
        )  # fmt: skip
        rules = frozenset(asked.get(number, ()))
        yield _Mail(sender, state in (State.HELD, State.QUEUED), seen, rules)


_COPIES = (
    "SELECT message, address, external, disposition, state, decided_by, decided_at, rules FROM recipient"
    " WHERE message IN (SELECT value FROM json_each(?)) AND added = 0"
)


def _alarms(connection: sqlite3.Connection, asked: Iterable[int]) -> dict[int, tuple[str, str]]:
    """About whom the model raised its alarm, and why, of the mails that people were asked about."""
    sql = (
        "SELECT number, verdict FROM message WHERE number IN (SELECT value FROM json_each(?))"
        " AND verdict ->> '$.alarm' IS NOT NULL"
    )
    found: dict[int, tuple[str, str]] = {}
    for number, text in connection.execute(sql, (json.dumps(list(asked)),)):
        verdict = json.loads(text)
        key = str(verdict["alarm"])
        kinds = {str(one.get("address", "")).lower(): one.get("risk_kind", "") for one in verdict.get("recipients", ())}
        found[number] = key, str(kinds.get(key, ""))
    return found


def _opened(connection: sqlite3.Connection, numbers: str) -> dict[int, dict[str, datetime]]:
    found: dict[int, dict[str, datetime]] = {}
    sql = "SELECT message, person, at FROM opened WHERE message IN (SELECT value FROM json_each(?))"
    for number, person, at in connection.execute(sql, (numbers,)):
        found.setdefault(number, {})[person] = to_moment(at)
    return found


def _relayed(
    connection: sqlite3.Connection, mails: Iterable[tuple[Any, ...]], copies: Mapping[int, Sequence[Copy]]
) -> dict[str, datetime]:
    """When the last copy of each mail was relayed. Where all were, that is when it ended; else the history knows."""
    found: dict[str, datetime] = {}
    mixed: list[str] = []
    for number, message_id, _, _, _, ended in mails:
        states = {copy.state for copy in copies.get(number, ())}
        if states == {State.RELAYED} and ended is not None:
            found[message_id] = to_moment(ended)
        elif State.RELAYED in states:
            mixed.append(message_id)
    sql = (
        "SELECT message_id, max(at) FROM audit WHERE message_id IN (SELECT value FROM json_each(?))"
        " AND message_id <> '' AND event = 'relay' GROUP BY message_id"
    )
    if mixed:
        found.update((one, to_moment(at)) for one, at in connection.execute(sql, (json.dumps(mixed),)))
    return found


def _acted(
    connection: sqlite3.Connection, mails: Iterable[tuple[Any, ...]], asked: Mapping[int, object], event: str
) -> frozenset[str]:
    """The mails of which the history has this event by a person."""
    ids = json.dumps([row[1] for row in mails if row[0] in asked])
    sql = (
        "SELECT DISTINCT message_id FROM audit WHERE message_id IN (SELECT value FROM json_each(?))"
        " AND message_id <> '' AND event = ? AND actor <> ?"
    )
    return frozenset(row[0] for row in connection.execute(sql, (ids, event, HOUSE.address)))


def _hits(connection: sqlite3.Connection, found: DayCount, rules: Iterable[str], numbers: set[int]) -> None:
    sql = "SELECT message FROM rule_hit WHERE rule = ? AND message BETWEEN ? AND ?"
    lowest, highest = min(numbers), max(numbers)
    for rule in rules:
        hits = sum(row[0] in numbers for row in connection.execute(sql, (rule, lowest, highest)))
        if hits:
            found.add("rule", rule, Tally(hits=hits))


def _refused(connection: sqlite3.Connection, found: DayCount, day: Day, groups_of: GroupsOf) -> None:
    rows = connection.execute(
        "SELECT sender, verdict FROM refused WHERE id > ? AND id < ? AND received_at >= ? AND received_at < ?",
        (
            new_message_id(day.begin - timedelta(seconds=1))[:9], new_message_id(day.end + timedelta(seconds=1))[:9],
            to_micro(day.begin), to_micro(day.end),
        ),
    )  # fmt: skip
    for sender, text in rows:
        one = Tally(refused=1)
        found.add("all", "", one)
        for group in groups_of(address_of(sender).key if sender else ""):
            found.add("group", group, one)
        for rule in {str(hit.get("rule")) for hit in json.loads(text).get("findings", ())}:
            found.add("rule", rule, Tally(refused=1, hits=1))
