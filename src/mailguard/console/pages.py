"""My mail: what waits for a person, and the latest of what became of his mail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from mailguard.console import present
from mailguard.console.desk import Desk, desk_of
from mailguard.console.message import DONE
from mailguard.console.present import Badge, Speaker
from mailguard.console.undo import peace_of, undo_rows
from mailguard.console.visit import (
    SEES_ALL,
    go,
    hand_over,
    speaker,
    unscoped_visitor,
    visitor_of,
)
from mailguard.console.waiting import held_mail, waits_for
from mailguard.mail.actor import Actor
from mailguard.mail.lifecycle import State
from mailguard.mail.message import is_message_id
from mailguard.notify.letter_rows import reasons
from mailguard.notify.phrases import on_one_line
from mailguard.review import Filter, MessageRecord

_PEACE = frozenset({"peace", "peace-end"})


@dataclass(frozen=True, slots=True)
class Row:
    """A mail in a list."""

    id: str
    subject: str
    sender: str
    foreign: bool
    recipients: str
    state: Badge
    headline: str
    why: str
    received: str
    received_iso: str
    ending: str
    until: str
    left: str


@dataclass(frozen=True, slots=True)
class Pager:
    """Addresses of the next page and of the first one, "" where there is none."""

    older: str
    newest: str


async def home(request: Request) -> Response:
    """GET /: the right page for whoever comes."""
    visitor = await visitor_of(request)
    if visitor.actor is None:
        return go(request, "/login")
    return go(request, f"/messages/{visitor.scope}" if visitor.scope else "/mine")


async def mine(request: Request) -> Response:
    """GET /mine: what waits for me, and what became of my mail."""
    desk = desk_of(request)
    visitor, actor = await unscoped_visitor(request)
    by, before = speaker(desk, visitor), _before(request.query_params)
    held = [] if before else await held_mail(request, actor)
    undo = await undo_rows(desk, actor, held, by)
    about_to_go = {one.id for one in undo}
    to_decide = [one for one in held if waits_for(one, actor.address) and one.lead not in about_to_go]
    done = request.query_params.get("done", "")
    found = await desk.review.page(actor, Filter(owner=actor.address, before=before), desk.settings.page_length + 1)
    shown, shown_above = found[: desk.settings.page_length], {record.lead for record in to_decide} | about_to_go
    return await hand_over(
        request,
        "mine.html",
        done=by.say(f"done.{done}") if done in DONE | _PEACE else "",
        undo=undo,
        peace=await peace_of(desk, actor, by),
        sees_all=actor.role in SEES_ALL,
        waiting=[row(record, by, actor.address) for record in to_decide],
        recent=[row(record, by, actor.address) for record in shown if record.lead not in shown_above],
        others=await _held_for_others(desk, actor),
        pager=_pager(f"{desk.settings.root}/mine", {}, found, shown, before),
    )


async def _held_for_others(desk: Desk, actor: Actor) -> int:
    """What an administrator or auditor would find under All mail: a first look must not end at an empty page."""
    if actor.role not in SEES_ALL:
        return 0
    own = Filter(state=State.HELD, owner=actor.address)
    return await desk.review.count(actor, Filter(state=State.HELD)) - await desk.review.count(actor, own)


def row(record: MessageRecord, by: Speaker, person: str) -> Row:
    """A mail as a line of a list."""
    given = reasons(record.verdict.enforced, by.language)
    return Row(
        id=record.id,
        subject=present.subject(record, by.say),
        sender=on_one_line(str(record.sender), 80) or "<>",
        foreign=person not in record.owners,
        recipients=present.recipients_line(record, by.language),
        state=present.mail_badge(record, by.language, person),
        headline=present.list_line(record, by),
        why=given[0].sentence if given else "",
        received=by.moment(record.received_at),
        received_iso=record.received_at.isoformat(),
        ending=present.ending(record, by, person),
        until=record.expires_at.isoformat() if record.expires_at else "",
        left=present.left(record, by),
    )


def _before(query: QueryParams) -> str:
    before = query.get("before", "")
    return before if is_message_id(before) else ""


def _pager(
    path: str, kept: dict[str, str], found: Sequence[MessageRecord], shown: Sequence[MessageRecord], before: str
) -> Pager:
    older = f"{path}?{urlencode({**kept, 'before': shown[-1].id})}" if len(found) > len(shown) else ""
    return Pager(older, f"{path}?{urlencode(kept)}" if before else "")
