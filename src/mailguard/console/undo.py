"""My mail's undo windows: what is about to go out by itself, with the time that is left and what can be done; and peace
from letters. Everything is a form, so it works without JavaScript; nothing acts on a GET.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from mailguard.console import present
from mailguard.console.decision import Button
from mailguard.console.desk import Desk, desk_of
from mailguard.console.present import Speaker
from mailguard.console.visit import checked_form, field, go, unscoped_visitor
from mailguard.mail.actor import Actor
from mailguard.mail.lifecycle import State
from mailguard.mail.verdict import Disposition
from mailguard.review import Act, MessageRecord, nothing_here
from mailguard.review.quiet import LENGTHS

#: Rows with buttons; each asks the review room what may be done.
_MOST = 20


@dataclass(frozen=True, slots=True)
class UndoRow:
    """A mail in its undo window. clock: the time left as the live clock shows it; paused: its clock is stopped."""

    id: str
    subject: str
    recipients: str
    until: str
    clock: str
    paused: bool
    ending: str
    buttons: Sequence[Button]


@dataclass(frozen=True, slots=True)
class Peace:
    """until: in words, "" while letters are written."""

    until: str
    lengths: Sequence[tuple[str, str]]


def in_window(record: MessageRecord) -> bool:
    """Whether all that is held of it only waits for its undo window to end, or was stopped in it."""
    held = [copy for copy in record.recipients if copy.state is State.HELD]
    return bool(held) and all(copy.disposition is Disposition.DELAY for copy in held)


async def undo_rows(desk: Desk, actor: Actor, held: Sequence[MessageRecord], by: Speaker) -> list[UndoRow]:
    """The person's own mails that are about to go, the next one first. held: what is held and concerns the person."""
    own = [one for one in held if in_window(one) and actor.address in (*one.owners, *one.members)]
    own.sort(key=lambda record: record.expires_at or record.received_at)
    return [await _row(desk, actor, record, by) for record in own[:_MOST]]


async def _row(desk: Desk, actor: Actor, record: MessageRecord, by: Speaker) -> UndoRow:
    acts = (await desk.review.show(actor, record.id)).acts
    paused = any(copy.frozen_by for copy in record.recipients if copy.state is State.HELD)
    say = by.say
    buttons = {
        Act.HOLD: Button("hold", say("undo.pause"), "quiet"),
        Act.RESUME: Button("resume", say("act.resume"), "quiet"),
        Act.SEND_NOW: Button("send-now", say("act.send-now")),
        Act.CANCEL: Button("cancel", say("act.cancel"), "stop"),
    }
    return UndoRow(
        id=record.lead,
        subject=present.subject(record, say),
        recipients=present.recipients_line(record, by.language),
        until=record.expires_at.isoformat() if record.expires_at else "",
        clock=clock(record.expires_at - by.now, by) if record.expires_at else "",
        paused=paused,
        ending=say("undo.paused") if paused else present.ending(record, by),
        buttons=[one for act, one in buttons.items() if act in acts and not (paused and act is Act.HOLD)],
    )


def clock(left: timedelta, by: Speaker) -> str:
    """What console.js shows of the time that is left, so that nothing moves when it takes over."""
    seconds = max(0, round(left.total_seconds()))
    hours, minutes = seconds // 3600, seconds // 60 % 60
    if hours:
        return f"{hours}時間{minutes}分" if by.language == "ja" else f"{hours} h {minutes} min"
    return f"{minutes}:{seconds % 60:02}"


async def peace_of(desk: Desk, actor: Actor, by: Speaker) -> Peace | None:
    """Whether this person has peace from letters, and for how long it can be had; None where nobody can."""
    if desk.quiet is None:
        return None
    until = await desk.quiet.until(actor)
    lengths = [(length, by.say(f"peace.{length}")) for length in LENGTHS]
    return Peace(by.moment(until) if until else "", lengths)


async def set_peace(request: Request) -> Response:
    """POST /mine/peace: no letters about own held mail for a while, or letters again."""
    form = await checked_form(request)
    _, actor = await unscoped_visitor(request)
    desk, wanted = desk_of(request), field(form, "length", 10)
    if desk.quiet is None:
        raise nothing_here()
    if wanted == "end":
        await desk.quiet.end(actor)
        return go(request, "/mine?done=peace-end")
    length = next((one for one in LENGTHS if one == wanted), None)
    if length is None:
        raise HTTPException(400)
    await desk.quiet.begin(actor, length)
    return go(request, "/mine?done=peace")
