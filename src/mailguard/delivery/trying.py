"""One try: the octets made ready, offered to a next server, and what became of each copy written down.

It trusts the ledger for who is to get what, and the upstream for outcomes. It never sends octets that were not judged,
and never forgets an outcome while it can still be written: a forgotten 250 would send the mail twice.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from mailguard import events
from mailguard.delivery.parcels import Parcel
from mailguard.delivery.recording import Away, Hears, Recording
from mailguard.delivery.schedule import Schedule
from mailguard.mail.address import Address
from mailguard.mail.message import Body
from mailguard.mail.outcome import Outcome
from mailguard.mail.reports import ASKED_NOTHING
from mailguard.mail.verdict import Because
from mailguard.relay.content import BodyCorrupt
from mailguard.relay.settings import Deadlines
from mailguard.relay.upstream import Outgoing, Upstream, deferred, same_for_all
from mailguard.store.errors import StoreCorrupt, StoreError
from mailguard.store.queue import Queue
from mailguard.store.records import Job
from mailguard.store.spool import BodyGone, Spool
from mailguard.transform.apply import Refused
from mailguard.workshop import NotAsJudged, Workshop

#: When copies that could not be made ready are given back if nobody decides.
_PUT_BACK = timedelta(hours=72)
#: Seconds after which a next server without a free place is asked again, at random between these.
_SOON = (2.0, 10.0)
LOST = Refused(
    "recipe",
    Because(
        "変更の指示を読み取れないため、送信できません", "What it is to be changed to cannot be read, so it stays here"
    ),
)


@dataclass(frozen=True, slots=True)
class DeliverySettings:
    """concurrency: tries at a time; lease: longer than any try can take (try_seconds), and than a fresh mail may wait
    here besides (fresh_seconds).

    connections: tries at a time for single ways, by name.
    backlog_mails, backlog_octets: how much fresh mail waits in memory for one next server, as long as what has waited
    longest came within soon_seconds.
    fresh_only: what is not handed on in memory is left to the sorting room of another process.
    mark: message id -> the fields above a letter of ours (mails have theirs from the door).
    poll_seconds: how often the ledger is looked at without a hint; stop_seconds: what `stop` grants to tries under way.
    """

    schedule: Schedule = field(default_factory=Schedule)
    mark: Callable[[str], bytes] = lambda _: b""
    lease: timedelta = timedelta(minutes=15)
    concurrency: int = 10
    connections: Mapping[str, int] = field(default_factory=dict)
    fresh_seconds: float = 30.0
    backlog_mails: int = 500
    backlog_octets: int = 16 * 2**20
    soon_seconds: float = 5.0
    try_seconds: float = Deadlines().transaction
    poll_seconds: float = 1.0
    fresh_only: bool = False
    stop_seconds: float = 30.0

    @property
    def spare_seconds(self) -> float:
        """How long after a claim a further try may begin and surely end within the lease."""
        return max(0.0, self.lease.total_seconds() - self.try_seconds - self.fresh_seconds)


class Trying:
    """What every lane tries with."""

    def __init__(
        self,
        queue: Queue,
        spool: Spool,
        settings: DeliverySettings,
        *,
        bounced: Callable[[], None],
        workshop: Workshop,
        now: Callable[[], datetime],
        live: Hears,
        noticed: Callable[[], None],
    ) -> None:
        self.queue = queue
        self.settings = settings
        self.now = now
        self.recording = Recording(
            queue, settings.schedule, settings.lease / 2, bounced=bounced, now=now, live=live, noticed=noticed
        )
        self._spool = spool
        self._workshop = workshop
        self._live = live
        self._noticed = noticed

    async def offer(
        self, upstream: Upstream, parcel: Parcel, known: Body | None = None
    ) -> dict[Address, Outcome] | None:
        """The outcomes at the upstream, of all that it had a place for; None if the copies were put back. known: the
        octets, where they are in memory since their digest was checked.
        """
        job, record = parcel.job, parcel.job.record
        try:
            body = await self._ready(parcel, known)
            if body is None:
                return None
            return await upstream.relay(self.outgoing(job, body, known=body is known))
        except (BodyCorrupt, BodyGone, NotAsJudged, StoreCorrupt, OSError) as error:
            # Not sent, and not given up at once: an operator may bring the octets back from a backup.
            events.fault("delivery", error, message_id=record.id)
            return same_for_all(job.recipients, deferred("stored message is damaged or missing; nothing was sent"))
        except StoreError as error:  # the ledger is not to be had now: nothing was offered to anybody
            events.fault("delivery", error, message_id=record.id)
            return {}

    async def at_hand(self, jobs: Sequence[Job]) -> dict[str, Body]:
        """Octets of these mails as far as they are small and as judged, by message id."""
        try:
            return await self._spool.bodies([job.record.id for job in jobs])
        except StoreError as error:  # each is asked for when its turn comes
            events.fault("delivery", error)
            return {}

    def outgoing(self, job: Job, body: Body, *, known: bool) -> Outgoing:
        """A job as the back door takes it."""
        record = job.record
        asked = {
            one.address: one.reports
            for one in record.recipients
            if one.reports is not ASKED_NOTHING and one.reports != ASKED_NOTHING
        }
        return Outgoing(
            message_id=record.id,
            sender=record.sender,
            recipients=_in_order(job),
            prefix=record.prefix or (self.settings.mark(record.id) if record.kind == "letter" else b""),
            body=body,
            smtputf8=record.smtputf8,
            body_8bit=record.body_8bit,
            reports=record.reports,
            copy_reports=asked,
            known=known,
        )

    async def _ready(self, parcel: Parcel, known: Body | None) -> Body | None:
        """The octets that leave; None if they must not: then the copies wait for somebody to decide."""
        job, recipe = parcel.job, parcel.recipe
        body = known or await self._spool.body(job.record.id)
        made = LOST if recipe is None else body
        if recipe:
            made = await self._workshop.alter(body, recipe, job.recipients[0])
        if isinstance(made, Body):
            return made
        now = self.now()
        events.fault("delivery", RuntimeError(made.because.en), message_id=job.record.id)
        await self.queue.put_back(job.record.id, job.recipients, now, now + _PUT_BACK, made.because)
        owners = dict.fromkeys(job.record.owners, "hold")
        self._live.publish("held", job.record.lead, job.record.people, owners)
        self._noticed()
        return None

    async def record(self, way: str, job: Job, outcomes: Mapping[Address, Outcome], away: Away) -> None:
        """Write one try down, and tell whom it concerns. Copies without an outcome were not tried: they are due
        soon.
        """
        if outcomes:  # first: what is out must not be forgotten because of what is not
            await self.recording.record(way, job, outcomes, away)
        untried = tuple(address for address in job.recipients if address not in outcomes)
        if untried:
            soon = timedelta(seconds=random.uniform(*_SOON))  # noqa: S311 - spreads load, is no secret
            await self.give_back(job.record.id, untried, soon)

    async def give_back(self, message_id: str, recipients: tuple[Address, ...], soon: timedelta = timedelta(0)) -> None:
        """End the lease of copies that were not tried; they are due `soon`."""
        give = self.queue.give_back
        await self.recording.insisted(message_id, lambda: give(message_id, recipients, self.now() + soon))

    async def end_leases(self, jobs: Sequence[Job]) -> None:
        """End the leases of some that were not tried, in one transaction; they are due at once. Raises StoreError if
        one was not ended.
        """
        now = self.now()
        writes = (self.queue.give_back(job.record.id, job.recipients, now) for job in jobs)
        for error in await asyncio.gather(*writes, return_exceptions=True):
            if error is not None:
                raise error


def _in_order(job: Job) -> tuple[Address, ...]:
    """Whom to ask for first: those that a server put off by name are the last, since one that hangs up at so many of
    them would never hear of the others.
    """
    put_off = {
        one.address for one in job.record.recipients if 400 <= (one.last_code or 0) < 500 and one.last_code != 421
    }
    return tuple(sorted(job.recipients, key=put_off.__contains__)) if put_off else job.recipients
