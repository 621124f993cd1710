"""Deciding by an answer, over a real ledger: who may, what it does, who hears of it, and who learns nothing."""

from __future__ import annotations

import asyncio
from email.message import EmailMessage

import pytest
from tests.reception import ADMIN, ANN, BOSS, SATO, SUZUKI, TANAKA, Reception, actor, text_of

from mailguard.mail.address import parse_address, parse_reverse_path
from mailguard.mail.envelope import Client, Envelope
from mailguard.mail.lifecycle import State
from mailguard.mail.message import Body, Message, new_message_id
from mailguard.mail.verdict import Disposition
from mailguard.review import Act
from mailguard.store.audit import Audit

#: The history's words for a decision.
DECISIONS = {"release", "cancel", "reject", "approve"}
FORGED = "mailguard+7d2k9m4p6r8t3v5x1z0q2s4w6y@corp.example"


async def answer(
    reception: Reception,
    to: str,
    text: str,
    *,
    by: str = ANN,
    login: str | None = None,
    header: str | None = None,
    trusted: bool = False,
    fields: dict[str, str] | None = None,
) -> None:
    """Somebody answers a letter, by the address in its Reply-To."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = header or by or ANN, to, "Re: [Held] Quotation"
    mail["Message-ID"] = "<answer@corp.example>"
    for name, value in (fields or {}).items():
        mail[name] = value
    mail.set_content(text)
    body = Body.of(mail.as_bytes())
    client = Client("192.0.2.7", "pc", login=by if login is None else login or None, trusted=trusted)
    envelope = Envelope(parse_reverse_path(f"<{by}>"), (parse_address(to),), client)
    message = Message(new_message_id(reception.clock()), envelope, body, reception.clock())
    addresses = reception.replies.among(envelope.recipients)
    assert addresses == envelope.recipients
    await reception.replies.take(message, await reception.readers.read(body), addresses)


async def asked(reception: Reception, person: str = ANN) -> str:
    """Where the last letter to this person takes answers."""
    letters = [one for one in await reception.letters() if one["to"] == person and one["reply-to"]]
    return str(letters[-1]["reply-to"])


async def told(reception: Reception, person: str = ANN) -> EmailMessage | None:
    """The last letter about an answer."""
    found = [one for one in await reception.letters() if one["x-mailguard-letter"] == "reply" and one["to"] == person]
    return found[-1] if found else None


async def states(reception: Reception, message_id: str) -> set[State]:
    record = await reception.holds.find(message_id)
    assert record is not None
    return {copy.state for copy in record.recipients}


async def decisions(reception: Reception, message_id: str) -> list[tuple[str, str, str, str]]:
    lines = await Audit(reception.db).history_of(message_id)
    return [(line.event, line.actor, line.via, line.comment) for line in lines if line.event in DECISIONS]


async def test_the_sender_sends_by_an_answer(reception: Reception) -> None:
    message_id = await reception.take_in()
    await answer(reception, await asked(reception), "OK\n\n> Send as it is?\n> cancel")
    assert await states(reception, message_id) == {State.QUEUED}
    assert await decisions(reception, message_id) == [("release", ANN, "reply", "")]
    assert await told(reception) is None, "the letter that it was sent follows"


async def test_the_sender_withdraws_by_an_answer(reception: Reception) -> None:
    message_id = await reception.take_in()
    await answer(reception, await asked(reception), "取消\n宛先を間違えました。")
    assert await states(reception, message_id) == {State.CANCELLED}
    assert await decisions(reception, message_id) == [("cancel", ANN, "reply", "宛先を間違えました。")]
    last = (await reception.letters())[-1]
    assert last["subject"] == "[Not sent] Quotation"


async def test_an_approver_approves_and_rejects_by_an_answer(reception: Reception) -> None:
    for text, state, word, line in (
        ("承認します。", State.QUEUED, "You approved it; it is being sent", ("approve", BOSS, "reply", "")),
        (
            "reject\nToo dear.",
            State.REJECTED,
            "You rejected it; it is not sent",
            ("reject", BOSS, "reply", "Too dear."),
        ),
    ):
        message_id = await reception.take_in(Disposition.APPROVE)
        await answer(reception, await asked(reception, BOSS), text, by=BOSS)
        assert await states(reception, message_id) == {state}
        assert (await decisions(reception, message_id))[0] == line
        letter = await told(reception, BOSS)
        assert letter is not None
        assert text_of(letter).startswith(word)
        assert letter["in-reply-to"] == "<answer@corp.example>"
        assert letter["auto-submitted"] == "auto-replied"


async def test_one_voice_of_two_is_noted(reception: Reception) -> None:
    message_id = await reception.take_in(Disposition.APPROVE, approvers=(BOSS, "vice@corp.example"), quorum=2)
    await answer(reception, await asked(reception, BOSS), "OK", by=BOSS)
    assert await states(reception, message_id) == {State.HELD}
    letter = await told(reception, BOSS)
    assert letter is not None
    assert "Your approval is noted" in text_of(letter)


async def test_an_answer_approves_nobody_who_joined_after_the_letter_unseen(reception: Reception) -> None:
    message_id = await reception.take_in(Disposition.APPROVE, to=(TANAKA,))
    first = await asked(reception, BOSS)
    reception.clock.pass_by(seconds=20)
    for one in (SATO, SUZUKI):  # To names the one, and not the other
        await reception.take_in(Disposition.APPROVE, to=(one,))
    second = await asked(reception, BOSS)
    assert second != first
    await answer(reception, first, "OK", by=BOSS)
    record = await reception.holds.find(message_id)
    assert record is not None
    assert {str(one.address): one.state for one in record.recipients} == {
        TANAKA: State.QUEUED, SATO: State.QUEUED, SUZUKI: State.HELD,
    }  # fmt: skip
    await answer(reception, second, "OK", by=BOSS)
    assert await states(reception, message_id) == {State.QUEUED}


async def test_the_sender_cannot_approve_his_own_mail_by_an_answer(reception: Reception) -> None:
    message_id = await reception.take_in(Disposition.APPROVE)
    await answer(reception, await asked(reception, ANN), "承認")
    assert await states(reception, message_id) == {State.HELD}
    letter = await told(reception)
    assert letter is not None
    assert "could not be done by your answer" in text_of(letter)


async def test_a_second_answer_is_told_that_it_came_second(reception: Reception) -> None:
    message_id = await reception.take_in()
    to = await asked(reception)
    await answer(reception, to, "OK")
    await answer(reception, to, "cancel")
    assert await states(reception, message_id) == {State.QUEUED}, "one letter decides once"
    letter = await told(reception)
    assert letter is not None
    assert "This letter was answered before" in text_of(letter)


async def test_two_answers_at_once_decide_once(reception: Reception) -> None:
    message_id = await reception.take_in()
    to = await asked(reception)
    await asyncio.gather(*(answer(reception, to, text) for text in ("OK", "cancel", "OK", "cancel")))
    assert len(await decisions(reception, message_id)) == 1


async def test_whoever_was_slower_reads_who_decided(reception: Reception) -> None:
    message_id = await reception.take_in(Disposition.APPROVE, approvers=(BOSS, "vice@corp.example"))
    to = await asked(reception, BOSS)
    await answer(reception, await asked(reception, "vice@corp.example"), "reject", by="vice@corp.example")
    await answer(reception, to, "OK", by=BOSS)
    assert await states(reception, message_id) == {State.REJECTED}
    letter = await told(reception, BOSS)
    assert letter is not None
    assert "Already decided by vice@corp.example" in text_of(letter)


async def test_an_unclear_answer_is_helped_and_can_be_answered_again(reception: Reception) -> None:
    message_id = await reception.take_in()
    await answer(reception, await asked(reception), "What is this about?")
    assert await states(reception, message_id) == {State.HELD}
    letter = await told(reception)
    assert letter is not None
    said = text_of(letter)
    for piece in ("could not be understood", "What is this about?", "“cancel”", "/t/"):
        assert piece in said
    await answer(reception, str(letter["reply-to"]), "cancel")
    assert await states(reception, message_id) == {State.CANCELLED}


async def test_recipients_are_not_changed_by_an_answer(reception: Reception) -> None:
    message_id = await reception.take_in()
    await answer(reception, await asked(reception), "OK, but remove tanaka@examp1e.co.jp")
    assert await states(reception, message_id) == {State.HELD}
    letter = await told(reception)
    assert letter is not None
    assert "recipients cannot be changed by an answer" in text_of(letter).replace("\n", " ")


@pytest.mark.parametrize(
    "forged",
    [
        {"by": "eve@corp.example"},
        {"by": "eve@corp.example", "header": ANN},
        {"by": ANN, "header": "eve@corp.example"},
        {"by": ANN, "header": f"{ANN}, eve@corp.example"},
        {"by": ANN, "login": ""},
        {"by": "ann@x.example", "header": ANN},
    ],
)
async def test_another_sender_changes_nothing_and_learns_nothing(reception: Reception, forged: dict[str, str]) -> None:
    message_id = await reception.take_in(subject="Secret merger")
    await answer(reception, await asked(reception), "OK", **forged)  # type: ignore[arg-type]
    assert await states(reception, message_id) == {State.HELD}
    assert await decisions(reception, message_id) == []
    for letter in await reception.letters():
        if letter["x-mailguard-letter"] == "reply":
            assert "Your answer did not decide anything" in text_of(letter)
            assert "Secret merger" not in letter.as_string()
            assert letter["x-mailguard-about"] is None


async def test_what_a_forger_reads_is_what_an_unknown_secret_gets(reception: Reception) -> None:
    await reception.take_in()
    await answer(reception, await asked(reception), "OK", by="eve@corp.example")
    known = await told(reception, "eve@corp.example")
    await answer(reception, FORGED, "OK", by="mallory@corp.example")
    unknown = await told(reception, "mallory@corp.example")
    assert known is not None
    assert unknown is not None
    assert text_of(known) == text_of(unknown)


async def test_a_login_is_the_person_too(reception: Reception) -> None:
    message_id = await reception.take_in()
    await answer(reception, await asked(reception), "OK", by="sales@corp.example", login=ANN, header=ANN)
    assert await states(reception, message_id) == {State.QUEUED}


async def test_a_trusted_server_vouches_for_its_senders(reception: Reception) -> None:
    message_id = await reception.take_in()
    await answer(reception, await asked(reception), "OK", login="", trusted=True)
    assert await states(reception, message_id) == {State.QUEUED}


@pytest.mark.parametrize(
    "machine",
    [
        {"fields": {"Auto-Submitted": "auto-replied"}},
        {"fields": {"Precedence": "bulk"}},
        {"fields": {"List-Id": "<all.corp.example>"}},
        {"fields": {"X-Mailguard-Letter": "held"}},
        {"fields": {"X-Autoreply": "yes"}},
        {"by": "", "login": ANN},
    ],
)
async def test_a_machine_is_neither_heard_nor_answered(reception: Reception, machine: dict[str, object]) -> None:
    message_id = await reception.take_in()
    to = await asked(reception)
    before = len(await reception.letters())
    await answer(reception, to, "OK", **machine)  # type: ignore[arg-type]
    assert await states(reception, message_id) == {State.HELD}
    assert len(await reception.letters()) == before


async def test_a_late_answer_is_told_so(reception: Reception) -> None:
    message_id = await reception.take_in()
    to = await asked(reception)
    reception.clock.pass_by(hours=97)
    await answer(reception, to, "OK")
    assert await states(reception, message_id) == {State.HELD}
    letter = await told(reception)
    assert letter is not None
    assert "The time to answer this letter is over" in text_of(letter)


async def test_an_answer_to_a_comment_is_a_comment_and_decides_nothing(reception: Reception) -> None:
    message_id = await reception.take_in(Disposition.APPROVE)
    await reception.review.comment(actor(BOSS, reception.access), message_id, "宛先は田中様で合っていますか?")
    letter = [one for one in await reception.letters() if one["x-mailguard-letter"] == "comment"][-1]
    assert "What you write is passed on as a comment" in text_of(letter)
    to = str(letter["reply-to"])
    for said in ("いいえ、佐藤様です。\n\n> 取消", "はい"):  # as a decision, the one would withdraw it
        await answer(reception, to, said)
    assert await states(reception, message_id) == {State.HELD}
    assert await decisions(reception, message_id) == []
    notes = [one for one in await Audit(reception.db).history_of(message_id) if one.event == "comment"]
    assert [(one.actor, one.via, one.comment) for one in notes[1:]] == [
        (ANN, "reply", "いいえ、佐藤様です。"), (ANN, "reply", "はい"),
    ]  # fmt: skip
    confirmation = await told(reception)
    assert confirmation is not None
    assert "passed on as a comment" in text_of(confirmation)
    assert [one["to"] for one in await reception.letters() if one["x-mailguard-letter"] == "comment"][1:] == [BOSS] * 2
    await answer(reception, to, "> nothing of his own")
    await reception.review.act(actor(ANN, reception.access), message_id, Act.CANCEL)
    await answer(reception, to, "Too late?")
    assert len([one for one in await Audit(reception.db).history_of(message_id) if one.event == "comment"]) == 3


async def test_nobody_is_answered_without_end(reception: Reception) -> None:
    await reception.take_in()
    to = await asked(reception)
    for _ in range(10):
        await answer(reception, to, "hm?")
        await answer(reception, FORGED, "hm?")
    letters = [one for one in await reception.letters() if one["x-mailguard-letter"] == "reply"]
    assert len(letters) == 8, "four about the mail, four about nothing"


async def test_a_stranger_outside_is_never_answered(reception: Reception) -> None:
    await answer(reception, FORGED, "OK", by="eve@x.example")
    assert await reception.letters() == []


async def test_an_answer_makes_nobody_an_administrator(reception: Reception) -> None:
    await reception.take_in(sender="<stranger@else.example>")
    (letter,) = await reception.letters()
    assert (letter["to"], letter["reply-to"]) == (ADMIN, None), "his letter leads to the login"
    message_id = await reception.take_in()
    to = await asked(reception)
    await answer(reception, to, "OK", by=ADMIN)
    assert await states(reception, message_id) == {State.HELD}


async def test_an_administrator_who_is_asked_approves_as_an_approver(reception: Reception) -> None:
    message_id = await reception.take_in(Disposition.APPROVE, approvers=(ADMIN,))
    await answer(reception, await asked(reception, ADMIN), "OK", by=ADMIN)
    assert await states(reception, message_id) == {State.QUEUED}


async def test_a_decision_of_before_makes_the_answer_late(reception: Reception) -> None:
    message_id = await reception.take_in()
    to = await asked(reception)
    await reception.review.act(actor(ADMIN, reception.access), message_id, Act.CANCEL)
    await answer(reception, to, "OK")
    letter = await told(reception)
    assert letter is not None
    assert f"Already decided by {ADMIN}" in text_of(letter)
    assert await states(reception, message_id) == {State.CANCELLED}


async def test_the_ledger_knows_no_secret(reception: Reception) -> None:
    await reception.take_in()
    secret = (await asked(reception)).partition("+")[2].partition("@")[0]
    rows = await reception.db.read(lambda c: c.execute("SELECT * FROM reply_ticket").fetchall())
    assert rows
    assert not any(secret in str(column) for row in rows for column in row)
    notices = await reception.db.read(lambda c: c.execute("SELECT detail FROM notice").fetchall())
    assert not any(secret in str(row) for row in notices)
