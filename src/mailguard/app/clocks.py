"""The clocks of the house: holds whose time runs out, and what is done every hour. They decide nothing themselves.

A fault in one round is reported and the next round tries again: no clock ever stops.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from datetime import timedelta

from mailguard import events
from mailguard.app.rooms import Rooms, utc_now
from mailguard.mail.calendar import Calendar
from mailguard.review.ending import Endings
from mailguard.store.errors import StoreError
from mailguard.store.spool import Retention

#: Remembers since when the rules in force are as they are.
Adopt = Callable[[], Awaitable[None]]
_HOUSEKEEPING = 3600.0
#: How often it is asked which holds end soon.
_ENDINGS = 300.0
#: Seconds from one count of what waits to the next.
COUNTED_EVERY = 15.0


class Clocks:
    """tick: set when something was decided or taken in, so that the clock is read anew; adopt: see Reception."""

    def __init__(self, rooms: Rooms, tick: asyncio.Event, *, adopt: Adopt) -> None:
        self._rooms, self._tick, self._adopt = rooms, tick, adopt

    async def expire(self) -> None:
        """End holds when their time runs out; looks again at least every second for what other processes decided."""
        utc_now.kept = True
        while True:
            self._tick.clear()
            wait = 1.0
            try:
                await self._keep_time()
                times = [await self._rooms.review.expire_due(), await self._rooms.absences.begin_due()]
                following = min((at for at in times if at is not None), default=None)
                if following is not None:
                    wait = min(wait, max(0.01, (following - utc_now()).total_seconds()))
            except Exception as error:
                events.fault("review", error)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._tick.wait()

    async def _keep_time(self) -> None:
        """Where the wall clock was set, deadlines move with it before anybody looks at them."""
        by = utc_now.jump()
        if by is not None:
            copies = await self._rooms.holds.clock_was_set(utc_now() + by, by)
            utc_now.go_over()
            events.clock_set(by.total_seconds(), copies)

    async def bulk(self) -> None:
        """Begin acts over many mails when the time to undo them is over; looks every second for those of others."""
        while True:
            wait = 1.0
            try:
                following = await self._rooms.bulk.run_due()
                if following is not None:
                    wait = min(wait, max(0.01, (following - utc_now()).total_seconds()))
            except Exception as error:
                events.fault("review", error)
            await asyncio.sleep(wait)

    async def housekeep(self) -> None:
        """Count what waits for the figures, tell of holds that end soon and of the clocks of misdeliveries, and remove
        what is past its time.
        """
        keep = self._rooms.config.settings.store.retention
        facts = None if keep.facts is None else timedelta(seconds=keep.facts)
        retention = Retention(timedelta(seconds=keep.bodies), timedelta(seconds=keep.metadata), facts)
        last, told, endings = -_HOUSEKEEPING, -_ENDINGS, endings_of(self._rooms)
        while True:
            try:
                await count_waiting(self._rooms)
                await self._adopt()
                if asyncio.get_running_loop().time() - told >= _ENDINGS:
                    told = asyncio.get_running_loop().time()
                    await endings.tell()
                    await self._rooms.incidents.remind()
                if asyncio.get_running_loop().time() - last >= _HOUSEKEEPING:
                    await self._rooms.spool.purge(utc_now(), retention)
                    last = asyncio.get_running_loop().time()
            except Exception as error:
                events.fault("store", error)
            await asyncio.sleep(COUNTED_EVERY)


def endings_of(rooms: Rooms) -> Endings:
    """Who hears that holds end. Where no policy is open, the usual office hours count."""
    usual = Calendar(timezone=rooms.config.settings.organization.timezone)
    return Endings(
        rooms.holds,
        timedelta(seconds=rooms.config.settings.notify.remind_before),
        calendar=lambda: (rooms.hints.calendar or (lambda: usual))(),
        noticed=lambda: rooms.hints.noticed(),
        now=utc_now,
    )


async def count_waiting(rooms: Rooms) -> None:
    """What waits, for the figures. Raises StoreError."""
    counts = await rooms.queue.counts()
    events.held_now.set(counts.get("held", 0))
    events.queued_now.set(counts.get("queued", 0))


async def count_for_the_console(rooms: Rooms) -> None:
    """Again and again, where another process has the clocks: the figures are asked of the one with the console."""
    while True:
        with contextlib.suppress(StoreError):  # /readyz says so
            await count_waiting(rooms)
        await asyncio.sleep(COUNTED_EVERY)
