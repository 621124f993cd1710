"""The recipients of a mail on its page: by organisation, those that need a look on top, the unremarkable folded.

Who needs a look is taken from the verdict (`risky`), how well somebody is known from the ledger (`known`). A page stays
small whatever a mail has: what is left out is counted, and shown only when somebody asks. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from mailguard.console.audit_words import answer_word
from mailguard.console.headline import differing
from mailguard.console.known import Relation, relation
from mailguard.console.present import Badge, Speaker, badge, counted, mail_badge
from mailguard.console.risky import Risky
from mailguard.console.sight import line, seen
from mailguard.mail.address import Address, key_of_written
from mailguard.mail.alteration import Readdress, Split, ToBcc
from mailguard.mail.lifecycle import State
from mailguard.notify.letter_people import flagged as flagged
from mailguard.notify.letter_people import visible
from mailguard.notify.marked import Stretch
from mailguard.notify.phrases import listed, people
from mailguard.review import Background, MessageRecord, RecipientRecord

_GONE = frozenset({State.CANCELLED, State.REJECTED})
#: A mail to no more than so many shows them all; of a larger one the unremarkable are folded.
_AT_A_GLANCE = 6
#: So many people and organisations stand on a page.
_MOST_PEOPLE, _MOST_COMPANIES = 200, 40
#: When somebody asks for all: a list as long as a phone book is cut all the same.
_EVERYBODY = 5000


@dataclass(frozen=True, slots=True)
class Person:
    """One recipient on a page. name: the directory's; said: the mail's own, where that knows none. header: To, Cc or
    Bcc; state: None where it is the whole mail's.
    """

    address: str
    pieces: tuple[Stretch, ...]
    name: str
    said: str
    header: str
    state: Badge | None
    flagged: bool
    selectable: bool
    relation: Relation | None
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Company:
    """The recipients of one domain: those to look at, and the folded rest. fold: what is said of the folded."""

    domain: str
    external: bool
    count: str
    flagged: bool
    lines: tuple[Person, ...]
    folded: tuple[Person, ...]
    fold: str


@dataclass(frozen=True, slots=True)
class Shown:
    """Which recipients stand on the page. unshown: how many do not. brief: the list of all, without boxes."""

    recipients: tuple[RecipientRecord, ...]
    unshown: int = 0
    brief: bool = False


@dataclass(frozen=True, slots=True)
class Context:
    """What is asked of each recipient. arrived: when the next server took a copy, by address as written; odd: why one
    looks like a mistake, and who was probably meant, by key. replaced: in whose places others were put, in lower case.
    """

    record: MessageRecord
    by: Speaker
    known: Background | None
    flagged: frozenset[str]
    selectable: bool
    arrived: Mapping[str, datetime] = field(default_factory=dict)
    odd: Mapping[str, Sequence[str]] = field(default_factory=dict)
    replaced: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Recipients:
    """What the page says of them. audience: how many in all; only_shown: who stands in the header and gets no copy;
    still_shown: of these, who was taken off;
    pickable: whether some may be chosen.
    """

    audience: str
    companies: Sequence[Company]
    only_shown: Sequence[str]
    still_shown: str
    unshown: int
    brief: bool
    pickable: bool


def recipients(there: Shown, asked: Context) -> Recipients:
    """All of it, for one person."""
    return Recipients(
        audience=audience(asked.record, asked.by),
        companies=companies(there, asked),
        only_shown=only_shown(asked.record, asked.by),
        still_shown=still_shown(asked.record, asked.by),
        unshown=there.unshown,
        brief=there.brief,
        pickable=asked.selectable,
    )


def shown(record: MessageRecord, risky: Risky, *, everybody: bool = False) -> Shown:
    """Whom a page shows: who needs a look first, then outside, each organisation together."""
    marked = {one.address.key for one in risky.people}
    ordered = sorted(record.recipients, key=lambda r: (r.address.key not in marked, not r.external))
    if everybody:
        return Shown(tuple(ordered[:_EVERYBODY]), max(0, len(ordered) - _EVERYBODY), brief=len(ordered) > _MOST_PEOPLE)
    chosen: list[RecipientRecord] = []
    domains: set[str] = set()
    for one in ordered:
        if len(chosen) >= _MOST_PEOPLE:
            break
        if one.address.ascii_domain in domains or len(domains) < _MOST_COMPANIES:
            domains.add(one.address.ascii_domain)
            chosen.append(one)
    return Shown(tuple(chosen), len(ordered) - len(chosen))


def audience(record: MessageRecord, speaker: Speaker) -> str:
    """How many people in how many organisations: 3名・2組織."""
    meant = counted(record)
    domains = {r.address.ascii_domain for r in meant}
    count = people(len(meant), speaker.language)
    if len(domains) == 1:
        return speaker.say("recipients.count.one", people=count)
    return speaker.say("recipients.count", people=count, organisations=len(domains))


def companies(there: Shown, asked: Context) -> list[Company]:
    """The shown recipients by organisation: flagged first, then outside, then inside; the risky ones on top."""
    record, by = asked.record, asked.by
    called = {key_of_written(one.address): one.name for one in (*record.facts.headers.to, *record.facts.headers.cc)}
    to = {key_of_written(one.address) for one in record.facts.headers.to}
    usual = mail_badge(record, by.language)
    groups: dict[str, list[Person]] = {}
    for recipient in there.recipients:
        key = recipient.address.key
        header = "To" if key in to else "Cc" if key in called else "Bcc"
        if str(recipient.address).lower() in asked.replaced:  # somebody else stands there now
            header = ""
        person = _person(recipient, header, called.get(key, ""), usual, asked)
        groups.setdefault(recipient.address.ascii_domain, []).append(person)
    outside = {one.address.ascii_domain: one.external for one in there.recipients}
    counts: dict[str, int] = {}
    for one in counted(record):
        counts[one.address.ascii_domain] = counts.get(one.address.ascii_domain, 0) + 1
    glance = len(record.recipients) <= _AT_A_GLANCE
    made = [
        _company(domain, members, outside[domain], counts.get(domain, 0), asked, glance)
        for domain, members in groups.items()
    ]
    return sorted(made, key=lambda c: (not c.flagged, not c.external))


def only_shown(record: MessageRecord, by: Speaker) -> list[str]:
    """Whom To and Cc show although this mail goes to nobody of that address; a few, and how many more."""
    going = {one.address.key for one in record.recipients}
    headers = record.facts.headers
    absent = [one.address for one in (*headers.to, *headers.cc) if key_of_written(one.address) not in going]
    lines = [line(address, 120) for address in dict.fromkeys(absent)]
    return [*lines[:5], by.say("reason.more", count=len(lines) - 5)] if len(lines) > 5 else lines


def still_shown(record: MessageRecord, by: Speaker) -> str:
    """Who was taken off and stands in To or Cc of others' copies all the same: an answer to all would reach him."""
    going = [one for one in record.recipients if one.state not in _GONE]
    gone = [one for one in record.recipients if one.state in _GONE]
    seen_there = visible(record) if going and gone else frozenset()
    left = [
        str(one.address)
        for one in gone
        if one.address.key in seen_there and any(not _hides(copy, one.address) for copy in going)
    ]
    return by.say("recipients.still_shown", people=listed(left, by.language, 5)) if left else ""


