"""The chat room: from notices that were written to messages for each channel that wants them, and a lane for each.

It reads the notices that letters are made from, so what is told by letter is told here once too, whatever crashes in
between; it decides for whom, and never what. It runs beside the post room and waits for nothing of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from mailguard import events
from mailguard.mail.organization import Organization
from mailguard.notify.channels.lane import Lane
from mailguard.notify.channels.settings import EVENT_OF, ChannelSettings
from mailguard.notify.readers import readers_of
from mailguard.store.chat import ChatOutbox, Wanted
from mailguard.store.records import Notice

#: Open messages of one channel; what comes on top is left out, and the channel counts as failing.
MOST = 1000
_LOOK_AGAIN = 5.0
#: Notices older than this are no news: the house was down, or the channels are new.
_NEWS = timedelta(hours=1)
_CLEAR = timedelta(hours=1)


class Now(Protocol):
    """The clock."""

    def __call__(self) -> datetime: ...


@dataclass(frozen=True, slots=True)
class Audience:
    """For whom a notice is, by channel. Pure."""

    channels: Sequence[ChannelSettings]
    organization: Organization
    administrators: Sequence[str]

    def wanted(self, notice: Notice) -> Iterator[Wanted]:
        """The messages that a notice makes necessary."""
        event = EVENT_OF.get(notice.kind)
        for channel in self.channels:
            itself = event == "channel_failing" and notice.detail.get("name") == channel.name
            if event not in channel.events or itself:
                continue
            if not channel.to_person:
                yield Wanted(channel.name, "")
                continue
            for person in readers_of(notice, self.organization, self.administrators):
                yield Wanted(channel.name, person.key)


class Chat:
    """All channels."""

    def __init__(self, outbox: ChatOutbox, audience: Audience, lanes: Sequence[Lane], *, now: Now) -> None:
        self._outbox, self._audience, self._now = outbox, audience, now
        self._lanes: Mapping[str, Lane] = {lane.settings.name: lane for lane in lanes}
        self._woken = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._cleared: datetime | None = None

    async def start(self) -> None:
        """Begin; what was owed before the start is said first."""
        await self.spread()
        works = [("chat", self._work), *((f"chat {name}", lane.work) for name, lane in self._lanes.items())]
        self._tasks = [asyncio.create_task(work(), name=name) for name, work in works]

    def wake(self) -> None:
        """A notice was written."""
        self._woken.set()

    async def stop(self) -> None:
        """End. What is under way goes out again after the next start: nothing that is owed is lost."""
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def spread(self) -> None:
        """Make messages of the notices that are new."""
        now = self._now()
        left = await self._outbox.spread(self._audience.wanted, now, not_before=now - _NEWS, most=MOST)
        for name, count in left.items():
            lane = self._lanes[name]
            lane.health.bad(f"more than {MOST} messages wait", now)
            lane.health.gave_up = True
            events.chat_failed(name, lane.settings.kind, "too many wait", count)
        for lane in self._lanes.values():
            lane.wake()
        if self._cleared is None or now - self._cleared >= _CLEAR:
            self._cleared = now
            await self._outbox.forget(self._lanes, now)

    async def _work(self) -> None:
        while True:
            self._woken.clear()
            try:
                await self.spread()
            except Exception as error:  # the ledger is away, there is no memory: the next round goes on
                events.fault("chat", error)
            try:
                async with asyncio.timeout(_LOOK_AGAIN):
                    await self._woken.wait()
            except TimeoutError:
                continue
