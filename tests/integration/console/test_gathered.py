"""Many alerts to one person become one letter, and peace from letters: over a real ledger, whatever is restarted."""

from __future__ import annotations

from datetime import UTC, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from tests.reception import ANN, BOSS, MAIL, Reception, actor, link_and_code, open_reception, text_of

from mailguard.mail.calendar import Calendar
from mailguard.mail.verdict import Disposition
from mailguard.notify.gathering import Merge
from mailguard.review import Act
from mailguard.review.ending import Endings
from mailguard.review.quiet import Quiet
from mailguard.store import ending
from mailguard.store.records import Notice

VICE = "vice@corp.example"
MERGE = Merge(after=2, within=timedelta(minutes=5))


async def hold(reception: Reception, count: int, disposition: Disposition = Disposition.CONFIRM) -> list[str]:
    return [await reception.take_in(disposition, subject=f"Mail {number}") for number in range(1, count + 1)]


async def to(reception: Reception, person: str) -> list[EmailMessage]:
    return [letter for letter in await reception.letters() if letter["to"] == person]


def kinds(letters: list[EmailMessage]) -> list[str]:
    return [str(letter["x-mailguard-letter"]) for letter in letters]


async def test_after_a_few_letters_one_lists_the_others_at_the_end(tmp_path: Path) -> None:
    async with open_reception(tmp_path, merge=MERGE) as reception:
        await hold(reception, 5)
        assert kinds(await to(reception, ANN)) == ["held", "held"]
        reception.clock.pass_by(seconds=301)
        letters = await to(reception, ANN)
        assert kinds(letters) == ["held", "held", "gathered"]
        said = text_of(letters[-1])
        assert all(f"Mail {number}" in said for number in (3, 4, 5))
        assert "Mail 1" not in said
        assert f"{reception.settings.url}/mine" in said
        assert await reception.outbox.pending() == []


async def test_what_was_decided_meanwhile_is_not_listed_and_one_that_is_left_gets_its_own(tmp_path: Path) -> None:
    async with open_reception(tmp_path, merge=MERGE) as reception:
        ids = await hold(reception, 4)
        await reception.post.write_owed()
        await reception.review.act(actor(ANN, reception.access), ids[3], Act.CANCEL)
        reception.clock.pass_by(seconds=301)
        letters = [letter for letter in await to(reception, ANN) if letter["x-mailguard-letter"] != "cancelled"]
        assert kinds(letters) == ["held"] * 3
        assert "Mail 3" in str(letters[-1]["subject"])
        assert await reception.outbox.pending() == []


async def test_a_restart_forgets_nothing_and_begins_no_new_flood(tmp_path: Path) -> None:
    async with open_reception(tmp_path, merge=MERGE) as reception:
        await hold(reception, 4)
        assert len(await to(reception, ANN)) == 2
    async with open_reception(tmp_path, merge=MERGE) as reception:
        await reception.post.start()
        await reception.post.stop()
        assert len(await to(reception, ANN)) == 2
        assert len(await reception.outbox.pending()) == 2
    async with open_reception(tmp_path, merge=MERGE) as reception:
        reception.clock.pass_by(seconds=301)
        assert kinds(await to(reception, ANN)) == ["held", "held", "gathered"]


async def test_in_a_flood_nobody_is_woken_and_nothing_is_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_reception(tmp_path, merge=MERGE) as reception:
        post, wakes = reception.post, []
        reception.outbox.listen()
        monkeypatch.setattr(post._woken, "set", lambda: wakes.append(1))
        for number in range(1, 31):
            octets = (
                MAIL.format(subject=f"Mail {number}", text="", html="").replace("<original@", f"<{number}@").encode()
            )
            post.taken(await reception.take_in(octets=octets))
            if number < 4 or number == 5:
                await post.write_owed()
        assert len(wakes) == 3
        assert reception.outbox.fresh(10) == []
        reads, pending = list[Any](), reception.outbox.pending

        async def counted(*asked: Any) -> list[Notice]:
            reads.append(asked)
            return await pending(*asked)

        monkeypatch.setattr(reception.outbox, "pending", counted)
        await reception.take_in(sender="<ken@corp.example>")
        await post.write_owed()
        assert len(reads) == 1, "what is in memory is not read again"
        reception.clock.pass_by(seconds=301)
        letters = await to(reception, ANN)
        assert kinds(letters) == ["held", "held", "gathered"]
        assert "28 of your mails are held" in text_of(letters[-1])
        monkeypatch.undo()
        assert await reception.outbox.pending() == []


