"""The model of who writes to whom, opened behind the door: its code, its tables and what was learnt are loaded in
threads once the banner is out, and a mail that comes before waits for them, some seconds at most.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from datetime import datetime
from importlib import import_module
from typing import TYPE_CHECKING

from mailguard import events
from mailguard.app.rooms import Rooms, utc_now
from mailguard.config.rooms import memory
from mailguard.insight.words import Judgement, Letter
from mailguard.intake.comparing import letter_in, with_risks
from mailguard.memory.settings import MemoryFault, MemorySettings
from mailguard.policy.case import Case
from mailguard.store import snapshots
from mailguard.store.lessons import Lessons

if TYPE_CHECKING:
    from mailguard.insight.model import Insight
    from mailguard.memory.asking import Asking
    from mailguard.memory.room import Memory

__all__ = ["MemoryFault", "Recalled", "Remembering", "compared_now", "remembering"]


#: Seconds after the door was opened in which nothing is loaded that no mail asks for.
_BANNER_FIRST = 0.5
#: Seconds between two looks for a process to ask, and after a fault.
_AGAIN, _AFTER_FAULT = 0.25, 10.0
#: Seconds for which mail waits for a process to ask: at the beginning, as it begins at the same time, and when it is
#: gone, as another one takes its place, which reads first what was learnt.
_THERE_WITHIN = 15.0


class Remembering:
    """A memory that is on its way (intake.Remembers): of the processes on a ledger one has the model and learns, the
    others ask it; when it is gone, another one takes its place.
    """

    def __init__(self, rooms: Rooms, settings: MemorySettings, *, asks: bool = False) -> None:
        """asks: this process never has the model itself: one that outlives it has it, or it takes no mail in."""
        self._lessons, self._settings, self._asks = Lessons(rooms.db), settings, asks
        self._memory: Memory | Asking | None = None
        self._asking: Asking | None = None
        self._wanted, self._opened = asyncio.Event(), asyncio.Event()
        self._there_by = time.monotonic() + _THERE_WITHIN

    @property
    def learning(self) -> bool:
        """Whether it only watches yet."""
        return self._memory is None or self._memory.learning

    async def judged(self, letter: Letter, *, abreast: bool = False) -> tuple[bytes, Judgement | None]:
        """See `Memory.judged`; nothing where it cannot be opened, of which the log speaks."""
        if not self._opened.is_set():
            self._wanted.set()
            await self._opened.wait()
        if self._memory is None:
            return b"", None
        asked = self._asking if self._asking is not None and self._memory is self._asking and self._asking.had else None
        found = await self._memory.judged(letter, abreast=abreast)
        if found[1] is None and asked is not None and not asked.is_there:
            self._lost()
            await self._opened.wait()
            found = await self._memory.judged(letter, abreast=abreast)
        return found

    async def run(self) -> None:
        """Open it, and let it learn, or ask, until cancelled."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._wanted.wait(), _BANNER_FIRST)
        while True:
            try:
                with contextlib.nullcontext(False) if self._asks else snapshots.keeping(self._settings.path) as mine:
                    if mine:
                        await self._keep()
                await self._ask()
                await asyncio.sleep(_AGAIN)
            except Exception as error:
                events.fault("insight", error)
                self._opened.set()
                await asyncio.sleep(_AFTER_FAULT)

    async def _keep(self) -> None:
        """Have the model, learn, and answer the others."""
        room = await asyncio.to_thread(import_module, "mailguard.memory.room")
        answering = await asyncio.to_thread(import_module, "mailguard.memory.answering")
        memory: Memory = room.Memory(self._lessons, self._settings, now=utc_now)
        self._memory = memory
        self._opened.set()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(memory.run(), name="insight")
            await memory.loaded.wait()  # until then nobody comes here to be told that no risk is known
            with contextlib.suppress(TimeoutError):  # nor by a model that knows less than the one before it did
                await asyncio.wait_for(memory.caught_up.wait(), _THERE_WITHIN)
            async with contextlib.AsyncExitStack() as stack:
                try:
                    await stack.enter_async_context(answering.Answering(memory).open(self._settings.asked_at))
                except OSError as error:  # the others know no risk then
                    events.fault("insight", error)
                await asyncio.Event().wait()

    async def _ask(self) -> None:
        """Ask whoever has the model, as long as there is somebody."""
        if self._asking is None:
            module = await asyncio.to_thread(import_module, "mailguard.memory.asking")
            self._asking = module.Asking(self._settings, now=utc_now)
        there = await self._asking.connect()
        self._memory = self._asking
        if there or time.monotonic() >= self._there_by:
            if not there and not self._opened.is_set():
                events.insight_away()  # once, and not for each look
            self._opened.set()
        if there:
            await self._asking.gone()
            self._lost()

    def _lost(self) -> None:
        """Whoever was asked is gone: mail waits for the next one, unless there is one already."""
        if self._memory is self._asking and self._asking is not None and not self._asking.is_there:
            self._opened.clear()
            self._there_by = time.monotonic() + _THERE_WITHIN


def remembering(rooms: Rooms, *, asks: bool) -> Remembering | None:
    """The memory that the settings ask for; None: it is switched off. asks: see Remembering."""
    settings = memory(rooms.config)
    return None if settings is None else Remembering(rooms, settings, asks=asks)


class Recalled:
    """The model as a server on this ledger would have it now, for looking only (intake.Remembers)."""

    def __init__(self, model: Insight, *, learning: bool) -> None:
        self._model, self._learning = model, learning

    @classmethod
    async def of(cls, rooms: Rooms, at: datetime) -> Recalled | None:
        """None: it is switched off. What is not learnt yet is learnt first. at: when the mail comes in that it judges.
        Raises MemoryFault, StoreError, OSError.
        """
        settings = memory(rooms.config)
        if settings is None:
            return None
        from mailguard.memory import aside

        model = await aside.recall(Lessons(rooms.db), settings)
        since = at.timestamp() - settings.silent_for.total_seconds()
        return cls(model, learning=bool(settings.silent_for) and not 0 < model.since <= since)

    @property
    def learning(self) -> bool:
        """Whether it only watches yet."""
        return self._learning

    async def judged(self, letter: Letter, *, abreast: bool = False) -> tuple[bytes, Judgement | None]:
        """What it thinks; nothing is to be learnt."""
        from mailguard.insight.lesson import read

        return b"", await asyncio.to_thread(lambda: self._model.score(read(letter)))


async def compared_now(rooms: Rooms, case: Case, at: datetime) -> Case:
    """A case with the risks that a server on this ledger would see now: what it has not learnt yet is learnt first.
    Raises MemoryFault, StoreError, OSError.
    """
    model = await Recalled.of(rooms, at)
    if model is None:
        return case
    letter = letter_in(case, at)
    judgement = None if letter is None else (await model.judged(letter))[1]
    return with_risks(case, judgement, learning=model.learning)
