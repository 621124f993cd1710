"""Saying that a recipient needs no asking: who may say it for whom, how long it lasts, and taking it back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.acting import ADMINISTRATOR, APPROVER, AUDITOR, COLLEAGUE, EVE, KEN, SENDER, B, C, House, acting
from tests.ledger import ANN, BOB, BOSS, CAROL, NOON, PREFIX, facts, mail, verdict

from mailguard.mail.actor import Actor, Role
from mailguard.mail.address import ReversePath, parse_address
from mailguard.mail.directory import Directory, Person
from mailguard.mail.verdict import Because, Disposition, RuleHit
from mailguard.policy.question import Question
from mailguard.policy.whose import whose_of
from mailguard.review import Act, Forbidden, NotFound, Refused, ReviewError
from mailguard.store import trusts
from mailguard.store.records import MessageRecord
from mailguard.store.spool import Retention
from mailguard.store.wish import Silence

MONTH = timedelta(days=30)
TEAM = Directory(
    {ANN: Person(ANN, manager="lead@corp.example"), KEN.key: Person(KEN.key)}, {"sales": frozenset({ANN, KEN.key})}
)
LEAD = Actor("lead@corp.example", Role.SENDER, "console")


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with acting(tmp_path, lambda: TEAM) as one:
        yield one


async def asked(
    house: House,
    *,
    trust: bool = True,
    sender: str = ANN,
    disposition: Disposition = Disposition.CONFIRM,
    login: str | None = None,
) -> MessageRecord:
    """A mail to BOB and CAROL about which two rules asked: one about BOB, one about both."""
    message = mail((BOB, CAROL), sender=sender, login=login, at=house.ledger.clock())
    judged = verdict(message, disposition, approvers=(BOSS,))

    def hit(rule: str, *people: str) -> RuleHit:
        addresses = tuple(map(parse_address, people))
        because = Because("社外です", "it goes outside")
        return RuleHit(rule, "enforce", Disposition.CONFIRM, because, (), addresses, trust=trust)

    judged = replace(judged, hits=(hit("look-alike", BOB), hit("outside", BOB, CAROL)))
    return await house.ledger.spool.add(message, facts(), judged, PREFIX)


async def counted(house: House, person: str, recipient: str = BOB) -> set[str]:
    """The rules that the judge is told of for mail of a person."""
    question = Question(moment=house.ledger.clock(), whose=whose_of(person, TEAM))
    known = await house.ledger.history.known(ReversePath(parse_address(person)), (parse_address(recipient),), question)
    return {rule for one in known.trusts for rule in one.rules if one.recipient == recipient}


async def refusal(house: House, actor: Actor, record: MessageRecord, *arguments: object) -> ReviewError:
    with pytest.raises(ReviewError) as error:
        await house.review.trust(actor, record.id, *arguments)  # type: ignore[arg-type]
    assert not await house.review.trusts(ADMINISTRATOR)
    return error.value


async def test_for_himself_for_the_rules_that_asked_and_for_a_time(house: House) -> None:
    record = await asked(house)
    view = await house.review.show(SENDER, record.id)
    assert Act.TRUST in view.acts_for[CAROL]
    assert view.trust_scopes == ("me",)
    await house.review.trust(SENDER, record.id, (B,), "me", MONTH)
    assert await counted(house, ANN) == {"look-alike", "outside"}
    assert await counted(house, ANN, CAROL) == set()
    assert await counted(house, KEN.key) == set()
    (line,) = await house.lines(record.id, "trust")
    assert line[0] == ANN
    assert line[2]["rules"] == ["look-alike", "outside"]
    (one,) = await house.review.trusts(SENDER)
    assert (one.recipient, one.whose, one.until, one.message_id) == (BOB, f"person:{ANN}", NOON + MONTH, record.id)
    house.ledger.clock.forward(days=30)
    assert await counted(house, ANN) == set()
    assert not await house.review.trusts(SENDER)
    await house.ledger.spool.purge(house.ledger.clock(), Retention())
    assert await house.ledger.db.read(lambda c: c.execute("SELECT count(*) FROM trust").fetchone()[0]) == 0


async def test_for_the_team_by_whoever_answers_for_others(house: House) -> None:
    record = await asked(house, disposition=Disposition.APPROVE)
    for actor in (APPROVER, ADMINISTRATOR):
        assert (await house.review.show(actor, record.id)).trust_scopes == ("team",)
        await house.review.trust(actor, record.id, (C,), "team", MONTH)
    assert await counted(house, KEN.key, CAROL) == {"outside"}
    assert await counted(house, EVE.address, CAROL) == set()
    assert [one.whose for one in await house.review.trusts(COLLEAGUE)] == ["group:sales"]
    assert not await house.review.trusts(EVE)
    assert len(await house.review.trusts(AUDITOR)) == 1


async def test_a_manager_says_it_for_the_team_on_his_own_mail(house: House) -> None:
    record = await asked(house, sender=LEAD.address)
    assert (await house.review.show(LEAD, record.id)).trust_scopes == ("me", "team")
    await house.review.trust(LEAD, record.id, (B,), "team", MONTH)
    # He is in no group: then it is said for everybody.
    assert await counted(house, EVE.address) == {"look-alike", "outside"}


async def test_a_member_of_a_shared_mailbox_says_it_for_himself(house: House) -> None:
    record = await asked(house, sender="info@corp.example", login=ANN)
    await house.review.trust(SENDER, record.id, (B,), "me", MONTH)
    assert await counted(house, ANN)
    assert not await counted(house, "info@corp.example")


async def test_who_may_not(house: House) -> None:
    record = await asked(house)
    error = await refusal(house, SENDER, record, (B,), "team", MONTH)
    assert isinstance(error, Forbidden)
    assert "承認者・上長・管理者" in error.reason.ja
    error = await refusal(house, ADMINISTRATOR, record, (B,), "me", MONTH)
    assert isinstance(error, Forbidden)
    assert isinstance(await refusal(house, EVE, record, (B,), "me", MONTH), NotFound)
    assert isinstance(await refusal(house, AUDITOR, record, (B,), "team", MONTH), Forbidden)
    await house.review.forward(SENDER, record.id, KEN, "")
    assert isinstance(await refusal(house, COLLEAGUE, record, (B,), "team", MONTH), Forbidden)


async def test_what_cannot_be_said(house: House) -> None:
    record = await asked(house)
    for days in (0, 31, 3650):
        assert isinstance(await refusal(house, SENDER, record, (B,), "me", timedelta(days=days)), Refused)
    assert isinstance(await refusal(house, SENDER, record, (), "me", MONTH), Refused)
    assert isinstance(await refusal(house, SENDER, record, (KEN,), "me", MONTH), Refused)
    content = await asked(house, trust=False)
    error = await refusal(house, SENDER, content, (B,), "me", MONTH)
    assert isinstance(error, Refused)
    assert "ルール" in error.reason.ja
    await house.review.act(SENDER, record.id, Act.REMOVE, (B,))
    assert isinstance(await refusal(house, SENDER, record, (B,), "me", MONTH), Refused)


async def test_after_it_went_it_can_still_be_said(house: House) -> None:
    record = await asked(house)
    await house.review.act(SENDER, record.id, Act.RELEASE)
    await house.ledger.relay(record)
    await house.review.trust(SENDER, record.id, (B, C), "me", timedelta(days=365))
    assert len(await house.review.trusts(SENDER)) == 2


async def test_said_twice_it_counts_for_all_that_was_said_and_for_longest(house: House) -> None:
    record = await asked(house)
    await house.ledger.holds.trusts.say(f"person:{ANN}", {B: ("older",)}, SENDER, NOON, NOON + 10 * MONTH, record.id)
    await house.review.trust(SENDER, record.id, (B,), "me", MONTH)
    (one,) = await house.review.trusts(SENDER)
    assert one.rules == ("look-alike", "older", "outside")
    assert one.until == NOON + 10 * MONTH


async def test_it_is_taken_back_by_whom_it_concerns(house: House) -> None:
    record = await asked(house, disposition=Disposition.APPROVE)
    await house.review.trust(APPROVER, record.id, (B,), "team", MONTH)
    (one,) = await house.review.trusts(ADMINISTRATOR)
    for actor in (SENDER, EVE, AUDITOR, COLLEAGUE):
        with pytest.raises(NotFound):
            await house.review.untrust(actor, one.id)
    await house.review.untrust(APPROVER, one.id)
    assert not await counted(house, KEN.key)
    assert [line[2]["rules"] for line in await house.lines(record.id, "untrust")] == [["look-alike", "outside"]]
    with pytest.raises(NotFound):
        await house.review.untrust(APPROVER, one.id)


async def test_nobody_trusts_without_end(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    record = await asked(house)
    monkeypatch.setattr(trusts, "MOST", 1)
    assert isinstance(await refusal(house, SENDER, record, (B, C), "me", MONTH), Refused)
    await house.review.trust(SENDER, record.id, (B,), "me", MONTH)


async def test_a_question_that_names_nobody_asks_nothing(house: House) -> None:
    record = await asked(house)
    await house.review.trust(SENDER, record.id, (B,), "me", MONTH)
    known = await house.ledger.history.known(ReversePath(parse_address(ANN)), (B,), Question(moment=NOON))
    assert known.trusts == ()


async def let_go(house: House, times: int, **how: Any) -> None:
    """Ann is asked about BOB and lets him have it, so many times."""
    for _ in range(times):
        record = await asked(house, **how)
        await house.review.act(SENDER, record.id, Act.RELEASE, (B,))
        house.ledger.clock.forward(days=1)


async def test_a_warning_that_was_overridden_three_times_stays_silent(house: House) -> None:
    await let_go(house, 2)
    assert not await house.review.trusts(SENDER)
    await let_go(house, 1)
    (trust,) = await house.review.trusts(SENDER)
    assert (trust.whose, trust.recipient, trust.rules) == (f"person:{ANN}", BOB, ("look-alike", "outside"))
    assert (trust.until - trust.said_at).days == 90
    assert await counted(house, ANN) == {"look-alike", "outside"}
    assert await counted(house, KEN.key) == set()  # nobody else's mail is silenced by it
    ((_, _, detail),) = await house.lines(trust.message_id, "trust")
    assert detail["times"] == 3
    await house.review.untrust(SENDER, trust.id)
    assert await counted(house, ANN) == set()
    assert await house.ledger.audit.verify() is None


@pytest.mark.parametrize(("times", "silent"), [(2, True), (0, False)])
async def test_how_often_is_a_setting(house: House, times: int, silent: bool) -> None:
    wishes = replace(house.review.shared, silence=Silence(times, timedelta(days=7)))
    for _ in range(4):
        record = await asked(house)
        await house.ledger.holds.fulfil(record.id, wishes.wish(SENDER, Act.RELEASE, (B,), ""))
    until = {(one.until - one.said_at).days for one in await house.review.trusts(SENDER)}
    assert until == ({7} if silent else set())


async def test_what_is_not_the_senders_own_yes_silences_nothing(house: House) -> None:
    await let_go(house, 4, trust=False)  # a rule that must go on asking
    for _ in range(4):
        record = await asked(house)
        await house.review.act(ADMINISTRATOR, record.id, Act.RELEASE, (B,))
        record = await asked(house)
        await house.review.act(SENDER, record.id, Act.CANCEL)
    assert not await house.review.trusts(ADMINISTRATOR)
    await let_go(house, 2)
    house.ledger.clock.forward(days=400)  # long ago counts no more
    await let_go(house, 1)
    assert not await house.review.trusts(ADMINISTRATOR)
