"""One try at the upstream, written down: what became of each copy, what history learns, who is told.

All of it is one transaction of the caller's, so that what is out and what people hear of it never part. A copy that is
no longer queued stays as it is; its outcome is in the audit log all the same ("late").
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mailguard.mail.actor import HOUSE
from mailguard.mail.address import Address
from mailguard.mail.lifecycle import Event, State
from mailguard.mail.outcome import Outcome, Result
from mailguard.store import audit, incidents, lessons, many, outbox, recipes
from mailguard.store.changes import change, settle
from mailguard.store.files_seen import learn_files
from mailguard.store.history import learn
from mailguard.store.memory import learn_people
from mailguard.store.parts import family, lead_of
from mailguard.store.records import RecordResult
from mailguard.store.reporting import Report, owe_reports
from mailguard.store.rows import clean, number_of, path_of, to_micro, to_text

_EVENT = {Result.RELAYED: Event.RELAY, Result.DEFERRED: Event.DEFER, Result.FAILED: Event.FAIL}
#: The upstream's words are kept so long.
WORDS_MAX = 500


@dataclass(frozen=True, slots=True)
class _Try:
    """One try that is being written down."""

    connection: sqlite3.Connection
    number: int
    message_id: str
    now: datetime
    retry_at: datetime | None


def record(
    connection: sqlite3.Connection,
    message_id: str,
    outcomes: Mapping[Address, Outcome],
    now: datetime,
    retry_at: datetime | None,
    give_up: bool,
) -> RecordResult:
    number = number_of(connection, message_id)
    if number is None:
        raise KeyError(message_id)
    one = _Try(connection, number, message_id, now, retry_at)
    done, unreported = _written(one, outcomes, give_up)
    if done[Event.DEFER]:
        incidents.contain(connection, [number], now)
    relayed, bounced = done[Event.RELAY], tuple(done[Event.FAIL])
    state = settle(connection, number, now)
    kind, sender, told, teaches = connection.execute(
        "SELECT kind, sender, told, teaches FROM message WHERE number = ?", (number,)
    ).fetchone()
    if teaches:
        _teach(one, sender, relayed, state)
    if kind == "letter":
        if state is State.RELAYED:
            forget_octets(one.connection, [one.number])
        return RecordResult(tuple(relayed), tuple(done[Event.DEFER]), bounced)
    if relayed:
        recipes.owe_password(connection, number, message_id, sender, now)
    if told or len(family(connection, number)) > 1:
        _tell_sent(one, sender)
    happened: dict[Report, Sequence[Address]] = {"bounced": bounced, "relayed": unreported}
    owed = owe_reports(connection, number, message_id, sender, now, happened) if sender else []
    return RecordResult(tuple(relayed), tuple(done[Event.DEFER]), bounced, next(iter(owed), None))


def _written(
    one: _Try, outcomes: Mapping[Address, Outcome], give_up: bool
) -> tuple[dict[Event, list[Address]], list[Address]]:
    """Write all outcomes to their copies. Returns who was changed by which event; and who of those that are out has
    nobody behind us to tell the sender.
    """
    done: dict[Event, list[Address]] = {Event.RELAY: [], Event.DEFER: [], Event.FAIL: []}
    unreported: list[Address] = []
    for (event, outcome), addresses in _grouped(outcomes, give_up).items():
        changed = _write_down(one, event, outcome, addresses)
        done[event] += changed
        if event is Event.RELAY and not outcome.reports:
            unreported += changed
    return done, unreported


def forget_octets(connection: sqlite3.Connection, numbers: Sequence[int]) -> None:
    """A letter holds a code and a link: it is not kept a moment longer than needed."""
    if not numbers:
        return
    these, values = many.one_of(len(numbers)), many.filled(numbers)
    connection.execute(f"UPDATE message SET body = 'gone' WHERE number IN {these} AND body = 'row'", values)  # noqa: S608
    in_row = "EXISTS (SELECT 1 FROM body WHERE body.message = body_key.message)"
    connection.execute(f"DELETE FROM body_key WHERE message IN {these} AND {in_row}", values)  # noqa: S608
    connection.execute(f"DELETE FROM body WHERE message IN {these}", values)  # noqa: S608


def said(outcome: Outcome) -> str:
    """The next server's words, as they are kept."""
    return clean(outcome.text)[:WORDS_MAX]


def _grouped(outcomes: Mapping[Address, Outcome], give_up: bool) -> dict[tuple[Event, Outcome], list[Address]]:
    """Copies with the same outcome are written down together."""
    groups: dict[tuple[Event, Outcome], list[Address]] = {}
    for address, outcome in outcomes.items():
        event = _EVENT[outcome.result]
        if give_up and event is Event.DEFER:
            event = Event.FAIL
        groups.setdefault((event, outcome), []).append(address)
    return groups


def _write_down(one: _Try, event: Event, outcome: Outcome, addresses: list[Address]) -> list[Address]:
    """Change the copies of one outcome, with its audit line. Returns those that were still queued."""
    text = said(outcome)
    due = None if event is not Event.DEFER or one.retry_at is None else to_micro(one.retry_at)
    values: dict[str, Any] = {"due_at": due, "last_code": outcome.code, "last_text": text}
    values |= {"tried_at": to_micro(one.now), "mta": clean(outcome.mta)}
    by_key = {address.key: address for address in addresses}
    changed = change(one.connection, one.number, event, by_key, one.now, values, tried=True)
    detail = {"result": str(outcome.result), "code": outcome.code, "text": text, "unknown": outcome.unknown}
    for word, keys in ((str(event), changed), ("late", sorted(by_key.keys() - set(changed)))):
        if keys:
            recipients = [str(by_key[key]) for key in keys]
            audit.append(
                one.connection, one.now, HOUSE, word, message_id=one.message_id, recipients=recipients, detail=detail
            )
    return [by_key[key] for key in changed]


def _teach(one: _Try, sender: str, relayed: list[Address], state: State) -> None:
    sql = "SELECT key, external FROM recipient WHERE message = ? AND added = 0"  # who was added is no habit of his
    named: dict[str, int] = dict(one.connection.execute(sql, (one.number,)))
    relayed = [address for address in relayed if address.key in named]
    lessons.delivered(one.connection, one.number, [address.key for address in relayed], one.now)
    external = {key for key, outside in named.items() if outside}
    mailbox = path_of(sender).mailbox
    outside = [address for address in relayed if address.key in external]
    if mailbox is not None and outside:
        learn(one.connection, mailbox.key, outside, one.now)
        learn_files(one.connection, one.number, outside, one.now)
    if mailbox is not None and relayed:
        learn_people(one.connection, one.number, mailbox.key, relayed, state, one.now)


def _tell_sent(one: _Try, sender: str) -> None:
    """Once nothing of the mail waits any more: people who were told "held" are told "sent", one time."""
    numbers = to_text(family(one.connection, one.number))
    rows = one.connection.execute(
        "SELECT state, address FROM recipient WHERE message IN (SELECT value FROM json_each(?))"
        " ORDER BY message, position",
        (numbers,),
    ).fetchall()
    sent = [address for state, address in rows if state == State.RELAYED]
    if not sent or any(state in (State.HELD, State.QUEUED) for state, _ in rows):
        return
    # A try that was recorded twice after a crash must not tell twice.
    once = one.connection.execute(
        "UPDATE message SET told = 0 WHERE number IN (SELECT value FROM json_each(?)) AND told = 1", (numbers,)
    )
    if once.rowcount:
        lead = lead_of(one.connection, one.number)
        outbox.owe(one.connection, "sent", sender, one.now, message_id=lead, detail={"recipients": sent})
