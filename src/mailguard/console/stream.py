"""Server-sent events: an open page hears that something about a mail of its reader changed, and reads it anew.

Only the kind and the id travel, never content. The stream ends when the browser goes, when the house closes, or after
an hour (the browser comes back by itself); the session is asked again at every heartbeat.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from mailguard.console.desk import Desk, desk_of
from mailguard.console.visit import SEES_ALL, known_visitor
from mailguard.mail.actor import Actor
from mailguard.notify.live import LiveNotice

#: Proxies cut a silent stream after a minute or so.
HEARTBEAT_SECONDS = 20.0
_HEARTBEATS = 180


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
    with desk.live.listening(actor.address, everything=actor.role in SEES_ALL) as listener:
        yield "retry: 3000\n\n"
        for _ in range(_HEARTBEATS if listener else 0):
            assert listener is not None
            try:
                notice = await listener.next(HEARTBEAT_SECONDS)
            except TimeoutError:
                if cookie and await desk.access.session(cookie, seen=False) is None:
                    return
                yield ": still here\n\n"
                continue
            if notice is None:
                return
            if scope is None or notice.message_id in ("", scope):
                yield _event(notice)


def _event(notice: LiveNotice) -> str:
    data = json.dumps({"kind": notice.kind, "message_id": notice.message_id, "alert": notice.alert})
    return f"event: mail\ndata: {data}\n\n"
