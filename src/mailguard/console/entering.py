"""A browser gets a session: a new cookie each time, the old one dead, and first the second factor, if wanting."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from mailguard.access import Opened
from mailguard.console.cookies import session_cookie, set_cookie
from mailguard.console.desk import desk_of
from mailguard.console.visit import Visitor, go, visitor_of


async def log_in(request: Request, response: Response, opened: Opened) -> None:
    """Give the browser its new session; the one it had is over, so that no old cookie gains anything."""
    desk, visitor = desk_of(request), await visitor_of(request)
    if visitor.cookie and visitor.cookie != opened.cookie:
        await desk.access.visits.replaced(visitor.cookie)
    seconds = max(1, int((opened.session.expires_at - desk.now()).total_seconds()))
    set_cookie(response, desk, session_cookie(desk), opened.cookie, seconds)


def stepped_up(request: Request, opened: Opened) -> None:
    """The page that answers is already one of the session under its new cookie: its forms belong to that."""
    visitor = request.state.visitor
    assert isinstance(visitor, Visitor)
    request.state.visitor = replace(
        visitor, actor=opened.session.actor, cookie=opened.cookie, needs="", pending=None, session_id=opened.session.id
    )


async def enter(request: Request, opened: Opened, way: str) -> Response:
    """The first page of a new session: where somebody wanted to go, or the second factor before that."""
    response = go(request, f"/factor?{urlencode({'next': way})}" if opened.session.needs else way)
    await log_in(request, response, opened)
    return response
