"""People decide on the page: what the buttons do, who may press them, and what the second one is told."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from tests.reception import ADMIN, ANN, AUDITOR, BOSS, DROP, KEEP, SATO, SUZUKI, TANAKA, Reception, text_of

from mailguard.mail.actor import Actor, Role
from mailguard.mail.address import parse_address
from mailguard.mail.alteration import ToBcc
from mailguard.mail.lifecycle import State
from mailguard.mail.verdict import Disposition
from mailguard.review import Act


async def states(reception: Reception, message_id: str) -> dict[str, State]:
    record = await reception.holds.find(message_id)
    assert record is not None
    return {str(r.address): r.state for r in record.recipients}


async def test_the_page_says_the_reason_first_and_offers_the_three_ways(reception: Reception) -> None:
    message_id = await reception.take_in()
    page = (await (await reception.browser(ANN)).get(f"/messages/{message_id}")).text
    assert "<h1>This domain looks like one you write to, but is another</h1>" in page
    places = [page.index(piece) for piece in ("<h1>This", "<legend>", ">Remove<", ">It is right<",
              ">Send as chosen<", ">Don&#39;t send<", "Unless somebody decides", 'id="recipients"',
              "examp1e.co.jp</h3>", "example.co.jp</h3>",
              "corp.example</h3>", "Dear Mr Tanaka", 'id="history"')]  # fmt: skip
    assert places == sorted(places)


async def test_in_japanese_too(reception: Reception) -> None:
    message_id = await reception.take_in()
    page = (await (await reception.browser(ANN, "ja")).get(f"/messages/{message_id}")).text
    for piece in ("よく似た別のドメインです", "外す", "正しい宛先", "選んだとおりに送信", "送信しない", "社外", "経過"):
        assert piece in page


async def test_send_as_it_is(reception: Reception) -> None:
    message_id = await reception.take_in()
    browser = await reception.browser(ANN)
    page = await browser.get(f"/messages/{message_id}")
    answer = await browser.send(page, "/act", act="release", **KEEP)
    assert answer.headers["location"] == f"/messages/{message_id}?done=release"
    assert set((await states(reception, message_id)).values()) == {State.QUEUED}
    assert "It will be sent." in (await browser.get(answer.headers["location"])).text


async def test_remove_one_and_send_the_rest(reception: Reception) -> None:
    message_id = await reception.take_in()
    browser = await reception.browser(ANN)
    await browser.send(await browser.get(f"/messages/{message_id}"), "/act", act="send", **DROP)
    assert await states(reception, message_id) == {
        TANAKA: State.CANCELLED, SATO: State.QUEUED, SUZUKI: State.QUEUED, BOSS: State.QUEUED,
    }  # fmt: skip


@pytest.mark.parametrize("act", ["send", "remove-selected"])
async def test_who_comes_off_is_in_nobodys_to(reception: Reception, act: str) -> None:
    message_id = await reception.take_in()
    browser = await reception.browser(ANN)
    page = await browser.get(f"/messages/{message_id}")
    picked = DROP if act == "send" else {"recipient": TANAKA}
    await browser.send(page, "/act", act=act, **picked)
    record = await reception.holds.find(message_id)
    assert record is not None
    kept = {str(one.address): one.recipe for one in record.recipients if str(one.address) != TANAKA}
    assert set(kept.values()) == {(ToBcc(hide="listed", keys=(TANAKA,)),)}
    assert "Addresses hidden from To and Cc" in (await browser.get(f"/messages/{message_id}")).text


async def test_who_cannot_be_hidden_from_a_copy_that_another_froze_comes_off_all_the_same(reception: Reception) -> None:
    message_id = await reception.take_in()
    frozen = (parse_address(SATO),)
    await reception.review.act(Actor(ADMIN, Role.ADMINISTRATOR, "console"), message_id, Act.HOLD, frozen)
    browser = await reception.browser(ANN)
    page = await browser.get(f"/messages/{message_id}")
    await browser.send(page, "/act", act="remove-selected", recipient=TANAKA)
    assert (await states(reception, message_id))[TANAKA] is State.CANCELLED


async def test_do_not_send(reception: Reception) -> None:
    message_id = await reception.take_in(subject="Price list")
    browser = await reception.browser(ANN)
    await browser.send(await browser.get(f"/messages/{message_id}"), "/act", act="cancel")
    assert set((await states(reception, message_id)).values()) == {State.CANCELLED}
    letter = (await reception.letters())[-1]
    assert letter["subject"] == "[Not sent] Price list"
    assert "X-Unsent: 1" in str(next(iter(letter.iter_attachments())).get_payload(decode=True))


async def test_only_the_selected_go(reception: Reception) -> None:
    message_id = await reception.take_in()
    browser = await reception.browser(ANN)
    page = await browser.get(f"/messages/{message_id}")
    await browser.send(page, "/act", act="release-selected", recipient=[SATO])
    assert (await states(reception, message_id))[SATO] is State.QUEUED
    assert (await states(reception, message_id))[TANAKA] is State.HELD
    page = await browser.get(f"/messages/{message_id}")
    await browser.send(page, "/act", act="remove-selected", recipient=[TANAKA, SUZUKI])
    assert (await states(reception, message_id))[SUZUKI] is State.CANCELLED


async def test_enter_in_a_field_decides_nothing(reception: Reception) -> None:
    message_id = await reception.take_in()
    browser = await reception.browser(ANN)
    page = await browser.get(f"/messages/{message_id}")
    first = page.text.partition('id="decision"')[2].partition("<button")[2].partition(">")[0]
    assert 'value="look"' in first, "browsers press the first button of a form"
    answer = await browser.send(page, "/act", act="look")
    assert answer.headers["location"] == f"/messages/{message_id}"
    assert set((await states(reception, message_id)).values()) == {State.HELD}


async def test_selecting_nobody_is_said(reception: Reception) -> None:
    message_id = await reception.take_in()
    browser = await reception.browser(ANN)
    answer = await browser.send(await browser.get(f"/messages/{message_id}"), "/act", act="release-selected")
    assert answer.status_code == 422
    assert "No recipient is selected." in answer.text


async def test_a_delay_can_be_stopped_sent_now_and_cancelled(reception: Reception) -> None:
    message_id = await reception.take_in(Disposition.DELAY, after=timedelta(seconds=60), flagged=())
    browser = await reception.browser(ANN)
    page = await browser.get(f"/messages/{message_id}")
    for word in ("About to be sent", "Send now", "Don&#39;t send", "Pause", "data-until="):
        assert word in page.text
    await browser.send(page, "/act", act="hold")
    page = await browser.get(f"/messages/{message_id}")
    assert "Paused" in page.text
    assert ">Pause<" not in page.text
    await browser.send(page, "/act", act="send-now")
    assert set((await states(reception, message_id)).values()) == {State.QUEUED}


async def test_the_approver_decides_and_the_sender_cannot(reception: Reception) -> None:
    message_id = await reception.take_in(Disposition.APPROVE, to=(TANAKA, SATO))
    ann, boss = await reception.browser(ANN), await reception.browser(BOSS)
    page = await ann.get(f"/messages/{message_id}")
    assert "Approve and send" not in page.text
    assert "Send as it is" not in page.text
    assert (await ann.send(page, "/act", act="release", **KEEP)).status_code == 403
    assert (await ann.send(page, "/act", act="approve", **KEEP)).status_code == 403
    page = await boss.get(f"/messages/{message_id}")
    assert "Approver: boss@corp.example" in page.text
    await boss.send(page, "/act", act="approve", **KEEP)
    assert set((await states(reception, message_id)).values()) == {State.QUEUED}


async def test_a_rejection_reaches_the_sender_with_its_comment(reception: Reception) -> None:
    message_id = await reception.take_in(Disposition.APPROVE, to=(TANAKA,))
    boss = await reception.browser(BOSS)
    page = await boss.get(f"/messages/{message_id}")
    await boss.send(page, "/act", act="reject", comment="Wrong company.\nPlease check.")
    letter = (await reception.letters())[-1]
    assert letter["to"] == ANN
    assert "Decided by: boss@corp.example" in text_of(letter)
    assert "Wrong company." in text_of(letter)
    history = await (await reception.browser(ANN)).get(f"/messages/{message_id}")
    assert "Wrong company." in history.text


async def test_nobody_approves_his_own_mail_not_even_an_administrator(reception: Reception) -> None:
    message_id = await reception.take_in(Disposition.APPROVE, sender=f"<{ADMIN}>", to=(TANAKA,))
    admin = await reception.browser(ADMIN)
    page = await admin.get(f"/messages/{message_id}")
    assert "Approve and send" not in page.text
    assert (await admin.send(page, "/act", act="approve", **KEEP)).status_code == 403


async def test_the_second_decision_is_told_who_was_first(reception: Reception) -> None:
    message_id = await reception.take_in()
    ann, admin = await reception.browser(ANN), await reception.browser(ADMIN)
    hers, his = await ann.get(f"/messages/{message_id}"), await admin.get(f"/messages/{message_id}")
    assert (await admin.send(his, "/act", act="cancel")).status_code == 303
    answer = await ann.send(hers, "/act", act="release", **KEEP)
    assert answer.status_code == 409
    assert "admin@corp.example decided first" in answer.text
    assert "It is now: Cancelled" in answer.text
    again = await admin.send(his, "/act", act="cancel")
    assert again.status_code == 409
    assert "You decided already" in again.text


async def test_of_many_at_once_one_wins(reception: Reception) -> None:
    message_id = await reception.take_in()
    ann, admin = await reception.browser(ANN), await reception.browser(ADMIN)
    hers, his = await ann.get(f"/messages/{message_id}"), await admin.get(f"/messages/{message_id}")
    answers = await asyncio.gather(
        *(ann.send(hers, "/act", act="release", **KEEP) for _ in range(4)),
        *(admin.send(his, "/act", act="cancel") for _ in range(4)),
    )
    assert sorted(answer.status_code for answer in answers).count(303) in (1, 2)
    assert len(set((await states(reception, message_id)).values())) == 1


@pytest.mark.parametrize("person", ["eve@corp.example", AUDITOR])
async def test_others_neither_act_nor_see_more_than_their_role(reception: Reception, person: str) -> None:
    message_id = await reception.take_in()
    browser = await reception.browser(person)
    page = await browser.get(f"/messages/{message_id}")
    assert page.status_code == (200 if person == AUDITOR else 404)
    assert "Dear Mr Tanaka" not in page.text
    assert 'id="decision"' not in page.text
    for path in ("html", "raw"):
        assert (await browser.get(f"/messages/{message_id}/{path}")).status_code in (403, 404)
    form = await browser.get("/mine")
    token = form.text.partition('name="form_token" value="')[2][:40]
    answer = await browser.client.post(f"/messages/{message_id}/act", data={"form_token": token, "act": "cancel"})
    assert answer.status_code in (403, 404)
    assert set((await states(reception, message_id)).values()) == {State.HELD}


async def test_an_unknown_act_and_a_strange_recipient_are_refused(reception: Reception) -> None:
    message_id = await reception.take_in()
    browser = await reception.browser(ANN)
    page = await browser.get(f"/messages/{message_id}")
    assert (await browser.send(page, "/act", act="explode")).status_code == 400
    assert (await browser.send(page, "/act", act="remove-selected", recipient=["<b>"])).status_code == 400
    other = await browser.send(page, "/act", act="remove-selected", recipient=["other@x.example"])
    assert other.status_code == 422
    assert set((await states(reception, message_id)).values()) == {State.HELD}


async def test_an_administrator_decides_over_a_selection(reception: Reception) -> None:
    ids = [await reception.take_in(subject=f"Mail {number}") for number in range(3)]
    admin = await reception.browser(ADMIN)
    page = await admin.get("/all?state=held")
    answer = await admin.send(page, "/bulk", act="cancel", message=ids[:2])
    assert answer.headers["location"] == "/all?state=held"
    page = await admin.get(answer.headers["location"])
    assert "Don&#39;t send 2 mails: about to begin" in page.text
    assert set((await states(reception, ids[0])).values()) == {State.HELD}
    reception.clock.pass_by(seconds=11)
    await reception.bulk.run_due()
    assert "Don&#39;t send 2 mails: 2 done" in (await admin.get("/all")).text
    assert set((await states(reception, ids[2])).values()) == {State.HELD}
    assert set((await states(reception, ids[0])).values()) == {State.CANCELLED}


@pytest.mark.parametrize("clear", [True, False], ids=["questions", "none"])
async def test_a_page_approves_nobody_who_joined_after_it_was_looked_at(reception: Reception, clear: bool) -> None:
    flagged = (TANAKA,) if clear else ()
    message_id = await reception.take_in(Disposition.APPROVE, to=(TANAKA,), flagged=flagged)
    browser = await reception.browser(BOSS)
    page = await browser.get(f"/messages/{message_id}")
    reception.clock.pass_by(seconds=20)
    await reception.take_in(Disposition.APPROVE, to=(SUZUKI,), flagged=flagged)
    answer = await browser.send(page, "/act", act="approve", **KEEP)
    assert answer.status_code == 422
    assert "Meanwhile the mail got more recipients" in answer.text
    assert set((await states(reception, message_id)).values()) == {State.HELD}
    await browser.send(answer, "/act", act="approve", **KEEP)
    assert set((await states(reception, message_id)).values()) == {State.QUEUED}
