"""The place of an experiment: a folder, a real house in it that can be killed and started, and the next server.

It starts nothing but `mailguard` as an administrator would, and ends only what it started.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
import urllib.request
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from typing import Any

from tests.faults.book import Book, Count, recount
from tests.faults.load import Load, People
from tests.faults.sink import Sink
from tests.house import House, furnish, settings, start

POLICY = """
version: 1
rules:
  - id: waits-for-somebody
    mode: enforce
    when: {text: {words: [holdme], in: [subject]}}
    then: confirm
    because: {ja: 確認が必要です, en: Somebody must look}
  - id: can-be-undone
    mode: enforce
    when: {text: {words: [undoable], in: [subject]}}
    then: {delay: 60s}
    because: {ja: 取消できます, en: Can be undone}
"""


@dataclass
class Site:
    """Times are those of time.monotonic; `recoveries`: seconds from each start to normal service."""

    folder: Path
    ports: dict[str, int]
    sink: Sink
    book: Book = field(default_factory=Book)
    environment: Mapping[str, str] = field(default_factory=dict)
    options: Sequence[str] = ()
    house: House | None = None
    banners: list[float] = field(default_factory=list)
    recoveries: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)  # seconds of processor time until each banner
    allowed_duplicates: int = 0

    @property
    def alive(self) -> bool:
        return self.house is not None and self.house.process.poll() is None

    @property
    def ledger(self) -> Path:
        return self.folder / "var" / "mailguard.db"

    async def open(self) -> None:
        """Start the house and wait for its banner; the console may come later."""
        began = time.monotonic()
        self.house = await asyncio.to_thread(
            start, self.folder, self.ports, options=self.options, ready=False, environment=self.environment
        )
        await self.banner()
        self.banners.append(time.monotonic() - began)
        self.processor.append(_processor_time(self.house.process.pid))

    async def banner(self, seconds: float = 40.0) -> None:
        """Wait until the door speaks."""

        async def spoken() -> bool:
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", self.ports["smtp"])
                line = await reader.readline()
            except OSError:
                return False
            writer.transport.abort()
            return line.startswith(b"220")

        await self.until(spoken, seconds)

    def answers(self, path: str) -> bool:
        """Whether the console says 200."""
        with contextlib.suppress(OSError, HTTPException):
            urllib.request.urlopen(f"http://127.0.0.1:{self.ports['console']}{path}", timeout=5).close()
            return True
        return False

    async def until(self, condition: Callable[[], Any], seconds: float, what: str = "") -> float:
        """Wait for it. Returns how long it took; raises AssertionError with the end of the log."""
        began = time.monotonic()
        while time.monotonic() - began < seconds:
            answer = condition()
            if await answer if asyncio.iscoroutine(answer) else answer:
                return time.monotonic() - began
            assert self.house is not None
            assert self.house.process.poll() is None, f"the house ended: {self.house.log()}"
            await asyncio.sleep(0.05)
        raise AssertionError(f"not within {seconds:g} s: {what or condition}\n{self.house and self.house.log()}")

    async def kill(self) -> None:
        """SIGKILL, as nobody can prepare for."""
        assert self.house is not None
        self.house.process.kill()
        await asyncio.to_thread(self.house.process.wait, 40)

    async def stop(self) -> int:
        """SIGTERM; the exit status."""
        assert self.house is not None
        return await asyncio.to_thread(self.house.stop, signal.SIGTERM)

    async def token(self) -> str:
        """A bearer token of an administrator."""
        assert self.house is not None
        done = await asyncio.to_thread(self.house.run, "token", "create", "--role", "administrator")
        assert done.returncode == 0, done.stderr
        return done.stdout.split()[-1]

    async def people(self, **more: Any) -> People:
        return People(self.ports["console"], await self.token(), self.book, **more)

    def load(self, wanted: int, **more: Any) -> Load:
        return Load(self.ports["smtp"], self.book, wanted, **more)

    async def settled(self, seconds: float = 120.0) -> Count:
        """Wait until all that may go has gone, then recount."""
        expected = self._expected

        def gone() -> bool:
            return all(self.sink.taken[one] for one in expected())

        with contextlib.suppress(AssertionError):  # the count says what is missing
            await self.until(gone, seconds)
        await asyncio.sleep(0.5)
        count = await asyncio.to_thread(recount, self.book, self.ledger, self.sink)
        missing = tuple(one for one in expected() if not self.sink.taken[one])
        return Count(count.lost + missing, count.leaked, count.duplicates, count.due, count.rows)

    def _expected(self) -> set[str]:
        go = {one for tag, one in self.book.acknowledged.items() if tag not in self.book.held}
        return go | self.book.released

    def audit_is_whole(self) -> bool:
        assert self.house is not None
        return self.house.run("audit", "verify").returncode == 0


def _processor_time(pid: int) -> float:
    used = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(used[11]) + int(used[12])) / os.sysconf("SC_CLK_TCK")


@contextlib.asynccontextmanager
async def site(folder: Path, policy: str = POLICY, **config: Any) -> AsyncIterator[Site]:
    """A furnished place with a running next server; the house is not started. It is killed at the end if need be."""
    sink = Sink()
    await sink.start()
    more: dict[str, Any] = {"notify": {"from": "mailguard@corp.example"}, **config}
    home = folder / "mailguard"
    data, ports = settings(home, f"smtp://127.0.0.1:{sink.port}", **more)
    await asyncio.to_thread(furnish, home, data, policy)
    place = Site(home, ports, sink)
    try:
        yield place
    finally:
        if place.house is not None and place.house.process.poll() is None:
            await place.kill()
        await sink.stop()
