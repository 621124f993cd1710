"""What waits for a person: read once a request, for the menu's number and for the page that lists it. It decides
nothing.
"""

from __future__ import annotations

from starlette.requests import Request

from mailguard.console.desk import desk_of
from mailguard.mail.actor import Actor
from mailguard.mail.lifecycle import State
from mailguard.mail.verdict import Disposition
from mailguard.review import Filter, MessageRecord, RecipientRecord

_MOST = 100


def waits_for(record: MessageRecord, person: str) -> bool:
    """Whether this person is the one to decide: the sender on a confirmation, an approver who has not yet said yes.

    What goes by itself when its undo window ends waits for nobody.
    """
    for recipient in record.recipients:
        if recipient.state is not State.HELD:
            continue
        if recipient.disposition is Disposition.APPROVE:
            if (
                not record.wrote(person)
                and any(person in (*ask.approvers, *ask.asked) for ask in recipient.asks)
                and recipient.would_count(person)
            ):
                return True
        elif goes_by_itself(recipient):
            continue
        elif person in record.owners or person in record.members:
            return True
    return False


def goes_by_itself(copy: RecipientRecord) -> bool:
    """Whether it is in its undo window, and nobody has stopped the clock."""
    return copy.disposition is Disposition.DELAY and copy.expire_action == "release" and not copy.frozen_by


async def held_mail(request: Request, actor: Actor) -> list[MessageRecord]:
    """What is held and concerns this person, newest first. Looked up once a request."""
    known: list[MessageRecord] | None = getattr(request.state, "held_mail", None)
    if known is None:
        known = await desk_of(request).review.page(actor, Filter(state=State.HELD, owner=actor.address), _MOST)
        request.state.held_mail = known
    return known


async def count_waiting(request: Request, actor: Actor) -> int:
    """How many of them wait for this person."""
    return sum(waits_for(record, actor.address) for record in await held_mail(request, actor))
