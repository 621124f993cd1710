"""My history: what a person sent, day by day, and for each recipient where it is now, in plain words. It only shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from starlette.requests import Request
from starlette.responses import Response

from mailguard.console import present
from mailguard.console.desk import desk_of
from mailguard.console.fates import Fate, fates
from mailguard.console.present import Badge, Speaker
from mailguard.console.queue_query import asked_for
from mailguard.console.visit import hand_over, speaker, unscoped_visitor
from mailguard.mail.message import is_message_id
from mailguard.notify.letter_rows import why_line
from mailguard.notify.phrases import day, listed, on_one_line, zone
from mailguard.review import RefusedMail, Sent

#: Days that are not folded.
_OPEN_DAYS = 3


@dataclass(frozen=True, slots=True)
class Item:
    """One mail. id: "" for one that was refused: there is no page of it."""

    id: str
    subject: str
    time: str
    time_iso: str
    state: Badge
    why: str
    files: str
    fates: Sequence[Fate]


@dataclass(frozen=True, slots=True)
class Day:
    """The mails of one day; open: not folded."""

    name: str
    open: bool
    items: Sequence[Item]


async def show_history(request: Request) -> Response:
    """GET /history: for everybody, about his own mail."""
    desk = desk_of(request)
    visitor, actor = await unscoped_visitor(request)
    by, asked = speaker(desk, visitor), asked_for(desk, request.query_params)
    length = desk.settings.page_length
    before = asked.before if is_message_id(asked.before) else ""
    found = [] if asked.problems else await desk.sent.page(actor, asked.query, before, length + 1)
    shown = found[:length]
    return await hand_over(
        request,
        "history.html",
        asked=asked,
        problems=asked.said(visitor.language),
        days=_days(shown, by, actor.address),
        older=asked.address("/history", before=shown[-1].id) if len(found) > len(shown) else "",
        newest=asked.address("/history") if before else "",
    )


def _days(shown: Sequence[Sent | RefusedMail], by: Speaker, person: str) -> list[Day]:
    here = zone(by.timezone)
    groups = groupby(shown, key=lambda one: _at(one).astimezone(here).date())
    today = by.now.astimezone(here).date()
    words = {today: by.say("history.today"), today - timedelta(days=1): by.say("history.yesterday")}
    return [
        Day(
            words.get(date) or day(date, by.language, year=date.year != today.year),
            at < _OPEN_DAYS,
            [_item(one, by, person) for one in some],
        )
        for at, (date, some) in enumerate(groups)
    ]


def _at(one: Sent | RefusedMail) -> datetime:
    return one.received_at if isinstance(one, RefusedMail) else one.record.received_at


def _item(one: Sent | RefusedMail, by: Speaker, person: str) -> Item:
    at = _at(one)
    if isinstance(one, RefusedMail):
        subject, badge, identity, files = one.subject, Badge("rejected", "×", by.say("history.refused")), "", ""
        people = listed([on_one_line(name, 60) for name in one.recipients], by.language, 3)
        became: Sequence[Fate] = [Fate(people, by.say("history.refused.fate"), "rejected", "×")]
        hits = one.verdict.enforced
    else:
        record = one.record
        subject, badge, identity = record.subject, present.mail_badge(record, by.language), record.id
        names = [on_one_line(file.filename, 60) for file in record.facts.attachments]
        files = listed(names, by.language, 2, unit="件") if names else ""
        became, hits = fates(one, by, person), record.verdict.enforced
    return Item(
        id=identity,
        subject=on_one_line(subject or "", 120) or by.say("no_subject"),
        time=f"{at.astimezone(zone(by.timezone)):%H:%M}",
        time_iso=at.isoformat(timespec="seconds"),
        state=badge,
        why=why_line(hits, by.language),
        files=files,
        fates=became,
    )
