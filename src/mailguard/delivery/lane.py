"""The way to one next server: what is due for it, claimed and tried, so many at a time as that server can take.

Each lane has its own clock, its own places and its own share of the ledger: a server that is sick or slow delays nobody
else's mail. A fresh mail is handed on in memory under a lease that the ledger already holds; everything else is claimed
from the ledger, which is the truth: wake-ups are hints and polling finds what they missed. It never sends what it has
not claimed, and does not touch the queue while the upstream is left in peace. A try that ends with no record is tried
again: maybe twice.
"""

from __future__ import annotations

import asyncio
import collections
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mailguard import events
from mailguard.delivery.parcels import Parcel, parcels
from mailguard.delivery.trying import LONGEST_PAUSE, Trying
from mailguard.relay.upstream import Upstream
from mailguard.store.errors import StoreError
from mailguard.store.records import Job


@dataclass(frozen=True, slots=True)
class _Fresh:
    job: Job
    since: float


class Lane:
    """One way. All methods belong to one event loop."""

    def __init__(self, way: str, upstream: Upstream, trying: Trying, at_once: int) -> None:
        """way: its name in the ledger; at_once: tries at a time."""
        self.upstream = upstream
        self._way = way
        self._trying = trying
        self._queue = trying.queue
        self._settings = trying.settings
        self._now = trying.now
        self._at_once = at_once
        self._fresh: collections.deque[_Fresh] = collections.deque()
        self._running: set[asyncio.Task[None]] = set()
        self._offering = 0  # of the running ones: not through with the upstream
        self._woken = asyncio.Event()
        self._look_at = 0.0  # when the ledger is looked at next, by the loop's clock: the wall's may be set back
        self._stopping = False
        self._sorter: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin."""
        self._sorter = asyncio.create_task(self._run(), name=f"sorting {self._way}".rstrip())

    def room_for_one(self) -> bool:
        """Whether a fresh message would be tried at once. If not, it is better left to the ledger, without a lease."""
        return not self._stopping and len(self._fresh) < self._at_once and self.upstream.ready_in() == 0

    def hand_on(self, job: Job) -> None:
        """Copies of a fresh message, claimed already. Never blocks."""
        self._fresh.append(_Fresh(job, asyncio.get_running_loop().time()))
        self._woken.set()

    def wake(self) -> None:
        """Something became due: released, or a letter was added."""
        self._look_at = 0.0
        self._woken.set()

    @property
    def under_way(self) -> int:
        """Tries at this moment."""
        return len(self._running)

    async def stop(self) -> None:
        """Begin nothing more; let tries under way end, or leave them to the end of their lease."""
        self._stopping = True
        if self._sorter is not None:
            self._sorter.cancel()
            await asyncio.wait([self._sorter])
        await self._give_back_fresh(lambda _: True)
        if self._running:
            _, late = await asyncio.wait(self._running, timeout=self._settings.stop_seconds)
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late)

    # The loop

    async def _run(self) -> None:
        pause = 1.0
        while True:
            self._woken.clear()
            try:
                await self._begin_what_is_due()
                pause = 1.0
            except Exception as error:  # the ledger is not to be had: nothing is lost, so wait
                events.fault("delivery", error)
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)
                continue
            try:
                async with asyncio.timeout(self._rest()):
                    await self._woken.wait()
            except TimeoutError:
                continue

    async def _begin_what_is_due(self) -> None:
        await self._give_back_fresh(lambda seconds: seconds > self._settings.fresh_seconds)
        while self._fresh and self._room() > 0:
            self._begin(self._fresh.popleft().job)
        room, at = self._room(), asyncio.get_running_loop().time()
        if at < self._look_at or room <= 0 or self._settings.fresh_only:
            return
        self._look_at = at + self._settings.poll_seconds
        now = self._now()
        due = await self._queue.next_due(now, self._way)  # a reading; a claim writes
        if due is None:
            return
        if due > now:
            self._look_at = min(self._look_at, at + (due - now).total_seconds())
            return
        jobs = await self._queue.claim(now, self._settings.lease, room, self._way)
        for job in jobs:
            self._begin(job)
        if jobs:  # perhaps there is more
            self._look_at = 0.0

    def _room(self) -> int:
        """How many jobs may be begun. Those that are only being recorded hold nothing back, up to as many again."""
        places = min(self._at_once, self.upstream.capacity()) - self._offering
        return min(places, 2 * self._at_once - len(self._running))

    def _rest(self) -> float:
        """Seconds until it makes sense to look again; a try that ends or a wake-up comes between."""
        at = asyncio.get_running_loop().time()
        look = self._settings.poll_seconds
        if self._room() > 0 and not self._settings.fresh_only:  # else nothing is begun before a try ends
            look = min(look, max(0.0, self._look_at - at))
        # A little later than the peace of a sick upstream ends, so that one look is enough; and never a busy loop.
        return max(look, self.upstream.ready_in() + 0.01)

    async def _give_back_fresh(self, too_long: Callable[[float], bool]) -> None:
        """Return fresh mail that waited too long: its lease must outlast the try."""
        at = asyncio.get_running_loop().time()
        while self._fresh and too_long(at - self._fresh[0].since):
            job = self._fresh[0].job
            self._look_at = 0.0
            try:
                await self._queue.give_back(job.record.id, job.recipients, self._now())
            except StoreError as error:
                events.fault("delivery", error, message_id=job.record.id)
                if not self._stopping:
                    return  # asked again soon; a house that ends leaves it to the next start
            self._fresh.popleft()

    # One try

    def _begin(self, job: Job) -> None:
        self._offering += 1
        task = asyncio.create_task(self._work(job), name=f"relay {job.record.id}")
        self._running.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        self._woken.set()

    async def _work(self, job: Job) -> None:
        """Relay and record. What goes wrong in the house is logged; the lease brings the job back."""
        try:
            *first, last = parcels(job)
            try:
                in_time = await self._work_apart(job, first, last) if first else True
                outcomes = await self._trying.offer(self.upstream, last) if in_time else None
            finally:
                self._offering -= 1
                self._woken.set()
            if outcomes is not None:
                await self._trying.record(self._way, last.job, outcomes)
        except Exception as error:
            events.fault("delivery", error, message_id=job.record.id)

    async def _work_apart(self, job: Job, first: Sequence[Parcel], last: Parcel) -> bool:
        """All parcels but the last, each recorded before the next: what is out is not sent twice. What might not end
        before the lease does, if it was begun now, waits for another one. Returns whether the last may be begun.
        """
        until = asyncio.get_running_loop().time() + self._settings.spare_seconds
        for number, parcel in enumerate(first):
            outcomes = await self._trying.offer(self.upstream, parcel)
            if outcomes is not None:
                await self._trying.record(self._way, parcel.job, outcomes)
            if self._stopping or asyncio.get_running_loop().time() > until:
                left = tuple(one for later in (*first[number + 1 :], last) for one in later.job.recipients)
                await self._trying.give_back(job.record.id, left)
                self._look_at = 0.0
                return False
        return True
