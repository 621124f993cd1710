"""The model of who writes to whom, opened behind the door: its code and tables are loaded in a thread once the banner
is out, and a mail that comes before waits for the code, not for what was learnt.
"""

from __future__ import annotations

import asyncio
import contextlib
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
from mailguard.store.lessons import Lessons

if TYPE_CHECKING:
    from mailguard.insight.model import Insight
    from mailguard.memory.room import Memory

__all__ = ["MemoryFault", "Nowhere", "Recalled", "Remembering", "compared_now", "no_memory", "remembering"]


#: Seconds after the door was opened in which nothing is loaded that no mail asks for.
_BANNER_FIRST = 0.5


class Remembering:
    """A memory that is on its way (intake.Remembers)."""

    def __init__(self, rooms: Rooms, settings: MemorySettings) -> None:
        self._lessons, self._settings = Lessons(rooms.db), settings
        self._memory: Memory | None = None
        self._wanted, self._opened = asyncio.Event(), asyncio.Event()

    @property
    def learning(self) -> bool:
        """Whether it only watches yet."""
        return self._memory is None or self._memory.learning

    async def judged(self, letter: Letter) -> tuple[bytes, Judgement | None]:
        """See `Memory.judged`; nothing where it cannot be opened, of which the log speaks."""
        if self._memory is None:
            self._wanted.set()
            await self._opened.wait()
        return (b"", None) if self._memory is None else await self._memory.judged(letter)

    async def run(self) -> None:
        """Open it, and let it learn until cancelled."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._wanted.wait(), _BANNER_FIRST)
        try:
            module = await asyncio.to_thread(import_module, "mailguard.memory.room")
            self._memory = module.Memory(self._lessons, self._settings, now=utc_now)
        except Exception as error:
            events.fault("insight", error)
            return
        finally:
            self._opened.set()
        await self._memory.run()


class Nowhere:
    """In a process that takes no mail in and learns nothing: no risk is known, and nothing is held for that."""

    learning = False

    async def judged(self, letter: Letter) -> tuple[bytes, Judgement | None]:
        """See `Memory.judged`."""
        return b"", None


def no_memory(rooms: Rooms) -> Nowhere | None:
    """Of such a process; None: the settings switch it off everywhere."""
    return None if memory(rooms.config) is None else Nowhere()


def remembering(rooms: Rooms) -> Remembering | None:
    """The memory that the settings ask for; None: it is switched off."""
    settings = memory(rooms.config)
    return None if settings is None else Remembering(rooms, settings)


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

    async def judged(self, letter: Letter) -> tuple[bytes, Judgement | None]:
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
