"""How a mail stands, on its page: held or not, since when, until when, and what becomes of it by itself. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mailguard.console import present
from mailguard.console.present import Badge, Speaker
from mailguard.mail.lifecycle import State
from mailguard.mail.verdict import Disposition
from mailguard.notify import letter_rows
from mailguard.review import MessageRecord

#: It ended without going to anybody.
NOT_SENT = frozenset({State.CANCELLED, State.REJECTED, State.EXPIRED})


@dataclass(frozen=True, slots=True)
class Standing:
    """window: nothing but an undo window holds it; frozen: its clock was stopped; ending, left: what happens if nobody
    decides, and in how long.
    """

    state: Badge
    tone: str
    held: bool
    window: bool
    frozen: bool
    under_way: bool
    not_sent: bool
    ending: str
    until: str
    left: str
    outcome: Sequence[str]
    waiting_for: Sequence[str]


def standing(record: MessageRecord, by: Speaker, person: str = "") -> Standing:
    """For this person, in his language."""
    held = letter_rows.held(record)
    return Standing(
        state=present.mail_badge(record, by.language, person),
        tone=present.tone(record),
        held=record.state is State.HELD,
        window=bool(held) and all(r.disposition is Disposition.DELAY for r in held),
        frozen=any(r.frozen_by for r in held),
        under_way=any(r.state is State.QUEUED for r in record.recipients),
        not_sent=record.state in NOT_SENT,
        ending=present.ending(record, by, person),
        until=record.expires_at.isoformat() if record.expires_at else "",
        left=present.left(record, by),
        outcome=present.outcome(record, by),
        waiting_for=present.waiting_for(record, by),
    )
