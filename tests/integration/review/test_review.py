"""The waiting room: who decides what, what is told to whom, clocks, bulk acts, and what is not there for a stranger."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from tests.ledger import ANN, BOB, BOSS, CAROL, DEPUTY, NOON, Ledger, opened

from mailguard.mail.actor import Actor, Role
from mailguard.mail.address import parse_address
from mailguard.mail.lifecycle import Event, State
from mailguard.mail.message import new_message_id
from mailguard.mail.organization import Organization
from mailguard.mail.verdict import Disposition
from mailguard.notify.live import Live
from mailguard.review import (
    Act,
    AlreadyDecided,
    Bulk,
    Filter,
    Forbidden,
    NotFound,
    Refused,
    Review,
    record_to_json,
    view_to_json,
)
from mailguard.store.bulk import BulkJobs
from mailguard.store.holds import Holds

SENDER, EVE = Actor(ANN, Role.SENDER, "console"), Actor("eve@corp.example", Role.SENDER, "console")
APPROVER, SECOND = Actor(BOSS, Role.SENDER, "letter"), Actor(DEPUTY, Role.SENDER, "letter")
ADMINISTRATOR = Actor("admin@corp.example", Role.ADMINISTRATOR, "api")
AUDITOR = Actor("auditor@corp.example", Role.AUDITOR, "console")
B, C = parse_address(BOB), parse_address(CAROL)


@dataclasses.dataclass
class House:
    ledger: Ledger
    review: Review
    bulk: Bulk
    live: Live
    woken: list[str]

    async def told(self, kind: str) -> list[tuple[str, str, str]]:
        notices = await self.ledger.outbox.pending()
        return [(n.to, n.detail.get("actor", ""), n.detail.get("comment", "")) for n in notices if n.kind == kind]


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with opened(tmp_path) as ledger:
        live, woken = Live(), list[str]()
        review = Review(
            ledger.holds,
            ledger.spool,
            ledger.audit,
            organization=Organization(("corp.example",)),
            administrators=frozenset({ADMINISTRATOR.address}),
            live=live,
            released=lambda: woken.append("released"),
            noticed=lambda: woken.append("noticed"),
            now=ledger.clock,
        )
        administrators = frozenset({ADMINISTRATOR.address})
        jobs = BulkJobs(ledger.db)
        bulk = Bulk(review, ledger.holds, jobs, live=live, administrators=administrators, now=ledger.clock)
        yield House(ledger, review, bulk, live, woken)


async def test_the_sender_releases(house: House) -> None:
    record = await house.ledger.add(Disposition.CONFIRM)
    with house.live.listening(ANN) as mine, house.live.listening(EVE.address) as hers:
        assert mine is not None
        assert hers is not None
        view = await house.review.act(SENDER, record.id, Act.RELEASE, comment=" fine \x07")
        assert (await mine.next(1)) is not None
        assert hers._queue.empty()
    assert view.record.state is State.QUEUED
    assert view.history[-1].comment == "fine"
    assert "released" in house.woken


async def test_the_second_decision_learns_who_was_first(house: House) -> None:
    record = await house.ledger.add(Disposition.CONFIRM)
    await house.review.act(SENDER, record.id, Act.RELEASE)
    house.ledger.clock.forward(minutes=5)
    with pytest.raises(AlreadyDecided) as caught:
        await house.review.act(ADMINISTRATOR, record.id, Act.RELEASE)
    assert (caught.value.by, caught.value.at, caught.value.state) == (ANN, NOON, State.QUEUED)
    assert ANN in caught.value.reason.ja


async def test_of_many_at_once_one_wins_and_the_others_learn_it(house: House) -> None:
    record = await house.ledger.add(Disposition.CONFIRM)
    results = await asyncio.gather(
        *(house.review.act(one, record.id, Act.RELEASE) for one in [SENDER, ADMINISTRATOR] * 5), return_exceptions=True
    )
    refused = [result for result in results if isinstance(result, AlreadyDecided)]
    assert len(refused) == 9
    assert len({error.by for error in refused}) == 1


async def test_a_mail_that_was_never_held_is_decided_by_the_house(house: House) -> None:
    record = await house.ledger.add()
    await house.ledger.relay(record)
    with pytest.raises(AlreadyDecided) as caught:
        await house.review.act(SENDER, record.id, Act.CANCEL)
    assert (caught.value.by, caught.value.state) == ("mailguard", State.RELAYED)


async def test_what_a_person_may_not_see_does_not_exist(house: House) -> None:
    record = await house.ledger.add(Disposition.CONFIRM)
    unknown = new_message_id(NOON)
    reasons = []
    for message_id in (record.id, unknown, "nonsense"):
        with pytest.raises(NotFound) as caught:
            await house.review.show(EVE, message_id)
        reasons.append(caught.value.reason)
        with pytest.raises(NotFound):
            await house.review.act(EVE, message_id, Act.CANCEL)
        with pytest.raises(NotFound):
            await house.review.body(EVE, message_id)
    assert len(set(reasons)) == 1
    assert await house.review.page(EVE, Filter()) == []
    assert await house.review.page(EVE, Filter(owner=ANN)) == []
    assert await house.review.count(EVE, Filter(ids=(record.id,))) == 0


async def test_a_sender_does_not_release_what_others_approve(house: House) -> None:
    record = await house.ledger.add(Disposition.APPROVE, to=(BOB,), approvers=(BOSS,))
    for act in (Act.RELEASE, Act.SEND_NOW, Act.APPROVE, Act.REJECT):
        with pytest.raises(Forbidden):
            await house.review.act(SENDER, record.id, act)
    assert (await house.ledger.found(record.id)).state is State.HELD
    view = await house.review.act(SENDER, record.id, Act.CANCEL)
    assert view.record.state is State.CANCELLED


async def test_a_release_by_the_sender_touches_only_what_asks_him(house: House) -> None:
    mixed = await house.ledger.add(Disposition.APPROVE, to=(BOB, CAROL), only=(CAROL,), approvers=(BOSS,))
    await house.ledger.db.write(
        lambda c: c.execute(
            "UPDATE recipient SET disposition = 2, state = 'held', event = 'hold' WHERE key = ?", (BOB,)
        )
    )
    view = await house.review.act(SENDER, mixed.id, Act.RELEASE)
    assert [copy.state for copy in view.record.recipients] == [State.QUEUED, State.HELD]
    assert view.acts_for[CAROL] == {Act.CANCEL, Act.REMOVE, Act.HOLD, Act.ALTER}


async def test_naming_a_copy_that_one_may_not_touch_changes_nothing(house: House) -> None:
    mixed = await house.ledger.add(Disposition.APPROVE, to=(BOB, CAROL), only=(CAROL,), approvers=(BOSS,))
    await house.ledger.holds.apply(mixed.id, Event.HOLD, SENDER, house.ledger.clock(), recipients=(B,))
    with pytest.raises(Forbidden):
        await house.review.act(SENDER, mixed.id, Act.RELEASE, (B, C))
    assert {copy.state for copy in (await house.ledger.found(mixed.id)).recipients} == {State.HELD}


async def test_approval_by_quorum(house: House) -> None:
    record = await house.ledger.add(Disposition.APPROVE, approvers=(BOSS, DEPUTY), quorum=2)
    view = await house.review.act(APPROVER, record.id, Act.APPROVE)
    assert view.record.state is State.HELD
    house.ledger.clock.forward(minutes=1)
    with pytest.raises(AlreadyDecided) as caught:
        await house.review.act(APPROVER, record.id, Act.APPROVE)
    assert (caught.value.by, caught.value.at) == (BOSS, NOON)
    view = await house.review.act(SECOND, record.id, Act.APPROVE)
    assert view.record.state is State.QUEUED
    assert view.record.recipients[0].decided_by == DEPUTY


async def test_one_no_is_enough(house: House) -> None:
    record = await house.ledger.add(Disposition.APPROVE, approvers=(BOSS, DEPUTY), quorum=2)
    await house.review.act(APPROVER, record.id, Act.APPROVE)
    view = await house.review.act(SECOND, record.id, Act.REJECT, comment="wrong file")
    assert view.record.state is State.REJECTED
    assert await house.told("rejected") == [(ANN, DEPUTY, "wrong file")]
    with pytest.raises(AlreadyDecided) as caught:
        await house.review.act(APPROVER, record.id, Act.APPROVE)
    assert caught.value.by == DEPUTY


async def test_nobody_approves_his_own_mail(house: House) -> None:
    record = await house.ledger.add(Disposition.APPROVE, sender=BOSS, approvers=(BOSS,))
    for role in (Role.SENDER, Role.ADMINISTRATOR):
        for act in (Act.APPROVE, Act.RELEASE):
            with pytest.raises(Forbidden):
                await house.review.act(Actor(BOSS, role, "console"), record.id, act)
    view = await house.review.act(ADMINISTRATOR, record.id, Act.RELEASE)
    assert view.record.state is State.QUEUED


async def test_nobody_approves_his_own_mail_under_a_sub_address(house: House) -> None:
    for sender, approver in ((BOSS.replace("@", "+x@"), BOSS), (BOSS, BOSS.replace("@", "+x@"))):
        record = await house.ledger.add(Disposition.APPROVE, sender=sender, approvers=(approver,))
        with pytest.raises(Forbidden):
            await house.review.act(Actor(approver, Role.SENDER, "console"), record.id, Act.APPROVE)
        assert "" in [one.to for one in await house.ledger.outbox.pending(100)], "the administrators are asked"


async def test_an_approver_does_nothing_else(house: House) -> None:
    record = await house.ledger.add(Disposition.APPROVE, approvers=(BOSS,))
    for act in (Act.CANCEL, Act.HOLD, Act.RELEASE):
        with pytest.raises(Forbidden):
            await house.review.act(APPROVER, record.id, act)
    with pytest.raises(Forbidden):
        await house.review.act(APPROVER, record.id, Act.REMOVE, (B,))


async def test_an_auditor_reads_and_nothing_else(house: House) -> None:
    record = await house.ledger.add(Disposition.CONFIRM)
    assert (await house.review.show(AUDITOR, record.id)).acts == frozenset()
    with pytest.raises(Forbidden):
        await house.review.act(AUDITOR, record.id, Act.CANCEL)
    with pytest.raises(Forbidden):
        await house.review.body(AUDITOR, record.id)
    assert await house.review.body(SENDER, record.id) == b"Subject: hello\r\n\r\nhi\r\n"


async def test_removing_a_recipient(house: House) -> None:
    record = await house.ledger.add(Disposition.CONFIRM, to=(BOB, CAROL))
    view = await house.review.act(SENDER, record.id, Act.REMOVE, (B,))
    assert [copy.state for copy in view.record.recipients] == [State.CANCELLED, State.HELD]
    assert await house.told("cancelled") == []  # he did it himself and goes on
    view = await house.review.act(SENDER, record.id, Act.RELEASE)
    assert [copy.state for copy in view.record.recipients] == [State.CANCELLED, State.QUEUED]
    await house.ledger.relay(record)
    assert [notice.detail["recipients"] for notice in await house.ledger.outbox.pending(kinds=("sent",))] == [[CAROL]]


async def test_removing_the_last_recipient_cancels(house: House) -> None:
    record = await house.ledger.add(Disposition.CONFIRM)
    view = await house.review.act(SENDER, record.id, Act.REMOVE, (B,))
    assert view.record.state is State.CANCELLED
    assert len(await house.told("cancelled")) == 1


async def test_what_makes_no_sense_is_refused(house: House) -> None:
    record = await house.ledger.add(Disposition.CONFIRM)
    for recipients in (None, (), (C,)):
        with pytest.raises(Refused):
            await house.review.act(SENDER, record.id, Act.REMOVE, recipients)
    with pytest.raises(Refused):
        await house.review.act(SENDER, record.id, Act.RELEASE, (C,))


async def test_what_is_being_sent_cannot_be_cancelled(house: House) -> None:
    record = await house.ledger.add()
    await house.ledger.queue.claim(house.ledger.clock(), timedelta(minutes=15), 1)
    with pytest.raises(Refused) as caught:
        await house.review.act(SENDER, record.id, Act.CANCEL)
    assert "sent right now" in caught.value.reason.en


async def test_what_an_administrator_stopped_stays_stopped(house: House) -> None:
    record = await house.ledger.add(Disposition.DELAY, after=timedelta(seconds=60))
    await house.review.act(ADMINISTRATOR, record.id, Act.HOLD)
    with pytest.raises(Forbidden) as caught:
        await house.review.act(SENDER, record.id, Act.SEND_NOW)
    assert "administrator" in caught.value.reason.en
    with pytest.raises(Forbidden):
        await house.review.act(SENDER, record.id, Act.HOLD)  # not even to make the freeze his own
    house.ledger.clock.forward(hours=1)
    await house.review.expire_due()
    assert (await house.ledger.found(record.id)).state is State.HELD
    house.ledger.clock.forward(hours=72)
    await house.review.expire_due()
    assert (await house.ledger.found(record.id)).state is State.EXPIRED
    assert len(await house.told("expired")) == 1


async def test_clocks(house: House) -> None:
    delay = await house.ledger.add(Disposition.DELAY, after=timedelta(seconds=60))
    back = await house.ledger.add(Disposition.CONFIRM, after=timedelta(minutes=2))
    out = await house.ledger.add(Disposition.CONFIRM, after=timedelta(minutes=3), action="release")
    gone = await house.ledger.add(Disposition.APPROVE, after=timedelta(minutes=4), action="discard", approvers=(BOSS,))
    assert await house.review.expire_due() == NOON + timedelta(seconds=60)
    assert house.woken == []
    house.ledger.clock.forward(seconds=60)
    assert await house.review.expire_due() == NOON + timedelta(minutes=2)
    assert (await house.ledger.found(delay.id)).state is State.QUEUED
    assert "released" in house.woken
    house.ledger.clock.forward(minutes=4)
    assert await house.review.expire_due() is None
    states = [(await house.ledger.found(one.id)).state for one in (back, out, gone)]
    assert states == [State.EXPIRED, State.QUEUED, State.EXPIRED]
    assert await house.told("expired") == [(ANN, "mailguard", "")] * 2
    assert (await house.ledger.found(back.id)).recipients[0].decided_by == "mailguard"


async def test_copies_of_one_mail_end_each_in_their_own_way(house: House) -> None:
    record = await house.ledger.add(Disposition.CONFIRM, to=(BOB, CAROL))
    await house.ledger.db.write(
        lambda c: c.execute("UPDATE recipient SET expire_action = 'release' WHERE key = ?", (BOB,))
    )
    house.ledger.clock.forward(hours=72)
    await house.review.expire_due()
    assert [copy.state for copy in (await house.ledger.found(record.id)).recipients] == [State.QUEUED, State.EXPIRED]


async def test_many_clocks_at_once(house: House) -> None:
    await asyncio.gather(*(house.ledger.add(Disposition.DELAY, after=timedelta(0)) for _ in range(250)))
    assert await house.review.expire_due() is None
    assert await house.ledger.holds.count(Filter(state=State.QUEUED)) == 250


async def test_a_fault_with_one_mail_does_not_stop_the_clock(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    bad = await house.ledger.add(Disposition.DELAY, after=timedelta(0))
    good = await house.ledger.add(Disposition.DELAY, after=timedelta(0))
    real = Holds.apply

    async def apply(self: Holds, message_id: str, *rest: object, **more: object) -> object:
        if message_id == bad.id:
            raise RuntimeError("broken")
        return await real(self, message_id, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(Holds, "apply", apply)
    assert await house.review.expire_due() == NOON
    assert (await house.ledger.found(good.id)).state is State.QUEUED


async def test_bulk(house: House) -> None:
    mine = [await house.ledger.add(Disposition.CONFIRM) for _ in range(3)]
    approval = await house.ledger.add(Disposition.APPROVE, approvers=(BOSS,))
    await house.ledger.add(Disposition.CONFIRM, sender="dave@corp.example")
    dry = await house.bulk.act(SENDER, Filter(), Act.RELEASE, True)
    assert (dry.count, dry.done) == (4, 0)
    assert set(dry.ids) == {approval.id, *(record.id for record in mine)}
    assert await house.ledger.holds.count(Filter(state=State.HELD)) == 5
    result = await house.bulk.act(SENDER, Filter(), Act.RELEASE, False)
    assert (result.count, result.done, result.refused) == (4, 3, 1)
    assert set(result.ids) == {record.id for record in mine}
    assert list(result.errors) == [approval.id]
    assert (await house.bulk.act(ADMINISTRATOR, Filter(q="dave"), Act.CANCEL, False)).done == 1
    everything = await house.bulk.act(ADMINISTRATOR, Filter(), Act.CANCEL, False)
    assert everything.done == 4  # the three that were queued, and the one that waited for approval
    assert (await house.bulk.act(ADMINISTRATOR, Filter(state=State.CANCELLED), Act.CANCEL, False)).count == 0


async def test_a_dry_run_names_so_many_and_counts_all(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mailguard.review.bulk._NAMED_MOST", 2)
    for disposition in (Disposition.CONFIRM, Disposition.CONFIRM, Disposition.DELIVER):
        await house.ledger.add(disposition)
    dry = await house.bulk.act(ADMINISTRATOR, Filter(), Act.CANCEL, True)
    assert (dry.count, len(dry.ids)) == (3, 2)


async def test_bulk_remove_is_refused(house: House) -> None:
    with pytest.raises(Refused):
        await house.bulk.act(ADMINISTRATOR, Filter(), Act.REMOVE, False)


async def test_pages(house: House) -> None:
    for _ in range(4):
        await house.ledger.add(Disposition.CONFIRM)
    await house.ledger.add(Disposition.APPROVE, sender="dave@corp.example", approvers=(BOSS,))
    assert len(await house.review.page(SENDER, Filter(), 3)) == 3
    assert await house.review.count(SENDER, Filter()) == 4
    assert await house.review.count(APPROVER, Filter(role="approver")) == 1
    assert await house.review.count(AUDITOR, Filter()) == 5
    assert len(await house.review.page(ADMINISTRATOR, Filter(), -1)) == 1


async def test_a_mail_as_json(house: House) -> None:
    record = await house.ledger.add(Disposition.CONFIRM)
    shown = view_to_json(await house.review.show(SENDER, record.id))
    contract = {"id", "state", "sender", "received_at", "expires_at", "recipients", "history", "disposition"}
    assert contract | {"findings", "policy"} <= shown.keys()
    (copy,) = shown["recipients"]
    assert {"address", "external", "disposition", "rules", "risk", "state"} <= copy.keys()
    assert (shown["state"], copy["state"], copy["disposition"]) == ("held", "held", "confirm")
    assert shown["history"][0]["event"] == "accept"
    assert shown["expires_at"] == (NOON + timedelta(hours=72)).isoformat()
    assert record_to_json(record)["findings"][0]["because"] == {"ja": "社外です", "en": "it goes outside"}
