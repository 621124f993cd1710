"""The API of figures and of the audit log, for administrators, auditors and officers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from mailguard.console.api.border import BadInput, answer, caller, limit_of, only
from mailguard.console.desk import desk_of
from mailguard.console.figure_models import AuditPage, FiguresOut
from mailguard.console.visit import SEES_ALL
from mailguard.review import nothing_here
from mailguard.review.audits import LineFilter
from mailguard.review.figures import DAYS_MOST, month_of

_LINE_KEYS = ("person", "message", "act", "via", "since", "until", "before", "limit")


async def show_figures(request: Request) -> Response:
    """GET /figures?days=30, or ?month=2026-10."""
    actor, scope = await caller(request)
    room, query = desk_of(request).figures, request.query_params
    if room is None or scope is not None or actor.role not in SEES_ALL:
        raise nothing_here()
    only(query, "days", "month")
    if "month" in query:
        if "days" in query:
            raise BadInput("days, month: give one of them.")
        try:
            first, last = month_of(query["month"])
        except ValueError as error:
            raise BadInput(f"month: {error}") from None
        return answer(FiguresOut.of(await room.figures(first, last)))
    days = _whole(query, "days", 30, DAYS_MOST)
    return answer(FiguresOut.of(await room.figures(room.today - timedelta(days=days - 1), room.today)))


async def list_audit(request: Request) -> Response:
    """GET /audit: lines of the log, newest first."""
    actor, scope = await caller(request)
    room, query = desk_of(request).audits, request.query_params
    if room is None or scope is not None or actor.role not in SEES_ALL:
        raise nothing_here()
    only(query, *_LINE_KEYS)
    chosen = LineFilter(
        person=query.get("person", "")[:254],
        message_id=query.get("message", "")[:18],
        act=query.get("act", "")[:40],
        via=query.get("via", "")[:20],
        since=_moment(query, "since"),
        until=_moment(query, "until"),
        before=_whole(query, "before", 0, 10**15) or None,
    )
    return answer(AuditPage.of(await room.page(chosen, limit_of(query)), await room.checked()))


def _whole(query: QueryParams, name: str, usual: int, most: int) -> int:
    text = query.get(name)
    if text is None:
        return usual
    if not (text.isascii() and text.isdigit() and len(text) <= 15 and 1 <= int(text) <= most):
        raise BadInput(f"{name}: a number from 1 to {most}")
    return int(text)


def _moment(query: QueryParams, name: str) -> datetime | None:
    text = query.get(name)
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise BadInput(f"{name}: a time such as 2026-11-26T10:00:00+09:00") from None
