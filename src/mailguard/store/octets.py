"""The octets of mails at rest: durable before any row speaks of them, and found again from the rows.

Small bodies lie in the row, larger ones as files (store.bodies), both sealed if there are keys. What touches files runs
in threads of its own. It never looks into the octets, and knows of the ledger only where a body lies and with what key.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import field
from functools import partial
from pathlib import Path
from typing import TypeVar

from mailguard.mail.message import Body
from mailguard.mail.saying import Sentence
from mailguard.mail.sealing import new_key, seal, unseal
from mailguard.mail.values import value
from mailguard.store.bodies import SEALED, Bodies, Fresh
from mailguard.store.errors import StoreError, typed
from mailguard.store.keyring import Keyring
from mailguard.store.sealed import Seal, key_of, seal_of
from mailguard.store.shelving import Shelf

T = TypeVar("T")

#: Bodies up to so many octets lie in the database.
SMALL_BODY = 64 * 2**10
#: Threads that write, fsync and move files: fsyncs of several files overlap on the disk.
_THREADS = 4

_BODY = (
    "SELECT m.size, m.sha256, m.body, b.octets, m.number, k.wrapped_by, k.wrapped FROM message m"
    " LEFT JOIN body b ON b.message = m.number LEFT JOIN body_key k ON k.message = m.number WHERE m.id = ?"
)
_SMALL_BODIES = (
    "SELECT m.id, m.size, m.sha256, b.octets, m.number, k.wrapped_by, k.wrapped FROM message m"
    " JOIN body b ON b.message = m.number LEFT JOIN body_key k ON k.message = m.number"
    " WHERE m.body = 'row' AND m.id IN (SELECT value FROM json_each(?))"
)
_OF_FILES = (
    "SELECT m.id || CASE WHEN k.message IS NULL THEN '' ELSE ? END FROM message m"
    " LEFT JOIN body_key k ON k.message = m.number"
    " WHERE m.body = 'file' AND m.id IN (SELECT value FROM json_each(?))"
)
_NO_KEYS = Sentence("暗号化された本文がありますが、鍵がありません。", "a sealed body, and no keys to keep its own with")


class BodyGone(KeyError):
    """There is no such message, or its octets were removed after their time."""


@value(frozen=True, slots=True)
class Kept:
    """Octets that go into the row, None if they are a file; the key that they lie sealed with."""

    octets: bytes | None = field(repr=False)
    key: bytes | None = field(repr=False)


class Octets:
    """Bodies in and out."""

    def __init__(self, folder: Path, keys: Keyring | None) -> None:
        """folder: of the files; made if missing (mode 0700)."""
        self._keys = keys
        self._bodies = Bodies(folder)
        # At once, for a front door that opens beside a sorting room of another process; `settle` makes it durable.
        self._bodies.make()
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="spool")
        self._shelf = Shelf(self._bodies, self._pool)
        #: Where the front door writes large bodies: the same file system, so that adopting one is a rename.
        self.incoming = self._bodies.incoming

    async def settle(self, older_than: float, is_spoken_of: Callable[[list[str]], set[str]]) -> None:
        """Make the folders, and remove files that no row speaks of (`Bodies.sweep`)."""
        await self.in_thread(self._bodies.settle)
        await self.in_thread(lambda: self._bodies.sweep(older_than, is_spoken_of))

    def in_row(self, body: Body) -> Kept | None:
        """Octets that go into the row, sealed if there are keys. None for others."""
        octets = body.octets
        if octets is None or body.size > SMALL_BODY:
            return None
        key = self._key_for(body)
        return Kept(octets if key is None else seal(key, octets), key)

    async def settled(self, body: Body, message_id: str) -> Kept:
        """Make octets durable that do not go into the row; a file is adopted: moved to its place. They lie sealed if
        there are keys. Raises StoreError and its kinds.
        """
        key = self._key_for(body)
        if (octets := body.in_memory) is not None:
            try:
                await self._shelf.put(Fresh(octets, message_id, key))
            except OSError as error:
                raise typed(error) from error
        else:
            await self.in_thread(partial(self._settle_file, body, message_id, key))
        return Kept(None, key)

    def _key_for(self, body: Body) -> bytes | None:
        return body.key or (None if self._keys is None else new_key())

    def _settle_file(self, body: Body, message_id: str, key: bytes | None) -> None:
        if body.path is not None and body.key == key:
            self._bodies.adopt(body.path, message_id, sealed=key is not None)
            return
        with body.open() as source:
            self._bodies.write(source, message_id, key)
        if body.path is not None:  # it came in the clear, from a door that knew no keys
            body.path.unlink(missing_ok=True)

    def seal(self, kept: Kept, text: str) -> Seal | None:
        """What its rows are sealed with, and its searched text; None where it lies in the clear. Raises StoreError."""
        if kept.key is None:
            return None
        if self._keys is None:
            raise StoreError(_NO_KEYS)
        return seal_of(self._keys, kept.key, text)

    def lying(self, body: Body, message_id: str, kept: Kept, *, goes_on: bool = True) -> Body:
        """A body that was just kept: still in memory, or as the file that it is now. goes_on: it is on its way at once;
        one that waits for people leaves its sheet to others.
        """
        if body.octets is not None or (body.sheet is not None and goes_on):
            return body
        return self._bodies.lying(body, message_id, kept.key)

    def read(self, connection: sqlite3.Connection, message_id: str) -> Body:
        """The octets of a message. Raises BodyGone; OSError where they cannot be opened."""
        row = connection.execute(_BODY, (message_id,)).fetchone()
        if row is None or row[2] == "gone":
            raise BodyGone(message_id)
        size, digest, place, octets, *wrapped = row
        key = key_of(self._keys, *wrapped)
        if place == "file":
            path = self._bodies.path_of(message_id, sealed=key is not None)
            return Body(size, digest, path=path, key=key)
        return Body(size, digest, octets=octets if key is None else unseal(key, octets))

    def read_small(self, connection: sqlite3.Connection, names: str) -> dict[str, Body]:
        """Those of messages (a JSON list of ids) that lie in a row, and are as they were digested at the door."""
        found: dict[str, Body] = {}
        for message_id, size, digest, octets, *wrapped in connection.execute(_SMALL_BODIES, (names,)):
            try:
                key = key_of(self._keys, *wrapped)
                clear = octets if key is None else unseal(key, octets)
            except OSError:  # `read` says why
                continue
            if len(clear) == size and hashlib.sha256(clear).hexdigest() == digest:
                found[message_id] = Body(size, digest, octets=clear)
        return found

    async def remove(self, message_ids: list[str]) -> None:
        """Remove files of messages that no row speaks of any more. Raises StoreError and its kinds."""
        await self.in_thread(partial(self._bodies.remove_all, message_ids))

    async def in_thread(self, work: Callable[[], T]) -> T:
        """Do what takes long, or touches files. OSError becomes StoreError and its kinds."""
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, work)
        except OSError as error:
            raise typed(error) from error


def spoken_of(connection: sqlite3.Connection, names: list[str]) -> set[str]:
    """Those of these names of files that the ledger speaks of."""
    ids = json.dumps([name.removesuffix(SEALED) for name in names])
    return {row[0] for row in connection.execute(_OF_FILES, (SEALED, ids))}
