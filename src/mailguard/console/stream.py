"""Server-sent events: an open page hears that something about a mail of its reader changed, and reads it anew.

Only the kind and the id travel, never content. The stream ends when the browser goes, when the house closes, or after
an hour (the browser comes back by itself); the session is asked again at every heartbeat, also in a house that is
never silent.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from mailguard.console.desk import Desk, desk_of
from mailguard.console.visit import SEES_ALL, known_visitor
from mailguard.mail.actor import Actor
from mailguard.notify.live import Listener, LiveNotice

#: Proxies cut a silent stream after a minute or so.
HEARTBEAT_SECONDS = 20.0
_LONGEST_SECONDS = 3600.0


async def show_events(request: Request) -> Response:
    """GET /events for the pages."""
    visitor, actor = await known_visitor(request)
    return stream(desk_of(request), actor, visitor.scope, visitor.cookie)


def stream(desk: Desk, actor: Actor, scope: str | None, cookie: str) -> Response:
    """The stream of one reader; `cookie` is asked again at every heartbeat ("" for a token's)."""
    return StreamingResponse(
        _events(desk, actor, scope, cookie),
        media_type="text/event-stream",
        headers={"cache-control": "no-store", "x-accel-buffering": "no"},
    )


async def _events(desk: Desk, actor: Actor, scope: str | None, cookie: str) -> AsyncIterator[str]:
    clock = asyncio.get_running_loop().time
    with desk.live.listening(actor.address, everything=actor.role in SEES_ALL) as listener:
        yield "retry: 3000\n\n"
        asked, until = clock(), clock() + _LONGEST_SECONDS
        while listener is not None and clock() < until:
            try:
                said = await _said(listener, scope)
            except _Closing:
                return
            # In a busy house no silence ever comes: an ended session does not hear on for that.
            if cookie and clock() - asked >= HEARTBEAT_SECONDS:
                if not await _is_open(desk, actor, cookie):
                    return
                asked = clock()
            if said:
                yield said


class _Closing(Exception):
    """The house stops."""


async def _said(listener: Listener, scope: str | None) -> str:
    """What is said next, after a silence that nobody is gone; "" for what is not this reader's. Raises _Closing."""
    try:
        notice = await listener.next(HEARTBEAT_SECONDS)
    except TimeoutError:
        return ": still here\n\n"
    if notice is None:
        raise _Closing
    return _event(notice) if scope is None or notice.message_id in ("", scope) else ""


async def _is_open(desk: Desk, actor: Actor, cookie: str) -> bool:
    """Whether the session is still there, with the role with which the stream began."""
    session = await desk.access.session(cookie, seen=False)
    return session is not None and not session.locked and session.actor.role is actor.role


def _event(notice: LiveNotice) -> str:
    data = json.dumps({"kind": notice.kind, "message_id": notice.message_id, "alert": notice.alert})
    return f"event: mail\ndata: {data}\n\n"
