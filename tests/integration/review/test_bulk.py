"""Acts over many mails: fixed when asked for, undone or begun but never both, part by part, each mail by its rights."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from tests.integration.store.test_parts import named
from tests.ledger import ANN, BOB, BOSS, CAROL, Ledger, opened

from mailguard.mail.actor import Actor, Role
from mailguard.mail.lifecycle import State
from mailguard.mail.organization import Organization
from mailguard.mail.query_text import parse_query
from mailguard.mail.verdict import Ask, Disposition
from mailguard.notify.live import Live
from mailguard.review import Act, Bulk, Filter, Forbidden, Listing, NotFound, Refused, Review
from mailguard.review.notices import notice_of
from mailguard.store.bulk import PART, BulkJobs
from mailguard.store.records import MessageRecord, NoticeKind
from mailguard.store.tallies import Tallies
from mailguard.store.views import SavedViews

ADMINISTRATOR = Actor("admin@corp.example", Role.ADMINISTRATOR, "console")
OTHER = Actor("second@corp.example", Role.ADMINISTRATOR, "console")
AUDITOR = Actor("auditor@corp.example", Role.AUDITOR, "console")
SENDER, EVE = Actor(ANN, Role.SENDER, "console"), Actor("eve@corp.example", Role.SENDER, "console")
UNDO = timedelta(seconds=30)


@dataclasses.dataclass
class House:
    ledger: Ledger
    bulk: Bulk
    listing: Listing
    live: Live

    async def held(self) -> int:
        return await self.ledger.holds.count(Filter(state=State.HELD))

    async def later(self, **delta: float) -> None:
        self.ledger.clock.forward(**delta)
        await self.bulk.run_due()


def furnished(ledger: Ledger) -> House:
    live = Live()
    review = Review(
        ledger.holds, ledger.spool, ledger.audit, organization=Organization(("corp.example",)),
        administrators=frozenset({ADMINISTRATOR.address}), live=live, released=lambda: None, now=ledger.clock,
    )  # fmt: skip
    administrators = frozenset({ADMINISTRATOR.address})
    bulk = Bulk(review, ledger.holds, BulkJobs(ledger.db), live=live, administrators=administrators, now=ledger.clock)
    tallies, views = Tallies(ledger.db), SavedViews(ledger.db)
    listing = Listing(ledger.holds, tallies, views, ledger.audit, now=ledger.clock, timezone="Asia/Tokyo")
    return House(ledger, bulk, listing, live)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with opened(tmp_path) as ledger:
        yield furnished(ledger)


async def test_it_begins_when_the_time_to_undo_is_over(house: House) -> None:
    for _ in range(PART * 2 + 3):
        await house.ledger.add(Disposition.CONFIRM)
    job = await house.bulk.schedule(ADMINISTRATOR, Filter(), Act.RELEASE, UNDO, query="all of it")
    assert job is not None
    late = await house.ledger.add(Disposition.CONFIRM)
    await house.later(seconds=29)
    assert await house.held() == PART * 2 + 4
    await house.later(seconds=1)
    done = await house.bulk.find(AUDITOR, job.id)
    assert (done.state, done.total, done.done, done.refused) == ("done", PART * 2 + 3, PART * 2 + 3, 0)
    assert [record.id for record in await house.ledger.holds.page(Filter(state=State.HELD))] == [late.id]
    lines = [line for line in await house.ledger.audit.latest(200) if line.event == "bulk"]
    assert [(line.actor, line.detail["mails"], line.detail["query"]) for line in lines] == [
        (ADMINISTRATOR.address, PART * 2 + 3, "all of it")
    ]
    assert await house.ledger.audit.verify() is None


async def test_what_is_undone_never_begins(house: House) -> None:
    await house.ledger.add(Disposition.CONFIRM)
    job = await house.bulk.schedule(ADMINISTRATOR, Filter(), Act.CANCEL, UNDO)
    assert job is not None
    assert (await house.bulk.end(OTHER, job.id)).state == "undone"
    await house.later(minutes=1)
    assert await house.held() == 1
    with pytest.raises(Refused):
        await house.bulk.end(ADMINISTRATOR, job.id)


async def test_it_survives_a_restart_and_repeats_nothing(house: House, tmp_path: Path) -> None:
    for _ in range(PART + 1):
        await house.ledger.add(Disposition.CONFIRM)
    job = await house.bulk.schedule(ADMINISTRATOR, Filter(), Act.CANCEL, UNDO)
    assert job is not None
    house.ledger.clock.forward(seconds=30)
    jobs = BulkJobs(house.ledger.db)
    assert await jobs.part(job.id, house.ledger.clock(), lambda _, ids: {})  # the first part, cut off behind it
    again = furnished(house.ledger)
    await again.bulk.run_due()
    done = await again.bulk.find(ADMINISTRATOR, job.id)
    assert (done.state, done.done) == ("done", PART + 1)
    assert await house.held() == PART  # those of the part that was only counted: it is not done a second time


async def test_one_that_runs_is_stopped_before_its_next_part(house: House) -> None:
    for _ in range(PART * 3):
        await house.ledger.add(Disposition.CONFIRM)
    job = await house.bulk.schedule(ADMINISTRATOR, Filter(), Act.CANCEL, timedelta())
    assert job is not None
    assert await BulkJobs(house.ledger.db).part(job.id, house.ledger.clock(), lambda _, ids: {})
    assert (await house.bulk.end(ADMINISTRATOR, job.id)).state == "stopped"
    await house.later(seconds=1)
    assert await house.held() == PART * 3
    assert (await house.bulk.find(ADMINISTRATOR, job.id)).done == PART


async def test_what_it_may_not_do_stays_with_its_reason(house: House) -> None:
    own = await house.ledger.add(Disposition.APPROVE, sender=ADMINISTRATOR.address, approvers=(BOSS,))
    await house.ledger.add(Disposition.APPROVE, approvers=(BOSS,))
    job = await house.bulk.schedule(ADMINISTRATOR, Filter(), Act.APPROVE, timedelta())
    assert job is not None
    await house.later(seconds=0)
    done = await house.bulk.find(ADMINISTRATOR, job.id)
    assert (done.done, done.refused) == (1, 1)
    (kept,) = await house.bulk.refusals(ADMINISTRATOR, job.id)
    assert (kept.message_id, kept.because.en) == (own.id, "Nobody approves their own mail: somebody else must.")


async def test_a_fault_with_one_mail_stops_no_other(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    bad = await house.ledger.add(Disposition.CONFIRM)
    good = await house.ledger.add(Disposition.CONFIRM)
    real = notice_of

    def stumbles(actor: Actor, record: MessageRecord, act: Act, recipients: None) -> NoticeKind | None:
        if record.id == bad.id:
            raise RuntimeError("broken")
        return real(actor, record, act, recipients)

    monkeypatch.setattr("mailguard.review.bulk.notice_of", stumbles)
    result = await house.bulk.act(ADMINISTRATOR, Filter(), Act.CANCEL, False)
    assert (result.done, list(result.errors)) == (1, [bad.id])
    assert (await house.ledger.found(good.id)).state is State.CANCELLED


async def test_what_comes_in_between_counting_and_deciding_is_not_decided(house: House) -> None:
    """Somebody was told how many, and said yes to those."""
    first = await house.ledger.add(Disposition.CONFIRM, (BOB,), known=named(BOB, CAROL))
    meant = await house.bulk.meant(ADMINISTRATOR, Filter(), Act.RELEASE)
    house.ledger.clock.forward(seconds=1)
    part = await house.ledger.add(Disposition.CONFIRM, (CAROL,), known=named(BOB, CAROL))
    other = await house.ledger.add(Disposition.CONFIRM)
    result = await house.bulk.decide(ADMINISTRATOR, meant)
    assert (meant.count, result.done, result.ids) == (1, 1, (first.id,))
    assert (await house.ledger.found(other.id)).state is State.HELD
    assert {str(copy.address): copy.state for copy in (await house.ledger.found(part.id)).recipients} == {
        BOB: State.QUEUED, CAROL: State.HELD,
    }  # fmt: skip


async def test_a_mail_of_which_one_part_waits_and_another_goes_is_one(house: House) -> None:
    one = await house.ledger.add(Disposition.CONFIRM, (BOB,), known=named(BOB, CAROL))
    two = await house.ledger.add(Disposition.DELIVER, (CAROL,), known=named(BOB, CAROL))
    assert (await house.ledger.found(one.id)).parts == (one.id, two.id)
    assert (await house.listing.reach(ADMINISTRATOR, Filter(), Act.CANCEL)).count == 1
    assert (await house.bulk.act(ADMINISTRATOR, Filter(), Act.CANCEL, True)).count == 1
    result = await house.bulk.act(ADMINISTRATOR, Filter(), Act.CANCEL, False)
    assert (result.count, result.done, result.refused) == (1, 1, 0)
    assert (await house.ledger.found(two.id)).state is State.CANCELLED


async def test_a_mail_that_a_clock_set_back_has_put_in_the_future_is_decided(house: House) -> None:
    record = await house.ledger.add(Disposition.CONFIRM)
    house.ledger.clock.forward(hours=-1)
    assert (await house.bulk.act(ADMINISTRATOR, Filter(), Act.RELEASE, False)).done == 1
    assert (await house.ledger.found(record.id)).state is State.QUEUED


async def test_everybody_reaches_only_what_is_theirs(house: House) -> None:
    await house.ledger.add(Disposition.CONFIRM)
    other = await house.ledger.add(Disposition.CONFIRM, sender="dave@corp.example")
    job = await house.bulk.schedule(SENDER, Filter(), Act.CANCEL, timedelta())
    assert job is not None
    assert job.total == 1
    await house.later(seconds=0)
    assert [record.id for record in await house.ledger.holds.page(Filter(state=State.HELD))] == [other.id]
    with pytest.raises(NotFound):
        await house.bulk.find(EVE, job.id)
    with pytest.raises(Forbidden):
        await house.bulk.end(AUDITOR, job.id)
    assert await house.bulk.schedule(SENDER, Filter(), Act.CANCEL, timedelta()) is None


async def test_who_reads_no_bodies_searches_none(house: House) -> None:
    record = await house.ledger.add(Disposition.CONFIRM)
    texts = Filter(query=parse_query("-text:hello", house.ledger.clock(), "UTC"))
    for refused in (
        house.listing.reach(AUDITOR, texts, Act.CANCEL),
        house.listing.counts(AUDITOR, [texts], 10),
        house.listing.export(AUDITOR, texts, ""),
        house.bulk.act(AUDITOR, texts, Act.CANCEL, True),
        house.bulk.schedule(AUDITOR, texts, Act.CANCEL, UNDO),
    ):
        with pytest.raises(Refused):
            await refused
    assert await house.listing.counts(ADMINISTRATOR, [texts], 10) == [1]
    assert (await house.bulk.act(SENDER, texts, Act.CANCEL, True)).ids == (record.id,)


async def test_what_an_act_would_reach(house: House) -> None:
    for number in range(3):
        house.ledger.clock.forward(minutes=1)
        await house.ledger.add(Disposition.CONFIRM, sender=f"s{number % 2}@corp.example", rule=f"rule-{number % 2}")
    newest = await house.ledger.add(Disposition.DELIVER)
    reach = await house.listing.reach(ADMINISTRATOR, Filter(), Act.CANCEL)
    assert (reach.count, reach.newest, reach.external) == (4, newest.id, 4)
    assert reach.senders[0] == ("s0@corp.example", 2)
    assert reach.rules == (("rule-0", 2), ("rule-1", 1))
    assert (await house.listing.reach(ADMINISTRATOR, Filter(), Act.RELEASE)).count == 3
    assert await house.listing.reasons(ADMINISTRATOR) == [("rule-0", 2), ("rule-1", 1)]
    assert await house.listing.reasons(SENDER) == []


async def test_a_job_that_was_never_ready_is_given_up(house: House) -> None:
    sql = (
        "INSERT INTO bulk (id, actor, role, via, act, comment, query, state, total, created_at, due_at)"
        " VALUES ('x', 'a', 'administrator', 'console', 'cancel', '', '', 'preparing', 5, 0, 0)"
    )
    await house.ledger.db.write(lambda c: c.execute(sql))
    await house.bulk.run_due()
    assert (await house.bulk.find(ADMINISTRATOR, "x")).state == "undone"


async def test_nobody_who_joins_a_mail_while_it_can_be_undone_goes_with_it(house: House) -> None:
    mail = await house.ledger.add(Disposition.APPROVE, (BOB,), asks=(Ask((BOSS,)),))
    job = await house.bulk.schedule(ADMINISTRATOR, Filter(), Act.APPROVE, UNDO)
    assert job is not None
    house.ledger.clock.forward(seconds=10)
    late = await house.ledger.add(Disposition.APPROVE, (CAROL,), asks=(Ask((BOSS,)),))
    await house.later(seconds=20)
    record = await house.ledger.found(mail.id)
    assert record.parts == (mail.id, late.id)
    assert {str(one.address): one.state for one in record.recipients} == {BOB: State.QUEUED, CAROL: State.HELD}
