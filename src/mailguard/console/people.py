"""The recipients of a mail on its page: by organisation, those that need a look on top, the unremarkable folded.

Who needs a look is taken from the verdict alone: a rule that singles somebody out among the outside recipients. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mailguard.console.present import Badge, Speaker, badge, counted, mail_badge
from mailguard.mail.lifecycle import State
from mailguard.notify.letter_people import flagged as flagged
from mailguard.notify.phrases import on_one_line, people
from mailguard.review import MessageRecord, RecipientRecord

#: So many recipients of one organisation are shown; the unremarkable rest is folded.
_SHOWN = 8
#: A list as long as a phone book is cut, with its number said.
_MOST_PEOPLE = 3000


@dataclass(frozen=True, slots=True)
class Person:
    """One recipient on a page. header: To, Cc or Bcc; state: None where it is the whole mail's."""

    address: str
    name: str
    header: str
    state: Badge | None
    flagged: bool
    selectable: bool
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Company:
    """The recipients of one domain: those to look at, and the folded rest."""

    domain: str
    external: bool
    count: str
    flagged: bool
    lines: tuple[Person, ...]
    folded: tuple[Person, ...]


def audience(record: MessageRecord, speaker: Speaker) -> str:
    """How many people in how many organisations: 3名・2組織."""
    meant = counted(record)
    domains = {r.address.ascii_domain for r in meant}
    count = people(len(meant), speaker.language)
    if len(domains) == 1:
        return speaker.say("recipients.count.one", people=count)
    return speaker.say("recipients.count", people=count, organisations=len(domains))


def unshown(record: MessageRecord) -> int:
    """How many recipients a page leaves out because there are too many."""
    return max(0, len(record.recipients) - _MOST_PEOPLE)


def companies(record: MessageRecord, speaker: Speaker, *, selectable: bool) -> list[Company]:
    """Recipients by organisation: flagged first, then outside, then inside; each with the risky ones on top."""
    marked = {r.address.key for r in flagged(record)}
    names = {h.address.lower(): h.name for h in (*record.facts.headers.to, *record.facts.headers.cc)}
    to = {h.address.lower() for h in record.facts.headers.to}
    usual = mail_badge(record, speaker.language)
    groups: dict[str, list[Person]] = {}
    outside: dict[str, bool] = {}
    for recipient in sorted(record.recipients, key=lambda r: r.address.key not in marked)[:_MOST_PEOPLE]:
        written, domain = str(recipient.address).lower(), recipient.address.ascii_domain
        state = badge(recipient.state, speaker.language, recipient.disposition)
        person = Person(
            address=str(recipient.address),
            name=on_one_line(names.get(written, ""), 80),
            header="To" if written in to else "Cc" if written in names else "Bcc",
            state=state if state != usual else None,
            flagged=recipient.address.key in marked,
            selectable=selectable and recipient.state is State.HELD,
            notes=_notes(recipient, speaker),
        )
        groups.setdefault(domain, []).append(person)
        outside[domain] = recipient.external
    meant = {str(r.address) for r in counted(record)}
    made = [
        _company(domain, members, outside[domain], people(sum(p.address in meant for p in members), speaker.language))
        for domain, members in groups.items()
    ]
    return sorted(made, key=lambda c: (not c.flagged, not c.external))


def _notes(recipient: RecipientRecord, speaker: Speaker) -> tuple[str, ...]:
    """What the next server said, where that is why the copy stands where it stands."""
    if not recipient.last_text or recipient.state not in (State.BOUNCED, State.QUEUED):
        return ()
    code = f"{recipient.last_code} " if recipient.last_code else ""
    return (speaker.say("event.answer", answer=code + on_one_line(recipient.last_text, 300)),)


def _company(domain: str, members: Sequence[Person], external: bool, count: str) -> Company:
    top = max(_SHOWN, sum(p.flagged for p in members))
    return Company(
        domain=domain,
        external=external,
        count=count,
        flagged=any(p.flagged for p in members),
        lines=tuple(members[:top]),
        folded=tuple(members[top:]),
    )
