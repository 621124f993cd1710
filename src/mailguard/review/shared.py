"""What the parts of the waiting room stand on: the ledger's rooms, who hears of what, and how a mail is looked up.

A mail that a person may not see is not there, whatever he asks of it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from mailguard import events
from mailguard.mail.actor import Actor
from mailguard.mail.address import Address
from mailguard.mail.directory import NOBODY, Directory
from mailguard.mail.lifecycle import Event
from mailguard.mail.message import Message
from mailguard.mail.organization import Organization
from mailguard.mail.verdict import Verdict
from mailguard.notify.live import Live
from mailguard.notify.offers import offers
from mailguard.policy.case import Case
from mailguard.policy.recorded import Recorded
from mailguard.review import refusals
from mailguard.review.rights import SEE_ALL, acts_for, acts_with, may_see, trust_scopes
from mailguard.review.words import Act, ReviewError, View
from mailguard.store.audit import Audit
from mailguard.store.holds import Holds
from mailguard.store.records import Decision, HistoryLine, MessageRecord, NoticeKind, RecipientRecord
from mailguard.store.spool import Spool
from mailguard.store.wish import USUAL, Silence, Wish

EVENT = {
    Act.RELEASE: Event.RELEASE,
    Act.SEND_NOW: Event.RELEASE,
    Act.APPROVE: Event.RELEASE,
    Act.CANCEL: Event.CANCEL,
    Act.HOLD: Event.HOLD,
    Act.RESUME: Event.RESUME,
    Act.REJECT: Event.REJECT,
    Act.REMOVE: Event.REMOVE,
    Act.URGENT: Event.RELEASE,
}
_COMMENT = 2000
#: A copy that somebody froze is given back after so long: nothing waits for ever without a word.
_FROZEN_FOR = timedelta(hours=72)
#: Judges a mail that people changed as if it came in so. message: with its octets and recipients as they are now.
Judges = Callable[[Message, Recorded], Awaitable[tuple[Case, Verdict]]]


@dataclass(frozen=True, slots=True)
class Shared:
    """administrators: address keys; they hear of everything. released: sorting has something to do; noticed: a letter
    is owed. directory: the people of the policy.
    judges: who judges a changed mail anew; None: nobody here. silence: of warnings that were overridden.
    """

    holds: Holds
    spool: Spool
    audit: Audit
    organization: Organization
    administrators: frozenset[str]
    live: Live
    released: Callable[[], None]
    noticed: Callable[[], None]
    now: Callable[[], datetime]
    directory: Callable[[], Directory] = field(default=lambda: NOBODY)
    judges: Callable[[], Judges | None] = field(default=lambda: None)
    silence: Silence = USUAL

    async def seen(self, actor: Actor, message_id: str) -> MessageRecord:
        """A mail that this person may see. Raises NotFound."""
        record = await self.holds.find(message_id)
        if record is None or record.kind != "mail" or not may_see(actor, record):
            raise refusals.not_found()
        return record

    async def view(self, actor: Actor, record: MessageRecord) -> View:
        """The mail as this person sees it."""
        history = await self.history(record)
        if actor.role not in SEE_ALL:  # what officers answered to the law's questions may be about this person
            history = [line for line in history if line.event != "incident_assessed"]
        each = {copy.address.key: acts_for(actor, record, copy) for copy in record.recipients}
        can = offers(record) if self.judges() is not None else ()
        can = tuple(one for one in can if Act.CORRECT in each[one.wrong.key])
        offered = {one.wrong.key for one in can}
        each = {key: acts if key in offered else acts - {Act.CORRECT} for key, acts in each.items()}
        acts = acts_with(actor, record).union(*each.values())
        scopes = trust_scopes(actor, record, self.directory()) if Act.TRUST in acts else ()
        return View(record, tuple(history), acts, each, scopes, can)

    async def history(self, record: MessageRecord) -> list[HistoryLine]:
        """What happened to all parts of a mail, in the order in which it happened."""
        lines = [line for one in record.parts or (record.id,) for line in await self.audit.history_of(one)]
        return sorted(lines, key=lambda line: line.number)

    def wish(
        self,
        actor: Actor,
        act: Act,
        recipients: tuple[Address, ...] | None,
        comment: str,
        notice: NoticeKind | None = None,
    ) -> Wish:
        """An act as the ledger takes it; whether the person may is asked again there."""
        now = self.now()

        def may(record: MessageRecord, copy: RecipientRecord) -> bool:
            return act in acts_for(actor, record, copy)

        frozen = now + _FROZEN_FOR if act is Act.HOLD else None
        urgent = act is Act.URGENT
        return Wish(EVENT.get(act), actor, now, recipients, may, comment, notice, frozen, urgent, self.silence)

    async def why_not(
        self, actor: Actor, message_id: str, act: Act, recipients: tuple[Address, ...] | None
    ) -> ReviewError:
        """The error for an act that changed nothing, from what stands in the ledger now. Raises NotFound."""
        record = await self.seen(actor, message_id)
        history = await self.history(record)
        copies = named(record, recipients)
        return refusals.why_not(actor, record, act, copies, self.organization.timezone, history)

    def tell(self, record: MessageRecord, word: str, via: str, decision: Decision) -> None:
        """Log, wake sorting and letters, and let open consoles know."""
        events.decided(record.id, word, via, len(decision.changed))
        self.released()
        self.spread(record)

    def spread(self, record: MessageRecord) -> None:
        """Wake letters and let open consoles know that something about the mail is new."""
        self.noticed()
        self.live.publish("decided", record.lead, record.people | self.administrators)


def named(record: MessageRecord, recipients: tuple[Address, ...] | None) -> list[RecipientRecord]:
    """The copies that are meant."""
    meant = None if recipients is None else {address.key for address in recipients}
    return [copy for copy in record.recipients if meant is None or copy.address.key in meant]


def tidy(comment: str) -> str:
    """A comment on its way into the ledger and a letter: no control characters but line ends, bounded."""
    return "".join(ch for ch in comment if ch == "\n" or ch.isprintable()).strip()[:_COMMENT]
