"""Which letter an act owes to the sender. It decides nothing else."""

from __future__ import annotations

from collections.abc import Sequence

from mailguard.mail.actor import Actor
from mailguard.mail.address import Address
from mailguard.mail.lifecycle import State
from mailguard.review.words import Act
from mailguard.store.records import MessageRecord, NoticeKind

_NOTICE: dict[Act, NoticeKind] = {Act.CANCEL: "cancelled", Act.REJECT: "rejected", Act.REMOVE: "cancelled"}
_WITHDRAWN = frozenset({State.CANCELLED, State.REJECTED, State.EXPIRED})


def notice_of(actor: Actor, record: MessageRecord, act: Act, recipients: Sequence[Address] | None) -> NoticeKind | None:
    """The letter to the sender. Who takes one of his own recipients off and goes on needs no letter about it."""
    named = {address.key for address in recipients or ()}
    others = [copy for copy in record.recipients if copy.address.key not in named]
    goes_on = any(copy.state not in _WITHDRAWN for copy in others)
    if act is Act.REMOVE and goes_on and actor.address in record.owners:
        return None
    return _NOTICE.get(act)
