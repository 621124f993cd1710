"""How answers to letters reach the waiting room: the two rooms do not see each other, so they meet here.

An answer is decided as any decision: the review room asks who may do what inside the transaction, and the history says
"reply". Like a letter's code, it makes nobody an administrator: it decides what is the person's own, or to be approved
by him.
"""

from __future__ import annotations

from mailguard.access.rates import Rate
from mailguard.app.rooms import Rooms, utc_now
from mailguard.config.rooms import organization, reply_address
from mailguard.mail.actor import Actor, Role
from mailguard.mail.address import Address
from mailguard.mail.lifecycle import State
from mailguard.replies import Bound, Outcome, Replies
from mailguard.replies.room import Intent, Standing
from mailguard.review import Act, AlreadyDecided, NotFound, Review, ReviewError, View
from mailguard.store.joining import shown

#: Letters about answers, to one person about one mail, in an hour.
_ANSWERS_AN_HOUR = 4
_ACTS: dict[tuple[Standing, Intent], Act] = {
    ("sender", "send"): Act.RELEASE,
    ("sender", "stop"): Act.CANCEL,
    ("approver", "send"): Act.APPROVE,
    ("approver", "stop"): Act.REJECT,
}
_WORDS = {Act.RELEASE: "released", Act.CANCEL: "cancelled", Act.APPROVE: "approved", Act.REJECT: "rejected"}


def replies_room(rooms: Rooms) -> Replies | None:
    """The room where answers are read; None if none are taken."""
    address = reply_address(rooms.config)
    if address is None:
        return None
    return Replies(
        address,
        rooms.reply_tickets,
        WaitingRoom(rooms.review),
        rooms.outbox,
        organization=organization(rooms.config),
        may_answer=Rate(_ANSWERS_AN_HOUR).allows,
        noticed=lambda: rooms.hints.noticed(),
        now=utc_now,
    )


class WaitingRoom:
    """The review room, as answers need it (replies.Deciding)."""

    def __init__(self, review: Review) -> None:
        self._review = review

    async def standing(self, bound: Bound) -> Standing:
        """As whom the person stands to the mail; None if it does not exist for him."""
        try:
            record = (await self._review.show(_actor(bound), bound.message_id)).record
        except NotFound:
            return None
        return "sender" if bound.person in record.owners or bound.person in record.members else "approver"

    async def decide(self, bound: Bound, intent: Intent, comment: str) -> Outcome:
        """Decide for every copy for which the person may, or say why not. Approved is what he could see: a hidden
        recipient of a part that came after his letter waits on.
        """
        act = _ACTS[await self.standing(bound), intent]
        try:
            meant = await self._seen(bound) if act is Act.APPROVE else None
            view = await self._review.act(_actor(bound), bound.message_id, act, meant, comment)
        except NotFound:
            return Outcome("unknown")
        except ReviewError as error:
            word = "already" if isinstance(error, AlreadyDecided) else "forbidden"
            return Outcome(word, error.reason.ja, error.reason.en)
        return _done(act, view, bound.person)

    async def comment(self, bound: Bound, text: str) -> Outcome:
        """Hand what was written on to the other side."""
        try:
            await self._review.comment(_actor(bound), bound.message_id, text)
        except NotFound:
            return Outcome("unknown")
        except ReviewError as error:
            return Outcome("forbidden", error.reason.ja, error.reason.en)
        return Outcome("passed_on")

    async def _seen(self, bound: Bound) -> tuple[Address, ...] | None:
        """Whom the letter was about or the mail itself names; None if that is everybody. Raises NotFound."""
        view = await self._review.show(_actor(bound), bound.message_id)
        copies = view.record.recipients
        if bound.copies is None or bound.copies >= len(copies):
            return None
        named = shown(view.record)
        seen = [one for at, one in enumerate(copies) if at < bound.copies or one.address.key in named]
        able = [one.address for one in seen if Act.APPROVE in view.acts_for.get(one.address.key, ())]
        return tuple(able or [one.address for one in seen])


def _actor(bound: Bound) -> Actor:
    return Actor(bound.person, Role.SENDER, "reply")


def _done(act: Act, view: View, person: str) -> Outcome:
    """Whoever sent the mail hears of its end by that end's own letter, as soon as nothing of it waits any more."""
    waits = any(copy.state is State.HELD for copy in view.record.recipients)
    word = "voiced" if act is Act.APPROVE and waits else _WORDS[act]
    sender = view.record.sender.mailbox
    told = sender is not None and sender.key == person and not (waits and act is Act.RELEASE)
    return Outcome(word, acted=True, told=told)
