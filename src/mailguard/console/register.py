"""The register of misdeliveries: every one, the newest first, with what became of it. For whoever sees all mail.

It only shows, as things stood when it was reported; what is done about one is done on the page of its mail.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from mailguard.console.desk import Desk, desk_of
from mailguard.console.present import Badge, Speaker
from mailguard.console.sight import line
from mailguard.console.visit import SEES_ALL, hand_over, speaker, unscoped_visitor
from mailguard.incident import Incident, IncidentRoom
from mailguard.mail.actor import Actor
from mailguard.mail.breach import judgements
from mailguard.mail.message import is_message_id
from mailguard.notify import breach_texts as words
from mailguard.notify.breach import judged
from mailguard.notify.phrases import PERSONAL, listed
from mailguard.review import Filter, nothing_here

#: Names in one line.
_NAMED = 10
#: What became of copies that were not stopped.
_BECAME = {
    "accepted": "register.accepted", "under_way": "register.under_way", "bounced": "register.bounced",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """One of them. mail: the id of its mail; "" where that is no longer kept. lines: what is known, in words."""

    id: str
    mail: str
    subject: str
    when: str
    when_iso: str
    state: Badge
    lines: Sequence[str]


async def show_register(request: Request) -> Response:
    """GET /incidents: 50 of them; before: the id of the last one of the page before."""
    desk, actor, room, by = await admitted(request)
    length, before = desk.settings.page_length, request.query_params.get("before", "")
    before = before if is_message_id(before) else ""
    found = await room.page(actor, length + 1, before)
    shown = found[:length]
    kept = await desk.review.page(actor, Filter(ids=tuple(one.message_id for one in shown)), 500) if shown else []
    there = {record.lead for record in kept}
    return await hand_over(
        request,
        "register.html",
        entries=[_entry(one, by, there) for one in shown],
        older=f"/incidents?before={shown[-1].id}" if len(found) > len(shown) else "",
        newest="/incidents" if before else "",
    )


async def admitted(request: Request) -> tuple[Desk, Actor, IncidentRoom, Speaker]:
    """For pages about all misdeliveries: who sees all, and the room. Raises NotFound, LoginNeeded."""
    desk = desk_of(request)
    visitor, actor = await unscoped_visitor(request)
    if desk.incidents is None or actor.role not in SEES_ALL:
        raise nothing_here()
    return desk, actor, desk.incidents, speaker(desk, visitor)


def _entry(one: Incident, by: Speaker, there: Collection[str]) -> Entry:
    return Entry(
        id=one.id,
        mail=one.message_id if one.message_id in there else "",
        subject=title_of(one, by),
        when=by.moment(one.opened_at),
        when_iso=one.opened_at.isoformat(timespec="seconds"),
        state=badge(one, by),
        lines=[*lines_of(one, by), *_to_do(one, by)],
    )


def _to_do(one: Incident, by: Speaker) -> Iterator[str]:
    """What the law asks of one that is open, as far as anybody answered."""
    if one.state == "open" and one.answers is None:
        yield words.NOT_ANSWERED.of(by.language)
    elif one.state == "open" and one.answers is not None:
        yield from (judged(said, by.language) for said in judgements(one.answers) if said.duty != "not_due")


def title_of(one: Incident, by: Speaker) -> str:
    """The subject of its mail."""
    return line(one.facts["subject"] or "", 120) or by.say("no_subject")


def badge(one: Incident, by: Speaker) -> Badge:
    """Whether it is over."""
    if one.state == "open":
        return Badge("held", "!", by.say("register.open"))
    return Badge("relayed", "✓", by.say("register.closed"))


def lines_of(one: Incident, by: Speaker) -> Iterator[str]:
    """Whose mail, whom it reached, whom it did not, what it held, who said so, and how it ended."""
    say, facts = by.say, one.facts
    yield say("register.sender", who=by.named(str(facts["sender"])))
    for outcome, key in _BECAME.items():
        people = [str(copy["address"]) for copy in facts["recipients"] if copy["outcome"] == outcome]
        if people:
            yield say(key, people=_people(people, by))
    if facts["stopped"]:
        yield say("misdelivery.stopped", people=_people(facts["stopped"], by))
    if facts["personal_data"] or facts["persons"]:
        kinds = [f"{PERSONAL[name].of(by.language)} {count:,}" for name, count in facts["personal_data"].items()]
        said = listed(kinds, by.language, len(kinds))
        yield say("register.personal", count=f"{facts['persons']:,}", kinds=f" ({said})" if said else "")
    if facts["files"]:
        yield say("register.files", files=listed([line(one, 60) for one in facts["files"]], by.language, 5, unit="件"))
    yield say("register.said", who=by.named(one.opened_by))
    if one.note:
        yield say("event.comment", comment=line(one.note, 500))
    if one.closed_at is not None:
        yield say("misdelivery.closed", when=by.moment(one.closed_at), who=by.named(one.closed_by))
    if one.outcome:
        yield say("event.comment", comment=line(one.outcome, 500))


def _people(people: Sequence[str], by: Speaker) -> str:
    return listed([line(by.named(str(one)), 120) for one in people], by.language, _NAMED)
