"""Whether more mail may come in: the gauges are read every second, and what came in since then is counted on.

Each reason has a mark where it begins and another, further off, where it is over, so that the door does not flutter.
Between two readings the octets that were announced (SIZE) and those that came are taken off what was free, so that a
burst does not get past the mark. What has begun may end: a body under way is stopped only at half the mark. Nothing
here speaks SMTP, logs mail or refuses letters of ours.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from mailguard import events
from mailguard.pressure import gauges
from mailguard.store.errors import StoreError

Why = Literal["disk", "memory", "descriptors", "queue", "ledger"]

#: What is kept free where the settings say nothing: the smaller of an amount and a part of the whole.
_DISK, _MEMORY, _PART = 500 * 2**20, 100 * 2**20, 20
_FILES = 1000
_DESCRIPTORS = 0.9
#: Pressure is over where the gauge is so much better than the mark at which it began.
_BETTER = 1.1
_EVERY = 1.0
#: A queue that may be longer than this is counted only at every so many readings: each row that waits is read for it.
_QUICK, _QUEUE = 20_000, 5
#: A trouble that is told lasts at least so long, so that one that comes and goes is told once.
_TOLD = 60.0


@dataclass(frozen=True, slots=True)
class PressureLimits:
    """disk_free, memory_free: octets that stay free; memory: octets of this process and those it started; None: by the
    machine's size. queued: mails that wait, for people or the next server. 0 switches a mark off.
    """

    disk_free: int | None = None
    memory: int | None = None
    memory_free: int | None = None
    queued: int = 200_000


@dataclass(frozen=True, slots=True)
class _Reading:
    """What the gauges said: each file system's (free, whole, files left) by its name."""

    disks: Mapping[str, tuple[int, int, int]]
    memory: int
    memory_free: int
    descriptors: tuple[int, int]


def disk_mark(said: int | None, whole: int) -> int:
    """Octets of a file system of that size below which no mail is taken. said: by the settings, None: by the size."""
    return min(_DISK, whole // _PART) if said is None else said


class Pressure:
    """folders: what must not fill up, by name; waiting: how many mails wait, counted up to a number at most; damaged:
    whether the ledger has said so, which no time mends.
    """

    def __init__(
        self,
        limits: PressureLimits | None = None,
        folders: Mapping[str, Path] | None = None,
        waiting: Callable[[int], Awaitable[int]] | None = None,
        damaged: Callable[[], bool] = bool,
    ) -> None:
        self._limits = limits or PressureLimits()
        self._folders = dict(folders or {})
        self._waiting = waiting
        self._damaged = damaged
        self._machine = gauges.machine_memory()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="pressure")
        self._now: set[Why] = set()
        self._last: dict[Why, float] = {}
        self._room = self._stop_room = gauges.PLENTY  # octets above the mark, and above half of it
        self._announced = 0
        self._came = 0
        self._looks = 0

    async def watch(self) -> None:
        """Read the gauges again and again, until cancelled."""
        try:
            while True:
                await self.look()
                await asyncio.sleep(_EVERY)
        finally:
            self._thread.shutdown(wait=False)

    async def look(self) -> None:
        """Read the gauges once."""
        came = self._came
        reading = await asyncio.get_running_loop().run_in_executor(self._thread, self._read)
        self._came -= came  # what came before the reading is in it
        self._disk(reading)
        self._memory(reading)
        used, most = reading.descriptors
        self._set("ledger", self._damaged(), False)
        self._set("descriptors", used > most * _DESCRIPTORS, used < most * _DESCRIPTORS / _BETTER)
        if self._looks % _QUEUE == 0 or self._limits.queued <= _QUICK:
            await self._queue()
        self._looks += 1

    def why(self) -> tuple[Why, ...]:
        """What there is too little of, now."""
        return tuple(sorted(self._now))

    def lately(self) -> tuple[Why, ...]:
        """What there was too little of within the last minute."""
        since = asyncio.get_running_loop().time() - _TOLD
        return tuple(sorted(why for why, at in self._last.items() if at > since))

    def connection(self) -> Why | None:
        """Why no new client can be let in, None if it can: who is in takes memory and a descriptor."""
        return next((why for why in ("memory", "descriptors") if why in self._now), None)

    def message(self, size: int) -> Why | None:
        """Why a message of `size` octets (0: not announced) cannot be taken now, None if it can."""
        if self._now:
            return min(self._now)
        return "disk" if size + self._announced + self._came > self._room else None

    def announce(self, size: int) -> None:
        """Count on octets that are announced; negative: they came, or never will."""
        self._announced += size

    def came(self, size: int) -> bool:
        """Octets of a body came. False: there is no more room, also for what is under way."""
        self._came += size
        return self._came <= self._stop_room

    def _read(self) -> _Reading:
        return _Reading(
            {name: gauges.disk(folder) for name, folder in self._folders.items()},
            gauges.used_memory(),
            gauges.free_memory(),
            gauges.descriptors(),
        )

    def _disk(self, reading: _Reading) -> None:
        room = stop = better = gauges.PLENTY
        files = gauges.PLENTY
        for name, (free, whole, left) in reading.disks.items():
            events.disk_free.labels(name).set(free)
            mark = disk_mark(self._limits.disk_free if name != "temp" else None, whole)
            room, stop = min(room, free - mark), min(stop, free - mark // 2)
            better, files = min(better, free - int(mark * _BETTER)), min(files, left)
        self._room, self._stop_room = room, stop
        few = files < _FILES and self._limits.disk_free != 0
        self._set("disk", room < 0 or few, better >= 0 and not few)

    def _memory(self, reading: _Reading) -> None:
        events.memory_used.set(reading.memory)
        limits = self._limits
        most = self._machine * 3 // 4 if limits.memory is None else limits.memory or gauges.PLENTY
        mark = self._mark(limits.memory_free, _MEMORY, self._machine)
        bad = reading.memory > most or reading.memory_free < mark
        self._set("memory", bad, reading.memory < most / _BETTER and reading.memory_free > mark * _BETTER)

    async def _queue(self) -> None:
        most = self._limits.queued
        if not most or self._waiting is None:
            return
        try:
            count = await self._waiting(most + 1)
        except StoreError:  # the ledger itself says so where it matters
            return
        self._set("queue", count >= most, count < most / _BETTER)

    @staticmethod
    def _mark(said: int | None, usual: int, whole: int) -> int:
        return min(usual, whole // _PART) if said is None else said

    def _set(self, why: Why, bad: bool, good: bool) -> None:
        if bad:
            self._last[why] = asyncio.get_running_loop().time()
            if why not in self._now:
                self._now.add(why)
                events.pressure(why)
        elif good and why in self._now:
            self._now.remove(why)
            events.pressure_over(why)
        elif why in self._now:
            self._last[why] = asyncio.get_running_loop().time()
