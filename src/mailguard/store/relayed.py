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
from mailguard.store.lessons import delivered_whole
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
from mailguard.store.tries import forget_octets, said

_COPIES = (
    "UPDATE recipient SET state = 'relayed', event = 'relay', lease = NULL, nudge_at = NULL, due_at = NULL,"
    " attempts = attempts + 1, last_code = v.column3, last_text = v.column4, tried_at = v.column5, mta = v.column6 FROM"
)
_OF_COPIES = "AS v WHERE recipient.message = v.column1 AND recipient.key = v.column2 AND recipient.state = 'queued'"
_MAILS = "UPDATE message SET state = 'relayed', ended_at = v.column2 FROM"
#: Nobody was told that it is held, meanwhile, and it is the whole mail.
_OF_MAILS = (
    "AS v WHERE message.number = v.column1 AND message.id = v.column3 AND message.state = 'queued' AND message.told = 0"
    " AND NOT EXISTS (SELECT 1 FROM part WHERE part.message = v.column1)"
)


class Changed(Exception):
    """One of the mails is not as it was when it entered: each is to be looked at by itself."""


@dataclass(slots=True)
class Relayed:
    """The rows of one mail that is out."""

    mail: tuple[int, int, str]
    now: datetime
    result: RecordResult
    copies: list[tuple[Any, ...]]
    lines: list[audit.Line]
    contacts: Sequence[tuple[Any, ...]] = ()
    people: Sequence[tuple[Any, ...]] = ()
    circles: Sequence[tuple[Any, ...]] = ()
    files: list[str] = field(default_factory=list)
    outside: list[Address] = field(default_factory=list)
    letter: bool = False
    lesson: bool = False


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
    result = RecordResult(tuple(out), quiet=True)
    found = Relayed((moving.number, micro, record.id), now, result, copies, lines, letter=record.kind == "letter")
    found.lesson = moving.lesson
    if teaches(record):
        _teach(found, record, micro)
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


def _teach(found: Relayed, record: MessageRecord, micro: int) -> None:
    """What history learns: not of those whom a rule added, who are no habit of the sender's."""
    assert record.sender.mailbox is not None
    sender = record.sender.mailbox.key
    named = [copy for copy in record.recipients if not copy.added]
    found.outside = [copy.address for copy in named if copy.external]
    if found.outside:
        found.contacts = contact_rows(sender, found.outside, micro)
        found.files = worth_knowing(record.facts)
    if not named or len(named) > TOGETHER_MAX:
        return
    headers = record.facts.headers
    names = {**_shown(headers.cc), **_shown(headers.to)}
    found.people = people_rows(sender, [copy.address for copy in named], names, micro)
    members = {copy.address.key for copy in record.recipients}.union(names) - {sender}
    if is_circle(members):
        found.circles = [circle_row(sender, members, micro, record.message_id_header)]


def _shown(people: Collection[Any]) -> dict[str, str]:
    """As a row's facts would give it back."""
    return shown_names([clean(one.address) for one in people], [clean(one.name) for one in people]) if people else {}


def record_all(connection: sqlite3.Connection, tries: Sequence[Relayed]) -> list[RecordResult]:
    """Write down that these mails are out. Raises Changed; then nothing may stand."""
    copies = [row for one in tries for row in one.copies]
    if many.run(connection, _COPIES, copies, _OF_COPIES) != len(copies):
        raise Changed
    if many.run(connection, _MAILS, [one.mail for one in tries], _OF_MAILS) != len(tries):
        raise Changed
    audit.append_all(connection, [line for one in tries for line in one.lines])
    many.run(connection, INSERT_CONTACTS, [row for one in tries for row in one.contacts], COUNT_CONTACTS)
    many.run(connection, INSERT_PEOPLE, [row for one in tries for row in one.people], COUNT_PEOPLE)
    many.run(connection, INSERT_CIRCLE, [row for one in tries for row in one.circles], COUNT_CIRCLE)
    for one in tries:
        if one.files:
            learn_digests(connection, one.files, one.outside, to_micro(one.now))
    if lessons := [one.mail[0] for one in tries if one.lesson]:
        delivered_whole(connection, lessons, tries[-1].now)
    forget_octets(connection, [one.mail[0] for one in tries if one.letter])
    return [one.result for one in tries]


def record_groups(connection: sqlite3.Connection, groups: Sequence[Sequence[Relayed]]) -> list[list[RecordResult]]:
    """The same for groups of them. Raises Changed."""
    record_all(connection, [one for group in groups for one in group])
    return [[one.result for one in group] for group in groups]
