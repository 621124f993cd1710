"""ROOM: claim, relay, record. It moves what is queued to the upstream, a bounded number at a time, and writes down
each try.

A fresh mail is handed on in memory under a lease that the ledger already holds; everything else is claimed from the
ledger, which is the truth: wake-ups are hints and polling finds what they missed. It trusts the ledger for who is to
get what, and the upstream for outcomes. It never sends what it has not claimed, never forgets an outcome while it can
still be written, and does not touch the queue while the upstream is left in peace. A try that ends with no record is
tried again: maybe twice.
"""

from __future__ import annotations

import asyncio
import collections
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from mailguard import events
from mailguard.delivery.bounces import Bounces
from mailguard.delivery.parcels import Parcel, parcels
from mailguard.delivery.schedule import Schedule, attempts, began
from mailguard.mail.address import Address
from mailguard.mail.lifecycle import State
from mailguard.mail.message import Body
from mailguard.mail.outcome import Outcome
from mailguard.mail.reports import ASKED_NOTHING
from mailguard.mail.verdict import Because
from mailguard.relay.content import BodyCorrupt
from mailguard.relay.upstream import Outgoing, Upstream, deferred, same_for_all
from mailguard.store.errors import StoreError
from mailguard.store.queue import Queue
from mailguard.store.records import Job, MessageRecord, RecordResult
from mailguard.store.spool import BodyGone, Spool
from mailguard.transform.apply import Refused
from mailguard.workshop import NotAsJudged, Workshop

#: When copies that could not be made ready are given back if nobody decides.
_PUT_BACK = timedelta(hours=72)
LOST = Refused(
    "recipe",
    Because(
        "変更の指示を読み取れないため、送信できません", "What it is to be changed to cannot be read, so it stays here"
    ),
)


class Hears(Protocol):
    """What open consoles hear (notify.live)."""

    def publish(self, kind: str, message_id: str, people: frozenset[str], alerts: Mapping[str, str] = ...) -> None: ...


@dataclass(frozen=True, slots=True)
class DeliverySettings:
    """concurrency: tries at a time; lease: longer than any try can take; fresh_seconds: how long a fresh mail may
    wait here.

    mark: message id -> the fields above a letter of ours (mails have theirs from the door).
    poll_seconds: how often the ledger is looked at without a hint; stop_seconds: what `stop` grants to tries under way.
    """

    schedule: Schedule = field(default_factory=Schedule)
    mark: Callable[[str], bytes] = lambda _: b""
    lease: timedelta = timedelta(minutes=15)
    concurrency: int = 10
    fresh_seconds: float = 30.0
    poll_seconds: float = 1.0
    stop_seconds: float = 30.0


@dataclass(frozen=True, slots=True)
class _Fresh:
    job: Job
    since: float


