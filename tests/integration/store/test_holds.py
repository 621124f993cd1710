"""Guarded changes: one decision wins, approvals are counted, clocks run out, frozen copies wait."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from tests.ledger import ANN, BOB, BOSS, CAROL, DEPUTY, NOON, Ledger

from mailguard.mail.actor import HOUSE, Actor, Role
from mailguard.mail.address import parse_address
from mailguard.mail.lifecycle import Event, State
from mailguard.mail.message import new_message_id
from mailguard.mail.verdict import Ask, Disposition
from mailguard.store.bulk import BulkJobs

SENDER = Actor(ANN, Role.SENDER, "console")
ADMIN = Actor("admin@corp.example", Role.ADMINISTRATOR, "console")
B, C = parse_address(BOB), parse_address(CAROL)


def person(address: str) -> Actor:
    return Actor(address, Role.SENDER, "letter")


async def test_of_two_decisions_one_wins(ledger: Ledger) -> None:
    record = await ledger.add(Disposition.CONFIRM)
    people = [person(f"p{n}@corp.example") for n in range(20)]
    decisions = await asyncio.gather(
        *(
            ledger.holds.apply(record.id, event, one, ledger.clock())
            for one, event in zip(people, [Event.RELEASE, Event.CANCEL] * 10, strict=True)
        )
    )
    winners = [one for one, decision in zip(people, decisions, strict=True) if decision.changed]
    # A released copy can still be cancelled, as the table says; a cancelled one never goes.
    state = (await ledger.found(record.id)).state
    assert [one.address for one in winners][-1] == (await ledger.found(record.id)).recipients[0].decided_by
    assert state is State.CANCELLED
    assert len(winners) <= 2
    assert {decision.decided_by for decision in decisions if not decision.changed} <= {one.address for one in winners}


async def test_a_second_release_says_who_was_first(ledger: Ledger) -> None:
    record = await ledger.add(Disposition.CONFIRM)
    first = await ledger.holds.apply(record.id, Event.RELEASE, SENDER, ledger.clock())
    assert (first.changed, first.state) == ((B,), State.QUEUED)
    ledger.clock.forward(minutes=1)
    second = await ledger.holds.apply(record.id, Event.RELEASE, person(BOSS), ledger.clock())
    assert (second.changed, second.decided_by, second.decided_at) == ((), ANN, NOON)
    assert [line.event for line in await ledger.audit.history_of(record.id)] == ["accept", "release"]


async def test_each_copy_on_its_own(ledger: Ledger) -> None:
    record = await ledger.add(Disposition.CONFIRM, to=(BOB, CAROL))
    await ledger.holds.apply(record.id, Event.RELEASE, SENDER, ledger.clock(), recipients=(B,), comment="ok")
    found = await ledger.found(record.id)
    assert [copy.state for copy in found.recipients] == [State.QUEUED, State.HELD]
    assert found.state is State.HELD
    line = (await ledger.audit.history_of(record.id))[-1]
    assert (line.event, line.actor, line.via, line.recipients, line.comment) == (
        "release", ANN, "console", (BOB,), "ok",
    )  # fmt: skip


async def test_permission_is_asked_with_what_stands_in_the_ledger(ledger: Ledger) -> None:
    record = await ledger.add(Disposition.CONFIRM, to=(BOB, CAROL))
    decision = await ledger.holds.apply(
        record.id, Event.RELEASE, SENDER, ledger.clock(), may=lambda _, copy: copy.address == C
    )
    assert decision.changed == (C,)


async def test_a_letter_is_owed_in_the_same_transaction(ledger: Ledger) -> None:
    record = await ledger.add(Disposition.CONFIRM)
    await ledger.holds.apply(
        record.id, Event.REJECT, person(BOSS), ledger.clock(), comment="not like this", notice="rejected"
    )
    notice = (await ledger.outbox.pending(kinds=("rejected",)))[0]
    assert (notice.to, notice.message_id) == (ANN, record.id)
    assert notice.detail == {"actor": BOSS, "comment": "not like this", "recipients": [BOB]}
    await ledger.holds.apply(record.id, Event.CANCEL, SENDER, ledger.clock(), notice="cancelled")
    assert await ledger.outbox.pending(kinds=("cancelled",)) == []


async def test_no_such_message(ledger: Ledger) -> None:
    with pytest.raises(KeyError):
        await ledger.holds.apply(new_message_id(NOON), Event.CANCEL, SENDER, NOON)
    with pytest.raises(KeyError):
        await ledger.holds.approve(new_message_id(NOON), SENDER, NOON)
    assert await ledger.holds.find(new_message_id(NOON)) is None


async def test_approvals_are_counted_once_for_each_person(ledger: Ledger) -> None:
    record = await ledger.add(Disposition.APPROVE, to=(BOB, CAROL), approvers=(BOSS, DEPUTY), quorum=2)
    first = await ledger.holds.approve(record.id, person(BOSS), ledger.clock())
    assert (first.changed, first.state) == ((B, C), State.HELD)
    assert (await ledger.holds.approve(record.id, person(BOSS), ledger.clock())).changed == ()
    only_bob = await ledger.holds.approve(record.id, person(DEPUTY), ledger.clock(), recipients=(B,))
    assert only_bob.changed == (B,)
    found = await ledger.found(record.id)
    assert [copy.state for copy in found.recipients] == [State.QUEUED, State.HELD]
    assert [copy.approvals for copy in found.recipients] == [(BOSS, DEPUTY), (BOSS,)]
    assert found.recipients[0].decided_by == DEPUTY
    events = [(line.event, line.actor) for line in await ledger.audit.history_of(record.id)]
    assert events[1:] == [("approve", BOSS), ("approve", DEPUTY), ("release", DEPUTY)]


async def test_approvals_at_the_same_moment_reach_the_quorum_once(ledger: Ledger) -> None:
    record = await ledger.add(Disposition.APPROVE, approvers=(BOSS, DEPUTY), quorum=2)
    await asyncio.gather(
        *(ledger.holds.approve(record.id, person(one), ledger.clock()) for one in (BOSS, DEPUTY, BOSS, DEPUTY))
    )
    found = await ledger.found(record.id)
    assert found.state is State.QUEUED
    assert sorted(found.recipients[0].approvals) == [BOSS, DEPUTY]


async def test_clocks(ledger: Ledger) -> None:
    delay = await ledger.add(Disposition.DELAY, after=timedelta(seconds=60))
    await ledger.add(Disposition.CONFIRM)
    assert await ledger.holds.next_time() == NOON + timedelta(seconds=60)
    assert await ledger.holds.due(ledger.clock()) == []
    ledger.clock.forward(seconds=60)
    assert [record.id for record in await ledger.holds.due(ledger.clock())] == [delay.id]
    await ledger.holds.apply(delay.id, Event.RELEASE, HOUSE, ledger.clock())
    assert await ledger.holds.due(ledger.clock()) == []


async def test_a_frozen_copy_never_goes_by_itself(ledger: Ledger) -> None:
    record = await ledger.add(Disposition.DELAY, after=timedelta(seconds=60))
    until = ledger.clock() + timedelta(hours=72)
    decision = await ledger.holds.apply(record.id, Event.HOLD, SENDER, ledger.clock(), frozen_until=until)
    assert decision.changed == (B,)
    assert decision.decided_at is None
    copy = (await ledger.found(record.id)).recipients[0]
    assert (copy.frozen_by, copy.expires_at, copy.expire_action) == (ANN, until, "return")
    ledger.clock.forward(hours=1)
    assert await ledger.holds.due(ledger.clock()) == []
    await ledger.holds.apply(record.id, Event.RELEASE, SENDER, ledger.clock())
    assert (await ledger.found(record.id)).recipients[0].frozen_by == ""


async def test_a_queued_copy_can_be_taken_back(ledger: Ledger) -> None:
    record = await ledger.add()
    await ledger.holds.apply(record.id, Event.HOLD, SENDER, ledger.clock())
    assert (await ledger.found(record.id)).state is State.HELD
    assert await ledger.queue.claim(ledger.clock(), timedelta(minutes=1), 10) == []


async def test_a_notice_ends_once(ledger: Ledger) -> None:
    number = await ledger.outbox.add("login", ANN, NOON, nonce_hash="00")
    (notice,) = await ledger.outbox.pending()
    assert (notice.id, notice.kind, notice.to, notice.message_id, notice.detail, notice.created_at) == (
        number, "login", ANN, None, {"nonce_hash": "00"}, NOON,
    )  # fmt: skip
    assert await ledger.outbox.pending(kinds=("held",)) == []
    assert await ledger.outbox.done(number)
    assert not await ledger.outbox.done(number)


@pytest.mark.parametrize("hours", [48, -48])
async def test_deadlines_move_with_a_clock_that_is_set(ledger: Ledger, hours: int) -> None:
    by = timedelta(hours=hours)
    held = await ledger.add(Disposition.CONFIRM, after=timedelta(hours=1))
    due = await ledger.add()
    ledger.clock.forward(seconds=1)
    assert await ledger.holds.clock_was_set(ledger.clock() + by, by) == 2
    ledger.clock.time += by
    assert await ledger.holds.due(ledger.clock()) == []
    new = await ledger.add(Disposition.DELAY, after=timedelta(minutes=2))
    (job,) = await ledger.queue.claim(ledger.clock(), timedelta(minutes=1), 10)
    assert job.record.id == due.id
    assert [one.id for one in await ledger.holds.due(ledger.clock.forward(minutes=3))] == [new.id]
    assert [one.id for one in await ledger.holds.due(ledger.clock.forward(hours=1))] == [new.id, held.id]


@pytest.mark.parametrize("hours", [48, -48])
async def test_nobody_is_asked_again_because_the_clock_was_set(ledger: Ledger, hours: int) -> None:
    by, hour = timedelta(hours=hours), timedelta(hours=1)
    ask = Ask((BOSS,), 1, (), (), hour, 2 * hour, ("top@corp.example",))
    record = await ledger.add(Disposition.APPROVE, asks=(ask,))
    ledger.clock.forward(minutes=30)
    await ledger.holds.clock_was_set(ledger.clock() + by, by)
    ledger.clock.time += by
    for minutes, reminded, escalated in ((29, False, False), (2, True, False), (60, False, True)):
        now = ledger.clock.forward(minutes=minutes)
        assert await ledger.holds.unanswered(now) == [record.id] * (reminded or escalated)
        done = await ledger.holds.nudge(record.id, now)
        assert (bool(done and done.reminded), bool(done and done.escalated)) == (reminded, escalated)
    assert await ledger.holds.next_time() == NOON + by + 72 * hour


@pytest.mark.parametrize("hours", [48, -48])
async def test_an_act_over_many_can_be_undone_as_long_as_was_said(ledger: Ledger, hours: int) -> None:
    jobs, by = BulkJobs(ledger.db), timedelta(hours=hours)
    due = ledger.clock() + timedelta(seconds=30)
    await jobs.begin(ADMIN, "release", ["x"], ledger.clock(), due, comment="", query="")
    ledger.clock.forward(seconds=10)
    await ledger.holds.clock_was_set(ledger.clock() + by, by)
    ledger.clock.time += by
    assert await jobs.next_time() == ledger.clock() + timedelta(seconds=20)
    new = await jobs.begin(ADMIN, "release", ["y"], ledger.clock(), ledger.clock(), comment="", query="")
    assert [one.id for one in await jobs.due(ledger.clock())] == [new.id]


async def test_what_came_in_after_the_clock_was_set_keeps_its_time(ledger: Ledger) -> None:
    """Another process took it in, by the new clock, before the deadlines were moved."""
    ledger.clock.forward(hours=48)
    new = await ledger.add(Disposition.DELAY, after=timedelta(minutes=2))
    assert await ledger.holds.clock_was_set(ledger.clock(), timedelta(hours=48)) == 0
    ledger.clock.forward(hours=-24)
    back = await ledger.add(Disposition.DELAY, after=timedelta(minutes=2))
    assert await ledger.holds.clock_was_set(ledger.clock(), timedelta(hours=-24)) == 1, "the one from the time before"
    assert [one.id for one in await ledger.holds.due(ledger.clock.forward(minutes=3))] == [new.id, back.id]
