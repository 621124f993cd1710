"""Workers die while mail flows: the processes that read mail, and the doors beside the first one (`--workers 3`), each
killed again and again.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

from tests.faults.rows import Row
from tests.faults.site import Site, site
from tests.faults.trouble import Trouble, series


class Killer:
    """Kills one child of the house every so many seconds, of those whose command has a word."""

    def __init__(self, place: Site, word: str, every: float) -> None:
        self._place, self._word, self._every = place, word.encode(), every
        self._stop = threading.Event()
        self.killed = 0

    def begin(self) -> None:
        threading.Thread(target=self._run, daemon=True).start()

    def end(self) -> None:
        self._stop.set()

    def _run(self) -> None:
        chance = random.Random(3)
        assert self._place.house is not None
        while not self._stop.wait(self._every):
            with contextlib.suppress(OSError, IndexError):
                found = [pid for pid in children(self._place.house.process.pid) if self._word in _command(pid)]
                os.kill(chance.choice(found), signal.SIGKILL)
                self.killed += 1


def children(pid: int) -> Iterator[int]:
    """All processes that a process started, and those that they started."""
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in map(int, (task / "children").read_text().split()):
            yield child
            with contextlib.suppress(OSError):
                yield from children(child)


def _command(pid: int) -> bytes:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""


async def run(folder: Path, size: float = 1.0) -> list[Row]:
    seconds = max(3.0, 12 * size)
    async with site(folder) as place:
        place.options = ("--workers", "3")
        await place.open()
        readers = Killer(place, "mailguard.inspect.worker", 0.2)
        doors = Killer(place, "--doors", 1.0)
        rows = await series(
            place,
            [
                Trouble("reading processes killed", readers.begin, readers.end, seconds),
                Trouble("doors killed (--workers 3)", doors.begin, doors.end, seconds),
            ],
        )
        await place.stop()
    assert readers.killed
    assert doors.killed
    return rows
