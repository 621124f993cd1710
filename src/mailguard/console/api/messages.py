"""The API of mails: look them up, decide about one, about many."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta

from pydantic import ValidationError
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from mailguard.console.act_models import DecisionIn, ReleaseIn
from mailguard.console.api.border import BadInput, addresses, answer, bad_input, body_of, caller, limit_of, reached
from mailguard.console.content import facts_again
from mailguard.console.desk import Desk, desk_of
from mailguard.console.models import (
    BulkIn,
    BulkOut,
    FilterIn,
    MessageDetail,
    MessageOut,
    MessagePage,
)
from mailguard.console.problems import not_found, problem
from mailguard.console.visit import SEES_ALL
from mailguard.mail.actor import Actor
from mailguard.mail.lifecycle import State
from mailguard.mail.message import is_message_id
from mailguard.review import Act, Filter


async def list_messages(request: Request) -> Response:
    """GET /messages: newest first."""
    actor, scope = await caller(request)
    if scope is not None:
        raise not_found()
    desk, limit = desk_of(request), limit_of(request.query_params)
    found = await desk.review.page(actor, _filter(desk, _query(request.query_params)), limit + 1)
    shown = found[:limit]
    more = shown[-1].id if len(found) > limit else None
    return answer(MessagePage(messages=[MessageOut.of(record) for record in shown], next=more))


async def show_message(request: Request) -> Response:
    """GET /messages/{id}."""
    actor, message_id = await reached(request)
    return answer(MessageDetail.of_view(await desk_of(request).review.show(actor, message_id)))


async def explain_message(request: Request) -> Response:
    """GET /messages/{id}/explain: every rule of now, hit or miss, and why, for administrators and auditors."""
    actor, message_id = await reached(request)
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
        actor, message_id = await reached(request)
        return await _decide(request, actor, message_id, act, await body_of(request, DecisionIn))

    return endpoint


async def release(request: Request) -> Response:
    """POST /messages/{id}/release: with urgent, by the urgent lane."""
    actor, message_id = await reached(request)
    wanted = await body_of(request, ReleaseIn)
    return await _decide(request, actor, message_id, Act.URGENT if wanted.urgent else Act.RELEASE, wanted)


async def _decide(request: Request, actor: Actor, message_id: str, act: Act, wanted: DecisionIn) -> Response:
    recipients = None if wanted.recipients is None else addresses(wanted.recipients)
    view = await desk_of(request).review.act(actor, message_id, act, recipients, wanted.comment)
    return answer(MessageDetail.of_view(view))


async def bulk(request: Request) -> Response:
    """POST /messages/bulk: count, or act over a filter."""
    actor, scope = await caller(request)
    if scope is not None:
        raise not_found()
    desk, wanted = desk_of(request), await body_of(request, BulkIn)
    result = await desk.review.bulk(
        actor, _filter(desk, wanted.filter), Act(wanted.act), wanted.dry_run, wanted.comment
    )
    return answer(BulkOut.of(result))


def _query(params: QueryParams) -> FilterIn:
    known = ("state", "q", "sender", "recipient", "rule", "before")
    unknown = sorted(set(params) - {*known, "limit"})
    if unknown:
        raise BadInput(f"Unknown query parameter: {unknown[0]!r}. Known: {', '.join(known)}, limit.")
    try:
        return FilterIn.model_validate({name: params[name] for name in known if params.get(name)})
    except ValidationError as error:
        raise bad_input(error) from None


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
