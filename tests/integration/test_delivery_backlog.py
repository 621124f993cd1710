"""Fresh mail that waits in memory: it goes as soon as there is a place, what waits on disk beside it is not forgotten,
and all of it is the ledger's again when it may not go.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from tests.integration.test_delivery import BOB, MAIL, Desk, Script, desk_in
from tests.relaying import until

from mailguard.delivery import Delivery
from mailguard.mail.address import Address
from mailguard.mail.lifecycle import State
from mailguard.mail.message import Body
from mailguard.mail.outcome import Outcome
from mailguard.relay.upstream import Outgoing
from mailguard.store.errors import StoreBusy
from mailguard.store.queue import Queue
from mailguard.store.records import MessageRecord

LEASE = timedelta(minutes=15)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with desk_in(tmp_path) as desk:
        yield desk


async def handed(desk: Desk, delivery: Delivery, count: int) -> list[MessageRecord]:
    """So many mails handed on, all of them under a lease."""
    records = [await desk.put(BOB, lease=LEASE) for _ in range(count)]
    for record in records:
        delivery.hand_on(record, Body.of(MAIL))
    return records


async def due_now(desk: Desk) -> set[str]:
    return {job.record.id for job in await desk.queue.claim(desk.now(), timedelta(minutes=1), 1000)}


async def test_more_than_go_at_once_wait_in_memory_and_go_in_their_order(desk: Desk) -> None:
    script = Script()
    script.gate.clear()
    delivery = await desk.started(script, concurrency=2, backlog_mails=5)
    records = await handed(desk, delivery, 6)
    assert delivery.room_for_one()  # two are under way, four wait
    records += await handed(desk, delivery, 1)
    assert not delivery.room_for_one()
    script.gate.set()
    for record in records:
        await desk.in_state(record.id, State.RELAYED)
    assert [mail.message_id for mail in script.sent] == [record.id for record in records]
    assert delivery.room_for_one()


async def test_a_server_that_takes_little_is_not_waited_for_in_memory(desk: Desk) -> None:
    script = Script()
    script.gate.clear()
    delivery = await desk.started(script, concurrency=1, soon_seconds=0.0)
    await handed(desk, delivery, 1)
    assert delivery.room_for_one()
    await handed(desk, delivery, 1)
    await until(lambda: not delivery.room_for_one())
    script.gate.set()
    await until(lambda: len(script.sent) == 2)


async def test_what_waits_on_disk_has_its_turn_while_fresh_mail_keeps_coming(desk: Desk) -> None:
    """Each mail that goes out is followed by a fresh one at once, so that there always is one."""
    script = Script()
    script.gate.clear()
    delivery = await desk.started(script, concurrency=1, poll_seconds=0.05)
    fresh = iter([await desk.put(BOB, lease=LEASE) for _ in range(150)])
    honest = script.relay

    async def relay(outgoing: Outgoing) -> dict[Address, Outcome]:
        if (following := next(fresh, None)) is not None:
            delivery.hand_on(following, Body.of(MAIL))
        await asyncio.sleep(0.002)
        return await honest(outgoing)

    script.relay = relay  # type: ignore[method-assign]
    for _ in range(3):
        delivery.hand_on(next(fresh), Body.of(MAIL))
    old = [await desk.put(BOB) for _ in range(5)]
    script.gate.set()
    await until(lambda: len(script.sent) == 155)
    order = [mail.message_id for mail in script.sent]
    assert max(order.index(record.id) for record in old) < 120


async def test_all_that_waits_in_memory_is_due_again_after_a_stop(desk: Desk) -> None:
    script = Script()
    script.gate.clear()
    delivery = await desk.started(script, concurrency=2, stop_seconds=0.05)
    records = await handed(desk, delivery, 150)
    await until(lambda: script.now_under_way == 2)
    await delivery.stop()
    assert await due_now(desk) == {record.id for record in records[2:]}  # two are in doubt, until their lease ends
    assert len(script.sent) == 2


async def test_who_waited_too_long_is_the_ledgers_again(desk: Desk) -> None:
    script = Script()
    script.gate.clear()
    delivery = await desk.started(script, concurrency=1, fresh_seconds=0.05)
    records = await handed(desk, delivery, 80)
    for record in records[1:]:
        await desk.so(record.id, lambda r: not r.recipients[0].leased)
    script.gate.set()
    for record in records:
        await desk.in_state(record.id, State.RELAYED)
    assert len(script.sent) == len(records)  # none twice


async def test_a_lease_that_cannot_be_ended_now_is_ended_later(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    script = Script()
    script.gate.clear()
    failures = 3
    honest = Queue.give_back

    async def give_back(self: Queue, *args: object) -> None:
        nonlocal failures
        if failures:
            failures -= 1
            raise StoreBusy("locked")
        await honest(self, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(Queue, "give_back", give_back)
    delivery = await desk.started(script, concurrency=1, fresh_seconds=0.05)
    records = await handed(desk, delivery, 5)
    for record in records[1:]:
        await desk.so(record.id, lambda r: not r.recipients[0].leased)
    assert failures == 0
    script.gate.set()


async def test_a_ledger_that_takes_no_outcomes_is_not_run_ahead_of(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is out and not written down would go twice after a crash: little more may be, while nothing can be."""

    async def refuses(*_: object) -> None:
        raise StoreBusy("locked")

    script = Script()
    delivery = await desk.started(script, concurrency=3)
    with monkeypatch.context() as patch:
        patch.setattr(Queue, "record", refuses)
        patch.setattr(Queue, "record_many", refuses)
        records = await handed(desk, delivery, 1)
        await until(lambda: delivery._recording.is_stuck)
        records += await handed(desk, delivery, 15)
        await until(lambda: len(script.sent) == 6)
        assert delivery.under_way == 6
    for record in records:
        await desk.in_state(record.id, State.RELAYED)
    assert len(script.sent) == len(records)
