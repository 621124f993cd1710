"""People who are away: who is asked in their place, at once and about what waits already; and what they hear of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from tests.reception import ADMIN, ANN, BOSS, Reception, actor, open_reception, text_of

from mailguard.mail.address import parse_address
from mailguard.mail.lifecycle import State
from mailguard.mail.verdict import Disposition
from mailguard.review import Act, Forbidden, NotFound, Refused

VICE, DEPUTY, THIRD = "vice@corp.example", "deputy@corp.example", "third@corp.example"
BOB = "bob@corp.example"


@pytest_asyncio.fixture
async def reception(tmp_path: Path) -> AsyncIterator[Reception]:
    async with open_reception(tmp_path) as opened:
        yield opened


async def leave(reception: Reception, person: str, *delegates: str, days: int = 3, begins: int = 0) -> int:
    today = reception.today()
    first = today + timedelta(days=begins)
    made = await reception.absences.leave(
        actor(person, reception.access), first, first + timedelta(days=days), [parse_address(one) for one in delegates]
    )
    return made.id


async def asked(reception: Reception) -> list[str]:
    return [str(one["to"]) for one in await reception.letters() if one["x-mailguard-letter"] == "approval"]


async def test_a_mail_for_somebody_who_is_away_goes_to_the_stand_in_at_once(reception: Reception) -> None:
    await leave(reception, BOSS, VICE)
    held = await reception.take_in(Disposition.APPROVE)
    assert await asked(reception) == [VICE]
    view = await reception.review.act(actor(VICE, reception.access), held, Act.APPROVE)
    assert view.record.state is State.QUEUED
    answered = [one for one in await reception.letters() if one["x-mailguard-letter"] == "answered"]
    assert [one["to"] for one in answered] == [BOSS]
    assert "has approved a mail in your place" in text_of(answered[0])
    line = next(line for line in view.history if line.event == "approve")
    assert line.detail["instead_of"] == [BOSS]


async def test_what_waits_already_is_passed_on_when_the_absence_begins(reception: Reception) -> None:
    held = await reception.take_in(Disposition.APPROVE)
    assert await asked(reception) == [BOSS]
    await leave(reception, BOSS, VICE, begins=2)
    assert await asked(reception) == [BOSS]
    following = await reception.absences.begin_due()
    assert following is not None
    reception.clock.at = following
    assert await reception.absences.begin_due() is None
    assert await asked(reception) == [BOSS, VICE]
    await reception.absences.begin_due()
    assert await asked(reception) == [BOSS, VICE]
    # He who is away may still answer.
    view = await reception.review.act(actor(BOSS, reception.access), held, Act.REJECT, comment="no")
    assert view.record.state is State.REJECTED


async def test_more_waits_than_one_transaction_passes_on(reception: Reception, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mailguard.store.absences._AT_ONCE", 2)
    for _ in range(5):
        await reception.take_in(Disposition.APPROVE)
    await leave(reception, BOSS, VICE)
    assert (await asked(reception)).count(VICE) == 5


async def test_a_stand_in_who_is_away_too_is_passed_over_for_his_own(reception: Reception) -> None:
    await leave(reception, BOSS, VICE)
    await leave(reception, VICE, DEPUTY, BOSS)
    await reception.take_in(Disposition.APPROVE)
    assert await asked(reception) == [DEPUTY]


async def test_nobody_in_his_place_means_the_administrators(reception: Reception) -> None:
    await reception.take_in(Disposition.APPROVE)
    await leave(reception, BOSS)
    await reception.take_in(Disposition.APPROVE)
    assert sorted(await asked(reception)) == sorted((BOSS, ADMIN, BOSS, ADMIN))


async def test_the_sender_never_takes_the_place_of_his_own_approver(reception: Reception) -> None:
    await leave(reception, BOSS, ANN)
    held = await reception.take_in(Disposition.APPROVE)
    assert ADMIN in await asked(reception)
    with pytest.raises(Forbidden):
        await reception.review.act(actor(ANN, reception.access), held, Act.APPROVE)


async def test_back_again(reception: Reception) -> None:
    absence = await leave(reception, BOSS, VICE)
    with pytest.raises(NotFound):
        await reception.absences.come_back(actor(ANN, reception.access), absence)
    await reception.absences.come_back(actor(BOSS, reception.access), absence)
    with pytest.raises(NotFound):
        await reception.absences.come_back(actor(BOSS, reception.access), absence)
    await reception.take_in(Disposition.APPROVE)
    assert await asked(reception) == [BOSS]


async def test_only_an_administrator_sets_it_for_somebody_else(reception: Reception) -> None:
    today = reception.today()
    boss, vice = parse_address(BOSS), [parse_address(VICE)]
    with pytest.raises(Forbidden):
        await reception.absences.leave(actor(ANN, reception.access), today, today, vice, boss)
    made = await reception.absences.leave(actor(ADMIN, reception.access), today, today, vice, boss)
    assert (made.person, made.set_by, made.now) == (BOSS, ADMIN, True)
    assert [one.person for one in await reception.absences.standing_in(actor(VICE, reception.access))] == [BOSS]
    await reception.take_in(Disposition.APPROVE)
    assert await asked(reception) == [VICE]


@pytest.mark.parametrize(
    ("first", "last", "delegates", "said"),
    [
        (date(2099, 1, 2), date(2099, 1, 1), (), "must not be before"),
        (date(2020, 1, 2), date(2020, 1, 3), (), "over already"),
        (date(2099, 1, 2), date(2101, 1, 3), (), "a year"),
        (date(9999, 12, 31), date(9999, 12, 31), (), "a year"),
        (date(1, 1, 1), date(1, 1, 1), (), "over already"),
        (date(2099, 1, 2), date(2099, 1, 3), ("out@side.example",), "Only a colleague"),
        (date(2099, 1, 2), date(2099, 1, 3), (BOSS,), "his own place"),
        (date(2099, 1, 2), date(2099, 1, 3), tuple(f"p{n}@corp.example" for n in range(6)), "five"),
    ],
)
async def test_what_cannot_be(
    reception: Reception, first: date, last: date, delegates: tuple[str, ...], said: str
) -> None:
    with pytest.raises(Refused) as caught:
        await reception.absences.leave(
            actor(BOSS, reception.access), first, last, [parse_address(one) for one in delegates]
        )
    assert said in caught.value.reason.en


async def test_an_administrator_answers_for_those_who_do_not_and_they_hear_of_it(reception: Reception) -> None:
    held = await reception.take_in(Disposition.APPROVE, approvers=(BOSS, VICE), quorum=2)
    view = await reception.review.act(actor(ADMIN, reception.access), held, Act.REJECT, comment="Not to them")
    assert view.record.state is State.REJECTED
    line = next(line for line in view.history if line.event == "reject")
    assert (line.actor, line.detail["instead_of"]) == (ADMIN, [BOSS, VICE])
    letters = await reception.letters()
    heard = [one for one in letters if one["x-mailguard-letter"] == "answered"]
    assert sorted(str(one["to"]) for one in heard) == [BOSS, VICE]
    assert all("Not to them" in text_of(one) and ADMIN in text_of(one) for one in heard)
    assert [one["to"] for one in letters if one["x-mailguard-letter"] == "rejected"] == [ANN]


async def test_who_shares_the_mailbox_decides_about_its_mail_but_approves_none_of_it(reception: Reception) -> None:
    shared = {"sender": "<support@corp.example>", "members": (BOB, ANN)}
    held = await reception.take_in(Disposition.CONFIRM, **shared)  # type: ignore[arg-type]
    assert Act.RELEASE in (await reception.review.show(actor(BOB, reception.access), held)).acts
    with pytest.raises(NotFound):
        await reception.review.show(actor(THIRD, reception.access), held)
    asks = await reception.take_in(Disposition.APPROVE, approvers=(BOB, BOSS), **shared)  # type: ignore[arg-type]
    with pytest.raises(Forbidden):
        await reception.review.act(actor(BOB, reception.access), asks, Act.APPROVE)
    view = await reception.review.act(actor(BOB, reception.access), held, Act.CANCEL)
    assert view.record.state is State.CANCELLED
    told = [str(one["to"]) for one in await reception.letters() if one["x-mailguard-letter"] == "cancelled"]
    assert told == ["support@corp.example"]


async def test_who_wrote_from_the_shared_mailbox_is_known_so_another_who_shares_it_may_approve(
    reception: Reception,
) -> None:
    held = await reception.take_in(
        Disposition.APPROVE, sender="<support@corp.example>", login=ANN, members=(BOB, ANN), approvers=(BOB,)
    )
    with pytest.raises(Forbidden):
        await reception.review.act(actor(ANN, reception.access), held, Act.APPROVE)
    view = await reception.review.act(actor(BOB, reception.access), held, Act.APPROVE)
    assert view.record.state is State.QUEUED
    letters = await reception.letters()
    assert sorted(str(one["to"]) for one in letters if one["x-mailguard-letter"] == "held") == []
    again = await reception.take_in(Disposition.CONFIRM, sender="<support@corp.example>", login=ANN, members=(BOB, ANN))
    held_letters = [one for one in await reception.letters() if one["x-mailguard-letter"] == "held"]
    assert sorted(str(one["to"]) for one in held_letters) == [ANN, "support@corp.example"], again


async def test_the_clock_writes_nothing_while_no_absence_begins(
    reception: Reception, monkeypatch: pytest.MonkeyPatch
) -> None:
    await leave(reception, BOSS, VICE, begins=2)

    async def never(*_: object) -> None:
        raise AssertionError("a write, at every mail that comes in")

    monkeypatch.setattr("mailguard.store.absences.Absences.begin", never)
    following = await reception.absences.begin_due()
    assert following is not None
    assert following > reception.clock()
