"""/livez: the loop runs. /readyz: the house can take mail. /metrics: figures, for loopback or with an
administrator's token.
"""

from __future__ import annotations

import ipaddress

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from mailguard import events
from mailguard.console.desk import Desk, desk_of
from mailguard.console.problems import problem
from mailguard.events.whole import WHOLE
from mailguard.mail.actor import Role

#: A proxy on this machine speaks for somebody else; then loopback says nothing.
_FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip", "via")


async def livez(_request: Request) -> Response:
    """200 as long as the event loop answers."""
    return PlainTextResponse("ok\n")


async def readyz(request: Request) -> Response:
    """200, or 503 with the names of what is wrong. Causes are in the log.

    troubles: ways to people that fail. Mail flows all the same, so they do not make the house unready; nor are channels
    named, since anybody may ask here.
    """
    desk = desk_of(request)
    troubles = sorted({name.partition(" ")[0] for name, _ in desk.troubles()})
    wrong: dict[str, str] = {}
    if desk.ready is not None:
        try:
            wrong = dict(await desk.ready())
        except Exception as error:
            events.fault("console", error)
            wrong = {"house": "the check failed"}
    return JSONResponse({"ready": not wrong, "wrong": wrong, "troubles": troubles}, 503 if wrong else 200)


async def metrics(request: Request) -> Response:
    """Prometheus text."""
    if not await _may_read(request, desk_of(request)):
        return problem(403, "Forbidden", "Metrics are for the machine itself, or for an administrator's token.")
    return Response(generate_latest(WHOLE), media_type=CONTENT_TYPE_LATEST)


async def _may_read(request: Request, desk: Desk) -> bool:
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer":
        actor = await desk.access.verify_token(token.strip()[:300])
        return actor is not None and actor.role is Role.ADMINISTRATOR
    if any(name in request.headers for name in _FORWARDED) or request.client is None:
        return False
    try:
        peer = ipaddress.ip_address(request.client.host)
    except ValueError:
        return False
    return any(peer in network for network in desk.settings.metrics_networks)
