"""The audit log: one line for every change, in the change's own transaction, chained by hashes, never altered.

Triggers refuse UPDATE and DELETE; the chain shows what was done with the triggers out of the way. Lines name people
and say why; they hold no bodies. Who can write the file can forge a whole new chain: keep `audit export` elsewhere.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, Literal

from mailguard.mail.actor import Actor, Role
from mailguard.mail.message import Message
from mailguard.mail.verdict import Verdict
from mailguard.store import many
from mailguard.store.db import Database
from mailguard.store.records import HistoryLine
from mailguard.store.rows import clean, texts_to_text, to_micro, to_moment, to_text
from mailguard.store.stroke import named

#: What the first line is chained to.
START = bytes(32)
#: The columns of a line between its number and its hash, and the same as it is hashed, without the number.
Line = tuple[tuple[Any, ...], str]
COLUMNS = "number, at, message_id, actor, role, via, event, recipients, comment, detail, hash"
#: The same as columns among others (store.stroke).
IN_A_ROW = named("line", COLUMNS)


def append(
    connection: sqlite3.Connection,
    now: datetime,
    actor: Actor,
    event: str,
    *,
    message_id: str = "",
    recipients: Iterable[str] = (),
    comment: str = "",
    detail: dict[str, Any] | None = None,
) -> int:
    """Add a line inside the caller's transaction. Returns its number."""
    return append_all(connection, [line(now, actor, event, message_id, recipients, comment, detail)])


def line(
    now: datetime,
    actor: Actor,
    event: str,
    message_id: str = "",
    recipients: Iterable[str] = (),
    comment: str = "",
    detail: dict[str, Any] | None = None,
) -> Line:
    """A line that has no place yet."""
    micro = to_micro(now)
    texts = (
        message_id,
        clean(actor.address),
        str(actor.role),
        clean(actor.via),
        event,
        texts_to_text(recipients),
        clean(comment),
        to_text(detail or {}),
    )
    return (micro, *texts), f"{micro},{texts_to_text(texts)[1:]}"


def append_all(connection: sqlite3.Connection, lines: Iterable[Line]) -> int:
    """Add lines, one after the other, inside the caller's transaction. Returns the number of the last."""
    rows = rows_behind(last(connection), lines)
    insert(connection, rows)
    return int(rows[-1][0])


def insert(connection: sqlite3.Connection, rows: Sequence[tuple[Any, ...]]) -> None:
    """Rows of `rows_behind`."""
    many.run(connection, f"INSERT INTO audit ({COLUMNS})", rows)


def last(connection: sqlite3.Connection) -> tuple[int, bytes]:
    """Number and hash of the last line."""
    row = connection.execute("SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1").fetchone()
    return row or (0, START)


def rows_behind(before: tuple[int, bytes], lines: Iterable[Line]) -> list[tuple[Any, ...]]:
    """Rows of COLUMNS that go on behind a line, one after the other."""
    number, previous = before
    rows = []
    for values, text in lines:
        number += 1
        previous = hashlib.sha256(previous + f"[{number},{text}".encode()).digest()  # as `chained`
        rows.append((number, *values, previous))
    return rows


