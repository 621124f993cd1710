"""The page of the audit log: found, folded out, exported, and checked. For administrators, auditors and officers.

It shows what the log holds, which is never the body of a mail. An export leaves a line of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from mailguard.console.audit_words import EVENTS, HOUSE_EVENTS, VIAS, event_word, line_row
from mailguard.console.desk import Desk, desk_of
from mailguard.console.present import Speaker
from mailguard.console.visit import SEES_ALL, checked_form, field, go, hand_over, look_again, speaker, unscoped_visitor
from mailguard.mail.actor import Actor
from mailguard.review import nothing_here
from mailguard.review.audits import AuditReview, LineFilter

FIELDS = ("person", "mail", "act", "via", "since", "until")
FORMS = {"jsonl": "application/jsonl; charset=utf-8", "csv": "text/csv; charset=utf-8"}
_LINES = 100


async def show_audit(request: Request) -> Response:
    """GET /audit: newest first, with a filter."""
    desk, _, room, by = await _admitted(request)
    asked = {name: request.query_params.get(name, "")[:254].strip() for name in FIELDS}
    before = request.query_params.get("before", "")
    chosen = filter_of(asked, desk.settings.organization.timezone, int(before) if _number(before) else None)
    found = await room.page(chosen, _LINES)
    mails = await room.mails(found.lines)
    kept = {name: value for name, value in asked.items() if value}
    response = await hand_over(
        request,
        "audit.html",
        asked=asked,
        filtered=bool(kept),
        acts=[(one, event_word(one, by)) for one in (*EVENTS, *HOUSE_EVENTS)],
        vias=[(one, by.say(f"via.{one}")) for one in VIAS],
        lines=[line_row(line, by, mails) for line in found.lines],
        looked_to="" if found.looked_to is None else by.moment(found.looked_to),
        older=f"?{urlencode({**kept, 'before': found.next})}" if found.next else "",
        newest=f"?{urlencode(kept)}" if before else "",
        chain=await chain_words(room, by),
        checking=round(100 * room.part) if room.checking else None,
    )
    if room.checking and not kept and not before:
        look_again(request, response)
    return response


async def export_audit(request: Request) -> Response:
    """POST /audit/export: what the filter finds, to be saved; it streams."""
    desk, actor, room, _ = await _admitted(request)
    form = await checked_form(request)
    asked = {name: field(form, name, 254).strip() for name in FIELDS}
    kind = field(form, "format", 8)
    if kind not in FORMS:
        raise nothing_here()
    chosen = filter_of(asked, desk.settings.organization.timezone)
    pieces = await room.export(actor, chosen, kind)
    named = f'attachment; filename="mailguard-audit-{desk.now():%Y%m%d-%H%M%S}.{kind}"'
    return StreamingResponse(pieces, media_type=FORMS[kind], headers={"content-disposition": named})


async def verify_audit(request: Request) -> Response:
    """POST /audit/verify: walk the whole chain, beside everything else."""
    _, _, room, _ = await _admitted(request)
    await checked_form(request)
    room.verify_soon()
    return go(request, "/audit#chain")


async def chain_words(room: AuditReview, by: Speaker) -> Mapping[str, str]:
    """Whether the chain holds: tone and sentences."""
    known = await room.checked()
    if known.at is None:
        return {"tone": "", "said": by.say("audit.chain.never"), "whole": ""}
    at = by.moment(known.at)
    whole = by.say("audit.chain.walked", at=by.moment(known.whole_at)) if known.whole_at else ""
    if known.broken is not None:
        return {"tone": "bad", "said": by.say("audit.chain.broken", n=f"{known.broken:,}", at=at), "whole": whole}
    return {"tone": "good", "said": by.say("audit.chain.good", n=f"{known.upto:,}", at=at), "whole": whole}


def filter_of(asked: Mapping[str, str], timezone: str, before: int | None = None) -> LineFilter:
    """The form's fields for the log: days are those of the organisation, both included."""
    zone = ZoneInfo(timezone)
    since, until = _day(asked["since"]), _day(asked["until"])
    return LineFilter(
        person=asked["person"],
        message_id=asked["mail"],
        act=asked["act"],
        via=asked["via"],
        since=None if since is None else _begin(since, zone),
        until=None if until is None else _begin(until + timedelta(days=1), zone),
        before=before,
    )


async def _admitted(request: Request) -> tuple[Desk, Actor, AuditReview, Speaker]:
    desk = desk_of(request)
    visitor, actor = await unscoped_visitor(request)
    if desk.audits is None or actor.role not in SEES_ALL:
        raise nothing_here()
    return desk, actor, desk.audits, speaker(desk, visitor)


def _begin(day: date, zone: ZoneInfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone)


def _day(text: str) -> date | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if 2000 <= found.year <= 2200 else None


def _number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 15
