"""The table of states in the database: every (state, event, next) is let through or refused as mail.lifecycle says.

First below the program, by SQL that goes around it; then through the program, from every state with every event.
"""

from __future__ import annotations

import itertools
import sqlite3
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.ledger import BOB, CAROL, NOON, Ledger, facts, mail, verdict

from mailguard.mail.actor import HOUSE, Actor, Role
from mailguard.mail.lifecycle import FINAL, NEXT, Event, State, message_state
from mailguard.mail.verdict import Disposition
from mailguard.store.changes import change, settle
from mailguard.store.entry import Entry, insert
from mailguard.store.fresh import record_of
from mailguard.store.migrate import migrate

ACTOR = Actor("ann@corp.example", Role.SENDER, "console")

#: Events that lead from the beginning to each state.
WAYS: dict[State, list[Event]] = {State.HELD: [], State.QUEUED: [Event.RELEASE]}
WAYS |= {
    State.CANCELLED: [Event.CANCEL],
    State.REJECTED: [Event.REJECT],
    State.EXPIRED: [Event.EXPIRE],
    State.RELAYED: [Event.RELEASE, Event.RELAY],
    State.BOUNCED: [Event.RELEASE, Event.FAIL],
}


def memory() -> sqlite3.Connection:
    db = sqlite3.connect(":memory:", isolation_level=None)
    migrate(db)
    return db


def entered(db: sqlite3.Connection, to: tuple[str, ...] = (BOB,)) -> int:
    message = mail(to)
    record = record_of(message, facts(), verdict(message, Disposition.CONFIRM), b"", None)
    return insert(db, Entry(record, b"x", HOUSE), NOON)


def brought(db: sqlite3.Connection, state: State) -> int:
    number = entered(db)
    for event in WAYS[state]:
        assert change(db, number, event, [BOB], NOON, {})
    return number


@pytest.mark.parametrize("state", State)
def test_the_database_refuses_what_is_not_in_the_table(state: State) -> None:
    db = memory()
    number = brought(db, state)
    for event, after in itertools.product(Event, State):
        db.execute("SAVEPOINT try")
        try:
            db.execute("UPDATE recipient SET state = ?, event = ? WHERE message = ?", (str(after), str(event), number))
            let_through = True
        except sqlite3.IntegrityError:
            let_through = False
        db.execute("ROLLBACK TO try")
        db.execute("RELEASE try")
        assert let_through == (NEXT.get((state, event)) is after), (state, event, after)
    db.close()


@pytest.mark.parametrize(("state", "event"), list(itertools.product(State, Event)))
def test_the_program_changes_what_is_in_the_table_and_nothing_else(state: State, event: Event) -> None:
    db = memory()
    number = brought(db, state)
    changed = change(db, number, event, [BOB], NOON, {})
    assert bool(changed) == ((state, event) in NEXT)
    assert settle(db, number, NOON) is NEXT.get((state, event), state)
    db.close()


@pytest.mark.parametrize("state", sorted(FINAL))
def test_no_copy_begins_at_its_end(state: State) -> None:
    db = memory()
    number = entered(db)
    with pytest.raises(sqlite3.IntegrityError, match="begins"):
        db.execute(
            "INSERT INTO recipient SELECT message, 'new@x.example', 9, address, domain, external, disposition, ?,"
            " event, due_at, lease, expire_action, approvals, attempts, last_code, last_text,"
            " decided_by, decided_at, frozen_by, rules, asks, nudge_at, urgent, urgent_at, recipe, added, paused,"
            " notify, orcpt, tried_at, mta, way"
            " FROM recipient WHERE message = ?",
            (str(state), number),
        )
    db.close()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(Event), st.sampled_from([(BOB,), (CAROL,), (BOB, CAROL)])), max_size=12))
def test_any_run_of_events_keeps_the_message_true_to_its_copies(
    run: list[tuple[Event, tuple[str, ...]]],
) -> None:
    db = memory()
    number = entered(db, (BOB, CAROL))
    expected = {BOB: State.HELD, CAROL: State.HELD}
    for event, keys in run:
        changed = change(db, number, event, keys, NOON, {})
        assert set(changed) == {key for key in keys if (expected[key], event) in NEXT}
        for key in changed:
            expected[key] = NEXT[expected[key], event]
        whole = settle(db, number, NOON)
        assert whole is message_state(expected.values())
        stored = db.execute("SELECT state, ended_at IS NOT NULL FROM message").fetchone()
        assert stored == (str(whole), int(whole in FINAL))
    db.close()


@pytest.mark.parametrize("event", [Event.HOLD, Event.CANCEL, Event.REMOVE])
async def test_what_is_being_sent_is_left_alone(ledger: Ledger, event: Event) -> None:
    record = await ledger.add()
    (job,) = await ledger.queue.claim(ledger.clock(), timedelta(minutes=15), 10)
    decision = await ledger.holds.apply(record.id, event, ACTOR, ledger.clock())
    assert decision.changed == ()
    assert decision.state is State.QUEUED
    await ledger.queue.give_back(record.id, job.recipients, ledger.clock())
    assert (await ledger.holds.apply(record.id, event, ACTOR, ledger.clock())).changed


async def test_what_was_being_sent_by_somebody_who_died_can_be_withdrawn_when_the_lease_is_over(ledger: Ledger) -> None:
    record = await ledger.add()
    await ledger.queue.claim(ledger.clock(), timedelta(minutes=15), 10)
    ledger.clock.forward(minutes=16)
    assert (await ledger.holds.apply(record.id, Event.CANCEL, ACTOR, ledger.clock())).state is State.CANCELLED
