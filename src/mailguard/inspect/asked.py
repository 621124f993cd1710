"""One reading worker, as whoever asks it sees it: a process, the socket to it, and a question with its answer.

It is in a session of its own, so that it ends with whatever it started. It trusts nothing that comes back: an answer is
bounded, in time, and JSON, or the worker counts as dead.
"""

from __future__ import annotations

import asyncio
import json
import socket
import sys

from mailguard.inspect import wire
from mailguard.inspect.child import Child
from mailguard.inspect.limits import ReadingLimits
from mailguard.inspect.starved import Patience, Standing
from mailguard.mail.facts import Facts
from mailguard.mail.facts_json import facts_from_json
from mailguard.mail.message import Body

#: Octets of JSON that the event loop reads itself.
_SHORT = 64 * 1024
#: Seconds in which an idle worker ends that is told to.
_END_SECONDS = 1.0
COMMAND: tuple[str, ...] = (sys.executable, "-I", "-m", "mailguard.inspect.worker")


class Died(Exception):
    """A worker ended, or had to be ended; the message says why."""


class TooSlow(Died):
    """No answer in time."""


class Worker:
    """One worker process, the socket to it, and a hatch: another one for descriptors of large mails."""

    def __init__(self, child: Child, hatch: socket.socket, theirs: socket.socket) -> None:
        """theirs: the worker's end of the hatch, of which it has a copy by now."""
        self._child = child
        self._hatch = hatch
        self._inside = theirs.fileno()  # as the worker has it
        theirs.close()
        self._standing = Standing(child.pid)
        self.asked = 0

    @classmethod
    async def started(cls) -> Worker:
        """A new one. Raises OSError."""
        hatch, theirs = socket.socketpair()
        hatch.setblocking(False)
        try:
            child = await Child.started(COMMAND, pass_fds=(theirs.fileno(),))
        except BaseException:
            hatch.close()
            theirs.close()
            raise
        return cls(child, hatch, theirs)

    @property
    def pid(self) -> int:
        return self._child.pid

    @property
    def alive(self) -> bool:
        return self._child.alive

    async def greet(self, limits: ReadingLimits, folder: str, seconds: float) -> None:
        """Send the limits, wait until the worker is ready. Raises Died."""
        payload = wire.frame(
            json.dumps(wire.limits_to_json(limits) | {"folder": folder, "hatch": self._inside}).encode()
        )
        if await self._exchange([payload], seconds) != (wire.READY, []):
            raise Died("not ready")

    async def ask(self, body: Body, seconds: float) -> Facts:
        """Have a mail read. Raises Died."""
        self.asked += 1
        if body.sheet is not None:
            self._hand_in(body.sheet.descriptor)
        head, texts = await self._exchange([wire.question_of(body), body.octets or b""], seconds)
        try:
            if len(head) + sum(map(len, texts)) > _SHORT:  # a thread, so that the loop goes on
                return facts_from_json(await asyncio.to_thread(wire.said_in, head, texts))
            return facts_from_json(wire.said_in(head, texts))
        except (ValueError, RecursionError) as error:
            raise Died("answer is no JSON") from error

    def _hand_in(self, descriptor: int) -> None:
        """Give the worker a copy of a descriptor. Raises Died."""
        try:
            socket.send_fds(self._hatch, [b"."], [descriptor])
        except OSError as error:
            raise Died("it takes no descriptor") from error

    async def kill(self) -> None:
        """End the worker now, and whatever it started."""
        self._close()
        await self._child.kill()

    async def end(self) -> None:
        """Let an idle worker end by itself, or else end it."""
        self._close()
        if not await self._child.ended(_END_SECONDS):
            await self._child.kill()

    def _close(self) -> None:
        self._standing.close()
        self._hatch.close()

    async def _exchange(self, out: list[bytes], seconds: float) -> tuple[bytes, list[bytes]]:
        """Send frames, read an answer: its head and its long texts. Raises Died on time-out, end of the process, or
        an answer that is too long."""
        questions = self._child.questions
        try:
            async with asyncio.timeout(seconds) as clock:
                patience = Patience(self._standing, seconds, clock)
                try:
                    if questions.is_closing():  # a write to it would be another error on each kind of event loop
                        raise Died("it died")
                    questions.writelines(out)
                    await questions.drain()
                    return await _answer(self._child.answers)
                finally:
                    patience.end()
        except TimeoutError as error:
            raise TooSlow(f"no answer within {seconds:g} s") from error
        except (asyncio.IncompleteReadError, ConnectionError, BrokenPipeError) as error:
            raise Died("it died") from error


async def _answer(source: asyncio.StreamReader) -> tuple[bytes, list[bytes]]:
    head = await _frame(source, wire.LONGEST_HEAD)
    left = wire.LONGEST_ANSWER - len(head)
    texts: list[bytes] = []
    count = wire.length_of(await source.readexactly(wire.HEAD))
    if count > wire.MOST_TEXTS:
        raise Died("answer too long")
    for _ in range(count):
        texts.append(await _frame(source, left))
        left -= len(texts[-1]) + wire.HEAD
    return head, texts


async def _frame(source: asyncio.StreamReader, most: int) -> bytes:
    length = wire.length_of(await source.readexactly(wire.HEAD))
    if length > most:
        raise Died("answer too long")
    return await source.readexactly(length)
