"""The readers: warm worker processes, each reading one mail at a time, killed when one takes too long.

A mail can do what it likes to a worker: the worker dies, the mail gets the finding `unreadable`, the service goes on.
Only where no worker can be started at all is there an error, and then nothing is accepted (451). Workers are started
when needed, and end after so many mails (`asked`: one of them). Mail of text needs none (`letters`).
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable
from pathlib import Path

from mailguard.inspect.asked import Died, TooSlow, Worker
from mailguard.inspect.glance import glance
from mailguard.inspect.letters import Letters
from mailguard.inspect.limits import ReadingLimits
from mailguard.inspect.turns import Turns
from mailguard.mail.facts import Facts, Headers, unreadable
from mailguard.mail.message import Body
from mailguard.mail.saying import Sentence

_GLANCE = 16 * 1024
#: Seconds that a worker may take to say that it is there.
_START_SECONDS = 20.0


class ReadersDead(Exception):
    """No mail can be read now: no worker starts. The house fails, not the mail."""


class ReadersBusy(ReadersDead):
    """More mails are waiting to be read than the queue holds."""


class Readers:
    """A pool of reading workers. Use `start` before and `stop` after; `read` from any number of tasks."""

    def __init__(
        self,
        limits: ReadingLimits | None = None,
        count: int = 2,
        *,
        recycle_after: int = 2000,
        queue: int = 2000,
        folder: Path | None = None,
        here: int = 0,
        ended: Callable[[str], object] = bool,
    ) -> None:
        """count: workers at most; queue: mails waiting at most; folder: where mails in files lie, and workers read no
        other; here: up to so many octets a mail of text is read in this process (`letters`); ended: told why a
        worker ended before its time.
        """
        self.limits = limits or ReadingLimits()
        self._recycle_after = recycle_after
        self._queue = queue
        self._folder = "" if folder is None else str(folder.absolute())
        self._ended = ended
        self._letters = Letters(self.limits, here, ended)
        self._turns = Turns(count)
        self._idle: deque[Worker] = deque()
        self._starting = asyncio.Lock()
        self._waiting = 0
        self._stopped = False

    async def start(self) -> None:
        """Start the first worker, so that a house that cannot read finds out at once. Raises ReadersDead.

        Mail that comes meanwhile waits for this worker.
        """
        self._stopped = False
        async with self._starting:
            self._idle.append(await self._new())
        await self._letters.start()

    async def stop(self) -> None:
        """End all workers; mails under way are read to their end first."""
        self._stopped = True
        while self._idle:
            await self._idle.popleft().end()

    async def read(self, body: Body, whose: str = "") -> Facts:
        """The Facts of a mail. Never raises for what the mail does. Raises ReadersDead (or ReadersBusy).

        whose: the client it came from: those who wait are read in turn, client by client.
        """
        facts = await self._letters.read(body, whose)
        if facts is not None:
            return facts
        if self._waiting >= self._queue:
            raise ReadersBusy("too many mails are waiting to be read")
        self._waiting += 1
        try:
            async with self._turns.turn(whose):
                return await self._read(body)
        finally:
            self._waiting -= 1

    @property
    def pids(self) -> tuple[int, ...]:
        """Process ids of the idle workers (for tests and diagnosis)."""
        return tuple(worker.pid for worker in self._idle)

    async def _read(self, body: Body) -> Facts:
        worker = await self._take()
        if worker.asked:
            # A worker that was used before may have died of something else: only a fresh one's death is the mail's.
            with contextlib.suppress(Died):
                return await self._asked(worker, body)
            worker = await self._new()
        try:
            return await self._asked(worker, body)
        except Died as died:
            return unreadable(f"the reader ended: {died}", headers=await asyncio.to_thread(_glance, body))

    async def _asked(self, worker: Worker, body: Body) -> Facts:
        """Ask a worker, then keep it or end it. Raises Died, but not where it was too slow: the mail's own doing."""
        try:
            facts = await worker.ask(body, self.limits.seconds)
        except TooSlow as slow:
            await worker.kill()
            self._ended(str(slow))
            return unreadable(f"the reader ended: {slow}", headers=await asyncio.to_thread(_glance, body))
        except Died as died:
            await worker.kill()
            self._ended(str(died))
            raise
        except BaseException:  # cancelled in the middle: what the worker answers next belongs to nobody
            await worker.kill()
            raise
        spoilt = any(finding.code == "unreadable" for finding in facts.findings)
        if self._stopped or spoilt or worker.asked >= self._recycle_after:
            await worker.end()
        else:
            self._idle.append(worker)
        return facts

    async def _take(self) -> Worker:
        if self._starting.locked():
            async with self._starting:
                pass
        while self._idle:
            worker = self._idle.popleft()
            if worker.alive:
                return worker
            await worker.kill()
            self._ended("died while idle")
        return await self._new()

    async def _new(self) -> Worker:
        worker = None
        try:
            worker = await Worker.started()
            await worker.greet(self.limits, self._folder, _START_SECONDS)
        except (OSError, Died) as error:
            if worker is not None:
                await worker.kill()
            dead = Sentence("読み取りプロセスが起動しません: {error}", "no reading worker starts: {error}", error=error)
            raise ReadersDead(dead) from error
        except BaseException:
            if worker is not None:
                await worker.kill()
            raise
        return worker


def _glance(body: Body) -> Headers:
    if (octets := body.in_memory) is not None:
        return glance(bytes(octets[:_GLANCE]))
    try:
        with body.open() as file:
            return glance(file.read(_GLANCE))
    except OSError:
        return Headers()
