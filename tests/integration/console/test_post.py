"""The post room over a real ledger: every notice becomes one letter, whatever goes wrong in between."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.reception import ADMIN, ANN, BOSS, MAIL, SATO, TANAKA, URL, Reception, actor, text_of

from mailguard.mail.address import parse_address
from mailguard.mail.organization import Language
from mailguard.mail.verdict import Disposition
from mailguard.notify.letters import Kind, LetterContext, LetterSettings, compose
from mailguard.review import Act
from mailguard.store.errors import StoreBusy
from mailguard.store.records import MessageRecord, Notice


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


FILE = (
    "From: Ann <ann@corp.example>\r\nTo: tanaka@examp1e.co.jp\r\nMessage-ID: <1@corp.example>\r\nSubject: \xe5\x8d\xb0"
    "\r\nReferences: <0@x.example>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
    "Content-Type: text/plain; charset=utf-8\r\n\r\n090-1234-5678 / 03-1234-5678\r\n--b\r\nContent-Type: text/csv\r\n"
    'Content-Disposition: attachment; filename="list.csv"\r\n\r\na,b\r\n--b--\r\n'
).encode()


async def test_a_mail_of_this_moment_is_told_as_the_ledger_would_tell_it(reception: Reception) -> None:
    reception.outbox.listen()
    message_id = await reception.take_in(octets=FILE)
    ((notice, entered),) = reception.outbox.fresh(10)
    kept = await reception.holds.find(message_id)
    assert kept is not None
    assert kept.facts.attachments
    assert kept.facts.personal_data
    settings = LetterSettings(parse_address(ADMIN), "https://mg.example", reception.settings.organization)
    for language in ("ja", "en"):
        context = LetterContext(
            settings, parse_address(notice.to), message_id, reception.clock(), "https://x", "123456"
        )
        from_memory, from_ledger = (compose("held", language, replace(context, record=one)) for one in (entered, kept))
        assert from_memory == from_ledger


@pytest.mark.parametrize("decided", [False, True])
async def test_a_mail_of_this_moment_is_told_without_reading_it(
    reception: Reception, monkeypatch: pytest.MonkeyPatch, decided: bool
) -> None:
    await reception.letters()  # the ledger was read
    reception.outbox.listen()
    message_id = await reception.take_in()
    if decided:
        await reception.review.act(actor(ANN, reception.access), message_id, Act.RELEASE)
    reads: list[str] = []
    find, find_all = reception.holds.find, reception.holds.find_all

    async def finds(message_id: str) -> MessageRecord | None:
        reads.append(message_id)
        return await find(message_id)

    async def finds_all(ids: Collection[str]) -> dict[str, MessageRecord]:
        reads.extend(ids)
        return await find_all(ids)

    monkeypatch.setattr(reception.holds, "find", finds)
    monkeypatch.setattr(reception.holds, "find_all", finds_all)
    letters = await reception.letters()
    assert reads == ([message_id] if decided else [])
    assert len(letters) == (0 if decided else 1)
    assert await reception.outbox.pending(kinds=("held",)) == []


async def test_what_is_handed_over_and_read_is_told_once(reception: Reception) -> None:
    reception.outbox.listen()
    await reception.take_in(subject="read and handed over")
    await reception.letters()
    for number in range(30):
        await reception.take_in(subject=f"{number}", sender=f"<ann{number}@corp.example>")
    reception.post.wake()
    subjects = [str(one["subject"]) for one in await reception.letters()]
    assert sorted(subjects) == sorted(["[Held] read and handed over", *(f"[Held] {number}" for number in range(30))])
    assert await reception.outbox.pending() == []


async def test_what_was_read_before_it_is_handed_over_keeps_nobody_waiting(reception: Reception) -> None:
    """A reader may see what was committed before the event loop hears of it."""

    async def take_in(numbers: range) -> None:
        for number in numbers:
            octets = MAIL.format(subject=number, text="", html="").replace("<original@", f"<{number}@").encode()
            await reception.take_in(octets=octets, sender=f"<ann{number}@corp.example>")

    reception.outbox.listen()
    await take_in(range(3))
    handed = reception.outbox.fresh(3)
    assert len(await reception.letters()) == 3
    for notice, record in handed:
        reception.db.owing.keep(record, (notice,))
    await take_in(range(3, 23))
    await reception.post._write_all()
    assert await reception.outbox.pending() == []


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


@pytest.mark.parametrize("error", [StoreBusy("try again"), MemoryError()])
async def test_a_busy_ledger_stops_nothing_for_good(
    reception: Reception, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    pending, refused, written = reception.outbox.pending, asyncio.Event(), asyncio.Event()

    async def busy_once(*arguments: Any) -> list[Notice]:
        if not refused.is_set():
            refused.set()
            raise error
        return await pending(*arguments)

    monkeypatch.setattr(reception.outbox, "pending", busy_once)
    monkeypatch.setattr(reception.post, "_delivered", written.set)
    await reception.post.start()
    async with asyncio.timeout(60):
        await refused.wait()
        await reception.take_in()
        reception.post.wake()
        await written.wait()
    await reception.post.stop()
    assert len(await reception.letters()) == 1


async def test_what_was_given_out_and_could_not_be_looked_up_is_tried_again(
    reception: Reception, monkeypatch: pytest.MonkeyPatch
) -> None:
    await reception.take_in()
    with monkeypatch.context() as short:

        async def find_all(_ids: Collection[str]) -> dict[str, MessageRecord]:
            raise MemoryError

        short.setattr(reception.holds, "find_all", find_all)
        short.setattr(reception.outbox, "fresh", lambda _limit: [])
        assert await reception.post.write_owed() == 0
    reception.clock.pass_by(seconds=31)
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
