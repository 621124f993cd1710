"""What it costs that one process has the model and another asks it, instead of both having it: processor time of both.

    python bench/asking.py [--mails 3000] [--under-way 1,10,50]

Judged are made-up mails (`bench/insight.py`), over a socket as the house does it, so many under way at once. What both
would do without a socket (read, judge) is timed apart and taken off. Beside it stands what each further process would
have to do with every mail if it had the model itself: the lesson out of its octets, and learning it.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import tempfile
import time
from collections.abc import Callable, Coroutine, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn, cast

import uvloop

from insight import letters
from mailguard.insight.lesson import Lesson, read
from mailguard.insight.model import Insight
from mailguard.insight.words import Letter
from mailguard.memory.answering import Answering
from mailguard.memory.asking import Asking
from mailguard.memory.room import Memory
from mailguard.memory.settings import MemorySettings
from mailguard.store.lessons import Lessons


def microseconds(work: Callable[[Any], object], many: Sequence[Any]) -> float:
    """Processor time of one."""
    begun = time.process_time()
    for one in many:
        work(one)
    return (time.process_time() - begun) / len(many) * 1e6


def run(work: Coroutine[Any, Any, float]) -> float:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)


async def answer(settings: MemorySettings, model: Insight, ready: Callable[[], object], done: int) -> float:
    """Answer until the other one is done; processor time in seconds."""
    memory = Memory(cast(Lessons, None), settings, now=lambda: datetime.now(UTC))
    memory._model, memory._loaded = model, True
    async with Answering(memory).open(settings.asked_at):
        begun = time.process_time()
        ready()
        await asyncio.get_running_loop().run_in_executor(None, os.read, done, 1)
        return time.process_time() - begun


async def ask(settings: MemorySettings, mails: Sequence[Letter], under_way: int) -> float:
    """Ask about all of them; processor time in seconds. Raises RuntimeError if one is not answered."""
    asking = Asking(settings, now=lambda: datetime.now(UTC))
    if not await asking.connect():
        raise RuntimeError("nobody is there")
    waiting = iter(mails)

    async def one_after_another() -> None:
        for letter in waiting:
            if (await asking.judged(letter))[1] is None:
                raise RuntimeError("no answer in time")

    begun = time.process_time()
    await asyncio.gather(*(one_after_another() for _ in range(under_way)))
    return time.process_time() - begun


class Other:
    """A process that asks, made before there is a model: what both had in memory would be copied under their hands."""

    def __init__(self, count: int, under_way: int) -> None:
        (self._begins, begin), (said, self._says), (done, self._ends) = os.pipe(), os.pipe(), os.pipe()
        self._begin, self._said, self.done, self.under_way = begin, said, done, under_way
        self._process = os.fork()
        if not self._process:
            os.close(begin)
            self._ask(list(letters(count, seed=2)))

    def _ask(self, mails: Sequence[Letter]) -> NoReturn:
        folder = os.read(self._begins, 1000).decode()
        if folder:
            alone = microseconds(lambda one: read(one).to_bytes(), mails)
            all_of_it = run(ask(settings(folder), mails, self.under_way)) / len(mails) * 1e6
            os.write(self._says, str(all_of_it - alone).encode())
            os.write(self._ends, b".")
        os._exit(0)

    def asked(self, model: Insight, count: int) -> tuple[float, float]:
        """Microseconds for a mail, of the process that answers, all in all, and what asking adds in the other one."""
        with tempfile.TemporaryDirectory() as folder:
            answering = run(answer(settings(folder), model, lambda: os.write(self._begin, folder.encode()), self.done))
            asking = float(os.read(self._said, 100))
            os.waitpid(self._process, 0)
        return answering / count * 1e6, asking


def settings(folder: str) -> MemorySettings:
    return MemorySettings(Path(folder) / "mailguard.insight", ("corp.example",))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mails", type=int, default=3_000)
    parser.add_argument("--under-way", default="1,10,50")
    said = parser.parse_args()
    others = [Other(said.mails, int(one)) for one in said.under_way.split(",")]
    model = Insight(own=["corp.example"])
    for letter in letters(20_000):
        model.learn(read(letter))
    mails = list(letters(said.mails, seed=2))
    lessons = [read(one) for one in mails]
    octets = [one.to_bytes() for one in lessons]
    model.score(lessons[0])
    judging = microseconds(model.score, lessons)
    print(f"judge {judging:.0f} us")
    for one in others:
        answering, asking = one.asked(model, len(mails))
        print(f"{one.under_way:>3} under way: {asking:.0f} us more to ask, {answering - judging:.0f} to answer")
    decoding, learning = microseconds(Lesson.from_bytes, octets), microseconds(model.learn, lessons)
    print(f"each process that has the model, for every mail: {decoding:.0f} + {learning:.0f} us (octets, learning)")


if __name__ == "__main__":
    main()
