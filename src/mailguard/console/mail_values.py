"""All that the page of a mail says of it, worked out once for one person, in his language.

Pure: records, facts and what the ledger remembers come in; the templates only lay it out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from mailguard.console import people, present, previews
from mailguard.console.changes import Changed, changes, left_out, password_for
from mailguard.console.decision import NOTHING, Decision, Given, decision
from mailguard.console.found import place_name
from mailguard.console.headline import Also, Headline, evidence, further, headline
from mailguard.console.people import Context, Recipients
from mailguard.console.present import Personal, Speaker
from mailguard.console.previews import File
from mailguard.console.risky import Risky, files_with_data, risky
from mailguard.console.sight import line
from mailguard.console.standing import NOT_SENT, Standing, standing
from mailguard.console.timeline import Past, arrivals, last_word, notes_for, replaced, timeline
from mailguard.mail.facts import Facts
from mailguard.mail.lifecycle import State
from mailguard.notify import letter_people, letter_rows
from mailguard.notify.phrases import FINDINGS, file_size, on_one_line, persons
from mailguard.review import Act, Background, MessageRecord, View

_MOST_FINDINGS = 20


@dataclass(frozen=True, slots=True)
class Line:
    """A label and what it says."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Note:
    """Something noticed while reading: in the reader's words, where, and the reader's own English note of it."""

    sentence: str
    where: str
    detail: str


@dataclass(frozen=True, slots=True)
class MailValues:
    """All that the templates say of a mail, in the visitor's language. foreign: somebody else's mail."""

    id: str
    subject: str
    sender: str
    foreign: bool
    stands: Standing
    headline: Headline
    evidence: Sequence[str]
    also: Sequence[Also]
    notes: Sequence[str]
    decision: Decision
    recipients: Recipients
    files: Sequence[File]
    more_files: int
    personal: Sequence[Personal]
    persons: str
    findings: Sequence[Note]
    unsaid: int
    history: Sequence[Past]
    changes: Sequence[Changed]
    left_out: Sequence[str]
    passwords: Sequence[str] = field(repr=False)
    draft: bool
    comments: bool
    forwards: bool
    facts: Sequence[Line]
    observed: Sequence[str]


@dataclass(frozen=True, slots=True)
class Told:
    """What the page knows besides the record. known: None where this person is not shown habits; fresh: None where the
    mail was not read again.
    """

    known: Background | None = None
    fresh: Facts | None = None
    given: Given = NOTHING
    everybody: bool = False


def mail_values(view: View, by: Speaker, person: str, told: Told | None = None) -> MailValues:
    """A mail as this person sees it."""
    told = told or Told()
    record, say, what = view.record, by.say, risky_of(view.record, told.fresh)
    card = decision(view, what, by, told.known, told.given)
    there = people.shown(record, what, everybody=told.everybody)
    flagged = frozenset(one.address.key for one in what.people)
    pickable = bool(card.selection) and not there.brief
    odd = letter_people.notes(record, by.language)
    asked = Context(record, by, told.known, flagged, pickable, arrivals(view.history), odd, replaced(view.history))
    return MailValues(
        id=record.lead,
        subject=present.subject(record, say),
        sender=line(letter_rows.shown_sender(record, by.named), 160),
        foreign=person not in record.owners and person not in record.members,
        stands=standing(record, by, person),
        headline=headline(record, by, told.known),
        evidence=evidence(record, by),
        also=further(record, by),
        notes=_said(view, by, person),
        decision=card,
        recipients=people.recipients(there, asked),
        files=previews.files(record, by, what.files, told.known, told.fresh),
        more_files=max(0, len(record.facts.attachments) - previews.MOST_FILES),
        personal=present.personal(record, by.language),
        persons=persons(record.facts.persons, by.language) if record.facts.persons else "",
        findings=_findings(record, by),
        unsaid=max(0, len(record.facts.findings) - _MOST_FINDINGS),
        history=timeline(view.history, record, by),
        changes=changes(view.history, record, by),
        left_out=left_out(record, by),
        passwords=password_for(record, person, by),
        draft=person in record.owners and record.has_body and record.state in (*NOT_SENT, State.BOUNCED),
        comments=Act.COMMENT in view.acts,
        forwards=Act.FORWARD in view.acts,
        facts=_facts(record, by),
        observed=[getattr(h.because, by.language) for h in record.verdict.hits if h.mode != "enforce"],
    )


def risky_of(record: MessageRecord, fresh: Facts | None) -> Risky:
    """What the rules point at; where personal data lie, only a fresh reading tells."""
    return risky(record, files_with_data(fresh) if fresh is not None else ())


def _said(view: View, by: Speaker, person: str) -> list[str]:
    """What others wrote to it that this person should read first."""
    record = view.record
    if record.state in NOT_SENT:
        return last_word(view.history, by)
    return notes_for(person, view.history, record, by)


def _findings(record: MessageRecord, by: Speaker) -> list[Note]:
    """A code that a newer ledger knows and this page does not is shown as it is."""
    return [
        Note(
            sentence=FINDINGS[f.code].of(by.language) if f.code in FINDINGS else on_one_line(f.code, 40),
            where=place_name(f.where),
            detail=on_one_line(f"{f.code}: {f.where}: {f.detail}", 300),
        )
        for f in record.facts.findings[:_MOST_FINDINGS]
    ]


def _facts(record: MessageRecord, by: Speaker) -> list[Line]:
    say = by.say
    values = [
        ("fact.from", line(record.from_header, 200)),
        ("fact.sender", str(record.sender) or "<>"),
        ("fact.login", record.login or ""),
        ("fact.received", by.moment(record.received_at)),
        ("fact.size", file_size(record.size)),
        ("fact.id", record.id),
        ("fact.policy", record.verdict.policy[:12]),
    ]
    return [Line(say(key), value) for key, value in values if value]