async def test_an_approver_is_asked_once_for_many(tmp_path: Path) -> None:
    async with open_reception(tmp_path, merge=MERGE) as reception:
        await hold(reception, 4, Disposition.APPROVE)
        await reception.post.write_owed()
        reception.clock.pass_by(seconds=301)
        letters = await to(reception, BOSS)
        assert kinds(letters) == ["approval", "approval", "gathered"]
        assert "need your approval" in text_of(letters[-1])


@pytest.mark.parametrize("early", [True, False])
async def test_peace_from_letters_about_own_mail_ends_with_one_letter(reception: Reception, early: bool) -> None:
    quiet = Quiet(reception.mutes, timezone="Asia/Tokyo", now=reception.clock)
    ann = actor(ANN, reception.access)
    until = await quiet.begin(ann, "1h")
    assert (until, await quiet.until(ann)) == (reception.clock() + timedelta(hours=1), until)
    await hold(reception, 2, Disposition.APPROVE)
    decided = await reception.take_in(Disposition.CONFIRM, subject="Decided")
    assert await to(reception, ANN) == []
    assert len(await to(reception, BOSS)) == 2
    await reception.review.act(ann, decided, Act.CANCEL)
    assert kinds(await to(reception, ANN)) == ["cancelled"]
    if early:
        await quiet.end(ann)
        assert await quiet.until(ann) is None
    else:
        reception.clock.pass_by(minutes=61)
    letters = await to(reception, ANN)
    assert kinds(letters) == ["cancelled", "gathered"]
    assert "2 of your mails are held" in text_of(letters[-1])


async def test_today_ends_at_midnight_of_the_company(reception: Reception) -> None:
    quiet = Quiet(reception.mutes, timezone="Asia/Tokyo", now=reception.clock)
    until = await quiet.begin(actor(ANN, reception.access), "today")
    assert timedelta(0) < until - reception.clock() <= timedelta(days=1)
    assert (until + timedelta(hours=9)).strftime("%H:%M:%S") == "00:00:00"


async def test_two_parts_in_one_letter_are_one_mail(tmp_path: Path) -> None:
    async with open_reception(tmp_path, merge=Merge(after=1, within=timedelta(minutes=5))) as reception:
        await reception.take_in(subject="First")
        await reception.post.write_owed()
        for person in ("a@partner.example", "b@partner.example"):
            await reception.take_in(subject="In parts", to=(person,), flagged=(person,))
        await reception.take_in(subject="Last", to=("c@partner.example",), flagged=())
        await reception.post.write_owed()
        reception.clock.pass_by(seconds=301)
        letters = await to(reception, ANN)
        said = text_of(letters[-1])
        assert "2 of your mails are held" in said
        assert said.count("In parts") == 1
        assert "a@partner.example, b@partner.example" in said


def endings(reception: Reception, **before: float) -> Endings:
    """Told at any time of the week, so that the test is, too."""
    always = Calendar(weekdays=frozenset())
    return Endings(reception.holds, timedelta(**before), lambda: always, lambda: None, reception.clock)


async def test_what_ends_soon_is_told_once_with_all_that_one_needs_to_decide(tmp_path: Path) -> None:
    async with open_reception(tmp_path) as reception:
        (message_id,) = await hold(reception, 1)
        room = endings(reception, hours=8)
        reception.clock.pass_by(hours=63)
        await room.tell()
        assert kinds(await to(reception, ANN)) == ["held"]  # it is too early
        for _ in range(2):
            reception.clock.pass_by(hours=2)
            await room.tell()
        letters = await to(reception, ANN)
        assert kinds(letters) == ["held", "held"]
        assert str(letters[-1]["subject"]).startswith("[Held, ends soon]")
        assert "its time is nearly over" in text_of(letters[-1]).replace("\n", " ")
        browser = await reception.browser()
        assert (await browser.get(link_and_code(letters[-1])[0])).status_code == 200
        record = await reception.holds.find(message_id)
        assert record is not None
        assert record.state == "held"
        page = await (await reception.browser(ANN)).get(f"/messages/{message_id}")
        assert "Told that it ends soon" in page.text


