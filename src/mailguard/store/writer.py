"""The one thread that writes: it takes everything that waits, and commits it once (store.transactions).

Many sessions share one fsync that way. What one turn of the event loop asks for is handed over together, and what is in
no hurry rides with it. The answers go back to the event loop after the commit, never before. Whatever fails, the thread
goes on. Where another process keeps the turn to write for longer than SQLite would wait for its lock, whoever waits is
told that the ledger is busy, as SQLite would have told them.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from mailguard.mail.saying import Sentence
from mailguard.store.connection import BUSY_SECONDS
from mailguard.store.errors import StoreBusy, StoreClosed, StoreError
from mailguard.store.transactions import Answer, Bulk, Transactions, Wanted
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
_CLOSED = Sentence("台帳は閉じられています。", "the ledger is closed")
_FULL = Sentence("ディスクへの書き込みを待つ変更が多すぎます。", "too many changes are waiting for the disk")
_KEPT = Sentence("別のプロセスが台帳を占有しています。", "another process keeps the ledger to itself")


class Writer:
    """Owns the only connection that writes."""

    def __init__(self, path: Path, loop: asyncio.AbstractEventLoop) -> None:
        """Raises OSError."""
        self._loop = loop
        #: The thread's own, but for their stamps and their count.
        self.transactions = Transactions(path)
        self._queue: queue.SimpleQueue[list[Wanted] | None] = queue.SimpleQueue()
        #: Not handed over yet: what waits for the end of this turn of the loop, and what rides with whatever comes.
        self._given: list[Wanted] = []
        self._riding: list[Wanted] = []
        self._ride: asyncio.TimerHandle | None = None
        self._waiting = 0
        self._thread = threading.Thread(target=self._run, name="ledger-write", daemon=True)
        self._started: asyncio.Future[None] = loop.create_future()
        self._open = False
        self._turn = Turn(path)
        #: The changes that the thread stands in line with, and since when; given up: nobody waits for them any more.
        self._standing: tuple[list[Wanted], float] | None = None
        self._line = threading.Lock()
        self._looking: asyncio.TimerHandle | None = None

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
            raise StoreClosed(_CLOSED)
        if self._waiting >= _WAITING:
            raise StoreBusy(_FULL)
        future: asyncio.Future[T] = self._loop.create_future()
        wanted = Wanted(change, future, bulk, item)
        self._waiting += 1
        if rides and len(self._riding) < _RIDERS:
            self._riding.append(wanted)
            if self._ride is None:
                self._ride = self._loop.call_later(_RIDES, self._hand_over)
        else:
            if not self._given:
                self._loop.call_soon(self._hand_over)
            self._given.append(wanted)
        return future

    def _hand_over(self) -> None:
        """On the event loop: what came in one turn of it wakes the thread once."""
        if self._ride is not None:
            self._ride.cancel()
            self._ride = None
        some = self._riding + self._given
        self._riding, self._given = [], []
        for at in range(0, len(some), _BATCH):
            self._queue.put(some[at : at + _BATCH])

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
        """Nothing of what waits will be done, if the turn has not come: the thread does nothing that is given up."""
        with self._line:
            if self._standing is None or not self._stands_too_long():
                return
            given = [wanted for wanted in self._standing[0] if not wanted.given_up]
            for wanted in given:
                wanted.given_up = True
        with contextlib.suppress(queue.Empty):
            while (some := self._queue.get_nowait()) is not None:
                given += some
            self._queue.put(None)  # the end stands in line as well
        self._settle([Answer(wanted, error=StoreBusy(_KEPT)) for wanted in given])

    def _run(self) -> None:
        try:
            self.transactions.open()
        except sqlite3.Error as error:
            self._turn.close()
            self._tell(self._started.set_exception, error)
            return
        self._tell(self._started.set_result, None)
        going = True
        while going:
            batch: list[Wanted] = []
            try:
                going = self._take(batch)
                if batch:
                    self._tell(self._settle, self._commit(batch))
                self.transactions.mend()
            except BaseException as error:  # no memory, say: nobody may wait for ever, and this thread goes on
                self._tell(self._settle, [Answer(wanted, error=StoreError(type(error).__name__)) for wanted in batch])
            finally:
                self._turn.leave()
        self.transactions.close()
        self._turn.close()

    def _take(self, batch: list[Wanted]) -> bool:
        """Put all that waits into the batch, at least one change; False if this is the end. While another process
        writes, more may come.
        """
        while len(batch) < _BATCH:
            try:
                some = self._queue.get(block=not batch)
            except queue.Empty:
                break
            if some is None:
                return False
            if batch or self._in_turn(some):
                batch += some
        return True

    def _in_turn(self, some: list[Wanted]) -> bool:
        """Wait for our turn with changes; False if they were given up meanwhile."""
        self._standing = some, time.monotonic()
        self._turn.take()
        with self._line:
            self._standing = None
        if some[0].given_up:
            self._turn.leave()
        return not some[0].given_up

    def _commit(self, batch: list[Wanted]) -> list[Answer]:
        try:
            return self.transactions.commit(batch)
        finally:
            self._turn.leave()

    def _settle(self, answers: list[Answer]) -> None:
        """On the event loop: wake everybody of one commit."""
        self._waiting -= len(answers)
        for answer in answers:
            if answer.wanted.future.done():
                continue  # its caller was cancelled; the change stands
            if answer.error is not None:
                answer.wanted.future.set_exception(answer.error)
            else:
                answer.wanted.future.set_result(answer.value)

    def _tell(self, callback: Callable[[Any], object], value: Any) -> None:
        try:
            self._loop.call_soon_threadsafe(callback, value)
        except RuntimeError:
            return  # the loop is closed: nobody is left who waits
