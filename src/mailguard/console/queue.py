"""The administrators' queue: one box to look things up, why mail is held, the mails, and what is being done to many.

An auditor sees the same without the buttons. Nothing here acts: a page only shows.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response

from mailguard.console.desk import Desk, desk_of
from mailguard.console.locale import Say
from mailguard.console.present import Speaker
from mailguard.console.queue_query import Asked, asked_for
from mailguard.console.queue_rows import row
from mailguard.console.visit import SEES_ALL, Visitor, hand_over, speaker, unscoped_visitor
from mailguard.mail.actor import Actor, Role
from mailguard.mail.lifecycle import State
from mailguard.mail.query import Sort
from mailguard.notify.phrases import mails, on_one_line, span
from mailguard.policy.rule import without_a_mail
from mailguard.review import BulkJob, Filter, MessageRecord, Refused, SavedView, nothing_here

#: Mails that are counted; more are "10,000+".
COUNTED = 10_000
#: Views of everybody, before those that people keep: key of the word, and filter.
_HOUSE_VIEWS = (("view.held", "state:held"), ("view.queued", "state:queued"), ("view.all", ""))
_VIEW_COUNTED = 999
#: Acts that are over stay on the page so long.
_LATELY = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class ViewLink:
    """A view as a tab. count: "" where it was not counted. id: 0 for a view of the house."""

    id: int
    name: str
    address: str
    count: str
    here: bool
    shared: bool
    own: bool


@dataclass(frozen=True, slots=True)
class Reason:
    """A rule that holds mail: its sentence or name, and the filter that shows what it holds."""

    rule: str
    name: str
    address: str
    count: int


@dataclass(frozen=True, slots=True)
class JobLine:
    """An act over many mails as a line. until: while it can be undone, and left: how long still. may_end: whether the
    reader may end it."""

    id: str
    word: str
    state: str
    until: str
    left: str
    total: int
    through: int
    may_end: bool


async def show_queue(request: Request) -> Response:
    """GET /all: every mail, for administrators and auditors."""
    desk = desk_of(request)
    visitor, actor = await unscoped_visitor(request)
    if actor.role not in SEES_ALL:
        raise nothing_here()
    by, asked = speaker(desk, visitor), asked_for(desk, request.query_params)
    try:
        found, count = await _found(desk, actor, asked)
        refused = ""
    except Refused as error:
        found, count, refused = [], 0, getattr(error.reason, visitor.language)
    shown = found[: desk.settings.page_length]
    going = await desk.bulk.under_way([record.id for record in shown])
    decides = actor.role is Role.ADMINISTRATOR
    held = await desk.review.count(actor, Filter(state=State.HELD))
    rows = [row(record, by, going.get(record.id), decides=decides) for record in shown]
    return await hand_over(
        request,
        "all.html",
        wrong=refused,
        asked=asked,
        problems=asked.said(visitor.language),
        sorts=list(Sort),
        mails=rows,
        count=count,
        mails_found=mails(min(count, COUNTED), visitor.language),
        counted=COUNTED,
        held=held,
        decides=decides,
        selectable=any(one.selectable for one in rows),
        older=asked.behind(shown[-1]) if len(found) > len(shown) else "",
        newest=asked.address() if asked.before else "",
        views=await views_of(desk, actor, visitor, asked),
        reasons=[] if asked.before else await _reasons(desk, actor, by),
        jobs=await jobs_of(desk, actor, by),
    )


async def _found(desk: Desk, actor: Actor, asked: Asked) -> tuple[list[MessageRecord], int]:
    if asked.problems:
        return [], 0
    return await asyncio.gather(
        desk.review.page(actor, asked.chosen, desk.settings.page_length + 1),
        desk.review.count(actor, asked.whole, COUNTED + 1),
    )


async def _reasons(desk: Desk, actor: Actor, by: Speaker) -> list[Reason]:
    """What holds most, by the sentences of the policy in force where it has the rule still."""
    named = rule_names(desk, by)
    return [
        Reason(name, named.get(name, ""), _held_by(name), count) for name, count in await desk.listing.reasons(actor)
    ]


def rule_names(desk: Desk, by: Speaker) -> dict[str, str]:
    """What the rules of the policy in force are called, by id; "" where a sentence says nothing without a mail."""
    shown = desk.policy() if desk.policy is not None else {"rules": []}
    return {
        rule["id"]: rule_name(rule["because"][by.language], by.say) for rule in shown["rules"] if rule.get("because")
    }


def rule_name(template: str, say: Say) -> str:
    """A rule's sentence without a mail; of one that only repeats what the model says, what it is about."""
    name = on_one_line(without_a_mail(template), 60)
    if any(ch.isalnum() for ch in name):
        return name
    return say("reasons.odd") if "{reason}" in template else ""


def _held_by(rule: str) -> str:
    """The address of what a rule holds."""
    term = f'rule:"{rule}"' if any(ch.isspace() or ch in ",、" for ch in rule) else f"rule:{rule}"
    return Asked(f"state:held {term}", Sort.NEWEST).address()


async def views_of(desk: Desk, actor: Actor, visitor: Visitor, asked: Asked) -> list[ViewLink]:
    """Tabs: the house's views, shared ones, one's own; each with how many it finds."""
    kept = await desk.listing.views(actor)
    every = [SavedView(0, "", visitor.say(key), text, str(Sort.NEWEST)) for key, text in _HOUSE_VIEWS] + kept
    filters = [asked_for(desk, {"q": view.query, "sort": view.sort}) for view in every]
    good = [one.whole if not one.problems and _may_count(actor, one) else Filter(ids=("",)) for one in filters]
    counts = await desk.listing.counts(actor, good, _VIEW_COUNTED + 1)
    return [
        ViewLink(
            view.id,
            view.name,
            one.address(),
            "" if count is None else f"{_VIEW_COUNTED}+" if count > _VIEW_COUNTED else str(count),
            (one.text, one.sort) == (asked.text, asked.sort),
            view.shared,
            view.id > 0 and (not view.shared or actor.role is Role.ADMINISTRATOR),
        )
        for view, one, count in zip(every, filters, counts, strict=True)
    ]


def _may_count(actor: Actor, asked: Asked) -> bool:
    """A shared view may look into texts, which not everybody may who has it."""
    return actor.role is Role.ADMINISTRATOR or not asked.query.reads_text


async def jobs_of(desk: Desk, actor: Actor, by: Speaker) -> list[JobLine]:
    """Acts over many mails that are open or ended lately."""
    if actor.role is not Role.ADMINISTRATOR:
        return []
    return [job_line(job, actor, by) for job in (await desk.bulk.recent(actor, by.now - _LATELY))[:5]]


def job_line(job: BulkJob, actor: Actor, by: Speaker) -> JobLine:
    """One act as a line."""
    what = by.say(f"bulk.what.{job.act}", mails=mails(job.total, by.language))
    done, total = f"{job.done:,}", f"{job.total:,}"
    word = by.say(f"job.{job.state}", what=what, done=done, total=total)
    if job.state == "done" and job.refused:
        word += " " + by.say("job.refused", refused=f"{job.refused:,}")
    waiting = job.state == "waiting"
    return JobLine(
        id=job.id,
        word=word,
        state=job.state,
        until=job.due_at.isoformat(timespec="seconds") if waiting else "",
        left=span(job.due_at - by.now, by.language) if waiting else "",
        total=job.total,
        through=job.done + job.refused,
        may_end=job.state in ("waiting", "running")
        and (job.actor.address == actor.address or actor.role is Role.ADMINISTRATOR),
    )
