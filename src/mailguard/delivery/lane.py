"""The way to one next server: what is due for it, claimed and tried, so many at a time as that server can take.

Each lane has its own clock, its own places and its own share of the ledger: a server that is sick or slow delays nobody
else's mail. A fresh mail is handed on in memory under a lease that the ledger already holds; everything else is claimed
from the ledger, which is the truth: wake-ups are hints and polling finds what they missed. It never sends what it has
not claimed, and does not touch the queue while the upstream is left in peace. An ordinary mail is tried without a task
of its own (`PromptUpstream`). A try that ends with no record is tried again: maybe twice.
"""

from __future__ import annotations

import asyncio
import collections
import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from mailguard import events
from mailguard.delivery.parcels import Parcel, parcels
from mailguard.delivery.recording import LONGEST_PAUSE
from mailguard.delivery.trying import Trying
from mailguard.mail.address import Address
from mailguard.mail.message import Body
from mailguard.mail.outcome import Outcome
from mailguard.relay.upstream import PromptUpstream, Upstream
from mailguard.store.errors import StoreError
from mailguard.store.records import Job

#: Mails that wait here with their octets in memory; those of the others are read when their turn comes.
_IN_MEMORY = 100
#: Seconds in which a lane gets through a claim, so that the next one may be twice as large: letters do not wait for it.
_SWALLOWED = 0.25


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A job under a lease since then (the loop's clock). body: octets in memory whose digest was checked since they
    came there.
    """

    job: Job
    since: float
    body: Body | None = None


class Lane:
    """One way. All methods belong to one event loop."""

    def __init__(self, way: str, upstream: Upstream, trying: Trying, at_once: int) -> None:
        """way: its name in the ledger; at_once: tries at a time."""
        self.upstream = upstream
        self._prompt = upstream if isinstance(upstream, PromptUpstream) else None
        self._way = way
        self._trying = trying
        self._queue = trying.queue
        self._settings = trying.settings
        self._now = trying.now
        self._at_once = at_once
        self._fresh: collections.deque[_Waiting] = collections.deque()
        self._running: set[asyncio.Task[None]] = set()
        self._prompted = 0  # tries without a task that are not written down yet
        self._offering = 0  # of all tries: not through with the upstream
        self._woken = asyncio.Event()
        self._rested = asyncio.Event()  # set when no try is under way
        self._rested.set()
        self._look_at = 0.0  # when the ledger is looked at next, by the loop's clock: the wall's may be set back
        self._more = False  # whether the last claim left something that is due
        self._bite, self._claimed_at = 0, 0.0  # how much is claimed at once, and when it was last
        self._stopping = self._over = False
        self._sorter: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin."""
        self._sorter = asyncio.create_task(self._run(), name=f"sorting {self._way}".rstrip())

    def room_for_one(self) -> bool:
        """Whether a fresh message would be tried at once. If not, it is better left to the ledger, without a lease."""
        return not self._stopping and len(self._fresh) < self._at_once and self.upstream.ready_in() == 0

    def hand_on(self, job: Job, body: Body | None = None) -> None:
        """Copies of a fresh message, claimed already. body: its octets, if they are at hand. Never blocks."""
        if len(self._fresh) >= _IN_MEMORY:
            body = None
        self._fresh.append(_Waiting(job, _clock(), body))
        self._go_on()

    def wake(self) -> None:
        """Something became due: released, or a letter was added."""
        self._look_at = 0.0
        self._woken.set()

    @property
    def under_way(self) -> int:
        """Tries at this moment."""
        return len(self._running) + self._prompted

    async def stop(self) -> None:
        """Begin nothing more; let tries under way end, or leave them to the end of their lease."""
        self._stopping = True
        if self._sorter is not None:
            self._sorter.cancel()
            await asyncio.wait([self._sorter])
        await self._give_back_fresh(lambda _: True)
        rested = asyncio.create_task(self._rested.wait())  # also for tries that follow from those under way
        await asyncio.wait([rested], timeout=self._settings.stop_seconds)
        self._over = True
        late = [rested, *self._running]
        for task in late:
            task.cancel()
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
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._rest()):
                    await self._woken.wait()

    async def _begin_what_is_due(self) -> None:
        await self._give_back_fresh(lambda seconds: seconds > self._settings.fresh_seconds)
        self._go_on()
        room, at = self._room(), _clock()
        if at < self._look_at or room <= 0 or self._fresh or self._settings.fresh_only:
            return
        self._look_at = at + self._settings.poll_seconds
        now = self._now()
        if not self._more:
            due = await self._queue.next_due(now, self._way)  # a reading; a claim writes
            if due is None:
                return
            if due > now:
                self._look_at = min(self._look_at, at + (due - now).total_seconds())
                return
        await self._claim(now, at, room)

    async def _claim(self, now: datetime, at: float, room: int) -> None:
        """As many as there is room for; more where so many are gone in no time: one look at the ledger for all."""
        limit = max(room, self._bite) if self.upstream.is_well else room
        self._more = False
        jobs = await self._queue.claim(now, self._settings.lease, limit, self._way)
        if not jobs:
            return
        self._look_at, self._more = 0.0, len(jobs) == limit  # perhaps there is more
        quick = self._more and at - self._claimed_at < _SWALLOWED
        self._bite, self._claimed_at = min(2 * limit, _IN_MEMORY) if quick else 0, at
        bodies: dict[str, Body] = {}
        try:
            if self._prompt is not None:
                bodies = await self._trying.at_hand(jobs)
        finally:  # what is claimed is not forgotten, whatever happened
            self._fresh.extend(_Waiting(job, at, bodies.get(job.record.id)) for job in jobs)
        self._go_on()

    def _go_on(self) -> None:
        """Begin what waits here, as far as there is room; the ledger is looked at by the loop."""
        if self._stopping or self._sorter is None:
            return
        while self._fresh and self._room() > 0:
            if _clock() - self._fresh[0].since > self._settings.fresh_seconds:
                self._woken.set()  # it is given back there
                return
            self._begin(self._fresh.popleft())

    def _room(self) -> int:
        """How many jobs may be begun. Those that are only being recorded hold nothing back, up to as many again."""
        places = min(self._at_once, self.upstream.capacity()) - self._offering
        return min(places, 2 * self._at_once - len(self._running) - self._prompted)

    def _rest(self) -> float:
        """Seconds until it makes sense to look again; a try that ends or a wake-up comes between."""
        look = self._settings.poll_seconds
        if self._room() > 0 and not self._settings.fresh_only:  # else nothing is begun before a try ends
            look = min(look, max(0.0, self._look_at - _clock()))
        # A little later than the peace of a sick upstream ends, so that one look is enough; and never a busy loop.
        return max(look, self.upstream.ready_in() + 0.01)

    async def _give_back_fresh(self, too_long: Callable[[float], bool]) -> None:
        """Return mail that waited here too long: its lease must outlast the try."""
        at = _clock()
        while self._fresh and too_long(at - self._fresh[0].since):
            job = self._fresh.popleft().job
            self._look_at = 0.0
            try:
                await self._queue.give_back(job.record.id, job.recipients, self._now())
            except StoreError as error:
                events.fault("delivery", error, message_id=job.record.id)
                if not self._stopping:
                    self._fresh.appendleft(_Waiting(job, at - self._settings.fresh_seconds - 1.0))
                    return  # asked again soon; a house that ends leaves it to the next start

    # One try

    def _begin(self, one: _Waiting) -> None:
        self._offering += 1
        try:
            parts = parcels(one.job)
            if one.body is None or not self._begun_promptly(one.job, parts, one.body):
                self._begin_task(one.job, parts, one.body)
        except Exception as error:  # the lease brings it back
            self._offering -= 1
            events.fault("delivery", error, message_id=one.job.record.id)

    def _begun_promptly(self, job: Job, parts: Sequence[Parcel], body: Body) -> bool:
        """Whether the try could be begun without a task."""
        if self._prompt is None or len(parts) > 1 or parts[0].recipe != ():
            return False

        def ended(outcomes: dict[Address, Outcome], left: tuple[Address, ...]) -> None:
            self._prompt_ended(job, body, outcomes, left)

        if not self._prompt.hand(self._trying.outgoing(job, body, known=True), ended):
            return False
        self._prompted += 1
        self._rested.clear()
        return True

    def _prompt_ended(self, job: Job, body: Body, outcomes: dict[Address, Outcome], left: tuple[Address, ...]) -> None:
        if self._over:  # too late: the lease is left to its end
            return
        if left:
            rest = Job(job.record, left)
            self._begin_task(rest, [Parcel(rest)], body)
        else:
            self._offering -= 1
        if outcomes:
            self._trying.recording.note(self._way, job, outcomes, lambda error: self._written(job, error))
        else:
            self._written(job, None)
        self._go_on()
        if not self._fresh and self._look_at <= _clock() and not self._settings.fresh_only:
            self._woken.set()  # there may be more in the ledger

    def _written(self, job: Job, error: BaseException | None) -> None:
        if error is not None:
            events.fault("delivery", error, message_id=job.record.id)
        self._prompted -= 1
        if not self.under_way:
            self._rested.set()
        self._go_on()

    def _begin_task(self, job: Job, parts: Sequence[Parcel], body: Body | None) -> None:
        task = asyncio.create_task(self._work(job, parts, body), name=f"relay {job.record.id}")
        self._running.add(task)
        self._rested.clear()
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if not self.under_way:
            self._rested.set()
        self._woken.set()

    async def _work(self, job: Job, parts: Sequence[Parcel], body: Body | None) -> None:
        """Relay and record. What goes wrong in the house is logged; the lease brings the job back."""
        try:
            *first, last = parts
            try:
                in_time = await self._work_apart(job, first, last, body) if first else True
                outcomes = await self._trying.offer(self.upstream, last, body) if in_time else None
            finally:
                self._offering -= 1
                self._woken.set()
            if outcomes is not None:
                await self._trying.record(self._way, last.job, outcomes)
        except Exception as error:
            events.fault("delivery", error, message_id=job.record.id)

    async def _work_apart(self, job: Job, first: Sequence[Parcel], last: Parcel, body: Body | None) -> bool:
        """All parcels but the last, each recorded before the next: what is out is not sent twice. What might not end
        before the lease does, if it was begun now, waits for another one. Returns whether the last may be begun.
        """
        until = _clock() + self._settings.spare_seconds
        for number, parcel in enumerate(first):
            outcomes = await self._trying.offer(self.upstream, parcel, body)
            if outcomes is not None:
                await self._trying.record(self._way, parcel.job, outcomes)
            if self._stopping or _clock() > until:
                left = tuple(one for later in (*first[number + 1 :], last) for one in later.job.recipients)
                await self._trying.give_back(job.record.id, left)
                self._look_at = 0.0
                return False
        return True


def _clock() -> float:
    return asyncio.get_running_loop().time()
