"""A model that learns and is kept, killed at each named point: `python this.py FOLDER`; the life that ends at the first
point has the folder 0 in it, and so on. It prints nothing, and ends with the number of lives that outlived their point.

Every mail that it sends is in the ledger's feed once it is out; where it is killed, by methods wrapped from outside,
the model's file, its lock and the feed are in every state that they can be in.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.ledger import ADMINISTRATOR, opened
from tests.remembering import letter, sent, settings

from mailguard.insight.lesson import read
from mailguard.insight.model import Insight
from mailguard.mail.address import parse_address
from mailguard.memory import aside, room
from mailguard.memory.room import Memory
from mailguard.store import lessons as store_lessons
from mailguard.store.lessons import Lessons

#: point -> where, what, before or after, on which call
POINTS: dict[str, tuple[Any, str, str, int]] = {
    "the snapshot is half written": (Insight, "save", "during", 2),
    "the snapshot lies aside, whole": (Path, "replace", "before", 2),
    "the snapshot is there, all its lessons too": (Lessons, "remove_learnt", "before", 2),
    "some lessons are removed, not all": (store_lessons, "remove", "after", 2),
    "an archive is learnt, and nobody told": (Lessons, "anew", "before", 1),
    "the lessons of a person are gone, the file has her": (aside, "_forget_in_file", "before", 1),
}
#: A person who is forgotten, and mails of the archive.
EVE, ARCHIVE = "eve@elsewhere.example", 3


def dies(point: str) -> None:
    """Wrap the method so that the process kills itself there."""
    where, name, when, on = POINTS[point]
    whole: Callable[..., Any] = getattr(where, name)
    calls = 0

    def kill(*given: Any) -> None:
        nonlocal calls
        calls += 1
        if calls == on:
            if when == "during":
                given[1].write(b"half a model")
                given[1].flush()
            os.kill(os.getpid(), signal.SIGKILL)

    async def waited(*given: Any, **named: Any) -> Any:
        if when != "after":
            kill(*given)
        found = await whole(*given, **named)
        if when == "after":
            kill(*given)
        return found

    def called(*given: Any, **named: Any) -> Any:
        if when != "after":
            kill(*given)
        found = whole(*given, **named)
        if when == "after":
            kill(*given)
        return found

    setattr(where, name, waited if asyncio.iscoroutinefunction(whole) else called)


async def main(folder: Path) -> None:
    """Send, learn and keep, then take in an archive and forget somebody."""
    async with opened(folder) as ledger:
        given = settings(folder, every=timedelta(0))
        memory = Memory(Lessons(ledger.db), given, now=ledger.clock)
        running = asyncio.create_task(memory.run())
        for _ in range(3):
            for _ in range(2):
                await sent(ledger)
                ledger.clock.forward(seconds=1)
            async with asyncio.timeout(120):
                while memory._unsaved or memory._model is None:  # noqa: ASYNC110
                    await asyncio.sleep(0.002)
        running.cancel()
        await sent(ledger, (EVE,))
        lessons = Lessons(ledger.db)
        archive = [read(letter(at=1_700_000_000.0 + n)).to_bytes() for n in range(ARCHIVE)]
        await aside.learn_archive(lessons, given, archive, ADMINISTRATOR, ledger.clock())
        await aside.forget(lessons, given, parse_address(EVE), ADMINISTRATOR, ledger.clock())


def live(folder: Path, point: str) -> None:
    """One life, in a process of its own that shares what is imported."""
    store_lessons.GRACE = timedelta(0)
    store_lessons._BATCH = 2
    room._PAUSE = 0.002
    dies(point)
    asyncio.run(main(folder))


def ends_well(folder: Path, point: str) -> bool:
    """Whether a life ended where it should."""
    folder.mkdir()
    child = os.fork()
    if not child:
        try:
            live(folder, point)
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status) == -signal.SIGKILL


if __name__ == "__main__":
    sys.exit(sum(not ends_well(Path(sys.argv[1]) / str(n), point) for n, point in enumerate(POINTS)))
