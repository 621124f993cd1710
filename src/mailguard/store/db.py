"""The SQLite file: one writer thread that commits everything waiting in one transaction, and readers apart.

A write returns when its transaction is on disk (WAL, synchronous=FULL), so what was acknowledged survives the power
cut. Each write runs under a savepoint of its own: one that fails takes nothing along. It trusts the disk to keep what
fsync promised and nothing else. No SQL and no fsync ever runs on the event loop.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from mailguard.mail.saying import Sentence
from mailguard.store.alone import opening
from mailguard.store.connection import connect
from mailguard.store.errors import StoreClosed, StoreCorrupt, StoreError, typed
from mailguard.store.folders import make
from mailguard.store.handed_on import HandedOn, Owing
from mailguard.store.keyring import Keyring
from mailguard.store.migrate import prepare
from mailguard.store.reading import ReadingThreads
from mailguard.store.sealed import has_its_keys, opener
from mailguard.store.transactions import Bulk
from mailguard.store.writer import Writer

__all__ = ["Database", "StoreError"]

T = TypeVar("T")

#: Threads that read. Pages and look-ups are short; more would only wait for the interpreter lock.
_READERS = 3


class Database:
    """The opened ledger. All methods belong to the event loop that opened it."""

    def __init__(self, path: Path, writer: Writer, keys: Keyring | None, owner: str = "") -> None:
        """Use `open`."""
        self.path = path
        #: What bodies are sealed with; None: they lie in the clear.
        self.keys = keys
        #: Whose leases these are: another process, or this one after a restart, has another name.
        self.owner = owner or secrets.token_hex(8)
        self._writer = writer
        #: When something was last changed of what the judge asks.
        self.stamps = writer.transactions.stamps
        self._readers = ReadingThreads(_READERS, "ledger-read")
        self._local = threading.local()
        self._connections: list[sqlite3.Connection] = []
        self._closed = self._alone = False
        #: A page was found damaged. It stays so until a restart: nothing that is written here can be trusted to stay.
        self.damaged = False
        #: Mail of this moment, as far as it is on its way in memory.
        self.handed_on = HandedOn()
        #: What is owed about mail of this moment.
        self.owing = Owing()

    @classmethod
    async def open(cls, path: Path, keys: Keyring | None = None, owner: str = "") -> Database:
        """Open (and create or migrate) the ledger at `path`. keys: of bodies; those that it needs must be among them.
        owner: whose leases are taken; else somebody new.

        Raises StoreTooNew, StoreCorrupt, StoreBusy, StoreFull, StoreError.
        """
        try:
            with contextlib.ExitStack() as stack:
                await asyncio.to_thread(_prepared, stack, path, keys)
                writer = Writer(path, asyncio.get_running_loop())
                await writer.start()
        except (sqlite3.Error, OSError) as error:
            raise typed(error) from error
        return cls(path, writer, keys, owner)

    @classmethod
    async def open_alone(cls, path: Path, keys: Keyring | None = None) -> Database:
        """To read it on a disk without any room, where nobody else works on it: nothing is created or migrated, and
        what is written raises StoreClosed. Raises StoreError and its kinds, also with the first reading.
        """
        try:
            found = cls(path, Writer(path, asyncio.get_running_loop()), keys)
        except OSError as error:
            raise typed(error) from error
        found._alone, found._readers = True, ReadingThreads(1, "ledger-read")
        return found

    async def write(
        self,
        change: Callable[[sqlite3.Connection], T],
        bulk: Bulk | None = None,
        item: object = None,
        *,
        rides: bool = False,
    ) -> T:
        """Run `change` in the writer thread; return its value once it is on disk. bulk: what does the same with others
        of its kind, given `item`, in fewer statements. rides: it may wait some moments, and share the next commit.

        What `change` raises is raised here and undoes only itself. A caller that is cancelled does not undo it.
        Raises StoreFull, StoreBusy, StoreCorrupt, StoreClosed, StoreError.
        """
        try:
            return await self._writer.submit(change, bulk, item, rides=rides)
        except StoreCorrupt:
            self.damaged = True
            raise

    async def read(self, query: Callable[[sqlite3.Connection], T], *, snapshot: bool = True) -> T:
        """Run `query` in a reader thread, unable to write. Raises StoreError and its kinds.

        snapshot: all its statements see one state of the ledger; a single one does so by itself.
        """
        if self._closed:
            raise StoreClosed(Sentence("台帳は閉じられています。", "the ledger is closed"))
        return await self._readers.run(self._read, query, snapshot)

    async def close(self) -> None:
        """Finish what is waiting, then close. Nothing can be written afterwards (StoreClosed)."""
        if self._closed:
            return
        self._closed = True
        await self._writer.stop()
        await asyncio.to_thread(self._readers.join)
        for connection in self._connections:
            connection.close()

    def _read(self, query: Callable[[sqlite3.Connection], T], snapshot: bool) -> T:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        try:
            if connection is None:
                connection = self._local.connection = connect(
                    self.path, read_only=True, opened=opener(self.keys), alone=self._alone
                )
                self._connections.append(connection)
            if not snapshot:
                return query(connection)
            connection.execute("BEGIN")  # one snapshot for all statements of the query
            try:
                return query(connection)
            finally:
                with contextlib.suppress(sqlite3.Error):
                    connection.execute("ROLLBACK")
        except sqlite3.Error as error:
            kind = typed(error)
            self.damaged = self.damaged or isinstance(kind, StoreCorrupt)
            raise kind from error


def _prepared(stack: contextlib.ExitStack, path: Path, keys: Keyring | None) -> None:
    """Make the ledger ready. Its files are not exchanged before `stack` ends, when the one that was made ready is open.

    Blocks.
    """
    make(path.parent)
    stack.enter_context(opening(path))
    prepare(path)
    has_its_keys(path, keys)
