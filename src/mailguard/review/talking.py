"""Talking: notes on a mail, and asking somebody else to look. Nothing here moves a copy.

A note goes to the other side: the sender's to those who are asked, theirs to the sender. Whoever is asked gets a letter
of his own; what he may then do is `rights`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mailguard.mail.actor import Actor
from mailguard.mail.address import Address, without_tag
from mailguard.mail.lifecycle import State
from mailguard.review import refusals
from mailguard.review.rights import acts_for, acts_with, decides, may_write
from mailguard.review.shared import Shared, tidy
from mailguard.review.words import Act, Forbidden, Refused, ReviewError, View
from mailguard.store.records import HistoryLine, MessageRecord, RecipientRecord
from mailguard.store.talk import COMMENT, Note
from mailguard.store.wish import Wish, senders_of

#: Notes that one mail can bear, people who can be asked about it, people who are told of a note.
_NOTES, _ASKED, _TOLD = 50, 30, 20


@dataclass(frozen=True, slots=True)
class Talking:
    """The part of the waiting room where people speak."""

    shared: Shared

    async def comment(self, actor: Actor, message_id: str, text: str) -> View:
        """Write a note. Raises NotFound, Forbidden, Refused."""
        await self.shared.seen(actor, message_id)
        text = tidy(text)
        if not text:
            raise Refused(refusals.NO_TEXT)

        def readers(record: MessageRecord, lines: Sequence[HistoryLine]) -> Sequence[str]:
            _require_comment(actor, record, lines)
            return readers_of(actor, record, lines)

        await self.shared.holds.comment(message_id, Note(actor, self.shared.now(), text, readers))
        record = await self.shared.seen(actor, message_id)
        self.shared.spread(record)
        return await self.shared.view(actor, record)

    async def forward(self, actor: Actor, message_id: str, to: Address, comment: str) -> View:
        """Ask a colleague. Raises NotFound, Forbidden, AlreadyDecided, Refused."""
        record = await self.shared.seen(actor, message_id)
        self._require_colleague(actor, record, to)

        def may(record: MessageRecord, copy: RecipientRecord) -> bool:
            return to.key not in (*record.owners, *record.members) and Act.FORWARD in acts_for(actor, record, copy)

        wish = Wish(None, actor, self.shared.now(), may=may, comment=tidy(comment))
        decision = await self.shared.holds.forward(message_id, wish, to)
        if not decision.changed:
            raise await self._not_forwarded(actor, message_id, to)
        record = await self.shared.seen(actor, message_id)
        self.shared.tell(record, str(Act.FORWARD), actor.via, decision)
        return await self.shared.view(actor, record)

    def _require_colleague(self, actor: Actor, record: MessageRecord, to: Address) -> None:
        directory = self.shared.directory()
        person = without_tag(directory.key_of(to.key))
        if not self.shared.organization.is_internal(to):
            raise Refused(refusals.NOT_A_COLLEAGUE)
        if person == without_tag(directory.key_of(actor.address)):
            raise Refused(refusals.NOT_HIMSELF)
        if person in {without_tag(directory.key_of(one)) for one in (*record.owners, *record.members)}:
            raise Refused(refusals.NOT_THE_SENDER)
        if len(record.approvers) >= _ASKED and to.key not in record.approvers:
            raise Refused(refusals.TOO_MANY_ASKED)

    async def _not_forwarded(self, actor: Actor, message_id: str, to: Address) -> ReviewError:
        record = await self.shared.seen(actor, message_id)
        able = [copy for copy in record.recipients if Act.FORWARD in acts_for(actor, record, copy)]
        if able and all(to.key in copy.voters for copy in able):
            return Refused(refusals.ASKED_ALREADY)
        return await self.shared.why_not(actor, message_id, Act.FORWARD, None)


def readers_of(actor: Actor, record: MessageRecord, lines: Sequence[HistoryLine]) -> list[str]:
    """Who is told of a note: the sender of what others wrote; of his own, those who can still answer and those who have
    written to him. Nobody of his own note; at most twenty.
    """
    if not decides(actor, record):
        return list(senders_of(record)) if record.sender.mailbox is not None else []
    asked = {person for copy in record.recipients if copy.state is State.HELD for person in copy.approvers}
    wrote = {line.actor for line in lines if line.event == COMMENT}
    people = asked | (wrote & record.approvers)
    return sorted(people.difference(record.owners, record.members, {actor.address}))[:_TOLD]


def _require_comment(actor: Actor, record: MessageRecord, lines: Sequence[HistoryLine]) -> None:
    if not may_write(actor, record):
        raise Forbidden(refusals.NOT_YOURS)
    if Act.COMMENT not in acts_with(actor, record):
        raise Refused(refusals.OVER)
    if sum(line.event == COMMENT for line in lines) >= _NOTES:
        raise Refused(refusals.TOO_MANY_NOTES)
