"""What stands above a list: why mail is held, how many match, what an act over a filter would reach. Reading only."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from mailguard.store import filters
from mailguard.store.db import Database
from mailguard.store.listing import matching_any
from mailguard.store.records import Filter
from mailguard.store.rows import to_moment_or_none, to_text

#: Seconds that the counts of several views may take together; those that come later have none.
_COUNTING = 0.05


@dataclass(frozen=True, slots=True)
class Reach:
    """What a filter reaches. rules, senders: the most frequent, with how many mails each. external: mails with copies
    that go outside. newest: its id, "" if there is none; first, last: when the oldest and the newest came.
    """

    count: int
    rules: tuple[tuple[str, int], ...] = ()
    senders: tuple[tuple[str, int], ...] = ()
    external: int = 0
    newest: str = ""
    first: datetime | None = None
    last: datetime | None = None


class Tallies:
    """Figures over filters."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def reasons(self, limit: int = 10) -> list[tuple[str, int]]:
        """The rules that hold mail now, with how many mails each, the most frequent first."""
        return await self._db.read(lambda c: _reasons(c, limit))

    async def counts(self, chosen: Sequence[Filter], most: int) -> list[int | None]:
        """How many match each filter, no more counted than `most`; None for what there was no time for."""
        return await self._db.read(lambda c: _counts(c, chosen, most))

    async def reach(self, chosen: Sequence[Filter], most: int, shown: int = 5) -> Reach:
        """What these filters reach together, of the newest `most` mails."""
        return await self._db.read(lambda c: _reach(c, chosen, most, shown))


def _reasons(connection: sqlite3.Connection, limit: int) -> list[tuple[str, int]]:
    # The held mails once, as a set; then one walk over what rules did, which is narrow and by rule.
    sql = (
        "SELECT h.rule, count(*) AS hits FROM rule_hit h WHERE h.message IN"
        " (SELECT number FROM message WHERE kind = 'mail' AND state = 'held')"
        " GROUP BY h.rule ORDER BY hits DESC, h.rule LIMIT ?"
    )
    return [(row[0], row[1]) for row in connection.execute(sql, (limit,))]


def _counts(connection: sqlite3.Connection, chosen: Sequence[Filter], most: int) -> list[int | None]:
    until, found = time.monotonic() + _COUNTING, list[int | None]()
    for one in chosen:
        if time.monotonic() > until:
            found.append(None)
            continue
        sql, values = filters.count(connection, one, most)
        found.append(int(connection.execute(sql, values).fetchone()[0]))
    return found


def _reach(connection: sqlite3.Connection, chosen: Sequence[Filter], most: int, shown: int) -> Reach:
    found = matching_any(connection, chosen, most)
    if not found:
        return Reach(0)
    numbers = to_text(found)
    one_of = "IN (SELECT value FROM json_each(?))"
    rules = connection.execute(
        f"SELECT rule, count(*) AS hits FROM rule_hit WHERE message {one_of}"  # noqa: S608
        " GROUP BY rule ORDER BY hits DESC, rule LIMIT ?",
        (numbers, shown),
    ).fetchall()
    senders = connection.execute(
        f"SELECT sender, count(*) AS mails FROM message WHERE number {one_of}"  # noqa: S608
        " GROUP BY sender_key ORDER BY mails DESC, sender_key LIMIT ?",
        (numbers, shown),
    ).fetchall()
    external = connection.execute(
        f"SELECT count(DISTINCT message) FROM recipient WHERE message {one_of} AND external = 1",  # noqa: S608
        (numbers,),
    ).fetchone()[0]
    (_, first), (newest, last) = (
        connection.execute("SELECT id, received_at FROM message WHERE number = ?", (number,)).fetchone()
        for number in (min(found), max(found))
    )
    return Reach(
        len(found), tuple(rules), tuple(senders), external, newest, to_moment_or_none(first), to_moment_or_none(last)
    )