async def test_what_one_has_just_heard_of_is_told_in_the_morning(tmp_path: Path) -> None:
    """In the last hour of the office all is told that ends in the next one, but not what came in minutes ago."""
    async with open_reception(tmp_path) as reception:
        monday = reception.clock().astimezone(UTC).replace(hour=17, minute=10, second=0, microsecond=0)
        monday += timedelta(days=7 - monday.weekday())
        reception.clock.pass_by(seconds=(monday - reception.clock()).total_seconds())
        office = Calendar(timezone="UTC")
        room = Endings(reception.holds, timedelta(hours=8), lambda: office, lambda: None, reception.clock)
        await reception.take_in(after=timedelta(hours=23))
        for _ in range(3):
            reception.clock.pass_by(minutes=10)
            await room.tell()
        assert kinds(await to(reception, ANN)) == ["held"]
        reception.clock.pass_by(hours=16)
        await room.tell()
        letters = await to(reception, ANN)
        assert kinds(letters) == ["held", "held"]
        assert str(letters[-1]["subject"]).startswith("[Held, ends soon]")


async def test_what_ends_together_is_one_letter_and_what_was_decided_is_not_in_it(tmp_path: Path) -> None:
    async with open_reception(tmp_path) as reception:
        ids = await hold(reception, 4)
        await reception.letters()
        reception.clock.pass_by(hours=70)
        await reception.review.act(actor(ANN, reception.access), ids[0], Act.CANCEL)
        await endings(reception, hours=8).tell()
        await reception.review.act(actor(ANN, reception.access), ids[1], Act.CANCEL)
        (letter,) = [one for one in await to(reception, ANN) if one["x-mailguard-letter"] == "gathered"]
        said = text_of(letter)
        assert "their time is nearly over" in said
        assert ("Mail 1" in said, "Mail 2" in said, "Mail 3" in said, "Mail 4" in said) == (False, False, True, True)
        assert await reception.outbox.pending() == []


@pytest.mark.parametrize("left", [1, 5])
async def test_what_was_written_in_several_steps_is_one_letter_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, left: int
) -> None:
    monkeypatch.setattr(ending, "_AT_ONCE", 2)
    async with open_reception(tmp_path) as reception:
        ids = await hold(reception, 5)
        before = len(await reception.letters())
        reception.clock.pass_by(hours=70)
        await endings(reception, hours=8).tell()
        assert len(await reception.outbox.pending()) == 3
        for message_id in ids[left:]:
            await reception.review.act(actor(ANN, reception.access), message_id, Act.RELEASE)
        await reception.post.write_owed()
        (letter,) = (await reception.letters())[before:]
        assert str(letter["subject"]).startswith("[Held, ends soon]" if left == 1 else "[")
        assert await reception.outbox.pending() == []
        assert left == 1 or all(f"Mail {number}" in text_of(letter) for number in range(1, 6))


async def test_who_is_asked_to_approve_is_told_unless_he_answered_or_nothing_ends(tmp_path: Path) -> None:
    async with open_reception(tmp_path) as reception:
        asked = await reception.take_in(Disposition.APPROVE, quorum=2, approvers=(BOSS, VICE))
        half = await reception.take_in(Disposition.APPROVE, quorum=2, approvers=(BOSS, VICE))
        await reception.review.act(actor(BOSS, reception.access), half, Act.APPROVE)
        await reception.take_in(Disposition.DELAY)  # it goes by itself
        await reception.letters()
        reception.clock.pass_by(hours=70)
        await endings(reception, hours=8).tell()
        letters = await reception.letters()
        told = {letter["to"]: letter for letter in letters if letter["x-mailguard-letter"] == "reminder"}
        assert set(told) == {BOSS, VICE}
        assert f"Number {asked}" in text_of(told[BOSS])
        assert kinds(await to(reception, ANN)) == ["held"] * 2


async def test_never_and_a_hold_that_was_short_anyhow_are_told_of_no_more(tmp_path: Path) -> None:
    async with open_reception(tmp_path) as reception:
        await hold(reception, 1)
        await reception.take_in(after=timedelta(hours=12))
        await reception.letters()
        reception.clock.pass_by(hours=6)
        await endings(reception, hours=8).tell()
        reception.clock.pass_by(hours=64)
        await endings(reception, hours=0).tell()
        assert kinds(await to(reception, ANN)) == ["held", "held"]
