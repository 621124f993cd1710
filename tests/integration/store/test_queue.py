"""What is due: claims under a lease, tries written down, what is learned and told."""

from __future__ import annotations

import asyncio
import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest
from tests.ledger import ANN, BOB, CAROL, NOON, Ledger, facts, mail, opened, verdict

from mailguard.mail.actor import HOUSE
from mailguard.mail.address import parse_address
from mailguard.mail.facts import Facts
from mailguard.mail.lifecycle import Event, State
from mailguard.mail.message import new_message_id
from mailguard.mail.outcome import Outcome, Result
from mailguard.mail.verdict import Disposition
from mailguard.policy.case import Known
from mailguard.policy.lookalike import known_domains
from mailguard.store import queue as store_queue
from mailguard.store.records import Filter, Job, RecordResult

LEASE = timedelta(minutes=15)
OK = Outcome(Result.RELAYED, 250, "2.0.0 taken")
LATER = Outcome(Result.DEFERRED, 451, "4.7.1 try later")
NO = Outcome(Result.FAILED, 550, "5.1.1 no such user")
B, C = parse_address(BOB), parse_address(CAROL)


async def claim(ledger: Ledger, limit: int = 10) -> list[Job]:
    return await ledger.queue.claim(ledger.clock(), LEASE, limit)


async def record(ledger: Ledger, job: Job, *outcomes: Outcome, give_up: bool = False) -> RecordResult:
    retry = ledger.clock() + timedelta(minutes=1)
    pairs = dict(zip(job.recipients, outcomes, strict=True))
    return await ledger.queue.record(job.record.id, pairs, ledger.clock(), retry, give_up)


async def test_a_held_mail_is_not_due_and_a_released_one_is(ledger: Ledger) -> None:
    held = await ledger.add(Disposition.CONFIRM)
    assert await claim(ledger) == []
    assert await ledger.queue.next_due(ledger.clock()) is None
    await ledger.holds.apply(held.id, Event.RELEASE, HOUSE, ledger.clock())
    assert await ledger.queue.next_due(ledger.clock()) == ledger.clock()
    (job,) = await claim(ledger)
    assert (job.record.id, job.recipients) == (held.id, (B,))


async def test_a_claim_is_nobody_elses_until_the_lease_ends(ledger: Ledger) -> None:
    await ledger.add()
    assert len(await claim(ledger)) == 1
    assert await claim(ledger) == []
    assert await ledger.queue.next_due(ledger.clock()) == NOON + LEASE
    ledger.clock.forward(minutes=15)
    assert len(await claim(ledger)) == 1


async def test_claims_side_by_side_share_nothing_out_twice(ledger: Ledger) -> None:
    await asyncio.gather(*(ledger.add() for _ in range(40)))
    jobs = await asyncio.gather(*(claim(ledger, 7) for _ in range(12)))
    ids = [job.record.id for some in jobs for job in some]
    assert len(ids) == len(set(ids)) == 40


async def test_the_longest_due_comes_first(ledger: Ledger) -> None:
    first = await ledger.add()
    ledger.clock.forward(seconds=1)
    await ledger.add()
    assert [job.record.id for job in await claim(ledger, 1)] == [first.id]


async def test_a_message_handed_on_in_memory_is_claimed_already(ledger: Ledger) -> None:
    message = mail((BOB, CAROL))
    judged = verdict(message, Disposition.CONFIRM, only=(CAROL,))
    added = await ledger.spool.add(message, facts(), judged, b"", lease_until=NOON + LEASE)
    assert [copy.leased for copy in added.recipients] == [True, False]
    assert await claim(ledger) == []
    result = await ledger.queue.record(added.id, {B: OK}, ledger.clock(), None, give_up=False)
    assert result.relayed == (B,)


