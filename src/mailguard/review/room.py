"""The waiting room itself: looks mail up for people and lets them decide. Its parts have modules of their own: what is
chosen and changed, what people say to each other, whom they trust, and the clocks.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from mailguard.mail.actor import Actor, Role
from mailguard.mail.address import Address
from mailguard.mail.directory import NOBODY, Directory
from mailguard.mail.lifecycle import State
from mailguard.mail.organization import Organization
from mailguard.mail.query import Key
from mailguard.notify.draft import draft_of
from mailguard.notify.live import Live
from mailguard.notify.offers import Offer
from mailguard.review import refusals
from mailguard.review.choosing import Choosing, shown_still
from mailguard.review.clock import HoldClock
from mailguard.review.correcting import Correcting
from mailguard.review.looks import Looks
from mailguard.review.notices import notice_of
from mailguard.review.rights import SEE_ALL, acts_for, decides, may_read_body
from mailguard.review.shared import EVENT, Judges, Shared, named, tidy
from mailguard.review.talking import Talking
from mailguard.review.trusting import Trusting
from mailguard.review.words import Act, AlreadyDecided, Choice, Forbidden, Refused, Scope, View
from mailguard.store.acquaintance import Background
from mailguard.store.audit import Audit
from mailguard.store.holds import Holds
from mailguard.store.looks import Reading
from mailguard.store.records import Decision, Filter, MessageRecord
from mailguard.store.spool import Spool
from mailguard.store.trusts import TrustRecord
from mailguard.store.wish import USUAL, Silence
from mailguard.workshop import Workshop

_PAGE_MOST = 500
#: A copy that is out, or on its way, is no draft any more.
_OUT = frozenset({State.QUEUED, State.RELAYED, State.BOUNCED})


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
        directory: Callable[[], Directory] = lambda: NOBODY,
        judges: Callable[[], Judges | None] = lambda: None,
        silence: Silence = USUAL,
    ) -> None:
        """administrators: address keys; they hear of everything. released: sorting has something to do.

        noticed: a letter is owed. directory: the people whom the policy knows.
        judges: who judges a mail anew whose recipient was replaced; None: here that cannot be done.
        silence: when a warning that its sender overrode becomes silent.
        """
        self._holds, self._spool = holds, spool
        self._shared = shared = Shared(
            holds,
            spool,
            audit,
            organization,
            administrators,
            live,
            released,
            noticed,
            now,
            directory,
            judges,
            silence,
        )
        workshop = Workshop()
        self._choosing, self._correcting = Choosing(shared, workshop), Correcting(shared, workshop)
        self._talking = Talking(shared)
        self._trusting = Trusting(shared)
        self._clock = HoldClock(shared)
        self.looks = Looks(holds, now)

    @property
    def shared(self) -> Shared:
        """What the room stands on, for its other parts."""
        return self._shared

    async def page(self, actor: Actor, chosen: Filter, limit: int = 50) -> list[MessageRecord]:
        """What matches and the person may see, newest first if no other order is asked for; at most 500.

        Whoever searches the texts of others leaves a line in the audit log. Raises Refused: who reads no bodies
        searches none.
        """
        if chosen.query.reads_text and actor.role in SEE_ALL and chosen.owner != actor.address:
            terms = [value for term in chosen.query.terms if term.key is Key.TEXT for value in term.values]
            visible(actor, chosen)
            await self._shared.audit.note("text_search", actor, self._shared.now(), words=terms)
        return await self._holds.page(visible(actor, chosen), max(1, min(limit, _PAGE_MOST)))

    async def count(self, actor: Actor, chosen: Filter, most: int | None = None) -> int:
        """How many of them there are; no more are counted than `most`."""
        return await self._holds.count(visible(actor, chosen), most)

    async def show(self, actor: Actor, message_id: str) -> View:
        """One mail. Raises NotFound."""
        return await self._shared.view(actor, await self._shared.seen(actor, message_id))

    def opened(self, actor: Actor, view: View) -> None:
        """A person looks at the page of a mail: noted if it is held and theirs to decide."""
        if view.record.state is State.HELD and (view.acts or actor.address in view.record.people):
            for part in view.record.parts or (view.record.id,):  # the page shows all of them
                self.looks.opened(actor, part)

    async def background(self, view: View, people: Sequence[Address], digests: Collection[str] = ()) -> Background:
        """What is known of some people and files of a mail that somebody was shown; at most 500 of each."""
        sender = view.record.sender.mailbox
        asked, files = people[:_PAGE_MOST], sorted(digests)[:_PAGE_MOST]
        return await self._holds.background(sender.key if sender else "", asked, files)

    async def body(self, actor: Actor, message_id: str, what: Reading = "raw") -> bytes:
        """The octets; `what` is shown, see `Looks`. Raises NotFound, Forbidden, BodyGone, OSError, StoreError."""
        record = await self._shared.seen(actor, message_id)
        if not may_read_body(actor, record):
            raise Forbidden(refusals.BODIES_ARE_PRIVATE)
        body = await self._spool.body(message_id)
        octets, _ = await asyncio.gather(asyncio.to_thread(body.read), self.looks.read(actor, record, what))
        return octets

    async def draft(self, actor: Actor, message_id: str) -> bytes:
        """A mail that was not sent, ready to be edited and sent again: for its sender and administrators, since it
        names who is in Bcc. Raises NotFound, Forbidden, Refused, BodyGone, OSError.
        """
        record = await self._shared.seen(actor, message_id)
        if actor.role is not Role.ADMINISTRATOR and not decides(actor, record):
            raise Forbidden(refusals.NOT_YOURS)
        if all(copy.state in _OUT for copy in record.recipients):
            raise Refused(refusals.NOT_A_DRAFT)
        return await asyncio.to_thread(draft_of, record, await self.body(actor, message_id))

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
        record, comment = await self._shared.seen(actor, message_id), tidy(comment)
        await self._check_named(actor, record, act, recipients)
        if act is Act.URGENT and not comment:
            raise Refused(refusals.NEEDS_REASON)
        decision = await self._decide(actor, record, act, recipients, comment)
        if not decision.changed:
            raise await self._shared.why_not(actor, message_id, act, recipients)
        record = await self._shared.seen(actor, message_id)
        self._shared.tell(record, str(act), actor.via, decision)
        return await self._shared.view(actor, record)

    async def choose(self, actor: Actor, message_id: str, choice: Choice) -> View:
        """Take recipients off, take files out, hide addresses, and decide about what is left: all of it or nothing.

        Raises NotFound, Forbidden, AlreadyDecided, Refused.
        """
        return await self._choosing.choose(actor, message_id, choice)

    async def take_off(self, actor: Actor, message_id: str, choice: Choice) -> View:
        """The same, and whoever comes off leaves To and Cc of the others' copies too, or an answer to all would reach
        him after all. Not where the mail may not be altered (nor where one copy may not, which somebody else froze), or
        somebody has said yes to it as it is. Raises NotFound, Forbidden, AlreadyDecided, Refused.
        """
        record = await self._shared.seen(actor, message_id)
        if gone := shown_still(actor, record, choice.remove):
            try:
                return await self.choose(actor, message_id, replace(choice, hide=(*choice.hide, *gone)))
            except (Refused, Forbidden, AlreadyDecided):
                pass  # or an address field that nobody can take apart: it stays as the sender wrote it
        if choice == Choice(choice.remove, comment=choice.comment):
            return await self.act(actor, message_id, Act.REMOVE, choice.remove, choice.comment)
        return await self.choose(actor, message_id, choice)

    async def correct(self, actor: Actor, message_id: str, offer: Offer, comment: str = "") -> View:
        """Put whoever was meant in a wrong recipient's place, and judge the mail anew: it goes, or waits for what is
        still asked. offer: one of the view's. Raises NotFound, Forbidden, AlreadyDecided, Refused.
        """
        return await self._correcting.correct(actor, message_id, offer, comment)

    async def comment(self, actor: Actor, message_id: str, text: str) -> View:
        """A note to the other side: the sender's to those who are asked, theirs to the sender.

        Raises NotFound, Forbidden, Refused.
        """
        return await self._talking.comment(actor, message_id, text)

    async def forward(self, actor: Actor, message_id: str, to: Address, comment: str = "") -> View:
        """Ask a colleague to decide as well: the sender where only he is asked, an approver in his own place.

        Raises NotFound, Forbidden, AlreadyDecided, Refused.
        """
        return await self._talking.forward(actor, message_id, to, comment)

    async def trust(
        self,
        actor: Actor,
        message_id: str,
        recipients: tuple[Address, ...],
        scope: Scope = "me",
        lasts: timedelta = timedelta(days=90),
    ) -> View:
        """The rules that asked about these recipients need not ask about them again, for 30, 90 or 365 days.

        Raises NotFound, Forbidden, Refused.
        """
        return await self._trusting.trust(actor, message_id, recipients, scope, lasts)

    async def trusts(self, actor: Actor) -> list[TrustRecord]:
        """What counts for this person; for whoever sees everything, all of it."""
        return await self._trusting.trusts(actor)

    async def untrust(self, actor: Actor, trust_id: int) -> None:
        """Ask about it again. Raises NotFound."""
        await self._trusting.untrust(actor, trust_id)

    async def expire_due(self) -> datetime | None:
        """End holds whose time ran out, remind, and ask others as well. Returns the next time."""
        return await self._clock.expire_due()

    async def urgent_count(self, actor: Actor) -> int:
        """How many mails went by the urgent lane, of those that the person may see as their sender, or of all."""
        return await self._holds.urgent_count("" if actor.role in SEE_ALL else actor.address)

    async def _decide(
        self, actor: Actor, record: MessageRecord, act: Act, recipients: tuple[Address, ...] | None, comment: str
    ) -> Decision:
        if act not in EVENT:
            raise ValueError(f"{act} has a way of its own")
        notice = notice_of(actor, record, act, recipients)
        wish = self._shared.wish(actor, act, recipients, comment, notice)
        return await (self._holds.count_voice if act is Act.APPROVE else self._holds.fulfil)(record.id, wish)

    async def _check_named(
        self, actor: Actor, record: MessageRecord, act: Act, recipients: tuple[Address, ...] | None
    ) -> None:
        """Whoever names recipients means all of them: one that he may not touch refuses the whole, before anything."""
        if act is Act.REMOVE and not recipients:
            raise Refused(refusals.WHICH_RECIPIENTS)
        if recipients is None:
            return
        copies = named(record, recipients)
        if not recipients or len(copies) != len({address.key for address in recipients}):
            raise Refused(refusals.NO_SUCH_RECIPIENT)
        for copy in copies:
            if act not in acts_for(actor, record, copy):
                error = refusals.why_not(actor, record, act, [copy], self._shared.organization.timezone)
                if not isinstance(error, AlreadyDecided):
                    raise error


def visible(actor: Actor, chosen: Filter) -> Filter:
    """The filter narrowed to what the person may see: his own mail and mail that he approves.

    Who sees all mail but reads no bodies may not look into texts either: to search is to read. Raises Refused.
    """
    if actor.role not in SEE_ALL:
        return replace(chosen, owner=actor.address)
    if chosen.query.reads_text and actor.role is not Role.ADMINISTRATOR and chosen.owner != actor.address:
        raise Refused(refusals.TEXTS_ARE_PRIVATE)
    return chosen
