"""Held copies, and what people look up: guarded changes, pages, counts, clocks that ran out.

A change is one guarded UPDATE made from mail.lifecycle.NEXT, with its audit line and notice in the same transaction:
of two decisions on the same copy one wins, and the other learns who was faster.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from mailguard.mail.actor import Actor, Role
from mailguard.mail.address import Address
from mailguard.mail.lifecycle import Event, State
from mailguard.store import audit, filters, outbox
from mailguard.store.changes import change, settle, sources
from mailguard.store.db import Database
from mailguard.store.looks import Reading, note_opened, note_read
from mailguard.store.questions import Nudge, nudge
from mailguard.store.records import Decision, Filter, MessageRecord, NoticeKind, RecipientRecord
from mailguard.store.rows import load, load_by_id, number_of, to_micro, to_moment_or_none, to_text

#: The event of the audit line for a release by the urgent lane.
URGENT = "urgent"

May = Callable[[MessageRecord, RecipientRecord], bool]


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to happen to which copies, and how it is told.

    recipients: None means all to whom it can happen. may: asked inside the transaction, with what stands in the ledger
    then; copies that it refuses are left alone. notice: the letter to the sender that this owes.
    frozen_until: for HOLD: when the frozen copy is given back if nobody decides. urgent: for RELEASE: the sender does
    not wait for those who are asked, and they are told so.
    """

    event: Event
    actor: Actor
    now: datetime
    recipients: tuple[Address, ...] | None = None
    may: May | None = None
    comment: str = ""
    notice: NoticeKind | None = None
    frozen_until: datetime | None = None
    urgent: bool = False


