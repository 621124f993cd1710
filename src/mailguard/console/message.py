"""The page of one mail: the reason as its headline, one decision, then who, what, the text, and what happened so
far.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from mailguard.console import people, present
from mailguard.console.acts import Button, buttons, selection_buttons
from mailguard.console.audit_words import reading_word
from mailguard.console.changes import Changed, alteration_title, changes, for_all, left_out, password_for
from mailguard.console.content import body_values, facts_again
from mailguard.console.desk import Desk, desk_of
from mailguard.console.found import place_name
from mailguard.console.people import Company
from mailguard.console.present import Badge, File, Personal, Speaker
from mailguard.console.problems import decided_words, not_found
from mailguard.console.visit import SEES_ALL, hand_over, known_visitor, speaker
from mailguard.mail.actor import Actor
from mailguard.mail.lifecycle import State
from mailguard.mail.organization import Language
from mailguard.mail.verdict import ADMINISTRATORS
from mailguard.notify.letter_rows import Reason
from mailguard.notify.phrases import FINDINGS, file_size, listed, on_one_line
from mailguard.review import Act, HistoryLine, MessageRecord, View

#: Words of ?done= that a page repeats; anything else is not said.
DONE = frozenset(
    {"release", "send-now", "cancel", "hold", "approve", "reject", "remove", "remove-flagged", "login", "urgent"}
)  # fmt: skip
_MOST_FINDINGS = 20


@dataclass(frozen=True, slots=True)
class Line:
    """A label and what it says."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Past:
    """One line of the history."""

    iso: str
    when: str
    what: str
    who: str
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Note:
    """Something noticed while reading: in the reader's words, where, and the reader's own English note of it."""

    sentence: str
    where: str
    detail: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What one rule says of the mail. hit: None if it could not be decided again."""

    id: str
    hit: bool | None
    word: str
    mode: str
    why: str


@dataclass(frozen=True, slots=True)
class Why:
    """Every rule, and under which policy and from what it was asked."""

    notes: tuple[str, ...]
    rules: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class MailValues:
    """All that the templates say of a mail, in the visitor's language. foreign: somebody else's mail."""

    id: str
    subject: str
    sender: str
    foreign: bool
    state: Badge
    tone: str
    held: bool
    under_way: bool
    headline: str
    reasons: Sequence[Reason]
    ending: str
    until: str
    left: str
    waiting_for: Sequence[str]
    buttons: Sequence[Button]
    selection_buttons: Sequence[Button]
    wants_comment: bool
    urgent: bool
    pickable: bool
    flagged: Sequence[str]
    audience: str
    companies: Sequence[Company]
    unshown: int
    files: Sequence[File]
    personal: Sequence[Personal]
    persons: str
    findings: Sequence[Note]
    unsaid: int
    history: Sequence[Past]
    changes: Sequence[Changed]
    left_out: Sequence[str]
    passwords: Sequence[str]
    facts: Sequence[Line]
    observed: Sequence[str]


def mail_values(view: View, by: Speaker, person: str) -> MailValues:
    """A mail as this person sees it."""
    record, say = view.record, by.say
    choices = selection_buttons(view, say)
    return MailValues(
        id=record.id,
        subject=present.subject(record, say),
        sender=on_one_line(record.from_header or str(record.sender), 160),
        foreign=person not in record.owners,
        state=present.mail_badge(record, by.language),
        tone=present.tone(record),
        held=record.state is State.HELD,
        under_way=any(r.state is State.QUEUED for r in record.recipients),
        headline=present.headline(record, by),
        reasons=present.reasons(record, by.language),
        ending=present.ending(record, by),
        until=record.expires_at.isoformat() if record.expires_at else "",
        left=present.left(record, by),
        waiting_for=present.waiting_for(record, by),
        buttons=buttons(view, by.language, say),
        selection_buttons=choices,
        wants_comment=Act.REJECT in view.acts,
        urgent=Act.URGENT in view.acts and Act.RELEASE not in view.acts,
        pickable=bool(choices),
        flagged=[str(r.address) for r in people.flagged(record)],
        audience=people.audience(record, by),
        companies=people.companies(record, by, selectable=bool(choices)),
        unshown=people.unshown(record),
        files=present.files(record, say),
        personal=present.personal(record, by.language),
        persons=say("personal.persons", count=record.facts.persons) if record.facts.persons else "",
        findings=_findings(record, by.language),
        unsaid=max(0, len(record.facts.findings) - _MOST_FINDINGS),
        history=[_past(line, record, by) for line in view.history],
        changes=changes(view.history, record, by),
        left_out=left_out(record, by),
        passwords=password_for(record, person, by),
        facts=_facts(record, by),
        observed=[getattr(h.because, by.language) for h in record.verdict.hits if h.mode != "enforce"],
    )


async def show_message(request: Request) -> Response:
    """GET /messages/{id}."""
    desk = desk_of(request)
    visitor, actor = await known_visitor(request)
    message_id = request.path_params["id"]
    if not visitor.may_see(message_id):
        raise not_found()
    view = await desk.review.show(actor, message_id)
    if request.method == "GET" and "prefetch" not in request.headers.get("sec-purpose", ""):
        desk.review.opened(actor, view)
    done = request.query_params.get("done", "")
    by = speaker(desk, visitor)
    return await hand_over(
        request,
        "message.html",
        done=by.say(f"done.{done}") if done in DONE else "",
        wrong=_before(view, by, actor.address) if done == "before" else "",
        mail=mail_values(view, by, actor.address),
        body=await body_values(request, desk, actor, view, by),
        why=await _why(desk, actor, view, by),
    )


async def _why(desk: Desk, actor: Actor, view: View, by: Speaker) -> Why | None:
    """Every rule and its answer, for those who look after the rules; None for others, or where it is not recorded."""
    if desk.rules is None or actor.role not in SEES_ALL:
        return None
    said = await desk.rules.explain(view.record.id, await facts_again(desk, actor, view.record, "text"))
    if said is None:
        return None
    say, same = by.say, said["judged_by"] == said["policy"]
    notes = [say("explain.same") if same else say("explain.other", hash=said["judged_by"][:12])]
    if not said["texts"]:
        notes.append(say("explain.texts"))
    words = {True: say("explain.hit"), False: say("explain.miss"), None: say("explain.unknown")}
    rules = [
        Answer(
            rule["id"], rule["hit"], words[rule["hit"]], say(f"policy.mode.{rule['mode']}"), rule["why"][by.language]
        )
        for rule in said["rules"]
    ]
    return Why(tuple(notes), tuple(rules))


def _before(view: View, by: Speaker, person: str) -> str:
    """For whoever pressed a button in a tab that came too late: it did nothing, and who decided."""
    if view.record.state is State.HELD:
        return by.say("before.open")
    done = [(r.decided_at, r) for r in view.record.recipients if r.decided_at is not None]
    at, last = max(done, key=lambda pair: pair[0], default=(None, None))
    return decided_words(by, person, last.decided_by, at, last.state) if at and last else ""


def _findings(record: MessageRecord, language: Language) -> list[Note]:
    """A code that a newer ledger knows and this page does not is shown as it is."""
    return [
        Note(
            sentence=FINDINGS[f.code].of(language) if f.code in FINDINGS else on_one_line(f.code, 40),
            where=place_name(f.where),
            detail=on_one_line(f"{f.code}: {f.where}: {f.detail}", 300),
        )
        for f in record.facts.findings[:_MOST_FINDINGS]
    ]


def _facts(record: MessageRecord, by: Speaker) -> list[Line]:
    say = by.say
    values = [
        ("fact.from", on_one_line(record.from_header, 200)),
        ("fact.sender", str(record.sender) or "<>"),
        ("fact.login", record.login or ""),
        ("fact.received", by.moment(record.received_at)),
        ("fact.size", file_size(record.size)),
        ("fact.id", record.id),
        ("fact.policy", record.verdict.policy[:12]),
    ]
    return [Line(say(key), value) for key, value in values if value]


def _past(line: HistoryLine, record: MessageRecord, by: Speaker) -> Past:
    say = by.say
    who = say("by.mailguard") if line.actor == "mailguard" else line.actor
    via = (
        say(f"via.{line.via}")
        if line.via in ("console", "letter", "reply", "api", "cli", "clock", "smtp")
        else line.via
    )
    notes = []
    if line.recipients and line.event != "accept" and not (line.event == "alter" and for_all(line, record)):
        notes.append(say("event.people", people=listed(line.recipients, by.language, 5)))
    if line.event == "alter":
        notes.append(alteration_title(line, by))
    because = line.detail.get("because")
    if isinstance(because, dict) and line.event == "hold":
        notes.append(on_one_line(str(because.get(by.language, "")), 300))
    if line.comment:
        notes.append(say("event.comment", comment=on_one_line(line.comment, 2000)))
    people = line.detail.get("people")
    if isinstance(people, list) and line.event in ("remind", "escalate"):
        named = [say("approvers.house") if one == ADMINISTRATORS else on_one_line(str(one), 120) for one in people]
        notes.append(say("event.told", people=listed(named, by.language, 5)))
    places = line.detail.get("instead_of")
    if isinstance(places, list) and places:
        notes.append(say("event.places", people=listed([on_one_line(str(one), 120) for one in places], by.language, 5)))
    if line.event == "read":
        notes.append(reading_word(line, by))
    answer = line.detail.get("text")
    if isinstance(answer, str) and answer and line.event in ("relay", "defer", "fail", "late"):
        notes.append(say("event.answer", answer=on_one_line(f"{line.detail.get('code') or ''} {answer}", 300)))
    return Past(
        iso=line.at.isoformat(),
        when=by.moment(line.at),
        what=_event(line.event, by),
        who=who if line.actor == "mailguard" else f"{who} ({via})",
        notes=tuple(notes),
    )


def _event(word: str, by: Speaker) -> str:
    """The event in words; one that a newer ledger knows and this page does not is shown as it is."""
    known = (
        "accept", "release", "cancel", "remove", "reject", "expire", "hold", "relay", "defer", "fail", "approve",
        "login", "purge", "late", "alter", "urgent", "remind", "escalate", "challenge_confirmed", "read",
    )  # fmt: skip
    return by.say(f"event.{word}") if word in known else word
