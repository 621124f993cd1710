"""The readers: warm worker processes, each reading one mail at a time, killed when one takes too long.

A mail can do what it likes to a worker: the worker dies, the mail gets the finding `unreadable`, the service goes on.
Only where no worker can be started at all is there an error, and then nothing is accepted (451). Workers are started
when needed, end after so many mails, and are in a session of their own. Mail of text alone needs none (`letters`).
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections import deque
from collections.abc import Callable
from pathlib import Path

from mailguard.inspect import wire
from mailguard.inspect.glance import glance
from mailguard.inspect.letters import Letters
from mailguard.inspect.limits import ReadingLimits
from mailguard.inspect.starved import Patience, Standing
from mailguard.inspect.turns import Turns
from mailguard.mail.facts import Facts, Headers, unreadable
from mailguard.mail.facts_json import facts_from_json
from mailguard.mail.message import Body

_GLANCE = 16 * 1024
#: Octets of JSON that the event loop reads itself.
_SHORT = 64 * 1024
#: Seconds that a worker may take to say that it is there.
_START_SECONDS = 20.0
#: How a worker is started: isolated from the environment and from the folder it happens to be in.
COMMAND: tuple[str, ...] = (sys.executable, "-I", "-m", "mailguard.inspect.worker")


class ReadersDead(Exception):
    """No mail can be read now: no worker starts. The house fails, not the mail."""


class ReadersBusy(ReadersDead):
    """More mails are waiting to be read than the queue holds."""


class _Died(Exception):
    """A worker ended, or had to be ended; the message says why."""


class _TooSlow(_Died):
    """No answer in time."""


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
        other; here: up to so many octets a mail of text alone is read in this process (`letters`); ended: told why a
        worker ended before its time.
        """
        self.limits = limits or ReadingLimits()
        self._recycle_after = recycle_after
        self._queue = queue
        self._folder = "" if folder is None else str(folder.absolute())
        self._ended = ended
        self._letters = Letters(self.limits, here)
        self._turns = Turns(count)
        self._idle: deque[_Worker] = deque()
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
            with contextlib.suppress(_Died):
                return await self._asked(worker, body)
            worker = await self._new()
        try:
            return await self._asked(worker, body)
        except _Died as died:
            return unreadable(f"the reader ended: {died}", headers=await asyncio.to_thread(_glance, body))

    async def _asked(self, worker: _Worker, body: Body) -> Facts:
        """Ask a worker, then keep it or end it. Raises _Died, but not where it was too slow: the mail's own doing."""
        try:
            facts = await worker.ask(body, self.limits.seconds)
        except _TooSlow as slow:
            await worker.kill()
            self._ended(str(slow))
            return unreadable(f"the reader ended: {slow}", headers=await asyncio.to_thread(_glance, body))
        except _Died as died:
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

    async def _take(self) -> _Worker:
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

    async def _new(self) -> _Worker:
        worker = None
        try:
            worker = await _Worker.started()
            await worker.greet(self.limits, self._folder, _START_SECONDS)
        except (OSError, _Died) as error:
            if worker is not None:
                await worker.kill()
            raise ReadersDead(f"no reading worker starts: {error}") from error
        except BaseException:
            if worker is not None:
                await worker.kill()
            raise
        return worker


class _Worker:
    """One worker process and the pipes to it."""

    def __init__(self, child: asyncio.subprocess.Process) -> None:
        self._child = child
        self._standing = Standing(child.pid)
        self.asked = 0

    @classmethod
    async def started(cls) -> _Worker:
        child = await asyncio.create_subprocess_exec(
            *COMMAND, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True, env={"LANG": "C.UTF-8"}, cwd="/",
        )  # fmt: skip
        return cls(child)

    @property
    def pid(self) -> int:
        return self._child.pid

    @property
    def alive(self) -> bool:
        return self._child.returncode is None

    async def greet(self, limits: ReadingLimits, folder: str, seconds: float) -> None:
        """Send the limits, wait until the worker is ready. Raises _Died."""
        payload = wire.frame(json.dumps(wire.limits_to_json(limits) | {"folder": folder}).encode())
        if await self._exchange([payload], seconds) != (wire.READY, []):
            raise _Died("not ready")

    async def ask(self, body: Body, seconds: float) -> Facts:
        """Have a mail read. Raises _Died."""
        self.asked += 1
        head, texts = await self._exchange([wire.question_of(body), body.octets or b""], seconds)
        try:
            if len(head) + sum(map(len, texts)) > _SHORT:  # a thread, so that the loop goes on
                return facts_from_json(await asyncio.to_thread(wire.said_in, head, texts))
            return facts_from_json(wire.said_in(head, texts))
        except (ValueError, RecursionError) as error:
            raise _Died("answer is no JSON") from error

    async def kill(self) -> None:
        """End the worker now, and whatever it started."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._child.pid, signal.SIGKILL)
        await self._gone()

    async def end(self) -> None:
        """Let an idle worker end by itself, or else end it."""
        assert self._child.stdin is not None
        self._child.stdin.close()
        try:
            await asyncio.wait_for(self._child.wait(), 1.0)
        except TimeoutError:
            await self.kill()
            return
        await self._gone()

    async def _gone(self) -> None:
        self._standing.close()
        # Before Python 3.12.5 a process is over for asyncio only when its pipes are at their end, and a pipe whose
        # buffer is full is not read to its end: what a killed worker still had to say is read away.
        assert self._child.stdout is not None
        while await self._child.stdout.read(2**16):
            pass
        await self._child.wait()
        assert self._child.stdin is not None
        self._child.stdin.close()
        with contextlib.suppress(OSError):
            await self._child.stdin.wait_closed()

    async def _exchange(self, out: list[bytes], seconds: float) -> tuple[bytes, list[bytes]]:
        """Send frames, read an answer: its head and its long texts. Raises _Died on time-out, end of the process, or
        an answer that is too long."""
        stdin, stdout = self._child.stdin, self._child.stdout
        assert stdin is not None
        assert stdout is not None
        try:
            async with asyncio.timeout(seconds) as clock:
                patience = Patience(self._standing, seconds, clock)
                try:
                    if stdin.is_closing():  # a write to it would be another error on each kind of event loop
                        raise _Died("it died")
                    stdin.writelines(out)
                    await stdin.drain()
                    return await _answer(stdout)
                finally:
                    patience.end()
        except TimeoutError as error:
            raise _TooSlow(f"no answer within {seconds:g} s") from error
        except (asyncio.IncompleteReadError, ConnectionError, BrokenPipeError) as error:
            raise _Died("it died") from error


async def _answer(source: asyncio.StreamReader) -> tuple[bytes, list[bytes]]:
    head = await _frame(source, wire.LONGEST_HEAD)
    left = wire.LONGEST_ANSWER - len(head)
    texts: list[bytes] = []
    count = wire.length_of(await source.readexactly(wire.HEAD))
    if count > wire.MOST_TEXTS:
        raise _Died("answer too long")
    for _ in range(count):
        texts.append(await _frame(source, left))
        left -= len(texts[-1]) + wire.HEAD
    return head, texts


async def _frame(source: asyncio.StreamReader, most: int) -> bytes:
    length = wire.length_of(await source.readexactly(wire.HEAD))
    if length > most:
        raise _Died("answer too long")
    return await source.readexactly(length)


def _glance(body: Body) -> Headers:
    if body.octets is not None:
        return glance(body.octets[:_GLANCE])
    try:
        with body.open() as file:
            return glance(file.read(_GLANCE))
    except OSError:
        return Headers()
