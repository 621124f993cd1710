"""Many mails at once: counted first, decided by the same rules as one, at once or after a while in which it can be
undone.

Whoever asks reaches only what he may see, and each mail is asked again inside the transaction that changes it. The
mails are those that matched when it was asked for: what comes in later is never reached. A release only queues.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from mailguard import events
from mailguard.mail.actor import Actor, Role
from mailguard.mail.address import Address
from mailguard.mail.lifecycle import State
from mailguard.mail.verdict import Because
from mailguard.notify.live import Live
from mailguard.review import refusals
from mailguard.review.notices import notice_of
from mailguard.review.rights import DECIDING, SEE_ALL, may_see
from mailguard.review.room import Review, visible
from mailguard.review.shared import tidy
from mailguard.review.words import Act, BulkResult, Forbidden, Refused
from mailguard.store import deciding
from mailguard.store.bulk import PART, BulkJob, BulkJobs, Refusal
from mailguard.store.holds import Holds
from mailguard.store.parts import load_parts, whole
from mailguard.store.records import Decision, Filter, MessageRecord

#: Acts that can be done to many mails.
BULK_ACTS = (Act.RELEASE, Act.CANCEL, Act.HOLD, Act.APPROVE, Act.REJECT, Act.SEND_NOW)
#: Mails that are reached at once, and by an act that waits.
MOST_AT_ONCE, MOST = 10_000, 100_000
#: Most mails that a dry run names; its count is complete.
_NAMED_MOST = 1000
#: Acts that reach nobody who joined a mail after it was asked for.
_LETTING_GO = frozenset({Act.RELEASE, Act.APPROVE, Act.SEND_NOW})
_LONGEST_UNDO = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Meant:
    """What an act over a filter would reach. count: open mails that match; ids: theirs, no more than 10,001; at: when
    they were counted.
    """

    act: Act
    count: int
    ids: tuple[str, ...]
    at: datetime


@dataclass(slots=True)
class _Told:
    """What a change did, to be told once it is on disk."""

    decided: list[tuple[MessageRecord, Decision]] = field(default_factory=list)
    refused: dict[str, Because] = field(default_factory=dict)


class Bulk:
    """Acts over many mails."""

    def __init__(
        self,
        review: Review,
        holds: Holds,
        jobs: BulkJobs,
        *,
        live: Live,
        administrators: frozenset[str],
        now: Callable[[], datetime],
        due: Callable[[], None] = lambda: None,
    ) -> None:
        """due: an act waits whose time is to be watched."""
        self._review, self._holds, self._jobs = review, holds, jobs
        self._live, self._administrators, self._now, self._due = live, administrators, now, due

    async def act(self, actor: Actor, chosen: Filter, act: Act, dry_run: bool, comment: str = "") -> BulkResult:
        """Count, and unless dry_run decide, everything open that matches, at most 10,000 mails. Raises Refused."""
        meant = await self.meant(actor, chosen, act)
        return seen_only(meant) if dry_run else await self.decide(actor, meant, comment)

    async def meant(self, actor: Actor, chosen: Filter, act: Act) -> Meant:
        """What the act would reach now: for whoever is asked first. Raises Refused."""
        wanted, now = wanted_by(actor, chosen, act), self._now()
        ids = await self._holds.ids(wanted, MOST_AT_ONCE + 1)
        count = len(ids)
        if count > MOST_AT_ONCE:
            count = max(count, sum([await self._holds.count(one) for one in wanted]))
        return Meant(act, count, tuple(ids), now)

    async def decide(self, actor: Actor, meant: Meant, comment: str = "") -> BulkResult:
        """Decide what was counted, and nothing that came in since. Raises Refused: more than 10,000 mails."""
        if meant.count > MOST_AT_ONCE:
            raise Refused(refusals.TOO_MANY)
        errors: dict[str, Because] = {}
        for start in range(0, len(meant.ids), PART):
            some, told = meant.ids[start : start + PART], _Told()
            work = self._work(actor, meant.act, tidy(comment), told, meant.at)
            errors |= await self._jobs.together(lambda c, work=work, some=some: work(c, some))  # type: ignore[misc]
            self._tell(actor, meant.act, told)
        done = tuple(one for one in meant.ids if one not in errors)
        return BulkResult(meant.count, len(done), len(errors), done, errors)

    async def schedule(
        self, actor: Actor, chosen: Filter, act: Act, undo: timedelta, *, comment: str = "", query: str = ""
    ) -> BulkJob | None:
        """Decide everything open that matches now, at most 100,000 mails, when `undo` is over. None if nothing matches.

        query: the filter as people read it. Raises Refused.
        """
        ids = await self._holds.ids(wanted_by(actor, chosen, act), MOST + 1)
        if len(ids) > MOST:
            raise Refused(refusals.FAR_TOO_MANY)
        if not ids:
            return None
        now = self._now()
        due_at = now + max(timedelta(), min(undo, _LONGEST_UNDO))
        job = await self._jobs.begin(actor, str(act), ids, now, due_at, comment=tidy(comment), query=query[:500])
        self._due()
        self._say()
        return job

    async def find(self, actor: Actor, job_id: str) -> BulkJob:
        """An act: one's own, or anybody's for those who see all. Raises NotFound."""
        job = await self._jobs.find(job_id)
        if job is None or (job.actor.address != actor.address and actor.role not in SEE_ALL):
            raise refusals.nothing_here()
        return job

    async def refusals(self, actor: Actor, job_id: str) -> list[Refusal]:
        """The mails that stayed as they were, and why; the first thousand. Raises NotFound."""
        await self.find(actor, job_id)
        return await self._jobs.refusals(job_id)

    async def recent(self, actor: Actor, since: datetime) -> list[BulkJob]:
        """Open acts and those that ended since then: one's own, or everybody's for those who see all."""
        return await self._jobs.recent("" if actor.role in SEE_ALL else actor.address, since)

    async def under_way(self, ids: Sequence[str]) -> dict[str, BulkJob]:
        """Which of these mails an open act is still to reach."""
        return await self._jobs.among(ids) if ids else {}

    async def end(self, actor: Actor, job_id: str) -> BulkJob:
        """Undo an act that waits, or stop one that runs: who asked for it, or an administrator.

        Raises NotFound, Forbidden, Refused: it has ended.
        """
        job = await self.find(actor, job_id)
        if job.actor.address != actor.address and actor.role is not Role.ADMINISTRATOR:
            raise Forbidden(refusals.NOT_YOURS)
        if not await self._jobs.end(job_id, actor, self._now()):
            raise Refused(refusals.BULK_OVER)
        self._say()
        return await self.find(actor, job_id)

    async def run_due(self) -> datetime | None:
        """Do what is due, part by part and in turn. Returns when the next one is."""
        while jobs := await self._jobs.due(self._now()):
            for job in jobs:
                told, act = _Told(), Act(job.act)
                work = self._work(job.actor, act, job.comment, told, job.created_at)
                going = await self._jobs.part(job.id, self._now(), work)
                self._tell(job.actor, act, told)
                if not going:
                    self._say()
        return await self._jobs.next_time()

    def _work(
        self, actor: Actor, act: Act, comment: str, told: _Told, asked_at: datetime
    ) -> Callable[[sqlite3.Connection, Sequence[str]], dict[str, Because]]:
        def work(connection: sqlite3.Connection, ids: Sequence[str]) -> dict[str, Because]:
            for message_id in ids:
                parts = load_parts(connection, message_id)
                mail = whole([part for _, part in parts], message_id) if parts else None
                if mail is None or mail.kind != "mail" or not may_see(actor, mail):
                    told.refused[message_id] = refusals.NOT_FOUND
                else:
                    self._one(connection, actor, act, comment, (parts, mail), told, asked_at)
            return told.refused

        return work

    def _one(
        self,
        connection: sqlite3.Connection,
        actor: Actor,
        act: Act,
        comment: str,
        known: deciding.Known,
        told: _Told,
        asked_at: datetime,
    ) -> None:
        """One mail under a savepoint of its own: a fault with one stops no other."""
        _, record = known
        shared = self._review.shared
        connection.execute("SAVEPOINT mail")
        try:
            meant = _meant(known, asked_at) if act in _LETTING_GO else None
            wish = shared.wish(actor, act, meant, comment, notice_of(actor, record, act, meant))
            decision = (deciding.approve if act is Act.APPROVE else deciding.apply)(connection, record.id, wish, known)
        except sqlite3.Error:
            raise  # the ledger itself: the whole part is tried again
        except Exception as error:
            events.fault("review", error, message_id=record.id)
            connection.execute("ROLLBACK TO mail")
            told.refused[record.id] = refusals.FAULT
        else:
            if decision.changed:
                told.decided.append((record, decision))
            else:
                timezone = shared.organization.timezone
                why = refusals.why_not(actor, record, act, record.recipients, timezone)
                told.refused[record.id] = why.reason
        connection.execute("RELEASE mail")

    def _tell(self, actor: Actor, act: Act, told: _Told) -> None:
        if not told.decided:
            return
        for record, decision in told.decided:
            events.decided(record.id, str(act), actor.via, len(decision.changed))
        self._review.shared.released()
        self._review.shared.noticed()
        people = frozenset().union(*(record.people for record, _ in told.decided))
        # One notice for all of them, without an id: whoever it concerns looks again.
        self._live.publish("decided", "", people | self._administrators)

    def _say(self) -> None:
        """Open consoles of the administrators look at the act again."""
        self._live.publish("bulk", "", self._administrators)


def seen_only(meant: Meant) -> BulkResult:
    """What a dry run says."""
    return BulkResult(meant.count, ids=meant.ids[:_NAMED_MOST])


def _meant(known: deciding.Known, asked_at: datetime) -> tuple[Address, ...] | None:
    """Whom a mail had when the act was asked for: a part that came later was not looked at. None: everybody."""
    parts, _ = known
    seen = [part for _, part in parts if part.received_at <= asked_at]
    # Of a mail that was there none came later: the clock was set back, and the times say nothing.
    return None if len(seen) in (0, len(parts)) else tuple(copy.address for part in seen for copy in part.recipients)


def wanted_by(actor: Actor, chosen: Filter, act: Act) -> list[Filter]:
    """What the act can reach: the filter for each state in which the act can do something. Raises Refused."""
    if act not in BULK_ACTS:
        raise Refused(refusals.NO_BULK_REMOVE)
    states = (State.HELD,) if act in DECIDING else (State.HELD, State.QUEUED)
    seen = visible(actor, chosen)
    return [replace(seen, state=state) for state in states if chosen.state in (None, state)]
