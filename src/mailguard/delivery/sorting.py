"""The sorting room: each queued copy goes by its way, a lane for each next server.

Which way a copy goes was written down when it was taken in, and is never changed here: what goes by a way that the
settings know no more stays in the queue, says why, and is told to the administrators through `stuck`, as is a next
server that takes no mail of ours at all.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Collection, Mapping
from datetime import datetime

from mailguard import events
from mailguard.delivery.bounces import Bounces
from mailguard.delivery.lane import Lane
from mailguard.delivery.recording import Hears
from mailguard.delivery.trying import DeliverySettings, Trying
from mailguard.mail.address import Address
from mailguard.mail.lifecycle import State
from mailguard.mail.message import Body
from mailguard.relay.upstream import Upstream
from mailguard.store.errors import StoreError
from mailguard.store.queue import Queue
from mailguard.store.records import Job, MessageRecord
from mailguard.store.spool import Spool
from mailguard.store.troubles import Standstill
from mailguard.workshop import Workshop

#: Seconds between two looks at how much waits for whom.
_SURVEY = 10.0
#: What people read of such a copy.
GONE = "the settings have no upstream {way} any more: name it again under upstreams:, or cancel"


class Delivery:
    """The sorting room. All methods belong to one event loop."""

    def __init__(
        self,
        queue: Queue,
        spool: Spool,
        upstreams: Mapping[str, Upstream],
        bounces: Bounces | None,
        settings: DeliverySettings,
        *,
        workshop: Workshop,
        now: Callable[[], datetime],
        live: Hears,
        noticed: Callable[[], None] = lambda: None,
    ) -> None:
        """upstreams: by the names of their ways. noticed: called when a letter may be owed (the ledger wrote a
        notice). bounces: None where another process writes them.
        """
        self._queue = queue
        self._bounces = bounces
        self._settings = settings
        bounced = noticed if bounces is None else bounces.wake
        trying = Trying(queue, spool, settings, bounced=bounced, workshop=workshop, now=now, live=live, noticed=noticed)
        self._recording, self._now = trying.recording, now
        self._lanes = {
            way: Lane(way, upstream, trying, settings.connections.get(way, settings.concurrency))
            for way, upstream in upstreams.items()
        }
        self._survey: asyncio.Task[None] | None = None
        self._waiting: dict[str, int] | None = None  # copies by way; not counted yet
        self._stranded: dict[str, int] = {}  # copies that wait for a way that is no more, by its name
        if bounces is not None:
            bounces.queued = self.wake

    async def start(self) -> None:
        """Free what a former run had claimed, and begin. Raises StoreError."""
        if not self._settings.fresh_only:
            await self._queue.release_leases()
        if self._bounces is not None:
            self._bounces.start()
        for lane in self._lanes.values():
            lane.start()
        if self._settings.fresh_only:
            return
        self._survey = asyncio.create_task(self._look_around(), name="survey")

    def room_for_one(self, ways: Collection[str] = ("",)) -> bool:
        """Whether fresh copies would be tried at once by all these ways."""
        lanes = self._lanes
        for way in ways:  # noqa: SIM110 - asked of each mail: all() takes longer
            if way not in lanes or not lanes[way].room_for_one():
                return False
        return True

    def hand_on(self, record: MessageRecord, body: Body | None = None) -> None:
        """A fresh message: those of its queued copies that are claimed already. body: its octets, where they have been
        in memory since they were digested. Never blocks.
        """
        if len(record.recipients) == 1:  # nearly all
            only = record.recipients[0]
            if only.state is State.QUEUED and only.leased and only.way in self._lanes:
                self._lanes[only.way].hand_on(Job(record, (only.address,)), body)
            return
        due: dict[str, list[Address]] = {}
        for one in record.recipients:
            if one.state is State.QUEUED and one.leased:
                due.setdefault(one.way, []).append(one.address)
        for way, people in due.items():
            if way in self._lanes:  # else the lease ends by itself
                self._lanes[way].hand_on(Job(record, tuple(people)), body)

    def wake(self) -> None:
        """Something became due: released, or a letter was added."""
        for lane in self._lanes.values():
            lane.wake()

    @property
    def under_way(self) -> int:
        """Tries at this moment."""
        return sum(lane.under_way for lane in self._lanes.values())

    def stuck(self) -> dict[str, Standstill]:
        """What stands still, by the names of upstreams: for the administrators."""
        waiting = self._waiting or {}
        gone = {way: Standstill("gone", count) for way, count in self._stranded.items()}
        return gone | {
            way or events.DEFAULT: stop for way, stop in self._recording.standing.stuck(waiting, self._now()).items()
        }

    def flows(self, name: str) -> bool:
        """Whether mail is known to go to the upstream of this name (again), or none waits for it."""
        way = "" if name == events.DEFAULT else name
        goes = self._recording.standing.goes
        return self._waiting is not None and (not self._waiting.get(way) or goes(way, self._now()))

    async def stop(self) -> None:
        """Begin nothing more; let tries under way end, or leave them to the end of their lease; close the upstreams."""
        if self._survey is not None:
            self._survey.cancel()
            await asyncio.wait([self._survey])
        await asyncio.gather(*(lane.stop() for lane in self._lanes.values()))
        await self._recording.stop()
        if self._bounces is not None:
            await self._bounces.stop()
        await asyncio.gather(*(lane.upstream.close() for lane in self._lanes.values()))

    async def _look_around(self) -> None:
        clock = asyncio.get_running_loop().time
        while True:
            began = clock()
            with contextlib.suppress(StoreError):  # the lanes say it
                await self.look()
            # Counting a queue of a million takes its time: never more than a twentieth of it.
            await asyncio.sleep(max(_SURVEY, 20 * (clock() - began)))

    async def look(self) -> None:
        """Count what waits for whom, for the figures; copies that no lane will ever take say why. Raises StoreError."""
        self._waiting = waiting = await self._queue.by_way()
        stuck = self.stuck()
        for way, lane in self._lanes.items():
            well = lane.upstream.is_well and (way or events.DEFAULT) not in stuck
            events.upstream_state(way, waiting.get(way, 0), well=well)
        stranded = {way: count for way, count in waiting.items() if way not in self._lanes}
        for way, count in stranded.items():
            events.upstream_state(way, count, well=False)
            if self._stranded.get(way) is None:
                events.upstream_gone(way, count)
            await self._queue.stranded(way, GONE.format(way=way))
        for way in self._stranded.keys() - stranded.keys():
            events.upstream_state(way, 0, well=False)
        self._stranded = stranded
