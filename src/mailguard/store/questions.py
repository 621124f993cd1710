"""Who is asked about a held mail, and when: at once, once more when nobody answered, and others when that is not
enough.

Each asking is written in the transaction of what made it necessary, so it is owed once, whatever crashes. Nobody is
asked about his own mail. Who may answer is decided in `review`; here it is only told to whom the question goes.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from mailguard.mail.actor import HOUSE
from mailguard.mail.lifecycle import State
from mailguard.mail.verdict import ADMINISTRATORS
from mailguard.store import audit, outbox
from mailguard.store.parts import load_parts, whole
from mailguard.store.records import Asked, MessageRecord, NoticeKind, RecipientRecord
from mailguard.store.rows import asks_to_text, to_micro
from mailguard.store.talk import notes_of
from mailguard.store.wish import senders_of

#: Whom a notice goes to where the people of the house are meant who look after everything.
_HOUSE_PEOPLE = ""


@dataclass(frozen=True, slots=True)
class Nudge:
    """What was done about a mail that nobody answered. people: who was told (keys; "" for the administrators)."""

    record: MessageRecord
    reminded: tuple[str, ...] = ()
    escalated: tuple[str, ...] = ()


@dataclass(slots=True)
class _Askings:
    """Who hears of a question, and in whose places: each person once, whatever the number of copies."""

    people: dict[str, set[str]] = field(default_factory=dict)

    def add(self, person: str, instead_of: Iterable[str] = ()) -> None:
        self.people.setdefault(person, set()).update(instead_of)

    def owe(
        self,
        connection: sqlite3.Connection,
        kind: NoticeKind,
        record: MessageRecord,
        now: datetime,
        *,
        without: Collection[str] = (),
        **more: object,
    ) -> tuple[str, ...]:
        notes = notes_of(connection, record) if self.people else []
        people = set(self.people).difference(record.authors, without)
        told = sorted(people, key=lambda person: (person == _HOUSE_PEOPLE, person))
        for person in told:
            if record.parts and outbox.is_owed(connection, kind, person, record.lead):
                continue  # the letter that is still to be written speaks of all parts
            detail = {"instead_of": sorted(self.people[person]), "notes": notes}
            outbox.owe(connection, kind, person, now, message_id=record.lead, detail=detail | more)
        return tuple(told)


def first_nudge(asks: Iterable[Asked]) -> datetime | None:
    """When the first of all times comes that these questions still have."""
    return min((at for ask in asks if (at := ask.nudge_at) is not None), default=None)


@dataclass(frozen=True, slots=True)
class Heard:
    """What people heard before of a mail that this is a further part of. The default: it is the first they hear.

    sender: he needs no letter; people: those who need none (keys); rules: whose letters (`notify`) were written;
    further: whoever gets a letter had one about the mail before; nothing: nobody is told, it is decided.
    """

    sender: bool = False
    people: frozenset[str] = frozenset()
    rules: frozenset[str] = frozenset()
    further: bool = False
    nothing: bool = False


HEARD_NOTHING = Heard()


def owe_questions(
    connection: sqlite3.Connection, record: MessageRecord, now: datetime, heard: Heard = HEARD_NOTHING
) -> None:
    """One letter to the sender, and one to everybody who is asked at once: for an approver who is away, his stand-in.

    The administrators are asked if too few can say yes: nobody approves his own mail, so it would wait in vain.
    """
    more = {"further": record.id} if heard.further else {}
    for person in () if heard.sender else senders_of(record):
        outbox.owe(connection, "held", person, now, message_id=record.lead, detail=dict(more))
    asked = _Askings()
    for ask in (ask for copy in record.recipients for ask in copy.asks):
        for person, places in ask.asked.items():
            asked.add(person, places)
        if ask.reachable - sum(map(record.wrote, ask.approvers)) < ask.quorum:
            asked.add(_HOUSE_PEOPLE)
    asked.owe(connection, "approval", record, now, without=heard.people, **more)


def owe_passed_on(connection: sqlite3.Connection, record: MessageRecord, absent: str, now: datetime) -> tuple[str, ...]:
    """Ask whoever takes the place of somebody who is away now, or the administrators. Returns their keys."""
    asked = _Askings()
    for copy in record.recipients:
        for ask in copy.asks if copy.state is State.HELD else ():
            if absent not in ask.approvers or not copy.lacks(ask) or absent in copy.approvals:
                continue
            person = next((one for one, places in ask.asked.items() if absent in places), "")
            if person or ask.reachable < ask.quorum:
                asked.add(person, [absent])
    return asked.owe(connection, "approval", record, now)


def nudge(connection: sqlite3.Connection, message_id: str, now: datetime) -> Nudge | None:
    """Do what is due about the questions of a mail: remind, and ask others as well. None if nothing was due.

    The time that has come is struck out with the same write: it comes once.
    """
    parts = load_parts(connection, message_id)
    if not parts:
        return None
    mail = whole([record for _, record in parts], message_id)
    reminded, escalated = _Askings(), _Askings()
    touched = {record.id: _nudge_part(connection, number, record, now, reminded, escalated) for number, record in parts}
    if not any(touched.values()):
        return None
    again = reminded.owe(connection, "reminder", mail, now)
    further = escalated.owe(connection, "escalated", mail, now)
    for one, recipients in touched.items():
        for word, people in (("remind", again), ("escalate", further)):
            if people and recipients:
                _line(connection, one, now, word, recipients, people)
    viewers = [(person, number) for number, record in parts if touched[record.id] for person in further if person]
    connection.executemany("INSERT OR IGNORE INTO viewer (person, message, role) VALUES (?, ?, 'approver')", viewers)
    return Nudge(mail, again, further)


def _nudge_part(
    connection: sqlite3.Connection,
    number: int,
    record: MessageRecord,
    now: datetime,
    reminded: _Askings,
    escalated: _Askings,
) -> list[str]:
    """What is due about one part; who hears of it is added to the lists. Returns the copies it is about."""
    touched = []
    for copy in record.recipients:
        nudge_at = first_nudge(copy.asks)
        if copy.state is not State.HELD or nudge_at is None or nudge_at > now:
            continue
        asks = tuple(_nudged(ask, copy, now, reminded, escalated) for ask in copy.asks)
        _write(connection, number, copy, asks)
        touched.append(str(copy.address))
    return touched


def _nudged(ask: Asked, copy: RecipientRecord, now: datetime, reminded: _Askings, escalated: _Askings) -> Asked:
    """The question after what is due, with those who hear of it added to either list."""
    open_still = copy.lacks(ask) > 0
    if ask.remind_at is not None and ask.remind_at <= now:
        if open_still:
            _remind(ask, copy, reminded)
        ask = replace(ask, remind_at=None)
    if ask.escalate_at is not None and ask.escalate_at <= now:
        more = [person for person in ask.escalate_to if person != ADMINISTRATORS] if open_still else []
        if open_still:
            for person in ask.escalate_to:
                escalated.add(_HOUSE_PEOPLE if person == ADMINISTRATORS else person)
        ask = replace(ask, escalate_at=None, approvers=tuple(sorted({*ask.approvers, *more})))
    return ask


def _remind(ask: Asked, copy: RecipientRecord, reminded: _Askings) -> None:
    """Everybody who could still answer; a delegate hears of it now at the latest."""

    def could(person: str) -> bool:
        return not copy.approvals or copy.would_count(person)

    for approver in filter(could, ask.approvers):
        reminded.add(approver)
    for approver, delegates in ask.delegates:
        for person in filter(could, delegates):
            reminded.add(person, [approver])
    if len(ask.approvers) < ask.quorum:
        reminded.add(_HOUSE_PEOPLE)


def _write(connection: sqlite3.Connection, number: int, copy: RecipientRecord, asks: Sequence[Asked]) -> None:
    following = first_nudge(asks)
    connection.execute(
        "UPDATE recipient SET asks = ?, nudge_at = ? WHERE message = ? AND key = ? AND state = 'held'",
        (asks_to_text(asks), None if following is None else to_micro(following), number, copy.address.key),
    )


def _line(
    connection: sqlite3.Connection,
    message_id: str,
    now: datetime,
    word: str,
    recipients: Sequence[str],
    people: Sequence[str],
) -> None:
    named = [person or ADMINISTRATORS for person in people]
    audit.append(connection, now, HOUSE, word, message_id=message_id, recipients=recipients, detail={"people": named})
