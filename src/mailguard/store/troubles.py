"""What keeps people from hearing of their mail, or mail from coming in: since when, and the notices that say it once,
and once more when it is over.

The row and its notices are written in one transaction, so a restart says nothing twice and forgets nothing.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from mailguard.store import outbox
from mailguard.store.db import Database
from mailguard.store.records import NoticeKind
from mailguard.store.rows import to_micro, to_moment

LETTERS = "letters"
PRESSURE = "pressure"
UPSTREAM = "upstream "
#: Why the mail for an upstream stands still: the settings do not name it, it refuses us, it cannot be reached.
Why = Literal["gone", "refused", "away"]


@dataclass(frozen=True, slots=True)
class Standstill:
    """Mail for an upstream that does not leave: copies that wait, since when, and what the server said."""

    why: Why
    copies: int
    since: datetime | None = None
    said: str = ""


@dataclass(frozen=True, slots=True)
class Trouble:
    """name: "letters", "pressure", "channel NAME" or "upstream NAME"; reason: for administrators, one line without
    content of mail.
    """

    name: str
    reason: str
    since: datetime


@dataclass(frozen=True, slots=True)
class LetterCounts:
    """Letters that are late: unwritten or still queued; returned: refused by the next server lately."""

    late: int
    returned: int


class Troubles:
    """The troubles of now, and the counts that letters' are found by."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def open(self) -> list[Trouble]:
        """All that last, oldest first."""
        sql = "SELECT name, reason, since FROM trouble ORDER BY since, name"
        return await self._db.read(lambda c: [Trouble(n, r, to_moment(s)) for n, r, s in c.execute(sql)])

    async def begin(
        self, name: str, reason: str, now: datetime, tell: Sequence[str], *, by_letter: bool, why: str = ""
    ) -> bool:
        """It has begun. tell: the administrators. Without by_letter only chat channels say it: no letter would arrive.
        why: of its kind, for what is to be done.

        False if it lasts already; its reason is then brought up to date.
        """
        return await self._db.write(lambda c: _begin(c, name, reason, now, tell, by_letter, why))

    async def end(self, name: str, now: datetime, tell: Sequence[str]) -> bool:
        """It is over. False if it had not begun."""

        def change(connection: sqlite3.Connection) -> bool:
            gone = connection.execute("DELETE FROM trouble WHERE name = ? RETURNING since", (name,)).fetchone()
            if gone is not None:
                _owe(connection, name, "", now, tell, good=True, by_letter=True)
            return gone is not None

        return await self._db.write(change)

    async def forget(self, name: str) -> None:
        """It concerns nobody any more: nothing is told."""
        await self._db.write(lambda c: c.execute("DELETE FROM trouble WHERE name = ?", (name,)))

    async def letters(self, now: datetime, late_after: timedelta, returned_within: timedelta) -> LetterCounts:
        """Letters older than late_after that have not left, and those that came back within the time given."""
        late, since = to_micro(now - late_after), to_micro(now - returned_within)

        def count(connection: sqlite3.Connection) -> LetterCounts:
            queued, unwritten, returned = connection.execute(
                "SELECT"
                " (SELECT count(*) FROM message WHERE kind = 'letter' AND state = 'queued' AND received_at <= ?1),"
                " (SELECT count(*) FROM notice n WHERE ended = 0 AND created_at <= ?1 AND NOT (kind = 'held'"
                " AND EXISTS (SELECT 1 FROM mute WHERE mute.person = lower(n.person) AND mute.until > ?1))),"
                " (SELECT count(*) FROM message WHERE kind = 'letter' AND state = 'bounced' AND ended_at >= ?2)",
                (late, since),
            ).fetchone()
            return LetterCounts(queued + unwritten, returned)

        return await self._db.read(count)


def _begin(
    connection: sqlite3.Connection, name: str, reason: str, now: datetime, tell: Sequence[str], by_letter: bool,
    why: str,
) -> bool:  # fmt: skip
    known = connection.execute("UPDATE trouble SET reason = ? WHERE name = ?", (reason, name)).rowcount
    if known:
        return False
    connection.execute("INSERT INTO trouble (name, reason, since) VALUES (?, ?, ?)", (name, reason, to_micro(now)))
    _owe(connection, name, reason, now, tell, good=False, by_letter=by_letter, why=why)
    return True


def _owe(
    connection: sqlite3.Connection,
    name: str,
    reason: str,
    now: datetime,
    tell: Sequence[str],
    *,
    good: bool,
    by_letter: bool,
    why: str = "",
) -> None:
    kind: NoticeKind
    if name == LETTERS:
        kind = "letters_good" if good else "letters_failing"
    elif name == PRESSURE:
        kind = "pressure_over" if good else "pressure"
    elif name.startswith(UPSTREAM):
        kind = "upstream_good" if good else "upstream_failing"
    else:
        kind = "channel_good" if good else "channel_failing"
    detail = {"name": name.removeprefix("channel ").removeprefix(UPSTREAM), "reason": reason} | (
        {"why": why} if why else {}
    )
    for person in tell or ("",):  # without administrators, rooms hear it still
        notice = outbox.owe(connection, kind, person, now, detail=detail)
        if not by_letter:  # chat channels read ended notices too
            outbox.end(connection, [notice])
