"""Messages that are owed to chat channels: made from notices in the order they were written, ended when a channel took
them.

Notices are never asked twice: the last one that was looked at is moved on in the same transaction that writes what is
owed, so a crash neither loses a message nor makes it twice. A message that a channel took just before a crash goes out
again, under the same id.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from mailguard.store.db import Database
from mailguard.store.outbox import notice_of
from mailguard.store.records import Notice, NoticeKind
from mailguard.store.rows import to_micro, to_moment, to_text

#: Notices of one transaction.
_AT_ONCE = 200
#: Ended messages are kept so long, for whoever asks what was sent.
_KEPT = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A message that a notice makes necessary: for a person (address) or, with "", for the channel's room."""

    channel: str
    person: str


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """A message that is owed. attempts: how often it was tried."""

    id: int
    channel: str
    kind: NoticeKind
    person: str
    message_id: str | None
    detail: dict[str, Any]
    created_at: datetime
    attempts: int


class ChatOutbox:
    """What chat channels are owed."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def spread(
        self, pick: Callable[[Notice], Iterable[Wanted]], now: datetime, *, not_before: datetime, most: int
    ) -> dict[str, int]:
        """Make messages of the notices that nobody looked at yet; the very first time, of none that are there already.

        Those written before `not_before` are passed over, and what would make more than `most` open messages of one
        channel is not written. Returns how many were left out so, by channel. pick runs in the ledger's own thread.
        """
        left: dict[str, int] = {}
        while True:
            more, dropped = await self._db.write(lambda c: _spread(c, pick, now, not_before, most))
            for channel, count in dropped.items():
                left[channel] = left.get(channel, 0) + count
            if not more:
                return left

    async def due(self, channel: str, now: datetime, limit: int) -> list[ChatMessage]:
        """The messages of a channel whose time has come, longest owed first."""
        sql = (
            "SELECT id, channel, kind, person, message_id, detail, created_at, attempts FROM chat"
            " WHERE channel = ? AND due_at <= ? ORDER BY id LIMIT ?"
        )
        return await self._db.read(lambda c: [_message(row) for row in c.execute(sql, (channel, to_micro(now), limit))])

    async def next_due(self, channel: str) -> datetime | None:
        """When the next message of a channel is due; None if none is owed."""
        sql = "SELECT min(due_at) FROM chat WHERE channel = ? AND due_at IS NOT NULL"
        first = (await self._db.read(lambda c: c.execute(sql, (channel,)).fetchone()))[0]
        return None if first is None else to_moment(first)

    async def end(self, ids: Iterable[int], outcome: Literal["sent", "failed", "dropped"]) -> None:
        """It is over with these."""
        chosen = json.dumps(list(ids))
        sql = (
            "UPDATE chat SET due_at = NULL, outcome = ?, attempts = attempts + 1"
            " WHERE id IN (SELECT value FROM json_each(?)) AND due_at IS NOT NULL"
        )
        await self._db.write(lambda c: c.execute(sql, (outcome, chosen)))

    async def put_off(self, due: Mapping[int, datetime]) -> None:
        """These failed, and are tried again at their times."""
        rows = [(to_micro(at), number) for number, at in due.items()]
        sql = "UPDATE chat SET due_at = ?, attempts = attempts + 1 WHERE id = ? AND due_at IS NOT NULL"
        await self._db.write(lambda c: c.executemany(sql, rows))

    async def forget(self, channels: Iterable[str], now: datetime) -> None:
        """Drop what is owed to channels that are no more, and ended messages that are old."""
        known = json.dumps(list(channels))

        def clear(connection: sqlite3.Connection) -> None:
            connection.execute(
                "UPDATE chat SET due_at = NULL, outcome = 'dropped' WHERE due_at IS NOT NULL"
                " AND channel NOT IN (SELECT value FROM json_each(?))",
                (known,),
            )
            connection.execute("DELETE FROM chat WHERE due_at IS NULL AND created_at <= ?", (to_micro(now - _KEPT),))

        await self._db.write(clear)


def _spread(
    connection: sqlite3.Connection,
    pick: Callable[[Notice], Iterable[Wanted]],
    now: datetime,
    not_before: datetime,
    most: int,
) -> tuple[bool, dict[str, int]]:
    row = connection.execute("SELECT notice FROM chat_seen").fetchone()
    if row is None:  # channels are new here: whatever was told before, was told by letter
        connection.execute("INSERT INTO chat_seen (notice) SELECT coalesce(max(id), 0) FROM notice")
        return False, {}
    rows = connection.execute(
        "SELECT id, message_id, kind, person, detail, created_at FROM notice WHERE id > ? ORDER BY id LIMIT ?",
        (row[0], _AT_ONCE),
    ).fetchall()
    if not rows:
        return False, {}
    open_now = dict(connection.execute("SELECT channel, count(*) FROM chat WHERE due_at IS NOT NULL GROUP BY channel"))
    dropped: dict[str, int] = {}
    made: dict[tuple[object, ...], None] = {}  # three approvers asked at once are one message to a room
    for notice in map(notice_of, rows):
        for wanted in () if notice.created_at < not_before else pick(notice):
            same = (wanted, notice.kind, notice.message_id, notice.created_at, notice.detail.get("name"))
            if same in made:
                continue
            made[same] = None
            if open_now.get(wanted.channel, 0) >= most:
                dropped[wanted.channel] = dropped.get(wanted.channel, 0) + 1
                continue
            open_now[wanted.channel] = open_now.get(wanted.channel, 0) + 1
            _owe(connection, notice, wanted, now)
    connection.execute("UPDATE chat_seen SET notice = ?", (rows[-1][0],))
    return len(rows) == _AT_ONCE, dropped


def _owe(connection: sqlite3.Connection, notice: Notice, wanted: Wanted, now: datetime) -> None:
    detail, created, due = to_text(notice.detail), to_micro(notice.created_at), to_micro(now)
    connection.execute(
        "INSERT INTO chat (channel, kind, person, message_id, detail, created_at, due_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (wanted.channel, notice.kind, wanted.person, notice.message_id, detail, created, due),
    )


def _message(row: tuple[Any, ...]) -> ChatMessage:
    return ChatMessage(row[0], row[1], row[2], row[3], row[4], json.loads(row[5]), to_moment(row[6]), row[7])
