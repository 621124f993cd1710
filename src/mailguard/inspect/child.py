"""A process of ours and the socket to it, which is its standard input and output.

It is started in a thread and without a copy of this process's tables of memory (vfork(2)): event loops start processes
by fork(2), for which they stand still 5 ms for each 100 MB that this process has, and each page that is written to
afterwards is a fault of its own. What comes from it is trusted with nothing here.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
from collections.abc import Sequence

_BLOCK = 2**16


class Child:
    """A running process in a session of its own. Use `started`, and `ended` or `kill` at last."""

    def __init__(
        self, process: subprocess.Popen[bytes], answers: asyncio.StreamReader, questions: asyncio.StreamWriter
    ) -> None:
        self._process = process
        self.answers, self.questions = answers, questions

    @classmethod
    async def started(cls, command: Sequence[str], pass_fds: Sequence[int]) -> Child:
        """Start a program, isolated from the environment and the folder it happens to be in. Raises OSError."""
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                process = await _started(command, theirs, pass_fds)
            try:
                return cls(process, *await asyncio.open_unix_connection(sock=ours))
            except BaseException:
                await asyncio.shield(_killed(process))
                raise
        except BaseException:
            ours.close()
            raise

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    async def ended(self, seconds: float) -> bool:
        """Tell it that no question follows. Returns whether it ends in time; what it still says is read away."""
        with contextlib.suppress(OSError, RuntimeError):
            self.questions.write_eof()
        try:
            async with asyncio.timeout(seconds):
                await self._silence()
        except TimeoutError:
            return False
        return await self._left(seconds)

    async def kill(self) -> None:
        """End it now, with whatever it started."""
        await _killed(self._process)
        await self._left(None)

    async def _silence(self) -> None:
        with contextlib.suppress(OSError):
            while await self.answers.read(_BLOCK):
                pass

    async def _left(self, seconds: float | None) -> bool:
        """Whether it is over; then so is the socket."""
        try:
            await asyncio.to_thread(self._process.wait, seconds)
        except subprocess.TimeoutExpired:
            return False
        self.questions.close()
        with contextlib.suppress(OSError):
            await self.questions.wait_closed()
        return True


async def _started(command: Sequence[str], theirs: socket.socket, pass_fds: Sequence[int]) -> subprocess.Popen[bytes]:
    """A thread cannot be stopped: who does not want the process any more waits until it is there, and ends it."""

    def start() -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            command, stdin=theirs.fileno(), stdout=theirs.fileno(), stderr=subprocess.DEVNULL,
            start_new_session=True, env={"LANG": "C.UTF-8"}, cwd="/", pass_fds=pass_fds,
        )  # fmt: skip

    starting = asyncio.ensure_future(asyncio.to_thread(start))
    try:
        return await asyncio.shield(starting)
    except asyncio.CancelledError:
        with contextlib.suppress(OSError):
            await _killed(await starting)
        raise


async def _killed(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    await asyncio.to_thread(process.wait)
