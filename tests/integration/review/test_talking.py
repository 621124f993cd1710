"""What people say to each other about a mail, and asking somebody else: who may, who is told, whose voice counts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from tests.acting import ADMINISTRATOR, APPROVER, AUDITOR, COLLEAGUE, EVE, KEN, SECOND, SENDER, B, House, acting
from tests.ledger import ANN, BOB, BOSS, DEPUTY

from mailguard.mail.actor import Actor, Role
from mailguard.mail.address import parse_address
from mailguard.mail.directory import Directory, Person
from mailguard.mail.lifecycle import State
from mailguard.mail.verdict import Ask, Disposition
from mailguard.review import Act, AlreadyDecided, Choice, Filter, Forbidden, NotFound, Refused, ReviewError

LEE = parse_address("lee@corp.example")
LEE_ACTS = Actor(LEE.key, Role.SENDER, "console")
ALSO_ANN, ALSO_BOSS = "a.nn@corp.example", "chief@corp.example"
PEOPLE = Directory({ANN: Person(ANN, aliases=(ALSO_ANN,)), BOSS: Person(BOSS, aliases=(ALSO_BOSS,))})


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with acting(tmp_path, lambda: PEOPLE) as one:
        yield one


async def refusal(house: House, actor: Actor, message_id: str, to: str) -> ReviewError:
    with pytest.raises(ReviewError) as error:
        await house.review.forward(actor, message_id, parse_address(to), "?")
    return error.value


async def test_a_note_of_the_sender_reaches_who_is_asked_and_an_answer_the_sender(house: House) -> None:
    record = await house.mail(Disposition.APPROVE, asks=(Ask((BOSS, DEPUTY)),))
    view = await house.review.comment(SENDER, record.id, " 急ぎです\x07 ")
    assert [(line.actor, line.comment) for line in view.comments] == [(ANN, "急ぎです")]
    assert [(one.to, one.detail["comment"]) for one in await house.owed("comment")] == [
        (BOSS, "急ぎです"),
        (DEPUTY, "急ぎです"),
    ]
    await house.review.comment(APPROVER, record.id, "この添付は必要ですか?")
    last = (await house.owed("comment"))[-1]
    assert (last.to, last.detail["actor"], last.detail["as_sender"]) == (ANN, BOSS, True)
    assert "noticed" in house.woken


async def test_a_note_where_nobody_is_asked_is_kept_and_told_to_nobody(house: House) -> None:
    record = await house.mail()
    view = await house.review.comment(SENDER, record.id, "x")
    assert len(view.comments) == 1
    assert not await house.owed("comment")


@pytest.mark.parametrize(("actor", "error"), [(EVE, NotFound), (AUDITOR, Forbidden)])
async def test_who_has_no_part_in_it_says_nothing(house: House, actor: Actor, error: type[ReviewError]) -> None:
    record = await house.mail(Disposition.APPROVE)
    with pytest.raises(error):
        await house.review.comment(actor, record.id, "hello")
    assert Act.COMMENT not in (await house.review.show(AUDITOR, record.id)).acts


async def test_notes_are_bounded_and_never_empty_and_end_with_the_mail(house: House) -> None:
    record = await house.mail(Disposition.APPROVE)
    with pytest.raises(Refused):
        await house.review.comment(SENDER, record.id, " \n\x00")
    await asyncio.gather(*(house.review.comment(SENDER, record.id, "x" * 3000) for _ in range(50)))
    assert len((await house.lines(record.id, "comment"))[0][1]) == 2000
    with pytest.raises(Refused) as error:
        await house.review.comment(APPROVER, record.id, "one more")
    assert "50" in error.value.reason.ja
    other = await house.mail(Disposition.APPROVE)
    await house.review.act(APPROVER, other.id, Act.REJECT, comment="no")
    with pytest.raises(Refused):
        await house.review.comment(SENDER, other.id, "why?")


async def test_a_reminder_says_what_the_sender_wrote(house: House) -> None:
    record = await house.mail(Disposition.APPROVE, asks=(Ask((BOSS,), remind_after=timedelta(hours=1)),))
    await house.review.comment(SENDER, record.id, "15時までにお願いします")
    house.ledger.clock.forward(hours=2)
    await house.review.expire_due()
    assert (await house.owed("reminder"))[0].detail["notes"] == ["15時までにお願いします"]


async def test_a_colleague_decides_in_the_senders_place(house: House) -> None:
    record = await house.mail()
    view = await house.review.forward(SENDER, record.id, KEN, "宛先は合っていますか")
    (notice,) = await house.owed("approval")
    assert (notice.to, notice.detail["actor"], notice.detail["comment"]) == (str(KEN), ANN, "宛先は合っていますか")
    assert notice.detail["forwarded"]
    assert {Act.RELEASE, Act.FORWARD} <= view.acts  # the sender keeps his own right
    found = await house.review.page(COLLEAGUE, Filter(owner=KEN.key, role="approver"))
    assert [one.id for one in found] == [record.id]
    seen = await house.review.show(COLLEAGUE, record.id)
    assert seen.acts_for[BOB] == {Act.APPROVE, Act.REJECT, Act.FORWARD}
    view = await house.review.act(COLLEAGUE, record.id, Act.APPROVE)
    assert view.record.state is State.QUEUED
    assert view.record.recipients[0].decided_by == KEN.key
    with pytest.raises(AlreadyDecided):
        await house.review.act(SENDER, record.id, Act.RELEASE)


async def test_a_colleague_says_no_and_the_sender_is_told(house: House) -> None:
    record = await house.mail()
    await house.review.forward(SENDER, record.id, KEN, "")
    await house.review.act(COLLEAGUE, record.id, Act.REJECT, comment="宛先が違います")
    assert [(one.to, one.detail["comment"]) for one in await house.owed("rejected")] == [(ANN, "宛先が違います")]


async def test_the_sender_decides_while_the_colleague_looks(house: House) -> None:
    record = await house.mail()
    await house.review.forward(SENDER, record.id, KEN, "")
    results = await asyncio.gather(
        house.review.act(SENDER, record.id, Act.RELEASE),
        house.review.act(COLLEAGUE, record.id, Act.REJECT),
        return_exceptions=True,
    )
    lost = [one for one in results if isinstance(one, BaseException)]
    assert len(lost) == 1
    assert isinstance(lost[0], AlreadyDecided)


async def test_an_approver_passes_on_his_voice_and_both_are_one(house: House) -> None:
    record = await house.mail(Disposition.APPROVE, asks=(Ask((BOSS, DEPUTY), 2),))
    await house.review.forward(APPROVER, record.id, KEN, "出張中です")
    assert (await house.owed("approval"))[-1].detail["instead_of"] == [BOSS]
    ask = (await house.ledger.found(record.id)).recipients[0].asks[0]
    assert (ask.quorum, dict(ask.delegates)) == (2, {BOSS: (KEN.key,)})
    await house.review.act(COLLEAGUE, record.id, Act.APPROVE)
    with pytest.raises(AlreadyDecided):
        await house.review.act(APPROVER, record.id, Act.APPROVE)
    view = await house.review.act(SECOND, record.id, Act.APPROVE)
    assert view.record.state is State.QUEUED


async def test_who_stands_in_anyhow_is_told_of_a_mail_once(house: House) -> None:
    record = await house.mail(Disposition.APPROVE, asks=(Ask((BOSS,), delegates=((BOSS, (DEPUTY,)),)),))
    await house.review.forward(APPROVER, record.id, parse_address(DEPUTY), "お願いします")
    (notice,) = [one for one in await house.owed("approval") if one.to == DEPUTY]
    assert (notice.detail["instead_of"], notice.detail["comment"]) == ([BOSS], "お願いします")
    view = await house.review.show(APPROVER, record.id)
    assert view.record.recipients[0].asks == record.recipients[0].asks
    for same in (DEPUTY, DEPUTY.upper()):
        assert isinstance(await refusal(house, APPROVER, record.id, same), Refused)
    assert len(await house.lines(record.id, "forward")) == 1


async def test_whoever_was_asked_by_an_approver_may_ask_on_in_the_same_place(house: House) -> None:
    record = await house.mail(Disposition.APPROVE)
    await house.review.forward(APPROVER, record.id, KEN, "")
    await house.review.forward(COLLEAGUE, record.id, LEE, "")
    assert dict((await house.ledger.found(record.id)).recipients[0].asks[0].delegates) == {BOSS: (KEN.key, LEE.key)}
    assert (await house.review.act(LEE_ACTS, record.id, Act.APPROVE)).record.state is State.QUEUED


async def test_an_administrator_adds_an_approver(house: House) -> None:
    record = await house.mail(Disposition.APPROVE)
    await house.review.forward(ADMINISTRATOR, record.id, KEN, "")
    assert (await house.ledger.found(record.id)).recipients[0].approvers == (BOSS, KEN.key)


@pytest.mark.parametrize(
    ("to", "word"),
    [
        ("friend@free.example", "社内"),
        (ANN, "自分"),
        (ALSO_ANN, "自分"),
        (ANN.replace("@", "+x@"), "自分"),
    ],
)
async def test_whom_a_sender_cannot_ask(house: House, to: str, word: str) -> None:
    record = await house.mail()
    error = await refusal(house, SENDER, record.id, to)
    assert isinstance(error, Refused)
    assert word in error.reason.ja


@pytest.mark.parametrize(
    ("to", "word"), [(ANN, "送信者"), (ALSO_ANN, "送信者"), (ALSO_BOSS, "自分"), (ANN.replace("@", "+x@"), "送信者")]
)
async def test_whom_an_approver_cannot_ask(house: House, to: str, word: str) -> None:
    record = await house.mail(Disposition.APPROVE)
    error = await refusal(house, APPROVER, record.id, to)
    assert word in error.reason.ja
    assert (await house.ledger.found(record.id)).approvers == {BOSS}


async def test_a_sender_does_not_choose_who_approves_his_mail(house: House) -> None:
    record = await house.mail(Disposition.APPROVE)
    error = await refusal(house, SENDER, record.id, str(KEN))
    assert isinstance(error, Forbidden)
    assert "コメント" in error.reason.ja


async def test_nobody_is_asked_twice_and_not_without_end(house: House) -> None:
    record = await house.mail()
    await house.review.forward(SENDER, record.id, KEN, "")
    error = await refusal(house, SENDER, record.id, str(KEN))
    assert isinstance(error, Refused)
    assert "すでに" in error.reason.ja
    for number in range(29):
        await house.review.forward(SENDER, record.id, parse_address(f"p{number}@corp.example"), "")
    assert "30" in (await refusal(house, SENDER, record.id, str(LEE))).reason.ja


async def test_what_is_decided_is_not_passed_on(house: House) -> None:
    record = await house.mail()
    await house.review.act(SENDER, record.id, Act.CANCEL)
    assert isinstance(await refusal(house, SENDER, record.id, str(KEN)), AlreadyDecided)
    assert isinstance(await refusal(house, EVE, record.id, str(KEN)), NotFound)
    approve = await house.mail(Disposition.APPROVE, asks=(Ask((BOSS, DEPUTY), 2),))
    await house.review.act(APPROVER, approve.id, Act.APPROVE)
    error = await refusal(house, APPROVER, approve.id, str(KEN))
    assert isinstance(error, AlreadyDecided)
    assert error.by == BOSS


async def test_a_running_undo_window_is_not_passed_on(house: House) -> None:
    record = await house.mail(Disposition.DELAY)
    assert Act.FORWARD not in (await house.review.show(SENDER, record.id)).acts
    assert isinstance(await refusal(house, SENDER, record.id, str(KEN)), Forbidden)


async def test_a_colleague_who_was_asked_changes_nothing_in_the_mail(house: House) -> None:
    record = await house.mail()
    await house.review.forward(SENDER, record.id, KEN, "")
    with pytest.raises(Forbidden):
        await house.review.choose(COLLEAGUE, record.id, Choice(remove=(B,), then=Act.APPROVE))
    with pytest.raises(Forbidden):
        await house.review.act(COLLEAGUE, record.id, Act.CANCEL)
