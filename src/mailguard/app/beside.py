"""Who stands beside the first process (`--workers N`): a process's place among those that share a ledger and its ports.

A child takes mail in and relays at once what it took, under leases in a name that the first process gave it; everything
else is the first one's. When a child is dead, and only then, its leases end. A house that was killed leaves children
behind for a moment: the next one waits for them, as they may be in the middle of relaying.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from mailguard import events
from mailguard.app.opening import CannotStart
from mailguard.events.whole import Whole, said
from mailguard.log.outlet import Outlet
from mailguard.mail.saying import Sentence

#: Seconds in which an orphan ends, and for which the next house waits for the last one's.
ORPHANED, _PATIENCE = 3.0, 30.0
_AGAIN = 0.05
#: Seconds between two lines of figures.
_SAYS = 1.0


@dataclass(frozen=True, slots=True)
class Place:
    """number: 0 is the first process; among: how many there are; owner: in whose name a child takes leases."""

    number: int = 0
    among: int = 1
    owner: str = ""

    @classmethod
    def parse(cls, text: str) -> Place:
        """`1/2/owner`, as a child is told. Raises ValueError."""
        number, among, owner = text.split("/")
        return cls(int(number), int(among), owner)

    def __str__(self) -> str:
        return f"{self.number}/{self.among}/{self.owner}"

    @property
    def beside(self) -> bool:
        """Whether this is a child that relays."""
        return self.number > 0


def _file(ledger: Path) -> int:
    return os.open(ledger.with_suffix(".beside.lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


@contextlib.contextmanager
def here(ledger: Path) -> Iterator[None]:
    """A child may be relaying while the block lasts; the kernel ends it with the process."""
    descriptor = _file(ledger)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        yield
    finally:
        os.close(descriptor)


@contextlib.asynccontextmanager
async def nobody_left(ledger: Path) -> AsyncIterator[None]:
    """No child of a former house is left, and none begins while the block lasts. Raises CannotStart."""
    descriptor = _file(ledger)
    try:
        end = time.monotonic() + _PATIENCE
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > end:
                    left = Sentence(
                        "停止した mailguard のプロセスがまだこの台帳で動いています。先に終了させてください。",
                        "processes of a mailguard that is gone still work on this ledger; end them first",
                    )
                    raise CannotStart(f"{ledger}: " + left) from None
                await asyncio.sleep(_AGAIN)
        yield
    finally:
        os.close(descriptor)


@contextlib.asynccontextmanager
async def telling(whole: Whole | None = None) -> AsyncIterator[asyncio.Event]:
    """The process that started us hears what we count, again and again while the block lasts and at its end; from when
    the event is set on, so that it counts us among the doors when ours are open.
    """
    outlet, opened = Outlet(1), asyncio.Event()

    async def tell() -> None:
        await opened.wait()
        while True:
            try:
                outlet.write(said(whole))
            except Exception as error:  # a figure is not worth a mail
                events.fault("events", error)
            await asyncio.sleep(_SAYS)

    task = asyncio.create_task(tell(), name="figures")
    try:
        yield opened
    finally:
        task.cancel()
        outlet.write(said(whole))


def end_with_parent(stop: Callable[[], None]) -> None:
    """stdin is a pipe from the process that started us, and its end is ours: in order for some seconds, then at once,
    since another house may be waiting for the ledger.
    """
    loop = asyncio.get_running_loop()

    def gone() -> None:
        loop.remove_reader(0)
        stop()
        loop.call_later(ORPHANED, os._exit, 1)

    loop.add_reader(0, gone)
