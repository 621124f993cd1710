"""The API of mails: look them up, decide about one, about many."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta

from pydantic import ValidationError
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from mailguard.console.act_models import DecisionIn, ReleaseIn
from mailguard.console.api.border import (
    BadInput,
    addresses,
    answer,
    bad_input,
    body_of,
    caller,
    limit_of,
    only,
    reached,
)
from mailguard.console.bulk_models import BulkIn, BulkJobOut, BulkOut, FilterIn
from mailguard.console.content import facts_again
from mailguard.console.desk import Desk, desk_of
from mailguard.console.models import (
    MessageDetail,
    MessageOut,
    MessagePage,
)
from mailguard.console.problems import problem
from mailguard.console.visit import SEES_ALL
from mailguard.mail.actor import Actor
from mailguard.mail.lifecycle import State
from mailguard.mail.message import is_message_id
from mailguard.mail.query import Sort
from mailguard.mail.query_text import QueryError, parse_query
from mailguard.review import Act, Filter, MessageRecord, nothing_here

#: Nothing is decided for a filter that says nothing: it is one that a program has failed to fill in.
_NOT_ALL = 'filter: it is empty, and would mean every mail; for all that is held, write {"state": "held"}'


async def list_messages(request: Request) -> Response:
    """GET /messages: newest first, or in the order that `sort` names."""
    actor, scope = await caller(request)
    if scope is not None:
        raise nothing_here()
    desk, limit = desk_of(request), limit_of(request.query_params)
    chosen = _filter(desk, _query(request.query_params))
    found = await desk.review.page(actor, chosen, limit + 1)
    shown = found[:limit]
    more = _place(shown[-1], chosen.sort) if len(found) > limit else None
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
        raise nothing_here()
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
    """POST /messages/bulk: count, or act over a filter, at once or after a while in which it can be undone."""
    actor, scope = await caller(request)
    if scope is not None:
        raise nothing_here()
    desk, wanted = desk_of(request), await body_of(request, BulkIn)
    chosen, act = _filter(desk, wanted.filter), Act(wanted.act)
    if not wanted.dry_run and replace(chosen, sort=Sort.NEWEST) == Filter():
        raise BadInput(_NOT_ALL, [{"where": "filter", "what": _NOT_ALL}])
    if wanted.undo_seconds is None or wanted.dry_run:
        return answer(BulkOut.of(await desk.bulk.act(actor, chosen, act, wanted.dry_run, wanted.comment)))
    undo = timedelta(seconds=wanted.undo_seconds)
    job = await desk.bulk.schedule(actor, chosen, act, undo, comment=wanted.comment, query=wanted.filter.q)
    return answer(BulkOut(count=0, done=0, refused=0, ids=[], errors={}) if job is None else BulkOut.of_job(job))


async def show_bulk(request: Request) -> Response:
    """GET /bulk/{id}: how far an act with a time to undo is."""
    actor, scope = await caller(request)
    if scope is not None:
        raise nothing_here()
    return answer(BulkJobOut.of(await desk_of(request).bulk.find(actor, request.path_params["id"])))


async def end_bulk(request: Request) -> Response:
    """POST /bulk/{id}/undo: undo it, or stop what is left of it."""
    actor, scope = await caller(request)
    if scope is not None:
        raise nothing_here()
    return answer(BulkJobOut.of(await desk_of(request).bulk.end(actor, request.path_params["id"])))


def _query(params: QueryParams) -> FilterIn:
    known = ("state", "q", "sender", "recipient", "rule", "before", "sort")
    only(params, *known, "limit")
    try:
        return FilterIn.model_validate({name: params[name] for name in known if params.get(name)})
    except ValidationError as error:
        raise bad_input(error) from None


def _place(last: MessageRecord, sort: Sort) -> str:
    """Where the next page begins: behind this mail, in the order of ends also behind its end."""
    if sort is not Sort.ENDS or last.expires_at is None:
        return last.id
    return f"{last.id}@{last.expires_at.isoformat()}"


def _filter(desk: Desk, wanted: FilterIn) -> Filter:
    before, _, ends = wanted.before.partition("@")
    if before and not is_message_id(before):
        raise BadInput("before: not a message id")
    try:
        query = parse_query(wanted.q, desk.now(), desk.settings.organization.timezone)
        at = datetime.fromisoformat(ends) if ends else None
    except QueryError as error:
        raise BadInput(f"q: {error}", _places(error)) from None
    except ValueError:
        raise BadInput("before: take it as `next` gave it") from None
    sort = Sort(wanted.sort)
    if before and sort is Sort.ENDS and (at is None or at.tzinfo is None):
        raise BadInput("before: with sort=ends, take it as `next` gave it")
    older = wanted.older_than_seconds
    return Filter(
        state=State(wanted.state) if wanted.state else None,
        query=query,
        sender=wanted.sender,
        recipient=wanted.recipient,
        rule=wanted.rule,
        before=before,
        before_ends=at,
        sort=sort,
        older=None if older is None else desk.now() - timedelta(seconds=older),
        ids=tuple(wanted.ids),
    )


def _places(error: QueryError) -> list[dict[str, str]]:
    return [
        {"where": f"q, character {one.at + 1}", "what": one.because.en, **({"meant": one.fixed} if one.fixed else {})}
        for one in error.problems
    ]
