"""The one thread that writes: it takes everything that waits, runs each change under a savepoint, and commits once.

Many sessions share one fsync that way, and changes of one kind share their statements (`Bulk`), without a savepoint
where there are no others: what fails together is done again one by one, so that it comes to the same. What one turn of
the event loop asks for is handed over together, and what is in no hurry rides with it. The answers go back to the event
loop after the commit, never before; if the commit fails, everybody in it is told so and nothing of it was kept.
Whatever fails, the thread goes on: with a new connection if the old one is no use any more. Where another process keeps
the turn to write for longer than SQLite would wait for its lock, whoever waits is told that the ledger is busy, as
SQLite would have told them.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from mailguard.store.connection import BUSY_SECONDS, connect
from mailguard.store.errors import StoreBusy, StoreClosed, StoreError, typed
from mailguard.store.stamps import Changes, Stamps, watch
from mailguard.store.turn import Turn

T = TypeVar("T")

#: Changes in one transaction at most: bounds what one failed commit takes along, and how long readers see old data.
_BATCH = 256
#: Changes that may wait. More means that the disk does not keep up: better a 451 now than a time-out later.
_WAITING = 20_000
#: Seconds between two looks at how long the thread has stood in line for its turn.
_LOOKS = 1.0
#: Seconds that a change in no hurry waits for others to go with, and how many of them may.
_RIDES, _RIDERS = 0.02, 64


#: Does many changes of one kind in few statements: values in, answers out, in the same order. It changes nothing but
#: the database: whatever it raises, it is undone and each change is run by itself.
Bulk = Callable[[sqlite3.Connection, Sequence[Any]], Sequence[Any]]


@dataclass(slots=True)
class _Entry:
    """change: what is run; bulk: what does it together with others of its kind, given `item`."""

    change: Callable[[sqlite3.Connection], Any]
    future: asyncio.Future[Any]
    bulk: Bulk | None = None
    item: Any = None
    given_up: bool = False


@dataclass(slots=True)
class _Answer:
    entry: _Entry
    value: Any = None
    error: BaseException | None = None


class _TransactionLost(Exception):
    """SQLite itself rolled the whole transaction back (disk full, I/O error); the cause is `__cause__`."""


class Writer:
    """Owns the only connection that writes."""

    def __init__(self, path: Path, loop: asyncio.AbstractEventLoop) -> None:
        """Raises OSError."""
        self._path = path
        self._loop = loop
        #: What each commit changes of what the judge asks.
        self.stamps = Stamps(path)
        self._changes = Changes()
        self._queue: queue.SimpleQueue[list[_Entry] | None] = queue.SimpleQueue()
        #: Not handed over yet: what waits for the end of this turn of the loop, and what rides with whatever comes.
        self._given: list[_Entry] = []
        self._riding: list[_Entry] = []
        self._ride: asyncio.TimerHandle | None = None
        self._waiting = 0
        self._thread = threading.Thread(target=self._run, name="ledger-write", daemon=True)
        self._started: asyncio.Future[None] = loop.create_future()
        self._open = False
        self._turn: Turn | None = None
        #: The changes that the thread stands in line with, and since when; given up: nobody waits for them any more.
        self._standing: tuple[list[_Entry], float] | None = None
        self._line = threading.Lock()
        self._looking: asyncio.TimerHandle | None = None
        self.commits = 0

    async def start(self) -> None:
        """Start the thread and open the connection. Raises sqlite3.Error."""
        self._thread.start()
        await self._started
        self._open = True
        self._look()

    def submit(
        self,
        change: Callable[[sqlite3.Connection], T],
        bulk: Bulk | None = None,
        item: object = None,
        *,
        rides: bool = False,
    ) -> asyncio.Future[T]:
        """Put a change in line. The future is done after the commit that holds it. bulk: does it with others. rides: it
        may wait some moments for the next change, and share its commit.
        """
        if not self._open:
            raise StoreClosed("the ledger is closed")
        if self._waiting >= _WAITING:
            raise StoreBusy("too many changes are waiting for the disk")
        future: asyncio.Future[T] = self._loop.create_future()
        entry = _Entry(change, future, bulk, item)
        self._waiting += 1
        if rides and len(self._riding) < _RIDERS:
            self._riding.append(entry)
            if self._ride is None:
                self._ride = self._loop.call_later(_RIDES, self._hand_over)
        else:
            if not self._given:
                self._loop.call_soon(self._hand_over)
            self._given.append(entry)
        return future

    def _hand_over(self) -> None:
        """On the event loop: what came in one turn of it wakes the thread once."""
        if self._ride is not None:
            self._ride.cancel()
            self._ride = None
        entries = self._riding + self._given
        self._riding, self._given = [], []
        for at in range(0, len(entries), _BATCH):
            self._queue.put(entries[at : at + _BATCH])

    async def stop(self) -> None:
        """Commit what waits, close, and end the thread; it is left behind where its turn does not come."""
        self._open = False
        self._hand_over()
        self._queue.put(None)
        while self._thread.is_alive() and not self._stands_too_long():
            await asyncio.to_thread(self._thread.join, _LOOKS)
        if self._looking is not None:
            self._looking.cancel()
        self._give_up()

    def _look(self) -> None:
        """On the event loop, now and then: whoever waits for a turn that does not come is told."""
        self._give_up()
        self._looking = self._loop.call_later(_LOOKS, self._look)

    def _stands_too_long(self) -> bool:
        standing = self._standing
        return standing is not None and time.monotonic() - standing[1] > BUSY_SECONDS

    def _give_up(self) -> None:
        """Nothing of what waits will be done, if the turn has not come: the thread runs no entry that is given up."""
        with self._line:
            if self._standing is None or not self._stands_too_long():
                return
            given = [entry for entry in self._standing[0] if not entry.given_up]
            for entry in given:
                entry.given_up = True
        with contextlib.suppress(queue.Empty):
            while (entries := self._queue.get_nowait()) is not None:
                given += entries
            self._queue.put(None)  # the end stands in line as well
        busy = "another process keeps the ledger to itself"
        self._settle([_Answer(entry, error=StoreBusy(busy)) for entry in given])

    def _run(self) -> None:
        try:
            connection = self._connect()
        except sqlite3.Error as error:
            self._tell(self._started.set_exception, error)
            return
        self._turn = Turn(self._path)
        self._tell(self._started.set_result, None)
        going = True
        while going:
            batch: list[_Entry] = []
            try:
                going = self._take(batch)
                if batch:
                    self._tell(self._settle, self._commit(connection, batch))
                if connection.in_transaction:  # it could be neither committed nor rolled back
                    connection = self._anew(connection)
            except BaseException as error:  # no memory, say: nobody may wait for ever, and this thread goes on
                self._tell(self._settle, [_Answer(entry, error=StoreError(type(error).__name__)) for entry in batch])
            finally:
                self._turn.leave()
        connection.close()
        self._turn.close()

    def _connect(self) -> sqlite3.Connection:
        connection = connect(self._path)
        watch(connection, self._changes)
        return connection

    def _anew(self, connection: sqlite3.Connection) -> sqlite3.Connection:
        """Another connection: the transaction of the old one goes with it. The old one if there is no other."""
        try:
            fresh = self._connect()
        except sqlite3.Error:
            return connection
        with contextlib.suppress(sqlite3.Error):
            connection.close()
        return fresh

    def _take(self, batch: list[_Entry]) -> bool:
        """Put everything that waits into the batch, at least one entry; False if this is the end. While another process
        writes, more may come.
        """
        while len(batch) < _BATCH:
            try:
                entries = self._queue.get(block=not batch)
            except queue.Empty:
                break
            if entries is None:
                return False
            if batch or self._in_turn(entries):
                batch += entries
        return True

    def _in_turn(self, entries: list[_Entry]) -> bool:
        """Wait for our turn with changes; False if they were given up meanwhile."""
        if self._turn is None:
            return True
        self._standing = entries, time.monotonic()
        self._turn.take()
        with self._line:
            self._standing = None
        if entries[0].given_up:
            self._turn.leave()
        return not entries[0].given_up

    def _commit(self, connection: sqlite3.Connection, batch: list[_Entry]) -> list[_Answer]:
        try:
            changes = self._changes
            changes.clear()
            connection.execute("BEGIN IMMEDIATE")
            answers = self._at_once(connection, batch) or self._done(connection, batch)
            number = self.stamps.begin(changes.names, changes.circles) if changes else 0
            connection.execute("COMMIT")
            self.stamps.done(number, changes.circles if changes.counts_hold else {})
        except BaseException as error:  # whatever it was: nobody may wait for ever, and this thread goes on
            with contextlib.suppress(sqlite3.Error):
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
            cause = error.__cause__ if isinstance(error, _TransactionLost) else error
            assert cause is not None
            return [_Answer(entry, error=_fresh(cause)) for entry in batch]
        finally:
            if self._turn is not None:
                self._turn.leave()
        self.commits += 1
        return answers

    def _at_once(self, connection: sqlite3.Connection, batch: list[_Entry]) -> list[_Answer]:
        """Everything of a batch of which all go with others of their kind, without a savepoint. Nothing if it has
        others, or something fails; then nothing of it stands, in another transaction.
        """
        kinds = _by_kind(batch)
        if None in kinds:
            return []
        try:
            return [one for bulk, entries in kinds.items() if bulk for one in _answered(connection, bulk, entries)]
        except BaseException as error:
            if not connection.in_transaction:
                raise _TransactionLost from error
            connection.execute("ROLLBACK")
            self._changes.clear()
            connection.execute("BEGIN IMMEDIATE")
            return []

    def _done(self, connection: sqlite3.Connection, batch: list[_Entry]) -> list[_Answer]:
        """Everything of a batch. Whoever is in one waited for nobody else in it, so that their order is free."""
        kinds = _by_kind(batch)
        answers = [self._under_savepoint(connection, entry) for entry in kinds.pop(None, [])]
        for bulk, entries in kinds.items():
            assert bulk is not None
            answers += self._together(connection, bulk, entries)
        return answers

    def _together(self, connection: sqlite3.Connection, bulk: Bulk, entries: list[_Entry]) -> list[_Answer]:
        connection.execute("SAVEPOINT entry")
        try:
            answers = _answered(connection, bulk, entries)
        except BaseException as error:
            if not connection.in_transaction:
                raise _TransactionLost from error
            self._take_back(connection)
            return [self._under_savepoint(connection, entry) for entry in entries]
        connection.execute("RELEASE entry")
        return answers

    def _under_savepoint(self, connection: sqlite3.Connection, entry: _Entry) -> _Answer:
        connection.execute("SAVEPOINT entry")
        try:
            value = entry.change(connection)
        except BaseException as error:
            if not connection.in_transaction:
                raise _TransactionLost from error
            self._take_back(connection)
            return _Answer(entry, error=typed(error))
        connection.execute("RELEASE entry")
        return _Answer(entry, value)

    def _take_back(self, connection: sqlite3.Connection) -> None:
        connection.execute("ROLLBACK TO entry")
        connection.execute("RELEASE entry")
        self._changes.undone()

    def _settle(self, answers: list[_Answer]) -> None:
        """On the event loop: wake everybody of one commit."""
        self._waiting -= len(answers)
        for answer in answers:
            if answer.entry.future.done():
                continue  # its caller was cancelled; the change stands
            if answer.error is not None:
                answer.entry.future.set_exception(answer.error)
            else:
                answer.entry.future.set_result(answer.value)

    def _tell(self, callback: Callable[[Any], object], value: Any) -> None:
        try:
            self._loop.call_soon_threadsafe(callback, value)
        except RuntimeError:
            return  # the loop is closed: nobody is left who waits


def _by_kind(batch: list[_Entry]) -> dict[Bulk | None, list[_Entry]]:
    """None: what is done by itself."""
    kinds: dict[Bulk | None, list[_Entry]] = {}
    for entry in batch:
        kinds.setdefault(entry.bulk, []).append(entry)
    return kinds


def _answered(connection: sqlite3.Connection, bulk: Bulk, entries: list[_Entry]) -> list[_Answer]:
    values = bulk(connection, [entry.item for entry in entries])
    return [_Answer(entry, value) for entry, value in zip(entries, values, strict=True)]


def _fresh(cause: BaseException) -> BaseException:
    """An exception object for one waiter: a shared one would collect everybody's tracebacks."""
    error = typed(cause)
    return type(error)(*error.args) if isinstance(error, StoreError) else StoreError(str(error))
