"""A process and its socket: it is spoken to, ends when told to or is ended, and nobody is left behind."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest

from mailguard.inspect.child import Child

ECHO = "import sys; sys.stdout.write(sys.stdin.readline() * 2)"
DEAF = "import os, time; print(os.getpid(), flush=True); time.sleep(600)"
PARENT = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {DEAF!r}]); {DEAF}"


@asynccontextmanager
async def running(code: str) -> AsyncIterator[Child]:
    child = await Child.started((sys.executable, "-c", code), pass_fds=())
    try:
        async with asyncio.timeout(60):
            yield child
    finally:
        await child.kill()


def children() -> set[str]:
    return {pid for file in Path("/proc/self/task").glob("*/children") for pid in file.read_text().split()}


@contextmanager
def busy_threads() -> Iterator[threading.Event]:
    """Of the event loop's own threads none has time, as where a disk hangs, until it is set or the block ends."""
    threads, free = ThreadPoolExecutor(1), threading.Event()
    asyncio.get_running_loop().set_default_executor(threads)
    threads.submit(free.wait)
    try:
        yield free
    finally:
        free.set()


def descriptors_open() -> set[str]:
    return {file.name for file in Path("/proc/self/fd").iterdir()}


def over(pid: int) -> bool:
    """Whether it runs no more; init may not have taken it away yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


async def test_it_is_told_and_tells() -> None:
    async with running(ECHO) as child:
        assert child.alive
        child.questions.write(b"say\n")
        assert await child.answers.read() == b"say\nsay\n"
        assert await child.ended(30.0)
        assert not child.alive


async def test_one_that_does_not_end_is_ended_with_what_it_started() -> None:
    async with running(PARENT) as child:
        pids = [int(await child.answers.readline()) for _ in range(2)]
        assert not await child.ended(0.05)
        assert child.alive
        await child.kill()
        assert not child.alive
        while not all(map(over, pids)):  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.01)


async def test_who_no_longer_wants_it_leaves_none_behind() -> None:
    before = children()
    for turns in range(4):
        starting = asyncio.create_task(Child.started((sys.executable, "-c", DEAF), pass_fds=()))
        for _ in range(turns):
            await asyncio.sleep(0)
        starting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await starting
    assert children() <= before


async def test_nor_who_says_so_again_while_every_thread_is_busy() -> None:
    before, descriptors = children(), descriptors_open()
    with busy_threads() as free:
        starting = asyncio.create_task(Child.started((sys.executable, "-c", DEAF), pass_fds=()))
        for _ in range(3):
            await asyncio.sleep(0.01)
            starting.cancel()
        await asyncio.sleep(0.01)
        assert not starting.done()
        free.set()
        with pytest.raises(asyncio.CancelledError):
            await starting
    assert children() <= before
    assert descriptors_open() <= descriptors


async def test_one_is_ended_while_every_thread_is_busy() -> None:
    async with running(DEAF) as child:
        with busy_threads():
            await child.kill()
            assert not child.alive


async def test_a_program_that_is_not_there() -> None:
    with pytest.raises(OSError, match="nowhere"):
        await Child.started(("/nowhere/python",), pass_fds=())