class Audit:
    """Reading and checking the log, and lines about what is no change of a message."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def note(self, event: str, actor: Actor, now: datetime, comment: str = "", **detail: object) -> None:
        """A line about the house: a token made, a policy reloaded, somebody logged in."""
        await self._db.write(lambda c: append(c, now, actor, event, comment=comment, detail=detail))

    async def history_of(self, message_id: str) -> list[HistoryLine]:
        """All lines about a message, oldest first."""
        return await self._db.read(lambda c: lines_of(c, message_id))

    async def relays_of(self, message_ids: Iterable[str]) -> dict[str, list[HistoryLine]]:
        """By message, the lines about its tries that were taken by the next server, oldest first."""
        sql = (
            f"SELECT {COLUMNS} FROM audit WHERE message_id IN (SELECT value FROM json_each(?))"  # noqa: S608
            " AND message_id <> '' AND event = 'relay' ORDER BY number"
        )
        wanted, found = to_text(list(message_ids)), dict[str, list[HistoryLine]]()
        for row in await self._db.read(lambda c: c.execute(sql, (wanted,)).fetchall()):
            found.setdefault(row[2], []).append(line_of(row))
        return found

    async def page(self, *, after: int = 0, limit: int = 1000) -> list[HistoryLine]:
        """Lines with a number above `after`, oldest first."""
        sql = f"SELECT {COLUMNS} FROM audit WHERE number > ? ORDER BY number LIMIT ?"  # noqa: S608
        return await self._db.read(lambda c: [line_of(row) for row in c.execute(sql, (after, limit))])

    async def latest(self, limit: int = 50) -> list[HistoryLine]:
        """The newest lines, newest first."""
        sql = f"SELECT {COLUMNS} FROM audit ORDER BY number DESC LIMIT ?"  # noqa: S608
        return await self._db.read(lambda c: [line_of(row) for row in c.execute(sql, (limit,))])

    async def verify(self) -> int | None:
        """Check the whole chain. The number of the first line that is altered or missing; None if it is whole."""
        return await self._db.read(first_broken)


def append_refused(
    connection: sqlite3.Connection,
    now: datetime,
    event: Literal["refuse", "challenge"],
    message: Message,
    verdict: Verdict,
    rules: Iterable[str],
) -> None:
    """A line for a mail that did not come in: envelope, rules, digest. No row is kept of it."""
    envelope = message.envelope
    detail = {
        "sender": str(envelope.sender),
        "size": message.body.size,
        "sha256": message.body.sha256,
        "policy": verdict.policy,
        "rules": list(rules),
    }
    actor = Actor(envelope.client.login or str(envelope.sender).lower(), Role.SENDER, "smtp")
    recipients = [str(address) for address in envelope.recipients]
    append(connection, now, actor, event, message_id=message.id, recipients=recipients, detail=detail)


def lines_of(connection: sqlite3.Connection, message_id: str) -> list[HistoryLine]:
    """The lines about a message, oldest first."""
    sql = f"SELECT {COLUMNS} FROM audit WHERE message_id = ? AND message_id <> '' ORDER BY number"  # noqa: S608
    return [line_of(row) for row in connection.execute(sql, (message_id,))]


def as_json(line: HistoryLine) -> dict[str, Any]:
    """A line for API and CLI."""
    return {**asdict(line), "at": line.at.isoformat(), "role": str(line.role), "recipients": list(line.recipients)}


def first_broken(connection: sqlite3.Connection) -> int | None:
    """Walk the chain from its start; the number of the first line that does not fit, None if all do."""
    expected, previous = 1, START
    sql = f"SELECT {COLUMNS} FROM audit ORDER BY number"  # noqa: S608
    for *line, stored in connection.execute(sql):
        if line[0] != expected or chained(previous, tuple(line)) != stored:
            return expected
        expected, previous = expected + 1, stored
    row = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'audit'").fetchone()
    highest = row[0] if row else 0
    # Lines cut off at the end leave a whole chain behind, but SQLite remembers how far it once went.
    return None if highest == expected - 1 else expected


def chained(previous: bytes, line: tuple[Any, ...]) -> bytes:
    """The hash of a line: SHA-256 over the previous line's hash and the columns without their own hash, as a JSON list
    in UTF-8 without blanks. docs/figures.md tells outsiders the same.
    """
    return hashlib.sha256(previous + to_text(line).encode()).digest()


def line_of(row: tuple[Any, ...]) -> HistoryLine:
    """A row of COLUMNS as a value."""
    return HistoryLine(
        number=row[0],
        at=to_moment(row[1]),
        message_id=row[2],
        actor=row[3],
        role=Role(row[4]),
        via=row[5],
        event=row[6],
        recipients=tuple(json.loads(row[7])),
        comment=row[8],
        detail=json.loads(row[9]),
        hash=row[10].hex(),
    )
