"""The pages of open sessions: one's own, and everybody's for administrators; each can be ended from there.

Ids of sessions open nothing. Whoever ends one is its person or an administrator; to anybody else it does not exist.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from mailguard.access import VisitRow
from mailguard.console.desk import desk_of
from mailguard.console.present import Speaker
from mailguard.console.visit import Visitor, checked_form, field, go, hand_over, speaker, unscoped_visitor
from mailguard.mail.actor import Actor, Role
from mailguard.review import nothing_here


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A session in a list. here: the one that asks."""

    id: str
    person: str
    browser: str
    how: str
    since: str
    seen: str
    until: str
    factor: bool
    only_mail: bool
    here: bool


async def show_own(request: Request) -> Response:
    """GET /sessions: where I am logged in."""
    desk = desk_of(request)
    visitor, actor = await unscoped_visitor(request)
    found = _shown(await desk.access.visits.listed(actor.address), speaker(desk, visitor), visitor.session_id)
    return await hand_over(
        request,
        "sessions.html",
        sessions=found,
        person="",
        asked="",
        everybody=False,
        may_see_all=actor.role is Role.ADMINISTRATOR,
        done=_done(request, visitor.say("sessions.ended")),
    )


async def show_all(request: Request) -> Response:
    """GET /sessions/all: everybody's, for administrators; `q` narrows to addresses that hold it."""
    desk = desk_of(request)
    visitor, actor = await _administrator(request)
    asked = request.query_params.get("q", "")[:254].strip().lower()
    rows = await desk.access.visits.listed(None, asked)
    people = {row.person for row in rows}
    return await hand_over(
        request,
        "sessions.html",
        sessions=_shown(rows, speaker(desk, visitor), visitor.session_id),
        person=people.pop() if asked and len(people) == 1 and people != {actor.address} else "",
        asked=asked,
        everybody=True,
        may_see_all=False,
        done=_done(request, visitor.say("sessions.ended")),
    )


async def end(request: Request) -> Response:
    """One session by its id, all others of one's own, or all of somebody's for an administrator."""
    form = await checked_form(request)
    visitor, actor = await unscoped_visitor(request)
    visits, which, person = desk_of(request).access.visits, field(form, "session", 40), field(form, "person", 254)
    if which:
        if not await visits.end(which, actor):
            raise nothing_here()
    elif person:
        if actor.role is not Role.ADMINISTRATOR:
            raise nothing_here()
        await visits.end_all(person, actor)
    else:
        await visits.end_others(visitor.cookie, actor)
    everybody = actor.role is Role.ADMINISTRATOR and bool(field(form, "everybody", 10))
    return go(request, "/sessions/all?ended=1" if everybody else "/sessions?ended=1")


async def _administrator(request: Request) -> tuple[Visitor, Actor]:
    visitor, actor = await unscoped_visitor(request)
    if actor.role is not Role.ADMINISTRATOR:
        raise nothing_here()
    return visitor, actor


def _done(request: Request, said: str) -> str:
    return said if "ended" in request.query_params else ""


def _shown(rows: Iterable[VisitRow], by: Speaker, here: str) -> list[OpenSession]:
    """The one that asks comes first."""
    found = [
        OpenSession(
            id=row.id,
            person=row.person,
            browser=row.browser,
            how=by.say(f"how.{row.how}"),
            since=by.moment(row.created_at),
            seen=by.moment(row.seen_at),
            until=by.moment(row.expires_at),
            factor=row.factor_at is not None,
            only_mail=row.message_id is not None,
            here=row.id == here,
        )
        for row in rows
    ]
    return sorted(found, key=lambda one: not one.here)
