"""Mails of this moment that are out as a whole: the rows that `tries` writes for each outcome, in few statements.

They were entered here moments ago and handed on in memory, so that what never changes of them is known (`handed_on`).
What may have changed since is a condition of the statements: where one does not hold, nothing of the bulk stands and
each outcome is written down by `tries`. It trusts the outcomes it is given.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from mailguard.mail.actor import HOUSE
from mailguard.mail.address import Address
from mailguard.mail.lifecycle import State
from mailguard.mail.outcome import Outcome, Result
from mailguard.mail.reports import ASKED_NOTHING
from mailguard.store import audit, many
from mailguard.store.entry import teaches
from mailguard.store.files_seen import learn_digests, worth_knowing
from mailguard.store.handed_on import Moving
from mailguard.store.history import COUNT_CONTACTS, INSERT_CONTACTS, contact_rows
from mailguard.store.lessons import DELIVERED
from mailguard.store.memory import (
    COUNT_CIRCLE,
    COUNT_PEOPLE,
    INSERT_CIRCLE,
    INSERT_PEOPLE,
    TOGETHER_MAX,
    circle_row,
    is_circle,
    people_rows,
    shown_names,
)
from mailguard.store.records import MessageRecord, RecordResult
from mailguard.store.rows import clean, to_micro
from mailguard.store.stroke import Stroke, row_of
from mailguard.store.tries import forget_octets, said

_CHECKED = "SELECT RAISE(ABORT, 'it is not as it was when it entered') WHERE changes() <> 1"
_COPIES = (
    "UPDATE recipient SET state = 'relayed', event = 'relay', lease = NULL, nudge_at = NULL, due_at = NULL,"
    " attempts = attempts + 1, last_code = v.column3, last_text = v.column4, tried_at = v.column5, mta = v.column6 FROM"
)
_OF_COPIES = "AS v WHERE recipient.message = v.column1 AND recipient.key = v.column2 AND recipient.state = 'queued'"
#: In whose name an organization is counted: everybody's and the sender's.
_WHO = ("''", "NEW.sender")
#: What `_teach` would say of a mail that teaches nothing, and where nobody is remembered.
_NOTHING, _NOBODY = (None,) * 5, [None] * 3
#: A mail with its first copy, its first line, and what is learnt of it.
_GOING = Stroke(
    "going",
    f"number, id, at, key, code, text, mta, sender, contact, person, name, name_key, lesson, {audit.IN_A_ROW}",
    "UPDATE recipient SET state = 'relayed', event = 'relay', lease = NULL, nudge_at = NULL, due_at = NULL,"
    " attempts = attempts + 1, last_code = NEW.code, last_text = NEW.text, tried_at = NEW.at, mta = NEW.mta"
    " WHERE message = NEW.number AND key = NEW.key AND state = 'queued'",
    _CHECKED,
    "UPDATE message SET state = 'relayed', ended_at = NEW.at WHERE number = NEW.number AND id = NEW.id"
    # Nobody was told that it is held, meanwhile, and it is the whole mail.
    " AND state = 'queued' AND told = 0 AND NOT EXISTS (SELECT 1 FROM part WHERE message = NEW.number)",
    _CHECKED,
    row_of("audit", audit.COLUMNS, of=audit.IN_A_ROW),
    f"{INSERT_PEOPLE} SELECT NEW.sender, NEW.person, NEW.name, NEW.name_key, 1, NEW.at WHERE NEW.person IS NOT NULL"
    f" {COUNT_PEOPLE}",
    *(
        f"{INSERT_CONTACTS} SELECT {who}, NEW.contact, 1, NEW.at, NEW.at WHERE NEW.contact IS NOT NULL {COUNT_CONTACTS}"
        for who in _WHO
    ),
    f"{DELIVERED.format('NEW.at', 'NEW.number')} WHERE NEW.lesson = 1",
)


class Changed(Exception):
    """One of the mails is not as it was when it entered: each is to be looked at by itself."""


@dataclass(slots=True)
class Relayed:
    """The rows of one mail that is out. row: of `_GOING`, but for its line; copies, lines: those behind the first;
    contacts and people: where there is more than one.
    """

    number: int
    now: datetime
    result: RecordResult
    line: audit.Line
    row: tuple[Any, ...] = ()
    copies: Sequence[tuple[Any, ...]] = ()
    lines: Sequence[audit.Line] = ()
    contacts: Sequence[tuple[Any, ...]] = ()
    people: Sequence[tuple[Any, ...]] = ()
    circles: Sequence[tuple[Any, ...]] = ()
    files: list[str] = field(default_factory=list)
    outside: list[Address] = field(default_factory=list)
    letter: bool = False


def relayed(moving: Moving, outcomes: Mapping[Address, Outcome], now: datetime) -> Relayed | None:
    """The rows of a mail that is out as a whole; None if more follows from these outcomes than that."""
    record = moving.record
    if len(outcomes) != len(record.recipients) or (record.kind == "letter" and moving.body.octets is None):
        return None
    for copy in record.recipients:
        outcome = outcomes.get(copy.address)
        if outcome is None or outcome.result is not Result.RELAYED or copy.state is not State.QUEUED:
            return None
        if copy.recipe or copy.recipe is None or (copy.reports is not ASKED_NOTHING and copy.reports != ASKED_NOTHING):
            return None
    micro = to_micro(now)
    copies, lines, out = [], [], list[Address]()
    for outcome, addresses in _grouped(outcomes):
        text, mta = said(outcome), clean(outcome.mta)
        copies += [(moving.number, one.key, outcome.code, text, micro, mta) for one in addresses]
        detail = {"result": str(outcome.result), "code": outcome.code, "text": text, "unknown": outcome.unknown}
        lines.append(audit.line(now, HOUSE, "relay", record.id, [str(one) for one in addresses], detail=detail))
        out += addresses
    (number, key, code, text, _, mta), *more = copies
    line, *lines = lines
    found = Relayed(number, now, RecordResult(tuple(out), quiet=True), line, copies=more, lines=lines)
    found.letter = record.kind == "letter"
    learnt = _teach(found, record, micro) if teaches(record) else _NOTHING
    found.row = (number, record.id, micro, key, code, text, mta, *learnt, int(moving.lesson))
    return found


def _grouped(outcomes: Mapping[Address, Outcome]) -> Iterable[tuple[Outcome, list[Address]]]:
    """Who had the same outcome, by the keys."""
    if len(outcomes) == 1:
        return [(outcome, [address]) for address, outcome in outcomes.items()]
    groups: dict[Outcome, list[Address]] = {}
    for address, outcome in outcomes.items():
        groups.setdefault(outcome, []).append(address)
    for addresses in groups.values():
        addresses.sort(key=_key)
    return groups.items()


def _key(address: Address) -> str:
    return address.key


def _teach(found: Relayed, record: MessageRecord, micro: int) -> tuple[str | None, ...]:
    """What history learns: not of those whom a rule added, who are no habit of the sender's. Returns what of it stands
    in the row: sender, contact, person, name, name_key.
    """
    assert record.sender.mailbox is not None
    sender, contact, person = record.sender.mailbox.key, None, list[str | None](_NOBODY)
    named = [copy for copy in record.recipients if not copy.added]
    found.outside = [copy.address for copy in named if copy.external]
    if found.outside:
        found.contacts = contact_rows(sender, found.outside, micro)
        if len(found.contacts) == len(_WHO):
            contact, found.contacts = found.contacts[0][1], ()
        found.files = worth_knowing(record.facts)
    if named and len(named) <= TOGETHER_MAX:
        headers = record.facts.headers
        names = {**_shown(headers.cc), **_shown(headers.to)}
        found.people = people_rows(sender, [copy.address for copy in named], names, micro)
        if len(found.people) == 1:
            (_, *person, _, _), found.people = found.people[0], ()
        members = {copy.address.key for copy in record.recipients}.union(names) - {sender}
        if is_circle(members):
            found.circles = [circle_row(sender, members, micro, record.message_id_header)]
    return (sender, contact, *person)


def _shown(people: Collection[Any]) -> dict[str, str]:
    """As a row's facts would give it back."""
    return shown_names([clean(one.address) for one in people], [clean(one.name) for one in people]) if people else {}


