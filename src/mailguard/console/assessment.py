"""One misdelivery: what is known, the six questions of the law, what follows from the answers, until when, and drafts.

For whoever sees all; administrators and officers answer. Nothing goes to anybody from here.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from mailguard.console.desk import Desk
from mailguard.console.incident_rule import rule_of
from mailguard.console.present import Speaker
from mailguard.console.problems import not_found
from mailguard.console.register import admitted, badge, lines_of, title_of
from mailguard.console.visit import checked_form, field, go, hand_over
from mailguard.incident import (
    AlreadyClosed,
    Answered,
    Incident,
    IncidentRoom,
    NoIncident,
    NoReason,
    WrongMoment,
    may_end,
    version_of,
)
from mailguard.mail.actor import Actor
from mailguard.mail.breach import ANSWERS, LAWS, QUESTIONS, Answers, Law, deadlines, judgements
from mailguard.notify import breach_texts as words
from mailguard.notify.breach import deadline, draft, judged, reached
from mailguard.notify.phrases import moment
from mailguard.review import Filter, nothing_here

_HOW, _WHY = 2000, 500
#: What `<input type="datetime-local">` takes and gives.
_TYPED = "%Y-%m-%dT%H:%M"
_DRAFTS = {"appi": "assessment.draft.appi", "gdpr": "assessment.draft.gdpr"}


@dataclass(frozen=True, slots=True)
class Question:
    """One of those that are answered by a choice. chosen: the value that is ticked."""

    name: str
    text: str
    help: str
    chosen: str


@dataclass(frozen=True, slots=True)
class Draft:
    """A report to an authority, as text to copy."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Written:
    """What stands in the form's fields."""

    answers: dict[str, str]
    persons: str
    how: str
    learned_at: str
    why: str = ""


async def show_assessment(request: Request) -> Response:
    """GET /incidents/{id}."""
    desk, actor, room, by = await admitted(request)
    one = await _found(room, actor, request)
    done = by.say("done.assessment") if request.query_params.get("done") == "assessment" else ""
    return await _page(request, desk, actor, one, by, _proposed(one, by), done=done)


async def assess(request: Request) -> Response:
    """POST /incidents/{id}/assess: the answers. What cannot be taken comes back as written, with what is wrong."""
    form = await checked_form(request)
    desk, actor, room, by = await admitted(request)
    one, written = await _found(room, actor, request), _written(form)
    if not may_end(actor):
        raise nothing_here()
    try:
        answers, typed = _read(written), written.learned_at
        learned = None if typed == _typed(one.learned_at, by) else _moment(typed, by)
        await room.assess(actor, one.id, answers, learned, written.why, seen=field(form, "seen", 40))
    except _Wrong as error:
        return await _page(request, desk, actor, one, by, written, wrong=by.say(error.key), status=422)
    except WrongMoment as error:
        wrong = by.say("assessment.wrong.moment", earliest=by.moment(error.earliest))
        return await _page(request, desk, actor, one, by, written, wrong=wrong, status=422)
    except NoReason:
        return await _page(request, desk, actor, one, by, written, wrong=by.say("assessment.wrong.why"), status=422)
    except Answered as error:
        wrong = by.say("assessment.meanwhile", who=by.named(error.incident.assessed_by))
        return await _page(request, desk, actor, error.incident, by, written, wrong=wrong, status=409)
    except AlreadyClosed:
        return await _page(request, desk, actor, one, by, written, wrong=by.say("assessment.closed"), status=409)
    except NoIncident:
        raise nothing_here() from None
    return go(request, f"/incidents/{one.id}?done=assessment")


