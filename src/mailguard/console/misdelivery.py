"""A mail that is out and should not be: the card on its page that says so with one tap, and afterwards what was done.

The incident room stops, writes down and tells; here stand its words, and for each recipient whom the mail reached a
draft that asks him to delete it. Nothing is sent from here: the draft opens in the sender's own mail program.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from mailguard.console.desk import Desk, desk_of
from mailguard.console.present import Speaker, subject
from mailguard.console.problems import not_found
from mailguard.console.sight import line, seen
from mailguard.console.visit import SEES_ALL, checked_form, field, go, known_visitor
from mailguard.incident import AlreadyClosed, AlreadyOpen, Incident, NoIncident, may_end, may_report
from mailguard.mail.actor import Actor
from mailguard.mail.lifecycle import State
from mailguard.notify.phrases import listed
from mailguard.review import MessageRecord, NotFound, RecipientRecord, View, nothing_here

#: Drafts on the page. Longer links than this are lost on their way to a mail program under Windows (2,083 characters).
_MOST_DRAFTS, _LONGEST_LINK, _SUBJECT = 10, 2000, 40
_MOST_SIBLINGS = 10


@dataclass(frozen=True, slots=True)
class Draft:
    """What to write to one recipient. link: opens it in a mail program."""

    to: str
    subject: str
    text: str
    link: str


@dataclass(frozen=True, slots=True)
class Sibling:
    """Another mail of the sender with the same file, or in the same conversation."""

    id: str
    subject: str
    received: str


@dataclass(frozen=True, slots=True)
class Misdelivery:
    """offered: whether it can be reported; lines: what was done, once it was; siblings: other mails to look at.

    open: unfolded. ends: whether this person closes it; assessment: the incident's id, for whoever sees its page.
    """

    offered: bool
    open: bool
    lines: Sequence[str] = ()
    drafts: Sequence[Draft] = ()
    more: int = 0
    siblings: Sequence[Sibling] = ()
    ends: bool = False
    assessment: str = ""


async def misdelivery(desk: Desk, actor: Actor, view: View, by: Speaker, *, proposed: bool) -> Misdelivery | None:
    """The card for this person; None where there is none. proposed: a letter's link asks for it."""
    if desk.incidents is None or view.record.kind != "mail":
        return None
    found, record = await desk.incidents.about(view.record), view.record
    if found is None:
        return Misdelivery(offered=True, open=proposed) if may_report(actor, record) else None
    is_open, own = found.state == "open", actor.address in record.owners or actor.address in record.members
    reached = _reached(record) if own and is_open else []
    return Misdelivery(
        offered=not is_open and may_report(actor, record),
        open=proposed or is_open,
        lines=lines_of(found, record, by),
        drafts=[_draft(one, desk, record, by) for one in reached[:_MOST_DRAFTS]],
        more=max(0, len(reached) - _MOST_DRAFTS),
        siblings=await _siblings(desk, actor, found, by) if is_open else (),
        ends=is_open and may_end(actor),
        assessment=found.id if actor.role in SEES_ALL else "",
    )


async def _siblings(desk: Desk, actor: Actor, found: Incident, by: Speaker) -> list[Sibling]:
    """Those that this person may see, and that are still there."""
    seen_anyway = []
    for one in found.facts["siblings"][:_MOST_SIBLINGS]:
        try:
            record = (await desk.review.show(actor, str(one["id"]))).record
        except NotFound:
            continue
        seen_anyway.append(Sibling(record.lead, subject(record, by.say), by.moment(record.received_at)))
    return seen_anyway


def lines_of(found: Incident, record: MessageRecord, by: Speaker) -> list[str]:
    """When and by whom it was said, what was stopped, who heard of it, and how it ended."""
    say, told = by.say, [line(by.named(str(one)), 120) for one in found.facts.get("told", ())]
    lines = [say("misdelivery.said", when=by.moment(found.opened_at), who=by.named(found.opened_by))]
    stopped = [str(one) for one in found.facts["stopped"]]
    if stopped:
        lines.append(say("misdelivery.stopped", people=listed(stopped, by.language, 5)))
    if told:
        lines.append(say("misdelivery.told", people=listed(told, by.language, 5)))
    elif "told" in found.facts and found.opened_by in record.people:  # else whoever answers for the house said so
        lines.append(say("misdelivery.told.nobody"))
    if found.closed_at is not None:
        lines.append(say("misdelivery.closed", when=by.moment(found.closed_at), who=by.named(found.closed_by)))
        lines += [say("event.comment", comment=line(found.outcome, 2000))] if found.outcome else []
    return lines


def _reached(record: MessageRecord) -> list[RecipientRecord]:
    """Whom the mail reached; those outside first."""
    return sorted((one for one in record.recipients if one.state is State.RELAYED), key=lambda one: not one.external)


def _draft(copy: RecipientRecord, desk: Desk, record: MessageRecord, by: Speaker) -> Draft:
    """Apology and request, short enough for a link; without its text where even that is too long."""
    say, sender = by.say, next(iter(record.facts.headers.sender), None)
    name = line(sender.name if sender else "", 60) or str(record.sender)
    house = line(desk.settings.organization.name, 60)
    of = line(subject(record, say), _SUBJECT)
    text = say(
        "misdelivery.draft.text" if house else "misdelivery.draft.text.alone",
        house=house, name=name, when=by.moment(record.received_at), subject=of,
    )  # fmt: skip
    about, to = say("misdelivery.draft.subject", subject=of), str(copy.address)
    # RFC 6068 section 2: every sign that could end a field is encoded, line ends as CR LF.
    link = f"mailto:{quote(to, safe='@')}?subject={quote(about, safe='')}"
    whole = f"{link}&body={quote(text.replace(chr(10), chr(13) + chr(10)), safe='')}"
    return Draft(seen(to), about, text, whole if len(whole) <= _LONGEST_LINK else link)


async def report(request: Request) -> Response:
    """POST /messages/{id}/misdelivery: stop what can be stopped, tell whoever answers for it, show what is to be done.

    A second tap finds it reported, and shows the same.
    """
    form = await checked_form(request)
    actor, view = await _reached_by(request)
    room = desk_of(request).incidents
    if room is None or not may_report(actor, view.record):  # what is not out yet is cancelled, not reported
        raise nothing_here()
    try:
        await room.open(actor, view.record.id, field(form, "note", 2000))
    except NoIncident:
        raise not_found() from None
    except AlreadyOpen:
        pass
    return go(request, f"/messages/{view.record.id}?done=misdelivery")


async def end(request: Request) -> Response:
    """POST /messages/{id}/misdelivery/end: what came of it."""
    form = await checked_form(request)
    actor, view = await _reached_by(request)
    room = desk_of(request).incidents
    found = await room.about(view.record) if room is not None else None
    if room is None or found is None:
        raise nothing_here()
    try:
        await room.close(actor, found.id, field(form, "outcome", 4000))
    except NoIncident:
        raise nothing_here() from None
    except AlreadyClosed:
        pass
    return go(request, f"/messages/{view.record.id}?done=misdelivery-end")


async def _reached_by(request: Request) -> tuple[Actor, View]:
    visitor, actor = await known_visitor(request)
    message_id = request.path_params["id"]
    if not visitor.may_see(message_id):
        raise not_found()
    return actor, await desk_of(request).review.show(actor, message_id)