class Holds:
    """Messages as people see them, and what people change."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def apply(
        self,
        message_id: str,
        event: Event,
        actor: Actor,
        now: datetime,
        *,
        recipients: tuple[Address, ...] | None = None,
        may: May | None = None,
        comment: str = "",
        notice: NoticeKind | None = None,
        frozen_until: datetime | None = None,
        urgent: bool = False,
    ) -> Decision:
        """Let an event happen to the recipients named (None: to all to whom it can happen). See `Wish`.

        A copy whose try at the upstream is under way is left alone. An empty `changed` says that somebody was faster
        or it was not possible. Raises KeyError: no such message.
        """
        wish = Wish(event, actor, now, recipients, may, comment, notice, frozen_until, urgent)
        return await self._db.write(lambda c: _apply(c, message_id, wish))

    async def approve(
        self,
        message_id: str,
        actor: Actor,
        now: datetime,
        *,
        recipients: tuple[Address, ...] | None = None,
        may: May | None = None,
        comment: str = "",
    ) -> Decision:
        """Count one approval per copy; those whose every question is answered are released. `changed`: who was counted.

        Raises KeyError: no such message.
        """
        wish = Wish(Event.RELEASE, actor, now, recipients, may, comment)
        return await self._db.write(lambda c: _approve(c, message_id, wish))

    async def find(self, message_id: str) -> MessageRecord | None:
        """A message, or None."""
        return await self._db.read(lambda c: load_by_id(c, message_id))

    async def opened(self, message_id: str, person: str, now: datetime) -> bool:
        """Keep when a person (key) first opened the page of a mail. False if that was known."""
        return await self._db.write(lambda c: note_opened(c, message_id, person, now))

    async def read(self, message_id: str, actor: Actor, what: Reading, now: datetime) -> datetime:
        """A line that contents of a mail are shown to somebody, unless one of the last hour says the same. Returns
        when that was written.
        """
        return await self._db.write(lambda c: note_read(c, message_id, actor, what, now))

    async def page(self, chosen: Filter, limit: int = 50) -> list[MessageRecord]:
        """The newest `limit` messages that match, newest first; the next page: Filter(before=last.id)."""
        sql, values = filters.numbers(chosen, limit)
        return await self._db.read(lambda c: load(c, [row[0] for row in c.execute(sql, values)]))

    async def ids(self, chosen: Filter, limit: int) -> list[str]:
        """The ids of the newest `limit` messages that match, newest first."""
        sql, values = filters.numbers(chosen, limit)
        by_number = f"SELECT id FROM message WHERE number IN ({sql}) ORDER BY number DESC"  # noqa: S608
        return await self._db.read(lambda c: [row[0] for row in c.execute(by_number, values)])

    async def count(self, chosen: Filter) -> int:
        """How many match (`before` counts too)."""
        sql, values = filters.count(chosen)
        return int((await self._db.read(lambda c: c.execute(sql, values).fetchone()))[0])

    async def due(self, now: datetime, limit: int = 100) -> list[MessageRecord]:
        """Messages with holds whose time ran out, longest first."""
        sql = "SELECT message FROM recipient WHERE state = 'held' AND due_at <= ? ORDER BY due_at LIMIT ?"

        def query(connection: sqlite3.Connection) -> list[MessageRecord]:
            rows = connection.execute(sql, (to_micro(now), limit))
            return load(connection, list(dict.fromkeys(row[0] for row in rows)))

        return await self._db.read(query)

    async def unanswered(self, now: datetime, limit: int = 100) -> list[str]:
        """The ids of messages about which somebody is to be reminded, or others are to be asked, longest first."""
        sql = (
            "SELECT DISTINCT m.id FROM recipient r JOIN message m ON m.number = r.message"
            " WHERE r.nudge_at <= ? AND r.state = 'held' ORDER BY r.nudge_at LIMIT ?"
        )
        return await self._db.read(lambda c: [row[0] for row in c.execute(sql, (to_micro(now), limit))])

    async def nudge(self, message_id: str, now: datetime) -> Nudge | None:
        """Remind and escalate what is due about a message; each time comes once. None if nothing was due."""
        return await self._db.write(lambda c: nudge(c, message_id, now))

    async def next_time(self) -> datetime | None:
        """When the next hold runs out, or the next of those who are asked hears of it again; None if never."""
        sql = (
            "SELECT min(at) FROM (SELECT min(due_at) AS at FROM recipient WHERE state = 'held' AND due_at IS NOT NULL"
            " UNION ALL SELECT min(nudge_at) FROM recipient WHERE nudge_at IS NOT NULL)"
        )
        return to_moment_or_none((await self._db.read(lambda c: c.execute(sql).fetchone()))[0])

    async def urgent_count(self, owner: str = "") -> int:
        """How many mails went by the urgent lane (with an owner: of his), as far as they are kept."""
        sql = "SELECT count(DISTINCT r.message) FROM recipient r WHERE r.urgent_at IS NOT NULL"
        if owner:
            sql += (
                " AND EXISTS (SELECT 1 FROM viewer v WHERE v.person = ? AND v.message = r.message AND role = 'sender')"
            )
        return int((await self._db.read(lambda c: c.execute(sql, (owner,) if owner else ()).fetchone()))[0])


def _apply(connection: sqlite3.Connection, message_id: str, wish: Wish) -> Decision:
    record, number = _found(connection, message_id)
    wanted = _wanted(record, wish, sources(wish.event))
    changed = change(connection, number, wish.event, wanted, wish.now, _values(wish)) if wanted else []
    if changed:
        recipients = _as_written(record, changed)
        places = _places_taken(record, changed, wish)
        _line(connection, message_id, wish, URGENT if wish.urgent else str(wish.event), recipients, places)
        settle(connection, number, wish.now)
        if wish.notice is not None:
            _owe(connection, str(record.sender), record, wish, wish.notice, recipients)
        answer = "approve" if wish.event is Event.RELEASE else "reject"
        _owe_answered(connection, record, wish, places, recipients, answer)
        if wish.urgent:
            for person in _asked_about(record, changed):
                _owe(connection, person, record, wish, "urgent", recipients)
    return _decision(connection, number, record, changed)


def _approve(connection: sqlite3.Connection, message_id: str, wish: Wish) -> Decision:
    record, number = _found(connection, message_id)
    wanted = set(_wanted(record, wish, (State.HELD,)))
    counted: list[str] = []
    released: list[str] = []
    for one in record.recipients:
        if one.address.key not in wanted or wish.actor.address in one.approvals:
            continue
        counted.append(one.address.key)
        approvals = [*one.approvals, wish.actor.address]
        connection.execute(
            "UPDATE recipient SET approvals = ? WHERE message = ? AND key = ?",
            (to_text(approvals), number, one.address.key),
        )
        if not one.missing(approvals):
            released += change(connection, number, wish.event, [one.address.key], wish.now, _values(wish))
    if counted:
        places, recipients = _places_taken(record, counted, wish), _as_written(record, counted)
        _line(connection, message_id, wish, "approve", recipients, places)
        _owe_answered(connection, record, wish, places, recipients, "approve")
        if released:
            _line(connection, message_id, replace(wish, comment=""), str(wish.event), _as_written(record, released))
        settle(connection, number, wish.now)
    return _decision(connection, number, record, counted)


def _found(connection: sqlite3.Connection, message_id: str) -> tuple[MessageRecord, int]:
    record, number = load_by_id(connection, message_id), number_of(connection, message_id)
    if record is None or number is None:
        raise KeyError(message_id)
    return record, number


def _wanted(record: MessageRecord, wish: Wish, states: Iterable[State]) -> list[str]:
    """The keys of the copies that are meant, may be changed, and are in a state for it."""
    named = None if wish.recipients is None else {address.key for address in wish.recipients}
    return [
        one.address.key
        for one in record.recipients
        if one.state in states
        and (named is None or one.address.key in named)
        and (wish.may is None or wish.may(record, one))
    ]


def _values(wish: Wish) -> dict[str, Any]:
    """The other columns that the event sets."""
    now = to_micro(wish.now)
    if wish.event is Event.HOLD:
        until = None if wish.frozen_until is None else to_micro(wish.frozen_until)
        # Whatever it was waiting for: a frozen copy never goes out by itself.
        return {"due_at": until, "expire_action": "return", "frozen_by": wish.actor.address}
    due = now if wish.event is Event.RELEASE else None
    values = {"due_at": due, "decided_by": wish.actor.address, "decided_at": now, "frozen_by": ""}
    return {**values, "urgent_at": now} if wish.urgent else values


def _asked_about(record: MessageRecord, keys: Iterable[str]) -> list[str]:
    """Who was asked about these copies; the administrators ("") where too few could answer."""
    changed = set(keys)
    asks = [ask for one in record.recipients if one.address.key in changed for ask in one.asks]
    people = {person for ask in asks for person in ask.people}.difference(record.authors)
    return sorted(people | ({""} if any(len(ask.approvers) < ask.quorum for ask in asks) else set()))


def _places_taken(record: MessageRecord, keys: Iterable[str], wish: Wish) -> list[str]:
    """Whose question somebody answers who is no approver of it himself: as a delegate, or as an administrator."""
    if wish.event not in (Event.RELEASE, Event.REJECT) or wish.urgent or wish.actor.role is Role.SYSTEM:
        return []
    changed, person = set(keys), wish.actor.address
    taken: set[str] = set()
    for ask in (ask for one in record.recipients if one.address.key in changed for ask in one.asks):
        if person not in ask.approvers:
            delegates = dict(ask.delegates)
            own = [one for one in ask.approvers if person in delegates.get(one, ())]
            taken.update(own or ask.approvers)
    return sorted(taken.difference(record.authors))


def _owe_answered(
    connection: sqlite3.Connection,
    record: MessageRecord,
    wish: Wish,
    places: Iterable[str],
    recipients: list[str],
    answer: str,
) -> None:
    """Those in whose place somebody answered hear of it."""
    for person in places:
        _owe(connection, person, record, wish, "answered", recipients, answer=answer)


def _as_written(record: MessageRecord, keys: Iterable[str]) -> list[str]:
    wanted = set(keys)
    return [str(one.address) for one in record.recipients if one.address.key in wanted]


def _line(
    connection: sqlite3.Connection,
    message_id: str,
    wish: Wish,
    word: str,
    recipients: list[str],
    places: Sequence[str] = (),
) -> None:
    detail = {"instead_of": list(places)} if places else None
    audit.append(
        connection,
        wish.now,
        wish.actor,
        word,
        message_id=message_id,
        recipients=recipients,
        comment=wish.comment,
        detail=detail,
    )


def _owe(
    connection: sqlite3.Connection,
    to: str,
    record: MessageRecord,
    wish: Wish,
    kind: NoticeKind,
    recipients: list[str],
    **further: str,
) -> None:
    detail = {"actor": wish.actor.address, "comment": wish.comment, "recipients": recipients, **further}
    outbox.owe(connection, kind, to, wish.now, message_id=record.id, detail=detail)


def _decision(connection: sqlite3.Connection, number: int, record: MessageRecord, changed: Iterable[str]) -> Decision:
    """What stands in the ledger now, and who decided last."""
    by_key = {one.address.key: one.address for one in record.recipients}
    state = connection.execute("SELECT state FROM message WHERE number = ?", (number,)).fetchone()[0]
    row = connection.execute(
        "SELECT decided_by, decided_at FROM recipient WHERE message = ? AND decided_at IS NOT NULL"
        " ORDER BY decided_at DESC LIMIT 1",
        (number,),
    ).fetchone()
    by, at = row or ("", None)
    return Decision(tuple(by_key[key] for key in changed), State(state), by, to_moment_or_none(at))
