"""Filters that people keep: made, renamed and removed by plain forms. Whose they are is asked in the room."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from mailguard.console.desk import desk_of
from mailguard.console.queue_query import asked_for
from mailguard.console.visit import SEES_ALL, checked_form, field, go, unscoped_visitor
from mailguard.mail.actor import Actor
from mailguard.review import nothing_here


async def keep(request: Request) -> Response:
    """POST /views: keep the filter of the list under a name."""
    desk = desk_of(request)
    form = await checked_form(request)
    actor = await _reader(request)
    asked = asked_for(desk, {"q": field(form, "q"), "sort": field(form, "sort", 20)})
    if not asked.problems:
        shared = field(form, "shared", 1) == "1"
        await desk.listing.keep(actor, field(form, "name", 200), asked.text, asked.sort, shared=shared)
    return go(request, asked.address())


async def change(request: Request) -> Response:
    """POST /views/{id}: another name, or away with it."""
    desk = desk_of(request)
    form = await checked_form(request)
    actor = await _reader(request)
    asked = asked_for(desk, {"q": field(form, "q"), "sort": field(form, "sort", 20)})
    view_id = _number(request.path_params["id"])
    if field(form, "act", 20) == "remove":
        await desk.listing.forget(actor, view_id)
    else:
        await desk.listing.rename(actor, view_id, field(form, "name", 200))
    return go(request, asked.address())


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise nothing_here()
    return int(text)


async def _reader(request: Request) -> Actor:
    _, actor = await unscoped_visitor(request)
    if actor.role not in SEES_ALL:
        raise nothing_here()
    return actor