class _Wrong(Exception):
    """A field that cannot be taken: which sentence says so."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


async def _found(room: IncidentRoom, actor: Actor, request: Request) -> Incident:
    try:
        return await room.show(actor, str(request.path_params["id"]))
    except NoIncident:
        raise not_found() from None


async def _page(
    request: Request, desk: Desk, actor: Actor, one: Incident, by: Speaker, written: Written,
    *, done: str = "", wrong: str = "", status: int = 200,
) -> Response:  # fmt: skip
    answers = one.answers or Answers()
    kept = await desk.review.page(actor, Filter(ids=(one.message_id,)), 500)
    return await hand_over(
        request, "incident.html", status=status, done=done, wrong=wrong,
        title=title_of(one, by), state=badge(one, by), number=one.id,
        mail=one.message_id if kept else "", lines=list(lines_of(one, by)),
        answered=_answered(one, by), seen=version_of(one),
        judged=[judged(said, by.language) for said in judgements(answers)] if one.answers is not None else (),
        clocks=[deadline(each, by.language, by.moment) for each in deadlines(one.learned_at, by.timezone, answers)],
        advice=words.NO_ADVICE.of(by.language), nobody=words.NOT_ANSWERED.of(by.language),
        form=may_end(actor) and one.state == "open", written=written, questions=_questions(written, by),
        proposed=one.answers is None, choices=[(value, words.ANSWERS[value].of(by.language)) for value in ANSWERS],
        ask=lambda name: words.QUESTIONS[name][0].of(by.language),
        hint=lambda name: words.QUESTIONS[name][1].of(by.language),
        rule=rule_of(one) if desk.rules is not None else "", tries=desk.trials is not None,
        drafts=[Draft(by.say(_DRAFTS[law]), _copied(one, law, by)) for law in LAWS],
    )  # fmt: skip


def _answered(one: Incident, by: Speaker) -> str:
    if one.assessed_at is None:
        return ""
    return by.say("assessment.answered", when=by.moment(one.assessed_at), who=by.named(one.assessed_by))


def _questions(written: Written, by: Speaker) -> Sequence[Question]:
    asked = {name: words.QUESTIONS[name] for name in QUESTIONS}
    return [
        Question(name, text.of(by.language), hint.of(by.language), written.answers[name])
        for name, (text, hint) in asked.items()
    ]


def _copied(one: Incident, law: Law, by: Speaker) -> str:
    def when(at: datetime) -> str:
        return moment(at, by.timezone, by.language, year=True)  # it is read by others, and for years

    return "\n\n".join(f"{heading}\n{text}" for heading, text in draft(one, law, by.language, when))


def _proposed(one: Incident, by: Speaker) -> Written:
    """What was answered; before, what mailguard found in the mail, for somebody to look at."""
    if one.answers is not None:
        values = one.answers.as_values()
        persons = "" if one.answers.persons is None else str(one.answers.persons)
        return Written({name: values[name] for name in QUESTIONS}, persons, one.answers.how, _typed(one.learned_at, by))
    answers, found, how = dict.fromkeys(QUESTIONS, "unknown"), one.facts["personal_data"], ""
    if found or one.facts["persons"]:
        answers["personal"] = "yes"
    if "payment_card" in found:
        answers["property"] = "yes"
    if not reached(one):
        answers["unseen"], how = "yes", by.say("assessment.stopped")
    persons = one.facts["persons"]
    return Written(answers, str(persons) if persons else "", how, _typed(one.learned_at, by))


def _written(form: FormData) -> Written:
    answers = {name: field(form, name, 10) for name in QUESTIONS}
    return Written(
        answers={name: answer if answer in ANSWERS else "unknown" for name, answer in answers.items()},
        persons=field(form, "persons", 20).strip(),
        how=field(form, "how", _HOW).strip(),
        learned_at=field(form, "learned_at", 40).strip(),
        why=field(form, "why", _WHY).strip(),
    )


def _read(written: Written) -> Answers:
    """The answers. Raises _Wrong."""
    typed = unicodedata.normalize("NFKC", written.persons)  # as a Japanese keyboard writes it
    digits = typed.removesuffix("人").removesuffix("名").replace(",", "").strip()
    if digits and not (digits.isdecimal() and int(digits) <= 10**9):
        raise _Wrong("assessment.wrong.persons")
    if written.answers["unseen"] == "yes" and not written.how:
        raise _Wrong("assessment.wrong.how")
    said = {**written.answers, "persons": int(digits) if digits else None, "how": written.how}
    return Answers.of(said)


def _typed(at: datetime, by: Speaker) -> str:
    return at.astimezone(ZoneInfo(by.timezone)).strftime(_TYPED)


def _moment(text: str, by: Speaker) -> datetime | None:
    if not text:
        return None
    try:
        return datetime.strptime(text[:16], _TYPED).replace(tzinfo=ZoneInfo(by.timezone)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise _Wrong("assessment.wrong.time") from None