class Delivery:
    """The sorting room. All methods belong to one event loop."""

    def __init__(
        self,
        queue: Queue,
        spool: Spool,
        upstream: Upstream,
        bounces: Bounces,
        settings: DeliverySettings,
        *,
        workshop: Workshop,
        now: Callable[[], datetime],
        live: Hears,
        noticed: Callable[[], None] = lambda: None,
    ) -> None:
        """noticed: called when a letter may be owed (the ledger wrote a notice)."""
        self._queue = queue
        self._spool = spool
        self._upstream = upstream
        self._bounces = bounces
        self._settings = settings
        self._workshop = workshop
        self._now = now
        self._live = live
        self._noticed = noticed
        self._fresh: collections.deque[_Fresh] = collections.deque()
        self._running: set[asyncio.Task[None]] = set()
        self._offering = 0  # of the running ones: not through with the upstream
        self._woken = asyncio.Event()
        self._look_at = 0.0  # when the ledger is looked at next, by the loop's clock: the wall's may be set back
        self._stopping = False
        self._sorter: asyncio.Task[None] | None = None
        bounces.queued = self.wake

    async def start(self) -> None:
        """Free what a former run had claimed, and begin. Raises StoreError."""
        await self._queue.release_leases()
        self._bounces.start()
        self._sorter = asyncio.create_task(self._run(), name="sorting")

    def room_for_one(self) -> bool:
        """Whether a fresh message would be tried at once. If not, it is better left to the ledger, without a lease."""
        return not self._stopping and len(self._fresh) < self._settings.concurrency and self._upstream.ready_in() == 0

    def hand_on(self, record: MessageRecord) -> None:
        """A fresh message: those of its queued copies that are claimed already. Never blocks."""
        due = tuple(r.address for r in record.recipients if r.state is State.QUEUED and r.leased)
        if due:
            self._fresh.append(_Fresh(Job(record, due), asyncio.get_running_loop().time()))
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
        """Begin nothing more; let tries under way end, or leave them to the end of their lease; close the upstream."""
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
        await self._bounces.stop()
        await self._upstream.close()

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
                pause = min(pause * 2, 30.0)
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
        if at < self._look_at or room <= 0:
            return
        self._look_at = at + self._settings.poll_seconds
        now = self._now()
        due = await self._queue.next_due(now)  # a reading; a claim writes
        if due is None:
            return
        if due > now:
            self._look_at = min(self._look_at, at + (due - now).total_seconds())
            return
        jobs = await self._queue.claim(now, self._settings.lease, room)
        for job in jobs:
            self._begin(job)
        if jobs:  # perhaps there is more
            self._look_at = 0.0

    def _room(self) -> int:
        """How many jobs may be begun. Those that are only being recorded hold nothing back, up to as many again."""
        at_once = self._settings.concurrency
        return min(min(at_once, self._upstream.capacity()) - self._offering, 2 * at_once - len(self._running))

    def _rest(self) -> float:
        """Seconds until it makes sense to look again; a try that ends or a wake-up comes between."""
        at = asyncio.get_running_loop().time()
        look = self._settings.poll_seconds
        if self._room() > 0:  # else nothing is begun before a try ends
            look = min(look, max(0.0, self._look_at - at))
        # A little later than the peace of a sick upstream ends, so that one look is enough; and never a busy loop.
        return max(look, self._upstream.ready_in() + 0.01)

    async def _give_back_fresh(self, too_long: Callable[[float], bool]) -> None:
        """Return fresh mail that waited too long: its lease must outlast the try."""
        at = asyncio.get_running_loop().time()
        while self._fresh and too_long(at - self._fresh[0].since):
            job = self._fresh.popleft().job
            self._look_at = 0.0
            try:
                await self._queue.give_back(job.record.id, job.recipients, self._now())
            except StoreError as error:  # the lease ends by itself
                events.fault("delivery", error, message_id=job.record.id)

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
                outcomes = await self._try(last) if in_time else {}
            finally:
                self._offering -= 1
                self._woken.set()
            if outcomes:
                await self._record(last.job, outcomes)
        except Exception as error:
            events.fault("delivery", error, message_id=job.record.id)

    async def _work_apart(self, job: Job, first: Sequence[Parcel], last: Parcel) -> bool:
        """All parcels but the last, each recorded before the next: what is out is not sent twice. What cannot be begun
        before the lease is half over waits for another one. Returns whether the last may be begun.
        """
        until = asyncio.get_running_loop().time() + self._settings.lease.total_seconds() / 2
        for number, parcel in enumerate(first):
            if outcomes := await self._try(parcel):
                await self._record(parcel.job, outcomes)
            if self._stopping or asyncio.get_running_loop().time() > until:
                left = tuple(one for later in (*first[number + 1 :], last) for one in later.job.recipients)
                await self._queue.give_back(job.record.id, left, self._now())
                self._look_at = 0.0
                return False
        return True

    async def _try(self, parcel: Parcel) -> dict[Address, Outcome]:
        """The outcomes at the upstream; none for copies that were put back."""
        job, record = parcel.job, parcel.job.record
        try:
            body = await self._ready(parcel)
            if body is None:
                return {}
            outgoing = Outgoing(
                message_id=record.id,
                sender=record.sender,
                recipients=job.recipients,
                prefix=record.prefix or (self._settings.mark(record.id) if record.kind == "letter" else b""),
                body=body,
                smtputf8=record.smtputf8,
                body_8bit=record.body_8bit,
                reports=record.reports,
                copy_reports={one.address: one.reports for one in record.recipients if one.reports != ASKED_NOTHING},
            )
            return await self._upstream.relay(outgoing)
        except (BodyCorrupt, BodyGone, NotAsJudged, OSError) as error:
            # Not sent, and not given up at once: an operator may bring the octets back from a backup.
            events.fault("delivery", error, message_id=record.id)
            return same_for_all(job.recipients, deferred("stored message is damaged or missing; nothing was sent"))

    async def _ready(self, parcel: Parcel) -> Body | None:
        """The octets that leave; None if they must not: then the copies wait for somebody to decide."""
        job, recipe = parcel.job, parcel.recipe
        body = await self._spool.body(job.record.id)
        made = LOST if recipe is None else body
        if recipe:
            made = await self._workshop.alter(body, recipe, job.recipients[0])
        if isinstance(made, Body):
            return made
        now = self._now()
        events.fault("delivery", RuntimeError(made.because.en), message_id=job.record.id)
        await self._queue.put_back(job.record.id, job.recipients, now, now + _PUT_BACK, made.because)
        owners = dict.fromkeys(job.record.owners, "hold")
        self._live.publish("held", job.record.lead, job.record.people, owners)
        self._noticed()
        return None

    async def _record(self, job: Job, outcomes: Mapping[Address, Outcome]) -> None:
        record, now = job.record, self._now()
        results = collections.Counter(outcome.result.value for outcome in outcomes.values())
        events.tried(record.id, self._upstream.name, dict(results))
        if any(outcome.unknown for outcome in outcomes.values()):
            events.upstream_unknown(record.id)
        schedule = self._settings.schedule
        chance = random.random()  # noqa: S311 - spreads load, is no secret
        retry_at = schedule.retry_at(attempts(record, job.recipients), now, chance)
        give_up = schedule.is_over(began(record, job.recipients), now)
        result = await self._written(job, outcomes, retry_at, give_up=give_up)
        self._tell(record, result)

    async def _written(
        self, job: Job, outcomes: Mapping[Address, Outcome], retry_at: datetime, *, give_up: bool
    ) -> RecordResult:
        """The outcome in the ledger. A full or busy disk is waited for: a forgotten 250 would send the mail twice."""
        pause, until = 0.5, asyncio.get_running_loop().time() + self._settings.lease.total_seconds() / 2
        while True:
            try:
                return await self._queue.record(job.record.id, outcomes, self._now(), retry_at, give_up)
            except StoreError as error:
                if asyncio.get_running_loop().time() + pause > until:
                    raise
                events.fault("delivery", error, message_id=job.record.id)
                await asyncio.sleep(pause)
                pause = min(pause * 2, 30.0)

    def _tell(self, record: MessageRecord, result: RecordResult) -> None:
        if result.bounce_notice is not None:
            self._bounces.wake()
        if record.kind == "letter":  # nobody watches letters, and nobody is told of theirs
            return
        for kind, changed in (("relayed", result.relayed), ("bounced", result.bounced), ("deferred", result.deferred)):
            if changed:
                self._live.publish(kind, record.lead, record.people)
        if result.relayed or result.bounced:
            self._noticed()