async def test_leases_of_the_dead_end_at_start(tmp_path: Path) -> None:
    async with opened(tmp_path) as before:
        await before.add()
        assert len(await claim(before)) == 1
        owner = before.db.owner
    async with opened(tmp_path) as after:
        assert await claim(after) == []
        assert await after.queue.release_leases("somebody else") == 0
        assert await after.queue.release_leases(owner) == 1
        assert len(await claim(after)) == 1


async def test_each_copy_has_its_own_outcome(ledger: Ledger) -> None:
    added = await ledger.add(to=(BOB, CAROL, "dave@x.example"))
    (job,) = await claim(ledger)
    result = await record(ledger, job, OK, LATER, NO)
    assert (result.relayed, result.deferred, result.bounced) == ((B,), (C,), (parse_address("dave@x.example"),))
    found = await ledger.found(added.id)
    assert found.state is State.QUEUED
    assert [copy.state for copy in found.recipients] == [State.RELAYED, State.QUEUED, State.BOUNCED]
    assert [copy.last_code for copy in found.recipients] == [250, 451, 550]
    assert [copy.attempts for copy in found.recipients] == [1, 1, 1]
    assert found.recipients[1].due_at == NOON + timedelta(minutes=1)
    assert not found.recipients[1].leased
    lines = [(line.event, line.recipients) for line in await ledger.audit.history_of(added.id)]
    assert lines[1:] == [("relay", (BOB,)), ("defer", (CAROL,)), ("fail", ("dave@x.example",))]
    ledger.clock.forward(minutes=1)
    (again,) = await claim(ledger)
    assert again.recipients == (C,)


async def test_giving_up_turns_later_into_failed(ledger: Ledger) -> None:
    added = await ledger.add()
    (job,) = await claim(ledger)
    result = await record(ledger, job, LATER, give_up=True)
    assert result.bounced == (B,)
    (notice,) = await ledger.outbox.pending()
    assert (notice.kind, notice.to, notice.detail, notice.id) == (
        "bounced", ANN, {"recipients": [BOB]}, result.bounce_notice,
    )  # fmt: skip
    assert (await ledger.found(added.id)).state is State.BOUNCED


async def test_later_needs_a_time(ledger: Ledger) -> None:
    added = await ledger.add()
    with pytest.raises(ValueError, match="time"):
        await ledger.queue.record(added.id, {B: LATER}, NOON, None, give_up=False)


@pytest.mark.parametrize("sender", [None, ANN])
async def test_nothing_bounces_to_the_null_path_or_from_a_letter(ledger: Ledger, sender: str | None) -> None:
    if sender is None:
        await ledger.add(sender=None)
    else:
        await ledger.spool.add_letter(new_message_id(NOON), B, b"x", about=None, now=NOON)
    (job,) = await claim(ledger)
    result = await record(ledger, job, NO)
    assert result.bounced == (B,)
    assert result.bounce_notice is None
    assert await ledger.outbox.pending() == []


async def test_sent_is_told_once_when_all_is_out_and_only_after_a_hold(ledger: Ledger) -> None:
    plain = await ledger.add()
    await ledger.relay(plain)
    assert await ledger.outbox.pending() == []
    held = await ledger.add(Disposition.CONFIRM, to=(BOB, CAROL))
    for notice in await ledger.outbox.pending():
        await ledger.outbox.done(notice.id)
    await ledger.holds.apply(held.id, Event.RELEASE, HOUSE, ledger.clock(), recipients=(B,))
    await ledger.relay(held)
    assert await ledger.outbox.pending() == []  # Carol's copy still waits
    await ledger.holds.apply(held.id, Event.RELEASE, HOUSE, ledger.clock())
    await ledger.relay(held)
    (sent,) = await ledger.outbox.pending()
    assert (sent.kind, sent.to, sent.detail["recipients"]) == ("sent", ANN, [BOB, CAROL])


