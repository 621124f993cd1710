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
#: Seconds between two looks at a process that ends.
_LOOKS = 0.005


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
                _kill(process)
                await _over(process)
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
                await _over(self._process)
        except TimeoutError:
            return False
        await self._shut()
        return True

    async def kill(self) -> None:
        """End it now, with whatever it started."""
        _kill(self._process)
        await self._shut()
        await _over(self._process)

    async def _silence(self) -> None:
        with contextlib.suppress(OSError):
            while await self.answers.read(_BLOCK):
                pass

    async def _shut(self) -> None:
        """Close the socket. What was not said yet is for nobody."""
        self.questions.transport.abort()
        with contextlib.suppress(OSError):
            await self.questions.wait_closed()


async def _started(command: Sequence[str], theirs: socket.socket, pass_fds: Sequence[int]) -> subprocess.Popen[bytes]:
    """A thread cannot be stopped: who does not want the process any more waits until it is there, and ends it. Until
    then its descriptors stay open, however often it is told that nobody wants it.
    """

    def start() -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            command, stdin=theirs.fileno(), stdout=theirs.fileno(), stderr=subprocess.DEVNULL,
            start_new_session=True, env={"LANG": "C.UTF-8"}, cwd="/", pass_fds=pass_fds,
        )  # fmt: skip

    # One of the loop's own threads, which last: with the thread that started it a worker ends (PR_SET_PDEATHSIG).
    starting = asyncio.get_running_loop().run_in_executor(None, start)
    try:
        return await asyncio.shield(starting)
    except asyncio.CancelledError:
        while not starting.done():
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.wait({starting})
        if starting.exception() is None:
            _kill(starting.result())
            await _over(starting.result())
        raise


def _kill(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


async def _over(process: subprocess.Popen[bytes]) -> None:
    """Until it is over. Not in a thread: they may all be busy, and a mail waits for this."""
    while process.poll() is None:  # noqa: ASYNC110 - another process
        await asyncio.sleep(_LOOKS)