def _hides(copy: RecipientRecord, address: Address) -> bool:
    """Whether this copy no longer shows the address."""
    for step in copy.recipe or ():
        if isinstance(step, ToBcc):
            everybody = step.hide == "all" and address.ascii_domain not in step.visible
            if everybody or address.key in step.keys:
                return True
        if isinstance(step, Split) and step.header == "own":
            return True
        if isinstance(step, Readdress) and step.wrong.key == address.key:
            return True
    return False


def _person(recipient: RecipientRecord, header: str, name: str, usual: Badge, asked: Context) -> Person:
    by, address = asked.by, recipient.address
    state = badge(recipient.state, by.language, recipient.disposition)
    flagged = address.key in asked.flagged
    known = by.name_of(str(address))
    asks = asked.known is not None and recipient.external and recipient.state is State.HELD
    return Person(
        address=str(address),
        pieces=differing(address, asked.record) if flagged else (Stretch(seen(str(address)), False),),
        name=known,
        said="" if known else line(name, 80),
        header=header,
        state=state if state != usual else None,
        flagged=flagged,
        selectable=asked.selectable and recipient.state is State.HELD,
        relation=relation(address, asked.known, by) if asks and asked.known is not None else None,
        notes=(*_called_before(recipient, name, known, asked), *_notes(recipient, asked)),
    )


