"""The HTTP API under /api/v1: the same rooms as the pages, for programs (contract section 7).

A bearer token says who asks; a console session does too, but then whatever changes something also needs the form
token in X-Form-Token, which another site cannot know. Errors are RFC 9457 problems. Nothing acts on a GET.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from starlette.datastructures import QueryParams
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from mailguard.console.content import facts_again
from mailguard.console.desk import Desk, desk_of
from mailguard.console.models import (
    BulkIn,
    BulkOut,
    DecisionIn,
    FilterIn,
    MeOut,
    MessageDetail,
    MessageOut,
    MessagePage,
    RecipientsPatch,
    ReleaseIn,
    StatsOut,
)
from mailguard.console.openapi import document
from mailguard.console.problems import not_found, problem
from mailguard.console.rule_models import RuleOut
from mailguard.console.security import is_form_token, same_site
from mailguard.console.stream import stream
from mailguard.console.visit import SEES_ALL, LoginNeeded, visitor_of
from mailguard.mail.actor import Actor
from mailguard.mail.address import Address, AddressError, parse_address
from mailguard.mail.lifecycle import State
from mailguard.mail.message import is_message_id
from mailguard.review import Act, Filter

_Model = TypeVar("_Model", bound=BaseModel)
_SAFE = frozenset({"GET", "HEAD"})
_MOST = 200


class BadInput(Exception):
    """What the program sent is not what the document asks for; `errors` says where and what."""

    def __init__(self, detail: str, errors: list[dict[str, str]] | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = errors or []


async def on_bad_input(_request: Request, error: Exception) -> Response:
    """A problem with the place of every error."""
    assert isinstance(error, BadInput)
    return problem(400, "Bad Request", error.detail, **({"errors": error.errors} if error.errors else {}))


async def caller(request: Request) -> tuple[Actor, str | None]:
    """Who asks, and the only mail that the session reaches (None: all). Raises LoginNeeded, BadInput."""
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    if kind:
        actor = await desk_of(request).access.verify_token(token.strip()[:300]) if kind.lower() == "bearer" else None
        if actor is None:
            raise LoginNeeded
        return actor, None
    visitor = await visitor_of(request)
    if visitor.actor is None:
        raise LoginNeeded
    own = same_site(request.headers) and is_form_token(visitor.secret, request.headers.get("x-form-token", ""))
    if request.method not in _SAFE and not own:
        raise BadInput("With a console session, changes need the form token in X-Form-Token.")
    return visitor.actor, visitor.scope


async def list_messages(request: Request) -> Response:
    """GET /messages: newest first."""
    actor, scope = await caller(request)
    if scope is not None:
        raise not_found()
    desk, limit = desk_of(request), _limit(request.query_params)
    found = await desk.review.page(actor, _filter(desk, _query(request.query_params)), limit + 1)
    shown = found[:limit]
    more = shown[-1].id if len(found) > limit else None
    return _answer(MessagePage(messages=[MessageOut.of(record) for record in shown], next=more))


async def show_message(request: Request) -> Response:
    """GET /messages/{id}."""
    actor, message_id = await _reached(request)
    return _answer(MessageDetail.of_view(await desk_of(request).review.show(actor, message_id)))


async def explain_message(request: Request) -> Response:
    """GET /messages/{id}/explain: every rule of now, hit or miss, and why, for administrators and auditors."""
    actor, message_id = await _reached(request)
    desk = desk_of(request)
    if desk.rules is None or actor.role not in SEES_ALL:
        raise not_found()
    record = (await desk.review.show(actor, message_id)).record
    said = await desk.rules.explain(message_id, await facts_again(desk, actor, record))
    if said is None:
        return problem(410, "Gone", "What the judge knew of this mail is not recorded, or no longer.")
    return JSONResponse(said)


def decide(act: Act) -> Callable[[Request], Awaitable[Response]]:
    """POST /messages/{id}/{act}."""

    async def endpoint(request: Request) -> Response:
        actor, message_id = await _reached(request)
        return await _decide(request, actor, message_id, act, await _body(request, DecisionIn))

    return endpoint


async def release(request: Request) -> Response:
    """POST /messages/{id}/release: with urgent, by the urgent lane."""
    actor, message_id = await _reached(request)
    wanted = await _body(request, ReleaseIn)
    return await _decide(request, actor, message_id, Act.URGENT if wanted.urgent else Act.RELEASE, wanted)


async def _decide(request: Request, actor: Actor, message_id: str, act: Act, wanted: DecisionIn) -> Response:
    recipients = None if wanted.recipients is None else _addresses(wanted.recipients)
    view = await desk_of(request).review.act(actor, message_id, act, recipients, wanted.comment)
    return _answer(MessageDetail.of_view(view))


async def patch_recipients(request: Request) -> Response:
    """PATCH /messages/{id}/recipients: take some off a held mail."""
    actor, message_id = await _reached(request)
    wanted = await _body(request, RecipientsPatch)
    view = await desk_of(request).review.act(actor, message_id, Act.REMOVE, _addresses(wanted.remove), wanted.comment)
    return _answer(MessageDetail.of_view(view))


async def bulk(request: Request) -> Response:
    """POST /messages/bulk: count, or act over a filter."""
    actor, scope = await caller(request)
    if scope is not None:
        raise not_found()
    desk, wanted = desk_of(request), await _body(request, BulkIn)
    result = await desk.review.bulk(
        actor, _filter(desk, wanted.filter), Act(wanted.act), wanted.dry_run, wanted.comment
    )
    return _answer(BulkOut.of(result))


async def stats(request: Request) -> Response:
    """GET /stats: mails by state, of those that one may see; for administrators and auditors also what rules did."""
    actor, scope = await caller(request)
    if scope is not None:
        raise not_found()
    desk = desk_of(request)
    owner = "" if actor.role in SEES_ALL else actor.address
    counts = {str(state): await desk.review.count(actor, Filter(state=state, owner=owner)) for state in State}
    urgent = await desk.review.urgent_count(actor)
    if desk.rules is None or actor.role not in SEES_ALL:
        return _answer(StatsOut(states=counts, urgent=urgent))
    board = await desk.rules.board()
    rules = [RuleOut.of(one, board) for one in board.rules]
    return _answer(StatsOut(states=counts, urgent=urgent, days=board.days, mails=board.mails, rules=rules))


async def me(request: Request) -> Response:
    """GET /me: whose token or session this is."""
    actor, _ = await caller(request)
    return _answer(MeOut(address=actor.address, role=str(actor.role)))


async def policy(request: Request) -> Response:
    """GET /policy: the active policy's hash and rules with what each did, and what is wrong with a newer one, for those
    who see all.
    """
    actor, _ = await caller(request)
    shown = desk_of(request).policy
    if shown is None or actor.role not in SEES_ALL:
        raise not_found()
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


async def _reached(request: Request) -> tuple[Actor, str]:
    """Who asks, and for which mail."""
    actor, scope = await caller(request)
    message_id = str(request.path_params["id"])
    if not is_message_id(message_id) or scope not in (None, message_id):
        raise not_found()
    return actor, message_id


async def _body(request: Request, model: type[_Model]) -> _Model:
    """The JSON body, checked; an empty body is an empty object. Raises BadInput."""
    octets = await request.body()
    try:
        return model.model_validate_json(octets.strip() or b"{}")
    except ValidationError as error:
        raise _bad(error) from None


def _query(params: QueryParams) -> FilterIn:
    known = ("state", "q", "sender", "recipient", "rule", "before")
    unknown = sorted(set(params) - {*known, "limit"})
    if unknown:
        raise BadInput(f"Unknown query parameter: {unknown[0]!r}. Known: {', '.join(known)}, limit.")
    try:
        return FilterIn.model_validate({name: params[name] for name in known if params.get(name)})
    except ValidationError as error:
        raise _bad(error) from None


def _bad(error: ValidationError) -> BadInput:
    found = [{"where": ".".join(map(str, one["loc"])) or "body", "what": one["msg"]} for one in error.errors()[:20]]
    return BadInput(f"{found[0]['where']}: {found[0]['what']}", found)


def _limit(params: QueryParams) -> int:
    text = params.get("limit", "50")
    if not (text.isascii() and text.isdigit() and len(text) <= 9 and 1 <= int(text) <= _MOST):
        raise BadInput(f"limit: a number from 1 to {_MOST}")
    return int(text)


def _filter(desk: Desk, wanted: FilterIn) -> Filter:
    if wanted.before and not is_message_id(wanted.before):
        raise BadInput("before: not a message id")
    older = wanted.older_than_seconds
    return Filter(
        state=State(wanted.state) if wanted.state else None,
        q=wanted.q,
        sender=wanted.sender,
        recipient=wanted.recipient,
        rule=wanted.rule,
        before=wanted.before,
        older=None if older is None else desk.now() - timedelta(seconds=older),
        ids=tuple(wanted.ids),
    )


def _addresses(texts: list[str]) -> tuple[Address, ...]:
    try:
        return tuple(parse_address(text) for text in texts)
    except AddressError as error:
        raise BadInput(f"recipients: {error}") from None


def _answer(model: BaseModel) -> Response:
    return Response(model.model_dump_json(), media_type="application/json")