async def test_a_try_that_comes_late_changes_nothing_and_is_written_down(ledger: Ledger) -> None:
    added = await ledger.add()
    (job,) = await claim(ledger)
    ledger.clock.forward(minutes=20)  # the lease is over, and the sender withdraws the mail
    await ledger.holds.apply(added.id, Event.CANCEL, HOUSE, ledger.clock())
    result = await record(ledger, job, OK)
    assert result == RecordResult()
    assert (await ledger.found(added.id)).state is State.CANCELLED
    assert (await ledger.audit.history_of(added.id))[-1].event == "late"


async def test_recording_twice_is_recording_once(ledger: Ledger) -> None:
    added = await ledger.add(Disposition.CONFIRM)
    await ledger.holds.apply(added.id, Event.RELEASE, HOUSE, ledger.clock())
    (job,) = await claim(ledger)
    assert (await record(ledger, job, OK)).relayed == (B,)
    assert await record(ledger, job, OK) == RecordResult()
    assert [notice.kind for notice in await ledger.outbox.pending()] == ["held", "sent"]
    known = await ledger.history.known(added.sender, [B])
    assert known.often == ("partner.example",)
    made = known_domains.cache_info().misses  # what they are compared by is made where they were read, in a thread
    known_domains(known.often)
    assert known_domains.cache_info().misses == made
    counted = await ledger.db.read(lambda c: c.execute("SELECT DISTINCT count FROM contact").fetchall())
    assert counted == [(1,)]


async def test_an_unknown_message_cannot_be_recorded(ledger: Ledger) -> None:
    with pytest.raises(KeyError):
        await ledger.queue.record(new_message_id(NOON), {B: OK}, NOON, None, give_up=False)


async def test_history_learns_from_what_went_out_and_from_nothing_else(ledger: Ledger) -> None:
    sender = (await ledger.add(Disposition.CONFIRM)).sender  # held: teaches nothing
    failed = await ledger.add()
    await ledger.relay(failed, 550, "no")
    reply = await ledger.add(to=(CAROL,), known=Facts(kind="auto_reply"))
    await ledger.relay(reply)
    null = await ledger.add(to=(CAROL,), sender=None)
    await ledger.relay(null)
    assert await ledger.history.known(sender, [B, C]) == Known()
    sent = await ledger.add(to=(BOB, "eve@gmail.com"))
    await ledger.relay(sent)
    eve, mallory = parse_address("eve@gmail.com"), parse_address("mallory@gmail.com")
    known = await ledger.history.known(sender, [B, C, eve, mallory])
    assert known.sender_domains == known.company_domains == {"partner.example", "eve@gmail.com"}
    other = (await ledger.add(sender="other@corp.example")).sender
    known = await ledger.history.known(other, [B])
    assert (known.sender_domains, known.company_domains) == (frozenset(), frozenset({"partner.example"}))


async def test_counts(ledger: Ledger) -> None:
    await ledger.add(Disposition.CONFIRM)
    await ledger.relay(await ledger.add())
    await ledger.spool.add_letter(new_message_id(NOON), B, b"x", about=None, now=NOON)
    counts = await ledger.queue.counts()
    assert (counts["held"], counts["relayed"], counts["queued"]) == (1, 1, 0)
    assert len(await ledger.holds.page(Filter())) == 2


async def test_a_claim_does_not_walk_through_the_queue(ledger: Ledger) -> None:
    """What a claim costs does not grow with what else is due: no statement is answered by the index of a whole way."""
    for _ in range(3):
        await ledger.add()
    plans: list[str] = []

    def explained(connection: sqlite3.Connection) -> list[Job]:
        said: list[str] = []
        connection.set_trace_callback(said.append)
        jobs = store_queue._claim(connection, NOON, NOON + LEASE, 1, "me", "")
        connection.set_trace_callback(None)
        for sql in said:
            if sql.startswith("UPDATE recipient"):
                plans.extend(row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}"))
        return jobs

    assert len(await ledger.db.write(explained)) == 1
    assert any("USING PRIMARY KEY (message=?)" in plan for plan in plans)
    assert not any("recipient_way" in plan for plan in plans)
