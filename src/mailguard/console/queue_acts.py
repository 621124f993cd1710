"""Acts over many mails: what would be reached, the act with its time to undo, how far it is, and undoing it.

A page asks and shows; only a POST with the visitor's own token acts, and every act can be undone for a while. Which
mails are meant is fixed when the button is pressed: those that were there when the page asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from mailguard.console.desk import desk_of
from mailguard.console.present import Speaker
from mailguard.console.queue import job_line
from mailguard.console.queue_query import Asked, asked_for
from mailguard.console.visit import (
    Visitor,
    checked_form,
    field,
    fields,
    go,
    hand_over,
    own_path,
    speaker,
    unscoped_visitor,
)
from mailguard.mail.actor import Actor, Role
from mailguard.mail.message import is_message_id
from mailguard.notify.phrases import mails, on_one_line
from mailguard.review import BULK_ACTS, Act, Filter, nothing_here

#: Time to undo an act over a filter, and one over mails that were ticked one by one.
UNDO_MANY, UNDO_FEW = timedelta(seconds=30), timedelta(seconds=10)
_TICKED = 1000
#: What the confirmation offers, in this order.
_OFFERED = (Act.RELEASE, Act.CANCEL, Act.HOLD, Act.APPROVE, Act.REJECT)


@dataclass(frozen=True, slots=True)
class Choice:
    """Another act that the same filter could have."""

    act: str
    word: str
    address: str
    here: bool


async def confirm(request: Request) -> Response:
    """GET /all/confirm: what an act over the filter would reach, and the button that does it."""
    desk = desk_of(request)
    visitor, actor = await _decider(request)
    by, asked = speaker(desk, visitor), asked_for(desk, request.query_params)
    act = _act(request.query_params.get("act", str(Act.RELEASE)))
    if asked.problems:
        return go(request, asked.address())
    reach = await desk.listing.reach(actor, asked.whole, act)
    return await hand_over(
        request,
        "confirm.html",
        asked=asked,
        act=str(act),
        reach=reach,
        count=mails(reach.count, visitor.language),
        external=mails(reach.external, visitor.language),
        rules=[(name, f"{count:,}") for name, count in reach.rules],
        senders=[(on_one_line(name, 80) or "<>", f"{count:,}") for name, count in reach.senders],
        first=by.moment(reach.first) if reach.first else "",
        last=by.moment(reach.last) if reach.last else "",
        seconds=int(UNDO_MANY.total_seconds()),
        choices=_choices(asked, act, by),
    )


def _choices(asked: Asked, act: Act, by: Speaker) -> list[Choice]:
    return [
        Choice(str(one), by.say(f"bulk.verb.{one}"), asked.address("/all/confirm", act=str(one)), one is act)
        for one in _OFFERED
    ]


async def begin(request: Request) -> Response:
    """POST /bulk: the act, over the mails that are ticked or over all that match; it can be undone for a while."""
    desk = desk_of(request)
    form = await checked_form(request)
    visitor, actor = await _decider(request)
    act, comment = _act(field(form, "act", 40)), field(form, "comment", 2000)
    back = own_path(field(form, "back", 2000)[:500]) if field(form, "back", 2000) else "/all"
    if field(form, "all", 1):
        asked = asked_for(desk, {"q": field(form, "q")})
        last = field(form, "last", 40)
        if asked.problems or not is_message_id(last):
            raise HTTPException(400)
        chosen = Filter(query=asked.query, last=last)
        await desk.bulk.schedule(actor, chosen, act, UNDO_MANY, comment=comment, query=asked.text)
        return go(request, asked.address())
    ids = tuple(one for one in fields(form, "message")[:_TICKED] if is_message_id(one))
    if ids:
        said = visitor.say("bulk.ticked", count=len(ids))
        await desk.bulk.schedule(actor, Filter(ids=ids), act, UNDO_FEW, comment=comment, query=said)
    return go(request, back if back.startswith("/all") else "/all")


async def show_job(request: Request) -> Response:
    """GET /bulk/{id}: how far an act is, and what it could not do."""
    desk = desk_of(request)
    visitor, actor = await unscoped_visitor(request)
    job = await desk.bulk.find(actor, request.path_params["id"])
    by = speaker(desk, visitor)
    refusals = await desk.bulk.refusals(actor, job.id)
    return await hand_over(
        request,
        "bulk.html",
        job=job_line(job, actor, by),
        who=job.actor.address,
        query=job.query,
        comment=job.comment,
        begun=by.moment(job.created_at),
        refusals=[(one.message_id, getattr(one.because, visitor.language)) for one in refusals[:200]],
        more=max(0, job.refused - 200),
    )


async def end(request: Request) -> Response:
    """POST /bulk/{id}/end: undo it, or stop the rest."""
    desk = desk_of(request)
    form = await checked_form(request)
    _, actor = await unscoped_visitor(request)
    await desk.bulk.end(actor, request.path_params["id"])
    return go(request, _back(form))


def _back(form: FormData) -> str:
    back = own_path(field(form, "back", 2000)[:500])
    return back if back.startswith(("/all", "/bulk/")) else "/all"


async def _decider(request: Request) -> tuple[Visitor, Actor]:
    visitor, actor = await unscoped_visitor(request)
    if actor.role is not Role.ADMINISTRATOR:
        raise nothing_here()
    return visitor, actor


def _act(word: str) -> Act:
    if word not in {str(act) for act in BULK_ACTS}:
        raise HTTPException(400)
    return Act(word)
