"""The waiting room itself: looks mail up for people, lets them decide, and ends holds whose time ran out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from mailguard import events
from mailguard.mail.actor import HOUSE, Actor
from mailguard.mail.address import Address
from mailguard.mail.lifecycle import Event, State
from mailguard.mail.organization import Organization
from mailguard.notify.live import Live
from mailguard.review import refusals
from mailguard.review.looks import Looks
from mailguard.review.rights import DECIDING, SEE_ALL, acts_for, may_read_body, may_see
from mailguard.review.words import Act, AlreadyDecided, BulkResult, Forbidden, Refused, ReviewError, View
from mailguard.store.audit import Audit
from mailguard.store.holds import Holds
from mailguard.store.looks import Reading
from mailguard.store.records import Decision, Filter, MessageRecord, NoticeKind, RecipientRecord
from mailguard.store.spool import Spool

_EVENT = {
    Act.RELEASE: Event.RELEASE,
    Act.SEND_NOW: Event.RELEASE,
    Act.CANCEL: Event.CANCEL,
    Act.HOLD: Event.HOLD,
    Act.REJECT: Event.REJECT,
    Act.REMOVE: Event.REMOVE,
    Act.URGENT: Event.RELEASE,
}
#: Letters that an act owes to the sender.
_NOTICE: dict[Act, NoticeKind] = {Act.CANCEL: "cancelled", Act.REJECT: "rejected", Act.REMOVE: "cancelled"}
_WITHDRAWN = frozenset({State.CANCELLED, State.REJECTED, State.EXPIRED})
_COMMENT = 2000
_BULK_MOST = 10_000
#: Mails of a bulk act that are decided side by side: they share commits.
_SIDE_BY_SIDE = 50
#: Most mails that a dry run names; its count is complete.
_NAMED_MOST = 1000
_PAGE_MOST = 500


class Review:
    """The waiting room."""

    def __init__(
        self,
        holds: Holds,
        spool: Spool,
        audit: Audit,
        *,
        organization: Organization,
        administrators: frozenset[str],
        live: Live,
        released: Callable[[], None],
        now: Callable[[], datetime],
        noticed: Callable[[], None] = lambda: None,
        frozen_for: timedelta = timedelta(hours=72),
    ) -> None:
        """administrators: address keys; they hear of everything. released: sorting has something to do.

        noticed: a letter is owed. frozen_for: a copy that somebody froze is given back after so long: nothing waits
        for ever without a word.
        """
        self._holds = holds
        self._spool = spool
        self._audit = audit
        self._organization = organization
        self._administrators = administrators
        self._live = live
        self._released = released
        self._noticed = noticed
        self._now = now
        self._frozen_for = frozen_for
        self.looks = Looks(holds, now)

    async def page(self, actor: Actor, chosen: Filter, limit: int = 50) -> list[MessageRecord]:
        """What matches and the person may see, newest first; at most 500."""
        return await self._holds.page(_visible(actor, chosen), max(1, min(limit, _PAGE_MOST)))

    async def count(self, actor: Actor, chosen: Filter) -> int:
        """How many of them there are."""
        return await self._holds.count(_visible(actor, chosen))

    async def show(self, actor: Actor, message_id: str) -> View:
        """One mail. Raises NotFound."""
        return await self._view(actor, await self._seen(actor, message_id))

    def opened(self, actor: Actor, view: View) -> None:
        """A person looks at the page of a mail: noted if it is held and theirs to decide."""
        if view.record.state is State.HELD and (view.acts or actor.address in view.record.people):
            self.looks.opened(actor, view.record.id)

    async def body(self, actor: Actor, message_id: str, what: Reading = "raw") -> bytes:
        """The octets; `what` is shown, see `Looks`. Raises NotFound, Forbidden, BodyGone, OSError, StoreError."""
        record = await self._seen(actor, message_id)
        if not may_read_body(actor, record):
            raise Forbidden(refusals.BODIES_ARE_PRIVATE)
        body = await self._spool.body(message_id)
        octets, _ = await asyncio.gather(asyncio.to_thread(body.read), self.looks.read(actor, record, what))
        return octets

    async def act(
        self,
        actor: Actor,
        message_id: str,
        act: Act,
        recipients: tuple[Address, ...] | None = None,
        comment: str = "",
    ) -> View:
        """Decide. Without `recipients`: for every copy for which the person may.

        REMOVE needs recipients, URGENT a reason as its comment. Raises NotFound, Forbidden, AlreadyDecided, Refused.
        """
        record, comment = await self._seen(actor, message_id), _tidy(comment)
        self._check_named(actor, record, act, recipients)
        if act is Act.URGENT and not comment:
            raise Refused(refusals.NEEDS_REASON)
        decision = await self._decide(actor, record, act, recipients, comment)
        record = await self._seen(actor, message_id)
        if not decision.changed:
            copies, history = _named(record, recipients), await self._audit.history_of(message_id)
            raise refusals.why_not(actor, record, act, copies, self._organization.timezone, history)
        self._tell(record, str(act), actor.via, decision)
        return await self._view(actor, record)

    async def bulk(self, actor: Actor, chosen: Filter, act: Act, dry_run: bool, comment: str = "") -> BulkResult:
        """Count, and unless dry_run decide, everything open that matches. REMOVE is no bulk act. Raises Refused."""
        if act is Act.REMOVE:
            raise Refused(refusals.NO_BULK_REMOVE)
        states = (State.HELD,) if act in DECIDING else (State.HELD, State.QUEUED)
        wanted = [replace(chosen, state=state) for state in states if chosen.state in (None, state)]
        count = sum([await self.count(actor, one) for one in wanted])
        if dry_run:
            found = [message_id for one in wanted for message_id in await self._ids(actor, one, _NAMED_MOST)]
            return BulkResult(count, ids=tuple(found[:_NAMED_MOST]))
        if count > _BULK_MOST:
            raise Refused(refusals.TOO_MANY)
        # The ids are taken first: what is decided leaves the filter.
        ids = [message_id for one in wanted for message_id in await self._ids(actor, one, count)]
        errors: dict[str, ReviewError] = {}
        for start in range(0, len(ids), _SIDE_BY_SIDE):
            some = ids[start : start + _SIDE_BY_SIDE]
            results = await asyncio.gather(*(self._try(actor, one, act, comment) for one in some))
            errors |= {one: error for one, error in zip(some, results, strict=True) if error is not None}
        done = tuple(one for one in ids if one not in errors)
        reasons = {one: error.reason for one, error in errors.items()}
        return BulkResult(count, len(done), len(errors), done, reasons)

    async def expire_due(self) -> datetime | None:
        """End holds whose time ran out: delays go, others end as their rule says. Then remind those who have not
        answered, and ask others as well. Returns the next time.
        """
        while records := await self._holds.due(self._now()):
            ended = [await self._expire(record) for record in records]
            if not any(ended):
                break  # each failed and was reported; the next call tries again
        while ids := await self._holds.unanswered(self._now()):
            nudged = [await self._nudge(message_id) for message_id in ids]
            if not any(nudged):
                break
        return await self._holds.next_time()

    async def _nudge(self, message_id: str) -> bool:
        """Remind and escalate what is due about one message. A fault with one stops the clock for no other."""
        try:
            done = await self._holds.nudge(message_id, self._now())
        except Exception as error:
            events.fault("review", error, message_id=message_id)
            return False
        if done is None:
            return False
        events.nudged(message_id, len(done.reminded), len(done.escalated))
        self._noticed()
        people = done.record.people.union(done.escalated)
        self._live.publish("asked", message_id, people | self._administrators)
        return True

    async def urgent_count(self, actor: Actor) -> int:
        """How many mails went by the urgent lane, of those that the person may see as their sender, or of all."""
        return await self._holds.urgent_count("" if actor.role in SEE_ALL else actor.address)

    async def _expire(self, record: MessageRecord) -> bool:
        """End what is due of one message. A fault with one mail does not stop the clock for the others."""
        now = self._now()

        def goes(_: MessageRecord, copy: RecipientRecord) -> bool:
            return _is_due(copy, now) and copy.expire_action == "release"

        def ends(_: MessageRecord, copy: RecipientRecord) -> bool:
            return _is_due(copy, now) and copy.expire_action != "release"

        try:
            out = await self._holds.apply(record.id, Event.RELEASE, HOUSE, now, may=goes)
            back = await self._holds.apply(record.id, Event.EXPIRE, HOUSE, now, may=ends, notice="expired")
        except Exception as error:
            events.fault("review", error, message_id=record.id)
            return False
        for word, decision in ((str(Event.RELEASE), out), (str(Event.EXPIRE), back)):
            if decision.changed:
                self._tell(record, word, HOUSE.via, decision)
        return bool(out.changed or back.changed)

    async def _decide(
        self, actor: Actor, seen: MessageRecord, act: Act, recipients: tuple[Address, ...] | None, comment: str
    ) -> Decision:
        now, message_id = self._now(), seen.id

        def may(record: MessageRecord, copy: RecipientRecord) -> bool:
            return act in acts_for(actor, record, copy)

        if act is Act.APPROVE:
            return await self._holds.approve(message_id, actor, now, recipients=recipients, may=may, comment=comment)
        return await self._holds.apply(
            message_id,
            _EVENT[act],
            actor,
            now,
            recipients=recipients,
            may=may,
            comment=comment,
            notice=_notice(actor, seen, act, recipients),
            frozen_until=now + self._frozen_for if act is Act.HOLD else None,
            urgent=act is Act.URGENT,
        )

    def _check_named(
        self, actor: Actor, record: MessageRecord, act: Act, recipients: tuple[Address, ...] | None
    ) -> None:
        """Whoever names recipients means all of them: one that he may not touch refuses the whole, before anything."""
        if act is Act.REMOVE and not recipients:
            raise Refused(refusals.WHICH_RECIPIENTS)
        if recipients is None:
            return
        if not recipients or any(record.recipient(address) is None for address in recipients):
            raise Refused(refusals.NO_SUCH_RECIPIENT)
        for copy in _named(record, recipients):
            if act not in acts_for(actor, record, copy):
                error = refusals.why_not(actor, record, act, [copy], self._organization.timezone)
                if not isinstance(error, AlreadyDecided):
                    raise error

    async def _seen(self, actor: Actor, message_id: str) -> MessageRecord:
        record = await self._holds.find(message_id)
        if record is None or record.kind != "mail" or not may_see(actor, record):
            raise refusals.not_found()
        return record

    async def _view(self, actor: Actor, record: MessageRecord) -> View:
        history = await self._audit.history_of(record.id)
        each = {copy.address.key: acts_for(actor, record, copy) for copy in record.recipients}
        return View(record, tuple(history), frozenset().union(*each.values()), each)

    async def _ids(self, actor: Actor, chosen: Filter, limit: int) -> list[str]:
        return await self._holds.ids(_visible(actor, chosen), limit)

    async def _try(self, actor: Actor, message_id: str, act: Act, comment: str) -> ReviewError | None:
        try:
            await self.act(actor, message_id, act, None, comment)
        except ReviewError as error:
            return error
        return None

    def _tell(self, record: MessageRecord, word: str, via: str, decision: Decision) -> None:
        """Log, wake sorting and letters, and let open consoles know."""
        events.decided(record.id, word, via, len(decision.changed))
        self._released()
        self._noticed()
        self._live.publish("decided", record.id, record.people | self._administrators)


def _visible(actor: Actor, chosen: Filter) -> Filter:
    """The filter narrowed to what the person may see: his own mail and mail that he approves."""
    return chosen if actor.role in SEE_ALL else replace(chosen, owner=actor.address)


def _named(record: MessageRecord, recipients: Sequence[Address] | None) -> list[RecipientRecord]:
    return [copy for copy in record.recipients if recipients is None or copy.address in recipients]


def _notice(actor: Actor, record: MessageRecord, act: Act, recipients: tuple[Address, ...] | None) -> NoticeKind | None:
    """The letter to the sender. Who takes one of his own recipients off and goes on needs no letter about it."""
    others = [copy for copy in record.recipients if copy.address not in (recipients or ())]
    goes_on = any(copy.state not in _WITHDRAWN for copy in others)
    if act is Act.REMOVE and goes_on and actor.address in record.owners:
        return None
    return _NOTICE.get(act)


def _is_due(copy: RecipientRecord, now: datetime) -> bool:
    return copy.expires_at is not None and copy.expires_at <= now


def _tidy(comment: str) -> str:
    """A comment on its way into the ledger and a letter: no control characters but line ends, bounded."""
    return "".join(ch for ch in comment if ch == "\n" or ch.isprintable()).strip()[:_COMMENT]
