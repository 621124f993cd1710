"""Decisions about copies, each inside its caller's transaction: let go, withdraw, stop, refuse, and one voice more.

A change is one guarded UPDATE made from mail.lifecycle.NEXT, with its audit line and notice in the same transaction.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from mailguard.mail.actor import Role
from mailguard.mail.lifecycle import Event, State
from mailguard.mail.verdict import Disposition
from mailguard.store import overridden, pausing, taught
from mailguard.store.changes import change, settle, sources
from mailguard.store.records import Decision, MessageRecord
from mailguard.store.rows import to_micro, to_text
from mailguard.store.wish import Wish, as_written, decision, mail_of, owe, wanted, write_line

#: The event of the audit line for a release by the urgent lane.
URGENT = "urgent"


#: The parts of a mail with their row numbers, and the mail as a whole.
Known = tuple[Sequence[tuple[int, MessageRecord]], MessageRecord]


def apply(connection: sqlite3.Connection, message_id: str, wish: Wish, known: Known | None = None) -> Decision:
    """Let an event happen, in all parts of the mail. An empty `changed`: to nobody. known: the mail as it was read in
    this transaction. Raises KeyError.
    """
    if wish.event is Event.RESUME:
        return pausing.resume(connection, message_id, wish)
    assert wish.event is not None
    parts, mail = known or mail_of(connection, message_id)
    changed = [key for number, part in parts for key in _apply_part(connection, number, part, mail, wish)]
    if changed:
        recipients = as_written(mail, changed)
        if wish.notice is not None:
            owe(connection, str(mail.sender), mail, wish, wish.notice, recipients)
        answer = "approve" if wish.event is Event.RELEASE else "reject"
        _owe_answered(connection, mail, wish, _places_taken(mail, changed, wish), recipients, answer)
        if wish.urgent:
            for person in _asked_about(mail, changed):
                owe(connection, person, mail, wish, "urgent", recipients)
    return decision(connection, mail, changed)


def _apply_part(
    connection: sqlite3.Connection, number: int, part: MessageRecord, mail: MessageRecord, wish: Wish
) -> list[str]:
    assert wish.event is not None
    keys = wanted(part, mail, wish, sources(wish.event))
    changed = change(connection, number, wish.event, keys, wish.now, _values(wish)) if keys else []
    if changed:
        if wish.event is Event.HOLD:
            pausing.stop_clocks(connection, number, part, changed, wish.now)
        word, places = URGENT if wish.urgent else str(wish.event), _places_taken(part, changed, wish)
        write_line(connection, part.id, wish, word, as_written(part, changed), _instead_of(places))
        taught.decided(connection, number, part, mail, wish, changed)
        overridden.decided(connection, part, mail, wish, changed)
        settle(connection, number, wish.now)
    return changed


def approve(connection: sqlite3.Connection, message_id: str, wish: Wish, known: Known | None = None) -> Decision:
    """Count one voice per copy; those whose every question is answered are released. `changed`: who was counted."""
    parts, mail = known or mail_of(connection, message_id)
    counted = [key for number, part in parts for key in _approve_part(connection, number, part, mail, wish)]
    places = _places_taken(mail, counted, wish)
    _owe_answered(connection, mail, wish, places, as_written(mail, counted), "approve")
    return decision(connection, mail, counted)


def _approve_part(
    connection: sqlite3.Connection, number: int, part: MessageRecord, mail: MessageRecord, wish: Wish
) -> list[str]:
    keys = set(wanted(part, mail, wish, (State.HELD,)))
    counted: list[str] = []
    released: list[str] = []
    for one in part.recipients:
        if one.address.key not in keys or wish.actor.address in one.approvals:
            continue
        counted.append(one.address.key)
        approvals = [*one.approvals, wish.actor.address]
        connection.execute(
            "UPDATE recipient SET approvals = ? WHERE message = ? AND key = ?",
            (to_text(approvals), number, one.address.key),
        )
        if not one.missing(approvals):
            released += change(connection, number, Event.RELEASE, [one.address.key], wish.now, _values(wish))
    if counted:
        places = _places_taken(part, counted, wish)
        write_line(connection, part.id, wish, "approve", as_written(part, counted), _instead_of(places))
        if released:
            quiet = replace(wish, comment="")
            write_line(connection, part.id, quiet, str(Event.RELEASE), as_written(part, released))
        settle(connection, number, wish.now)
    return counted


def _values(wish: Wish) -> dict[str, Any]:
    """The other columns that the event sets."""
    now = to_micro(wish.now)
    if wish.event is Event.HOLD:
        until = None if wish.frozen_until is None else to_micro(wish.frozen_until)
        # Whatever it was waiting for: a frozen copy never goes out by itself.
        return {"due_at": until, "expire_action": "return", "frozen_by": wish.actor.address}
    due = now if wish.event is Event.RELEASE else None
    values = {"due_at": due, "decided_by": wish.actor.address, "decided_at": now, "frozen_by": "", "paused": ""}
    return {**values, "urgent_at": now} if wish.urgent else values


def _asked_about(record: MessageRecord, keys: Iterable[str]) -> list[str]:
    """Who was asked about these copies; the administrators ("") where too few could answer."""
    changed = set(keys)
    asks = [ask for one in record.recipients if one.address.key in changed for ask in one.asks]
    people = {person for ask in asks for person in ask.people}.difference(record.authors)
    return sorted(people | ({""} if any(len(ask.approvers) < ask.quorum for ask in asks) else set()))


def _places_taken(record: MessageRecord, keys: Iterable[str], wish: Wish) -> list[str]:
    """Whose question somebody answers who is no approver of it himself: as a delegate, or as an administrator. A sender
    who asked somebody for advice, and then decides himself, takes nobody's place.
    """
    if wish.event not in (Event.RELEASE, Event.REJECT) or wish.urgent or wish.actor.role is Role.SYSTEM:
        return []
    changed, person = set(keys), wish.actor.address
    own = person in (*record.owners, *record.members)
    taken: set[str] = set()
    for one in record.recipients:
        if one.address.key not in changed or (own and one.disposition is not Disposition.APPROVE):
            continue
        for ask in (ask for ask in one.asks if person not in ask.approvers):
            delegates = dict(ask.delegates)
            taken.update([one for one in ask.approvers if person in delegates.get(one, ())] or ask.approvers)
    return sorted(taken.difference(record.authors))


def _instead_of(places: Sequence[str]) -> dict[str, Any] | None:
    return {"instead_of": list(places)} if places else None


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
        owe(connection, person, record, wish, "answered", recipients, answer=answer)
