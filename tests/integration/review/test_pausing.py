"""Clocks that stand and go on with the time that was left."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from tests.acting import ADMINISTRATOR, APPROVER, SENDER, B, C, House, acting
from tests.ledger import BOB, BOSS, DEPUTY, NOON

from mailguard.mail.lifecycle import State
from mailguard.mail.verdict import Ask, Disposition
from mailguard.review import Act, Forbidden, Refused


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with acting(tmp_path) as one:
        yield one


async def test_an_undo_window_goes_on_with_what_was_left(house: House) -> None:
    record = await house.ledger.add(Disposition.DELAY, after=timedelta(seconds=60), action="release")
    house.ledger.clock.forward(seconds=20)
    view = await house.review.act(SENDER, record.id, Act.HOLD)
    assert Act.RESUME in view.acts
    house.ledger.clock.forward(hours=1)
    await house.review.expire_due()
    view = await house.review.act(SENDER, record.id, Act.RESUME)
    copy = view.record.recipients[0]
    assert (copy.state, copy.expires_at, copy.expire_action) == (
        State.HELD, NOON + timedelta(hours=1, seconds=60), "release",
    )  # fmt: skip
    assert (copy.frozen_by, copy.paused, copy.decided_by) == ("", None, "")
    assert Act.RESUME not in view.acts
    house.ledger.clock.forward(seconds=39)
    await house.review.expire_due()
    assert (await house.ledger.found(record.id)).state is State.HELD
    house.ledger.clock.forward(seconds=2)
    await house.review.expire_due()
    assert (await house.ledger.found(record.id)).state is State.QUEUED
    assert [line.event for line in await house.ledger.audit.history_of(record.id)] == [
        "accept", "hold", "resume", "release",
    ]  # fmt: skip


async def test_pausing_twice_keeps_the_first_clock(house: House) -> None:
    record = await house.ledger.add(Disposition.CONFIRM, after=timedelta(hours=10))
    await house.review.act(SENDER, record.id, Act.HOLD)
    house.ledger.clock.forward(hours=1)
    await house.review.act(ADMINISTRATOR, record.id, Act.HOLD)
    house.ledger.clock.forward(hours=1)
    with pytest.raises(Forbidden):
        await house.review.act(SENDER, record.id, Act.RESUME)
    view = await house.review.act(ADMINISTRATOR, record.id, Act.RESUME)
    assert view.record.recipients[0].expires_at == NOON + timedelta(hours=12)


async def test_reminders_come_so_much_later(house: House) -> None:
    ask = Ask((BOSS,), remind_after=timedelta(hours=4), escalate_after=timedelta(hours=8), escalate_to=(DEPUTY,))
    record = await house.mail(Disposition.APPROVE, asks=(ask,))
    house.ledger.clock.forward(hours=1)
    await house.review.act(SENDER, record.id, Act.HOLD)
    house.ledger.clock.forward(hours=20)
    await house.review.expire_due()
    assert not await house.owed("reminder")
    await house.review.act(SENDER, record.id, Act.RESUME)
    assert await house.ledger.holds.unanswered(house.ledger.clock()) == []
    house.ledger.clock.forward(hours=3)
    await house.review.expire_due()
    assert len(await house.owed("reminder")) == 1
    assert not await house.owed("escalated")
    house.ledger.clock.forward(hours=4)
    await house.review.expire_due()
    assert len(await house.owed("escalated")) == 1


async def test_only_some_copies_go_on(house: House) -> None:
    record = await house.mail(Disposition.DELAY)
    await house.review.act(SENDER, record.id, Act.HOLD)
    view = await house.review.act(SENDER, record.id, Act.RESUME, (C,))
    assert [bool(copy.frozen_by) for copy in view.record.recipients] == [True, False]
    assert Act.RESUME in view.acts_for[BOB]


async def test_what_was_taken_out_of_the_queue_has_no_clock_to_go_on(house: House) -> None:
    record = await house.ledger.add(Disposition.DELIVER)
    view = await house.review.act(SENDER, record.id, Act.HOLD)
    assert Act.RESUME not in view.acts
    with pytest.raises(Refused):
        await house.review.act(SENDER, record.id, Act.RESUME)
    assert (await house.review.act(SENDER, record.id, Act.RELEASE)).record.state is State.QUEUED


async def test_who_only_approves_neither_stops_nor_starts_a_clock(house: House) -> None:
    record = await house.mail(Disposition.APPROVE)
    await house.review.act(SENDER, record.id, Act.HOLD)
    with pytest.raises(Forbidden):
        await house.review.act(APPROVER, record.id, Act.RESUME)


async def test_a_decision_forgets_the_clock_that_stood(house: House) -> None:
    record = await house.mail()
    await house.review.act(SENDER, record.id, Act.HOLD)
    view = await house.review.act(SENDER, record.id, Act.RELEASE, (B,))
    assert [copy.paused is None for copy in view.record.recipients] == [True, False]
