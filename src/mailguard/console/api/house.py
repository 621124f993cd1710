"""The API of the house: figures, policy, who one is, what happens now, and the document of it all."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from mailguard.console.api.border import answer, caller
from mailguard.console.desk import desk_of
from mailguard.console.models import (
    MeOut,
    StatsOut,
)
from mailguard.console.openapi import document
from mailguard.console.rule_models import RuleOut
from mailguard.console.stream import stream
from mailguard.console.visit import SEES_ALL, visitor_of
from mailguard.mail.lifecycle import State
from mailguard.review import Filter, nothing_here


async def stats(request: Request) -> Response:
    """GET /stats: mails by state, of those that one may see; for administrators and auditors also what rules did."""
    actor, scope = await caller(request)
    if scope is not None:
        raise nothing_here()
    desk = desk_of(request)
    owner = "" if actor.role in SEES_ALL else actor.address
    counts = {str(state): await desk.review.count(actor, Filter(state=state, owner=owner)) for state in State}
    urgent = await desk.review.urgent_count(actor)
    if desk.rules is None or actor.role not in SEES_ALL:
        return answer(StatsOut(states=counts, urgent=urgent))
    board = await desk.rules.board()
    rules = [RuleOut.of(one, board) for one in board.rules]
    return answer(StatsOut(states=counts, urgent=urgent, days=board.days, mails=board.mails, rules=rules))


async def me(request: Request) -> Response:
    """GET /me: whose token or session this is."""
    actor, _ = await caller(request)
    return answer(MeOut(address=actor.address, role=str(actor.role)))


async def policy(request: Request) -> Response:
    """GET /policy: the active policy's hash and rules with what each did, and what is wrong with a newer one, for those
    who see all.
    """
    actor, _ = await caller(request)
    shown = desk_of(request).policy
    if shown is None or actor.role not in SEES_ALL:
        raise nothing_here()
    desk = desk_of(request)
    said = {**shown(), "problems": list(desk.refused())}
    if desk.rules is not None:
        board = await desk.rules.board()
        figures = {one.rule.id: RuleOut.of(one, board).model_dump(mode="json") for one in board.rules}
        said["rules"] = [{**rule, **figures.get(rule["id"], {})} for rule in said["rules"]]
    return JSONResponse(said)


async def live_events(request: Request) -> Response:
    """GET /events: server-sent events."""
    actor, scope = await caller(request)
    cookie = "" if "authorization" in request.headers else (await visitor_of(request)).cookie
    return stream(desk_of(request), actor, scope, cookie)


async def openapi(request: Request) -> Response:
    """GET /openapi.json."""
    desk = desk_of(request)
    return JSONResponse(document(desk.settings.url, desk.version))


async def nowhere(_request: Request) -> Response:
    """Any other path under /api."""
    raise HTTPException(404)
