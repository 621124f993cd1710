"""Copies by their way: each way has a claim of its own, and what nobody will ever take says why."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from tests.ledger import BOB, CAROL, Ledger, mail, verdict

from mailguard.mail.address import parse_address
from mailguard.mail.facts import Facts
from mailguard.mail.verdict import Disposition
from mailguard.policy.verdict_json import verdict_from_json, verdict_to_json, verdict_to_kept
from mailguard.store.records import MessageRecord

LEASE = timedelta(minutes=15)
B, C = parse_address(BOB), parse_address(CAROL)


async def by_ways(ledger: Ledger, *ways: str) -> MessageRecord:
    message = mail((BOB, CAROL)[: len(ways)])
    judged = verdict(message, Disposition.DELIVER)
    copies = tuple(replace(one, route=way) for one, way in zip(judged.recipients, ways, strict=True))
    return await ledger.spool.add(message, Facts(), replace(judged, recipients=copies), b"")


async def test_a_claim_takes_the_copies_of_one_way(ledger: Ledger) -> None:
    record = await by_ways(ledger, "branch", "")
    found = await ledger.holds.find(record.id)
    assert found is not None
    assert [copy.way for copy in found.recipients] == ["branch", ""]
    (job,) = await ledger.queue.claim(ledger.clock(), LEASE, 10, "branch")
    assert job.recipients == (B,)
    assert await ledger.queue.claim(ledger.clock(), LEASE, 10, "branch") == []
    assert await ledger.queue.next_due(ledger.clock()) == ledger.clock()
    (job,) = await ledger.queue.claim(ledger.clock(), LEASE, 10)
    assert job.recipients == (C,)
    assert await ledger.queue.by_way() == {"": 1, "branch": 1}


async def test_what_was_given_back_is_due_when_it_was_said(ledger: Ledger) -> None:
    record = await by_ways(ledger, "branch")
    await ledger.queue.claim(ledger.clock(), LEASE, 10, "branch")
    soon = ledger.clock() + timedelta(seconds=5)
    await ledger.queue.give_back(record.id, (B,), soon)
    assert await ledger.queue.next_due(ledger.clock(), "branch") == soon


async def test_a_stranded_copy_says_why_once_and_stays(ledger: Ledger) -> None:
    record = await by_ways(ledger, "branch", "")
    assert await ledger.queue.stranded("branch", "no such upstream") == 1
    assert await ledger.queue.stranded("branch", "no such upstream") == 0
    found = await ledger.holds.find(record.id)
    assert found is not None
    assert [(copy.state, copy.last_text) for copy in found.recipients] == [
        ("queued", "no such upstream"),
        ("queued", ""),
    ]


def test_a_verdict_keeps_its_routes() -> None:
    message = mail((BOB,))
    judged = verdict(message, Disposition.DELIVER)
    routed = replace(judged, recipients=(replace(judged.recipients[0], route="branch"),))
    assert verdict_from_json(verdict_to_json(routed)) == verdict_from_json(verdict_to_kept(routed)) == routed
    assert "route" not in verdict_to_json(judged)["recipients"][0]