def record_all(connection: sqlite3.Connection, tries: Sequence[Relayed]) -> list[RecordResult]:
    """Write down that these mails are out. Raises Changed, or sqlite3.IntegrityError; then nothing may stand."""
    lines = audit.rows_behind(audit.last(connection), [line for one in tries for line in (one.line, *one.lines)])
    _insert_going(connection, tries, lines)
    copies = [row for one in tries for row in one.copies]
    if many.run(connection, _COPIES, copies, _OF_COPIES) != len(copies):
        raise Changed
    many.run(connection, INSERT_CONTACTS, [row for one in tries for row in one.contacts], COUNT_CONTACTS)
    many.run(connection, INSERT_PEOPLE, [row for one in tries for row in one.people], COUNT_PEOPLE)
    many.run(connection, INSERT_CIRCLE, [row for one in tries for row in one.circles], COUNT_CIRCLE)
    for one in tries:
        if one.files:
            learn_digests(connection, one.files, one.outside, to_micro(one.now))
    forget_octets(connection, [one.number for one in tries if one.letter])
    return [one.result for one in tries]


def _insert_going(connection: sqlite3.Connection, tries: Sequence[Relayed], lines: Sequence[tuple[Any, ...]]) -> None:
    if len(lines) == len(tries):
        _GOING.run(connection, [(*one.row, *line) for one, line in zip(tries, lines, strict=True)])
        return
    rows, more, at = [], list[tuple[Any, ...]](), 0
    for one in tries:
        rows.append((*one.row, *lines[at]))
        more += lines[at + 1 : at + 1 + len(one.lines)]
        at += 1 + len(one.lines)
    _GOING.run(connection, rows)
    audit.insert(connection, more)


def record_groups(connection: sqlite3.Connection, groups: Sequence[Sequence[Relayed]]) -> list[list[RecordResult]]:
    """The same for groups of them. Raises Changed."""
    record_all(connection, [one for group in groups for one in group])
    return [[one.result for one in group] for group in groups]
