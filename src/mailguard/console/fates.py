"""What became of each recipient's copy, in one sentence; recipients with the same fate share it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from mailguard.console.present import Badge, Speaker, badge, counted
from mailguard.mail.lifecycle import State
from mailguard.mail.verdict import Disposition
from mailguard.notify.letter_rows import whom
from mailguard.notify.phrases import listed, on_one_line
from mailguard.review import RecipientRecord, Sent

#: Fates of one mail that are shown each; a mail to hundreds has few.
_MOST = 8


@dataclass(frozen=True, slots=True)
class Fate:
    """people: who; sentence: where their copy is. css, icon: of its state; the sentence says it in words."""

    people: str
    sentence: str
    css: str
    icon: str


def fates(sent: Sent, by: Speaker, person: str) -> list[Fate]:
    """Where the mail is, recipients together whose copies are in the same place."""
    groups: dict[tuple[str, Badge], list[str]] = {}
    relayed = _relayed(sent)
    for copy in counted(sent.record):
        said = sentence(copy, relayed.get(str(copy.address)), by, person, own=person in sent.record.owners)
        groups.setdefault((said, badge(copy.state, by.language)), []).append(on_one_line(str(copy.address), 80))
    shown = list(groups.items())[:_MOST]
    return [Fate(listed(people, by.language, 3), said, mark.css, mark.icon) for (said, mark), people in shown]


def _relayed(sent: Sent) -> dict[str, datetime]:
    """When the next server took whose copy."""
    return {address: line.at for line in sent.relays for address in line.recipients}


def sentence(copy: RecipientRecord, relayed_at: datetime | None, by: Speaker, person: str, *, own: bool) -> str:
    """Where one copy is."""
    text = on_one_line(f"{copy.last_code or ''} {copy.last_text}", 120)
    decided = by.moment(copy.decided_at) if copy.decided_at else "-"
    match copy.state:
        case State.RELAYED:
            answer = by.say("fate.answer", text=text) if text else ""
            if relayed_at is None:
                return by.say("fate.relayed.untimed", answer=answer)
            return by.say("fate.relayed", when=by.moment(relayed_at), answer=answer)
        case State.QUEUED if copy.attempts and copy.due_at is not None and text:
            return by.say("fate.deferred", text=text, when=by.moment(copy.due_at))
        case State.QUEUED:
            return by.say("fate.queued")
        case State.HELD:
            return _held(copy, by, own=own)
        case State.CANCELLED if copy.decided_by == person:
            return by.say("fate.cancelled.you", when=decided)
        case State.CANCELLED | State.REJECTED:
            return by.say(f"fate.{copy.state}", when=decided, by=_name(copy.decided_by, by))
        case State.EXPIRED:
            return by.say("fate.expired")
        case State.BOUNCED:
            return by.say("fate.bounced", text=text) if text else by.say("fate.bounced.silent")
    raise AssertionError(copy.state)


def _held(copy: RecipientRecord, by: Speaker, *, own: bool) -> str:
    if copy.needs_approval:
        if not copy.approvers:
            return by.say("fate.held.house")
        people = dict.fromkeys(one for ask in copy.asks for one in whom(ask, by.language, by.named))
        return by.say("fate.held.approval", people=listed(list(people), by.language, 3))
    if copy.disposition is Disposition.DELAY and copy.frozen_by:
        return by.say("fate.held.paused")
    if copy.disposition is Disposition.DELAY and copy.expires_at is not None:
        return by.say("fate.held.delay", when=by.moment(copy.expires_at))
    return by.say("fate.held.you" if own and not copy.frozen_by else "fate.held")


def _name(person: str, by: Speaker) -> str:
    return by.say("by.mailguard") if person in ("", "mailguard") else on_one_line(person, 80)