def _called_before(recipient: RecipientRecord, said: str, known: str, asked: Context) -> tuple[str, ...]:
    """What the sender called him in earlier mail, where this mail says something else, or nothing; the directory is
    above both.
    """
    if known or asked.known is None or recipient.state is not State.HELD:
        return ()
    before = asked.known.people.get(recipient.address.key)
    name = line(before.name, 80) if before is not None else ""
    same = not name or name == line(said, 80) or key_of_written(name) == recipient.address.key
    return () if same else (asked.by.say("recipient.before", name=name),)


def _notes(recipient: RecipientRecord, asked: Context) -> tuple[str, ...]:
    """What the next server said, where that is why the copy stands where it stands; when it took it; which
    server that is, where it is not the usual one.
    """
    by, arrived = asked.by, asked.arrived.get(str(recipient.address))
    way = (by.say("recipient.way", name=recipient.way),) if recipient.way else ()
    way = (*asked.odd.get(recipient.address.key, ()), *way)
    if recipient.state is State.RELAYED and arrived is not None:
        return (*way, by.say("recipient.arrived", when=by.moment(arrived)))
    if recipient.state not in (State.BOUNCED, State.QUEUED):
        return way
    said = answer_word(recipient.last_code, recipient.last_text, by) if recipient.last_text else ""
    return tuple(one for one in (*way, said, _next_try(recipient, by)) if one)


def _next_try(recipient: RecipientRecord, by: Speaker) -> str:
    """When a copy that could not go is tried again; "" for one that goes at once."""
    if recipient.leased:
        return by.say("recipient.under_way")
    if recipient.state is not State.QUEUED or not recipient.attempts or recipient.due_at is None:
        return ""
    return by.say("recipient.next", when=by.moment(recipient.due_at))


def _company(
    domain: str, members: Sequence[Person], external: bool, count: int, asked: Context, glance: bool
) -> Company:
    is_open = asked.record.state in (State.HELD, State.QUEUED)
    top: list[Person] = []
    rest: list[Person] = []
    for one in members:
        (top if glance or one.flagged or (one.state is not None and not is_open) else rest).append(one)
    if len(rest) == 1 and not top:  # who is alone takes no more room than the fold over him
        top, rest = rest, top
    return Company(
        domain=domain,
        external=external,
        count=people(count, asked.by.language),
        flagged=any(one.flagged for one in members),
        lines=tuple(top),
        folded=tuple(rest),
        fold=_fold_words(rest, bool(top), bool(asked.flagged), asked.by) if rest else "",
    )


def _fold_words(rest: Sequence[Person], beside: bool, flagged: bool, by: Speaker) -> str:
    """Of people who were all written to before that is said; else how many they are, and nothing that would calm."""
    if not flagged:
        return by.say("recipients.list", count=len(rest))
    if all(one.relation is not None and one.relation.sure for one in rest):
        return by.say("recipients.fold.known" if beside else "recipients.known", count=len(rest))
    return by.say("recipients.fold" if beside else "recipients.list", count=len(rest))
