"""The way to one next server: what is due for it, claimed and tried, so many at a time as that server can take.

Each lane has its own clock, its own places and its own share of the ledger: a server that is sick or slow delays nobody
else's mail. A fresh mail is handed on in memory under a lease that the ledger already holds; everything else is claimed
from the ledger, which is the truth: wake-ups are hints and polling finds what they missed. It never sends what it has
not claimed, and does not touch the queue while the upstream is left in peace. An ordinary mail is tried without a task
of its own (`PromptUpstream`). A try that ends with no record is tried again: maybe twice.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from datetime import datetime

from mailguard import events
from mailguard.delivery.appetite import Appetite
from mailguard.delivery.backlog import Backlog, Waiting
from mailguard.delivery.parcels import Parcel, parcels
from mailguard.delivery.recording import LONGEST_PAUSE, TOGETHER
from mailguard.delivery.trying import Trying
from mailguard.mail.address import Address
from mailguard.mail.message import Body
from mailguard.mail.outcome import Outcome
from mailguard.relay.upstream import PromptUpstream, Upstream
from mailguard.store.errors import StoreError
from mailguard.store.records import Job


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
        self._clock = _clock  # the loop's, once it runs
        self._at_once = at_once
        self._backlog = Backlog(trying.settings.backlog_mails, trying.settings.backlog_octets)
        self._running: set[asyncio.Task[None]] = set()
        self._prompted = 0  # tries without a task that are not written down yet
        self._offering = 0  # of all tries: not through with the upstream
        self._woken = asyncio.Event()
        self._rested = asyncio.Event()  # set when no try is under way
        self._rested.set()
        self._appetite = Appetite(trying.settings.poll_seconds)
        self._stopping = self._over = False
        self._sorter: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin."""
        self._clock = asyncio.get_running_loop().time
        self._sorter = asyncio.create_task(self._run(), name=f"sorting {self._way}".rstrip())

    def room_for_one(self) -> bool:
        """Whether a fresh message would be tried soon. If not, it is better left to the ledger, without a lease."""
        if self._stopping or self.upstream.ready_in() > 0:
            return False
        backlog = self._backlog
        if not backlog.fresh or backlog.has_room(self._clock() - self._settings.soon_seconds):
            return True
        self._appetite.more = True  # in a moment
        return False

    def hand_on(self, job: Job, body: Body | None = None) -> None:
        """Copies of a fresh message, claimed already. body: its octets, if they are at hand. Never blocks."""
        one = Waiting(job, self._clock(), body)
        if not self._backlog and self._begins and self._room() > 0:  # its turn is now
            self._appetite.went += 1
            self._begin(one)
            return
        self._backlog.add(one)
        self._go_on()

    def wake(self) -> None:
        """Something became due: released, or a letter was added."""
        self._appetite.wake()
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
        try:
            await self._give_back(self._backlog.older(float("inf")))
        except StoreError as error:  # left to the next start
            events.fault("delivery", error)
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
        await self._give_back(self._backlog.older(self._too_long()))
        self._go_on()
        at, appetite = self._clock(), self._appetite
        if not self._may_claim(at):
            return
        appetite.looked(at)
        now = self._now()
        if not appetite.more:
            due = await self._queue.next_due(now, self._way)  # a reading; a claim writes
            if due is None:
                return
            if due > now:
                appetite.due_in(at, (due - now).total_seconds())
                return
        await self._claim(now, at)

    def _may_claim(self, at: float) -> bool:
        """Whether to look at the ledger. Where the last bite went quickly the next one is there before its end."""
        backlog, appetite = self._backlog, self._appetite
        if self._settings.fresh_only or not appetite.looks(at, backlog.fresh):
            return False
        if appetite.bite and self.upstream.is_well:
            return backlog.claimed < self._at_once
        return not backlog.claimed and (self._room() > 0 or (backlog.fresh > 0 and self.upstream.is_well))

    async def _claim(self, now: datetime, at: float) -> None:
        fresh, room = self._backlog.fresh, self._room()
        limit = self._appetite.limit(room, fresh) if self.upstream.is_well else room
        jobs = await self._queue.claim(now, self._settings.lease, limit, self._way)
        self._appetite.claimed(at, len(jobs), limit, fresh)
        if not jobs:
            return
        bodies: dict[str, Body] = {}
        try:
            if self._prompt is not None:
                bodies = await self._trying.at_hand(jobs)
        finally:  # what is claimed is not forgotten, whatever happened
            self._backlog.add_claimed(Waiting(job, at, bodies.get(job.record.id)) for job in jobs)
        self._go_on()

    def _go_on(self) -> None:
        """Begin what waits here, as far as there is room; the ledger is looked at by the loop."""
        if not self._begins:
            return
        backlog = self._backlog
        while backlog and self._room() > 0:
            fresh = backlog.fresh
            one = backlog.next(self._too_long())
            if one is None:
                self._woken.set()  # it is given back there
                return
            self._appetite.went += fresh - backlog.fresh
            self._begin(one)

    @property
    def _begins(self) -> bool:
        """Whether tries are begun: it has started, and does not stop."""
        return self._sorter is not None and not self._stopping

    def _too_long(self) -> float:
        """Who has waited here since before then is given back: its lease must outlast the try."""
        return self._clock() - self._settings.fresh_seconds

    def _room(self) -> int:
        """How many jobs may be begun. Those that are only being recorded hold nothing back, as far as one transaction
        takes them, and as long as the ledger takes any: they would be tried again after a crash.
        """
        places = min(self._at_once, self.upstream.capacity()) - self._offering
        recording = self._trying.recording
        spare = self._at_once if recording.is_stuck else max(self._at_once, TOGETHER)
        return min(places, self._at_once + spare - len(self._running) - self._prompted)

    def _rest(self) -> float:
        """Seconds until it makes sense to look again; a try that ends or a wake-up comes between."""
        look = self._settings.poll_seconds
        if self._room() > 0 and not self._settings.fresh_only:  # else nothing is begun before a try ends
            look = min(look, max(0.0, self._appetite.look_at - self._clock()))
        # A little later than the peace of a sick upstream ends, so that one look is enough; and never a busy loop.
        return max(look, self.upstream.ready_in() + 0.01)

    def _away(self) -> bool:
        """Whether a try that just failed did so for the server."""
        return self.upstream.ready_in() > 0

    async def _give_back(self, some: Sequence[Waiting]) -> None:
        """End the leases of what waited here too long, or will not be tried any more. Raises StoreError."""
        for begin in range(0, len(some), TOGETHER):
            self._appetite.wake()
            try:
                await self._trying.end_leases([one.job for one in some[begin : begin + TOGETHER]])
            except BaseException:
                self._backlog.put_back(some[begin:])  # what was ended is ended once more
                raise

    # One try

    def _begin(self, one: Waiting) -> None:
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
            self._trying.recording.note(self._way, job, outcomes, lambda error: self._written(job, error), self._away)
        else:
            self._written(job, None)
        self._go_on()
        if not self._settings.fresh_only and self._may_claim(self._clock()):
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
                await self._trying.record(self._way, last.job, outcomes, self._away)
        except Exception as error:
            events.fault("delivery", error, message_id=job.record.id)

    async def _work_apart(self, job: Job, first: Sequence[Parcel], last: Parcel, body: Body | None) -> bool:
        """All parcels but the last, each recorded before the next: what is out is not sent twice. What might not end
        before the lease does, if it was begun now, waits for another one. Returns whether the last may be begun.
        """
        until = self._clock() + self._settings.spare_seconds
        for number, parcel in enumerate(first):
            outcomes = await self._trying.offer(self.upstream, parcel, body)
            if outcomes is not None:
                await self._trying.record(self._way, parcel.job, outcomes, self._away)
            if self._stopping or self._clock() > until:
                left = tuple(one for later in (*first[number + 1 :], last) for one in later.job.recipients)
                await self._trying.give_back(job.record.id, left)
                self._appetite.wake()
                return False
        return True


def _clock() -> float:
    return asyncio.get_running_loop().time()
