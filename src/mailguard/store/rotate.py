"""Another key for bodies at rest: keys are wrapped anew, bodies from before are sealed, or all of them opened again.

To change the key no body is read: each has a key of its own, and only that is wrapped anew. Runs beside a server, in
small transactions, and goes on where it was stopped. A file is written under its other name before the row says so and
removed after, so a kill at any point leaves a body that can be read, and at most a file that no row speaks of.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from mailguard.mail.message import Body
from mailguard.mail.saying import Sentence
from mailguard.mail.sealing import new_key, seal, unseal
from mailguard.store import snapshots
from mailguard.store.alone import may_remove
from mailguard.store.bodies import Bodies
from mailguard.store.db import Database
from mailguard.store.errors import StoreBusy, StoreError, typed
from mailguard.store.keyring import Keyring, Wrapped
from mailguard.store.log_file import truncate_log
from mailguard.store.sealed import insert_key, key_of, open_lesson, open_text, seal_lesson, seal_of

T = TypeVar("T")
_BATCH = 200
_NO_KEY = Sentence(
    "store.encryption_key_file が設定されていないため、変更先の鍵がありません。",
    "store.encryption_key_file is not set: there is no key to change to",
)
_IN_USE = Sentence(
    "バックアップが本文を読んでいるか、本文を削除中です。数分後にもう一度お試しください。",
    "a backup reads bodies, or some are being removed; try again in some minutes",
)


@dataclass(slots=True)
class Rotated:
    """What was done: keys wrapped anew, bodies sealed, bodies opened; damaged: those that could be neither."""

    wrapped: int = 0
    sealed: int = 0
    opened: int = 0
    damaged: int = 0


@dataclass(frozen=True, slots=True)
class _Row:
    """A message with a body: its number, id, where the octets are, what its key is wrapped by."""

    number: int
    id: str
    place: str
    size: int
    wrapped_by: str | None
    wrapped: bytes | None


class Rotation:
    """One run. said: hears of the numbers now and then."""

    def __init__(self, db: Database, bodies: Bodies, said: Callable[[Rotated], object] = bool) -> None:
        if db.keys is None:
            raise StoreError(_NO_KEY)
        self._db, self._bodies, self._keys, self._said = db, bodies, db.keys, said
        self.done = Rotated()

    async def run(self, *, decrypt: bool = False) -> Rotated:
        """Raises StoreError and its kinds, OSError; what was done until then stays done."""
        with may_remove(self._db.path) as allowed:
            if not allowed:
                raise StoreBusy(_IN_USE)
            step = self._open if decrypt else self._close
            after = 0
            while rows := await self._db.read(partial(_rows, after=after, decrypt=decrypt, current=self._keys.current)):
                for row in rows:
                    try:
                        await step(row)
                    except OSError:
                        self.done.damaged += 1
                after = rows[-1].number
                self._said(self.done)
            await asyncio.to_thread(truncate_log, self._db.path)
        # Not without its lock, nor before the bodies: a server writes it with the first key of the file from now on.
        await _in_thread(partial(snapshots.anew, snapshots.snapshot_path(self._db.path), self._keys, seal=not decrypt))
        return self.done

    async def _close(self, row: _Row) -> None:
        if row.wrapped_by is not None:
            self.done.wrapped += await self._db.write(partial(_wrap_anew, row=row, keys=self._keys))
        elif row.place == "row":
            self.done.sealed += await self._db.write(partial(_seal_row, row=row, keys=self._keys))
        else:
            key = new_key()
            await _in_thread(partial(self._copy, Body(row.size, "", path=self._bodies.path_of(row.id)), row.id, key))
            done = await self._db.write(partial(_seal_file, row=row, keys=self._keys, key=key))
            self.done.sealed += await self._keep(row, sealed=True, done=done)

    async def _open(self, row: _Row) -> None:
        key = key_of(self._keys, row.number, row.wrapped_by, row.wrapped)
        assert key is not None
        if row.place == "file":
            path = self._bodies.path_of(row.id, sealed=True)
            await _in_thread(partial(self._copy, Body(row.size, "", path=path, key=key), row.id, None))
        done = await self._db.write(partial(_open_row, row=row, key=key))
        self.done.opened += done if row.place == "row" else await self._keep(row, sealed=False, done=done)

    def _copy(self, body: Body, message_id: str, key: bytes | None) -> None:
        with body.open() as source:
            self._bodies.write(source, message_id, key)

    async def _keep(self, row: _Row, *, sealed: bool, done: int) -> int:
        """Remove the file that the row does not speak of any more: the other one, if nothing came of it."""
        wrong = self._bodies.path_of(row.id, sealed=not sealed if done else sealed)
        await _in_thread(partial(wrong.unlink, missing_ok=True))
        return done


def _rows(connection: sqlite3.Connection, after: int, decrypt: bool, current: str) -> list[_Row]:
    wanted = "k.message IS NOT NULL" if decrypt else "(k.message IS NULL OR k.wrapped_by <> ?3)"
    sql = (
        "SELECT m.number, m.id, m.body, m.size, k.wrapped_by, k.wrapped FROM message m"  # noqa: S608
        " LEFT JOIN body_key k ON k.message = m.number"
        f" WHERE m.number > ?1 AND m.body <> 'gone' AND {wanted} AND ?3 = ?3 ORDER BY m.number LIMIT ?2"
    )
    return [_Row(*row) for row in connection.execute(sql, (after, _BATCH, current))]


def _wrap_anew(connection: sqlite3.Connection, row: _Row, keys: Keyring) -> int:
    assert row.wrapped_by is not None
    assert row.wrapped is not None
    wrapped = keys.wrap(keys.unwrap(Wrapped(row.wrapped_by, row.wrapped), row.number), row.number)
    sql = "UPDATE body_key SET wrapped_by = ?, wrapped = ? WHERE message = ? AND wrapped = ?"
    return connection.execute(sql, (wrapped.by, wrapped.octets, row.number, row.wrapped)).rowcount


def _seal_row(connection: sqlite3.Connection, row: _Row, keys: Keyring) -> int:
    found = connection.execute("SELECT octets FROM body WHERE message = ?", (row.number,)).fetchone()
    if found is None or not _still(connection, row):
        return 0
    key = new_key()
    connection.execute("UPDATE body SET octets = ? WHERE message = ?", (seal(key, found[0]), row.number))
    return _seal_file(connection, row, keys, key)


def _seal_file(connection: sqlite3.Connection, row: _Row, keys: Keyring, key: bytes) -> int:
    """The rows beside the octets. 0: it was removed meanwhile, or somebody else was faster."""
    if not _still(connection, row):
        return 0
    found = connection.execute("SELECT text FROM mail_text WHERE message = ?", (row.number,)).fetchone()
    made = seal_of(keys, key, found[0] if found else "")
    connection.execute("UPDATE mail_text SET text = '', sealed = ? WHERE message = ?", (made.text, row.number))
    insert_key(connection, row.number, made)
    _change_lesson(connection, row.number, lambda lesson: seal_lesson(key, lesson))
    return 1


def _change_lesson(connection: sqlite3.Connection, number: int, change: Callable[[bytes], bytes]) -> None:
    found = connection.execute("SELECT octets FROM lesson WHERE message = ?", (number,)).fetchone()
    if found is not None:
        connection.execute("UPDATE lesson SET octets = ? WHERE message = ?", (change(found[0]), number))


def _open_row(connection: sqlite3.Connection, row: _Row, key: bytes) -> int:
    if not _still(connection, row):
        return 0
    found = connection.execute("SELECT octets FROM body WHERE message = ?", (row.number,)).fetchone()
    if found is not None:
        connection.execute("UPDATE body SET octets = ? WHERE message = ?", (unseal(key, found[0]), row.number))
    text = connection.execute("SELECT sealed FROM mail_text WHERE message = ?", (row.number,)).fetchone()
    if text is not None and text[0] is not None:
        values = (open_text(key, text[0]), row.number)
        connection.execute("UPDATE mail_text SET text = ?, sealed = NULL WHERE message = ?", values)
    _change_lesson(connection, row.number, lambda lesson: open_lesson(key, lesson))
    connection.execute("DELETE FROM body_key WHERE message = ?", (row.number,))
    return 1


def _still(connection: sqlite3.Connection, row: _Row) -> bool:
    """Whether the body is where it was read to be, and its key what it was."""
    sql = "SELECT m.body, k.wrapped FROM message m LEFT JOIN body_key k ON k.message = m.number WHERE m.number = ?"
    return bool(connection.execute(sql, (row.number,)).fetchone() == (row.place, row.wrapped))


async def _in_thread(work: Callable[[], T]) -> T:
    try:
        return await asyncio.to_thread(work)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise typed(error) from error
