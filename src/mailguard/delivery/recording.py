"""What became of each try is written down: many tries in one transaction of the ledger, and told to whom it concerns.

Outcomes that come while the ledger writes wait for the next transaction and go into it together, so many and no more.
It trusts the ledger to say what it took, and never forgets an outcome while it can still be written: a
forgotten 250 would send the mail twice.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Coroutine, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar

from mailguard import events
from mailguard.delivery.schedule import Schedule, attempts, began
from mailguard.delivery.standing import Standing
from mailguard.mail.address import Address
from mailguard.mail.outcome import Outcome, Result
from mailguard.mail.values import value
from mailguard.store.errors import StoreError
from mailguard.store.queue import Queue
from mailguard.store.records import Job, MessageRecord, RecordResult, Tried

T = TypeVar("T")

#: Tries that are written down in one call, and leases that are ended in one.
TOGETHER = 64
#: How long the ledger is left alone at most after it failed: what ended by itself is noticed so soon.
LONGEST_PAUSE = 5.0
#: Says whether the server cannot be reached now.
Away = Callable[[], bool]
#: Hears that a try is written down, or why it could not be.
Written = Callable[[BaseException | None], None]


class Hears(Protocol):
    """What open consoles hear (notify.live)."""

    @property
    def listeners(self) -> int: ...

    def publish(self, kind: str, message_id: str, people: frozenset[str], alerts: Mapping[str, str] = ...) -> None: ...


@value(frozen=True, slots=True)
class _Entry:
    record: MessageRecord
    tried: Tried
    written: Written


class Recording:
    """The one place where outcomes are written. All methods belong to one event loop."""

    def __init__(
        self,
        queue: Queue,
        schedule: Schedule,
        patience: timedelta,
        *,
        bounced: Callable[[], None],
        now: Callable[[], datetime],
        live: Hears,
        noticed: Callable[[], None],
    ) -> None:
        """patience: how long a ledger that fails is insisted on; bounced: a report to a sender is owed."""
        self.standing = Standing()
        self._queue = queue
        self._bounced = bounced
        self._schedule = schedule
        self._patience = patience.total_seconds()
        self._now = now
        self._live = live
        self._noticed = noticed
        self._waiting: list[_Entry] = []
        self._writing = False
        self._alones = 0  # that could not be written down, and are insisted on
        self._tasks: set[asyncio.Task[None]] = set()

    def note(self, way: str, job: Job, outcomes: Mapping[Address, Outcome], written: Written, away: Away) -> None:
        """Write one try down soon; `written` is called once, later. Never blocks."""
        self._waiting.append(_Entry(job.record, self._tried(way, job, outcomes, away), written))
        if not self._writing:
            self._writing = True
            self._begin(self._write())

    async def record(self, way: str, job: Job, outcomes: Mapping[Address, Outcome], away: Away) -> None:
        """Write one try down. Raises what the ledger raises when it was insisted on for long."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def written(error: BaseException | None) -> None:
            if done.done():
                return
            if error is None:
                done.set_result(None)
            else:
                done.set_exception(error)

        self.note(way, job, outcomes, written, away)
        await done

    @property
    def is_stuck(self) -> bool:
        """Whether the ledger did not take an outcome, and has not since."""
        return self._alones > 0

    async def stop(self) -> None:
        """Give up what is not written yet."""
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def insisted(self, message_id: str, write: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """A change of the ledger. A full or busy disk is waited for: a forgotten lease, too, would keep a mail for
        long.
        """
        pause, until = 0.5, asyncio.get_running_loop().time() + self._patience
        while True:
            try:
                return await write()
            except StoreError as error:
                if asyncio.get_running_loop().time() + pause > until:
                    raise
                events.fault("delivery", error, message_id=message_id)
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)

    def _tried(self, way: str, job: Job, outcomes: Mapping[Address, Outcome], away: Away) -> Tried:
        record, now = job.record, self._now()
        results: dict[str, int] = {}
        later = False
        for outcome in outcomes.values():
            word = str(outcome.result)
            results[word] = results.get(word, 0) + 1
            later = later or outcome.result is Result.DEFERRED
        events.tried(record.id, way, results)
        if way not in self.standing.flows and "relayed" in results:
            self.standing.went(way)
        if not later:
            return Tried(record.id, outcomes, now, None, False)
        unknown = any(outcome.unknown for outcome in outcomes.values())
        if unknown:
            events.upstream_unknown(record.id, way)
        chance = random.random()  # noqa: S311 - spreads load, is no secret
        is_away = away()
        if "relayed" not in results:
            self.standing.failed(way, outcomes.values(), now, away=is_away)
        # What is unknown may have arrived: each further try is perhaps one mail more.
        failed = attempts(record, job.recipients)
        retry_at = self._schedule.retry_at(failed, now, chance, away=not unknown and is_away)
        return Tried(record.id, outcomes, now, retry_at, self._schedule.is_over(began(record, job.recipients), now))

    async def _write(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[:TOGETHER], self._waiting[TOGETHER:]
                await self._together(batch)
        finally:
            self._writing = False

    async def _together(self, batch: list[_Entry]) -> None:
        results: list[RecordResult | BaseException]
        try:
            if len(batch) > 1:
                results = await self._queue.record_many([entry.tried for entry in batch])
            else:
                results = [await self._queue.record(*batch[0].tried)]
        except Exception as error:
            results = [error] * len(batch)
        done: list[tuple[_Entry, RecordResult]] = []
        for entry, result in zip(batch, results, strict=True):
            if isinstance(result, RecordResult):
                done.append((entry, result))
            else:  # each by itself: the fault of one is none of the others'
                events.fault("delivery", result, message_id=entry.record.id)
                self._begin(self._alone(entry))
        self._tell(done)

    async def _alone(self, entry: _Entry) -> None:
        self._alones += 1
        try:
            result = await self.insisted(entry.record.id, lambda: self._queue.record(*entry.tried))
        except Exception as error:
            entry.written(error)
        else:
            self._tell([(entry, result)])
        finally:
            self._alones -= 1

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _tell(self, done: Iterable[tuple[_Entry, RecordResult]]) -> None:
        owed = False
        for entry, result in done:
            try:
                owed |= self._told(entry.record, result)
            except Exception as error:  # it is written down, whoever could not be told
                events.fault("delivery", error, message_id=entry.record.id)
            entry.written(None)
        if owed:
            self._noticed()

    def _told(self, record: MessageRecord, result: RecordResult) -> bool:
        """Tell the consoles. Returns whether a letter may be owed."""
        if result.bounce_notice is not None:
            self._bounced()
        if record.kind == "letter":  # nobody watches letters, and nobody is told of theirs
            return False
        if self._live.listeners:
            for kind, changed in (
                ("relayed", result.relayed),
                ("bounced", result.bounced),
                ("deferred", result.deferred),
            ):
                if changed:
                    self._live.publish(kind, record.lead, record.people)
        return not result.quiet and bool(result.relayed or result.bounced)
