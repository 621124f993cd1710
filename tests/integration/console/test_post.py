"""The post room over a real ledger: every notice becomes one letter, whatever goes wrong in between."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from tests.reception import ANN, BOSS, SATO, TANAKA, URL, Reception, actor, text_of

from mailguard.mail.organization import Language
from mailguard.mail.verdict import Disposition
from mailguard.notify.letters import Kind, LetterContext, compose
from mailguard.review import Act
from mailguard.store.errors import StoreBusy
from mailguard.store.records import Notice


async def test_a_delay_is_silent(reception: Reception) -> None:
    await reception.take_in(Disposition.DELAY, after=timedelta(seconds=60))
    assert await reception.letters() == []


async def test_an_approval_asks_the_approvers_and_tells_the_sender(reception: Reception) -> None:
    await reception.take_in(Disposition.APPROVE, approvers=(BOSS, "vice@corp.example"), quorum=2)
    letters = await reception.letters()
    assert {str(one["to"]): str(one["subject"]).partition("]")[0] for one in letters} == {
        BOSS: "[Approval needed", "vice@corp.example": "[Approval needed", ANN: "[Held",
    }  # fmt: skip


async def test_a_letter_is_written_once(reception: Reception) -> None:
    await reception.take_in()
    assert len(await reception.letters()) == 1
    assert len(await reception.letters()) == 1


async def test_two_post_rooms_write_one_letter(reception: Reception) -> None:
    await reception.take_in()
    await asyncio.gather(reception.post.write_owed(), reception.post.write_owed())
    assert len(await reception.letters()) == 1


async def test_a_question_that_was_answered_meanwhile_is_not_asked(reception: Reception) -> None:
    message_id = await reception.take_in()
    ann = actor(ANN, reception.access)
    await reception.review.act(ann, message_id, Act.RELEASE)
    assert await reception.letters() == []


async def test_one_bad_notice_holds_nobody_up_and_is_tried_again(
    reception: Reception, monkeypatch: pytest.MonkeyPatch
) -> None:
    await reception.take_in(subject="first")
    await reception.take_in(subject="second")
    module = "mailguard.notify.post.compose"

    def fails_once(kind: Kind, language: Language, context: LetterContext) -> bytes:
        if context.record is not None and context.record.subject == "first":
            raise RuntimeError("this letter cannot be written")
        return compose(kind, language, context)

    monkeypatch.setattr(module, fails_once)
    assert [str(one["subject"]) for one in await reception.letters()] == ["[Held] second"]
    monkeypatch.setattr(module, compose)
    assert len(await reception.letters()) == 1, "not at once again"
    reception.clock.pass_by(seconds=31)
    assert [str(one["subject"]) for one in await reception.letters()] == ["[Held] second", "[Held] first"]


async def test_a_busy_ledger_stops_nothing_for_good(reception: Reception, monkeypatch: pytest.MonkeyPatch) -> None:
    pending, refused, written = reception.outbox.pending, asyncio.Event(), asyncio.Event()

    async def busy_once(*arguments: Any) -> list[Notice]:
        if not refused.is_set():
            refused.set()
            raise StoreBusy("try again")
        return await pending(*arguments)

    monkeypatch.setattr(reception.outbox, "pending", busy_once)
    monkeypatch.setattr(reception.post, "_delivered", written.set)
    await reception.post.start()
    async with asyncio.timeout(20):
        await refused.wait()
        await reception.take_in()
        reception.post.wake()
        await written.wait()
    await reception.post.stop()
    assert len(await reception.letters()) == 1


async def test_stopping_ends_the_room_and_starting_anew_goes_on(reception: Reception) -> None:
    await reception.post.start()
    await reception.post.stop()
    await reception.take_in()
    assert await reception.outbox.pending()


async def test_an_expired_mail_comes_back_with_the_original(reception: Reception) -> None:
    await reception.take_in(subject="Old", after=timedelta(hours=1))
    await reception.letters()
    reception.clock.pass_by(hours=2)
    await reception.review.expire_due()
    letter = (await reception.letters())[-1]
    assert letter["subject"] == "[Not sent] Old"
    assert "Nobody decided in time" in text_of(letter)
    (draft,) = list(letter.iter_attachments())
    assert draft.get_filename() == "draft.eml"


async def test_a_colleague_who_removes_a_recipient_tells_the_sender_about_that_one(reception: Reception) -> None:
    message_id = await reception.take_in(to=(TANAKA, SATO))
    admin = actor("admin@corp.example", reception.access)
    removed = (await reception.review.show(admin, message_id)).record.recipients[0].address
    await reception.letters()
    await reception.review.act(admin, message_id, Act.REMOVE, (removed,))
    said = text_of((await reception.letters())[-1])
    assert said.startswith("Cancelled for 1 recipient")
    assert SATO not in said


async def test_letters_that_only_tell_lead_to_the_page_behind_the_login(reception: Reception) -> None:
    message_id = await reception.take_in()
    await reception.review.act(actor(ANN, reception.access), message_id, Act.CANCEL)
    said = text_of((await reception.letters())[-1])
    assert f"{URL}/messages/{message_id}" in said
    assert "Code:" not in said
