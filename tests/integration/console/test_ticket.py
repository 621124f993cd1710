"""The link in a letter: it explains, and acts only with the code."""

from __future__ import annotations

import re

import pytest
from tests.reception import ADMIN, ANN, BOSS, DROP, KEEP, TANAKA, Reception, link_and_code, text_of

from mailguard.mail.lifecycle import State
from mailguard.mail.verdict import Disposition


async def held(reception: Reception) -> tuple[str, str, str]:
    """A held mail, the path of its letter's link, and the code."""
    message_id = await reception.take_in(text="the secret body")
    letter = (await reception.letters())[-1]
    assert letter["to"] == ANN
    return message_id, *link_and_code(letter)


async def state(reception: Reception, message_id: str) -> State:
    record = await reception.holds.find(message_id)
    assert record is not None
    return record.state


async def test_the_letter_reaches_the_sender_and_says_why(reception: Reception) -> None:
    await reception.take_in(subject="Quotation")
    letter = (await reception.letters())[-1]
    assert letter["subject"] == "[Held] Quotation"
    assert letter["in-reply-to"] == "<original@corp.example>"
    assert "looks like one you write to" in text_of(letter)


async def test_the_link_shows_what_the_letter_said_and_not_the_body(reception: Reception) -> None:
    message_id, link, _ = await held(reception)
    page = await (await reception.browser()).get(link)
    assert page.status_code == 200
    assert 'value="view"' in page.text.partition('name="code"')[2].partition("<button")[2].partition(">")[0]
    for piece in ("looks like one you write to", TANAKA, "Quotation", 'name="code"', "Send as it is"):
        assert piece in page.text
    assert "secret body" not in page.text
    assert message_id not in page.text


async def test_the_link_alone_never_acts(reception: Reception) -> None:
    message_id, link, code = await held(reception)
    browser = await reception.browser()
    page = await browser.get(link)
    assert (await browser.send(page, link, act="release", **KEEP)).status_code == 400
    wrong = f"{(int(code) + 1) % 1_000_000:06}"
    assert (await browser.send(page, link, act="release", **KEEP, code=wrong)).status_code == 403
    assert await state(reception, message_id) is State.HELD
    assert (await browser.get(f"/messages/{message_id}")).status_code == 303


async def test_the_code_acts_and_logs_in_to_this_mail_only(reception: Reception) -> None:
    other = await reception.take_in(subject="Another")
    await reception.letters()
    message_id, link, code = await held(reception)
    browser = await reception.browser()
    answer = await browser.send(await browser.get(link), link, act="release", **KEEP, code=code)
    assert answer.headers["location"] == f"/messages/{message_id}?done=release"
    assert await state(reception, message_id) is State.QUEUED
    shown = await browser.get(f"/messages/{message_id}")
    assert "secret body" in shown.text
    assert (await browser.get(f"/messages/{other}")).status_code == 404
    assert (await browser.get("/")).headers["location"] == f"/messages/{message_id}"
    for path in ("/mine", "/all", "/outside"):
        assert (await browser.get(path)).headers["location"].startswith("/login")
    assert (await browser.client.get("/api/v1/messages")).status_code == 404
    assert (await browser.client.get(f"/api/v1/messages/{other}")).status_code == 404
    assert (await browser.client.get(f"/api/v1/messages/{message_id}")).status_code == 200


async def test_one_can_look_at_the_text_first(reception: Reception) -> None:
    message_id, link, code = await held(reception)
    browser = await reception.browser()
    answer = await browser.send(await browser.get(link), link, act="view", code=code)
    assert answer.headers["location"] == f"/messages/{message_id}?done=login"
    page = await browser.get(answer.headers["location"])
    assert "secret body" in page.text
    await browser.send(page, "/act", act="cancel")
    assert await state(reception, message_id) is State.CANCELLED


async def test_a_code_is_good_once_and_five_wrong_ones_end_it(reception: Reception) -> None:
    message_id, link, code = await held(reception)
    browser = await reception.browser()
    page = await browser.get(link)
    wrong = f"{(int(code) + 1) % 1_000_000:06}"
    answers = [(await browser.send(page, link, act="release", **KEEP, code=wrong)).status_code for _ in range(5)]
    assert answers == [403, 403, 403, 403, 404]
    assert (await browser.send(page, link, act="release", **KEEP, code=code)).status_code == 404
    assert await state(reception, message_id) is State.HELD


async def test_whoever_was_slower_is_told(reception: Reception) -> None:
    message_id, link, code = await held(reception)
    browser = await reception.browser()
    page = await browser.get(link)
    admin = await reception.browser(ADMIN)
    await admin.send(await admin.get(f"/messages/{message_id}"), "/act", act="cancel")
    answer = await browser.send(page, link, act="release", **KEEP, code=code)
    assert answer.status_code == 409
    assert "admin@corp.example decided first" in answer.text
    assert (await browser.get(f"/messages/{message_id}")).status_code == 200


async def test_a_forged_link_helps_and_tells_nothing(reception: Reception) -> None:
    browser = await reception.browser()
    for link in ("/t/" + "x" * 43, "/t/x", "/t/%00%ff", "/t/" + "x" * 5000):
        answer = await browser.get(link)
        assert answer.status_code == 404
        assert "This link does not work" in answer.text


async def test_whoever_may_see_the_mail_anyway_is_led_to_it_and_stays_who_he_is(reception: Reception) -> None:
    message_id, link, _ = await held(reception)
    for person in (ANN, ADMIN):
        browser = await reception.browser(person)
        assert (await browser.get(link)).headers["location"] == f"/messages/{message_id}"
        assert person in (await browser.get("/mine")).text
    eve = await reception.browser("eve@corp.example")
    assert 'name="code"' in (await eve.get(link)).text


async def test_the_approver_rejects_with_a_comment_from_the_letter(reception: Reception) -> None:
    message_id = await reception.take_in(Disposition.APPROVE, to=(TANAKA,))
    letters = await reception.letters()
    asked = next(letter for letter in letters if letter["to"] == BOSS)
    told = next(letter for letter in letters if letter["to"] == ANN)
    assert asked["subject"] == "[Approval needed] Quotation"
    assert "asked of boss@corp.example;" in text_of(told).replace("\n", " ")
    link, code = link_and_code(asked)
    browser = await reception.browser()
    await browser.send(await browser.get(link), link, act="reject", code=code, comment="No.")
    assert await state(reception, message_id) is State.REJECTED


async def test_a_scanner_that_opens_every_link_changes_nothing(reception: Reception) -> None:
    message_id, link, code = await held(reception)
    for _ in range(10):
        scanner = await reception.browser()
        await scanner.get(link)
        await scanner.client.head(link)
    assert await state(reception, message_id) is State.HELD
    browser = await reception.browser()
    assert (await browser.send(await browser.get(link), link, act="release", **KEEP, code=code)).status_code == 303


async def test_a_used_link_leads_the_same_browser_to_the_mail_and_tells_others_nothing(reception: Reception) -> None:
    message_id, link, code = await held(reception)
    browser = await reception.browser()
    await browser.send(await browser.get(link), link, act="release", **KEEP, code=code)
    assert (await browser.get(link)).headers["location"] == f"/messages/{message_id}"
    for person in ("", "eve@corp.example"):
        answer = await (await reception.browser(person)).get(link)
        assert answer.status_code == 404
        assert "This link does not work" in answer.text
        assert message_id not in answer.text


@pytest.mark.parametrize(("first", "told"), [("cancel", "You decided already"), ("view", "The mail is still on hold")])
async def test_the_second_tab_is_led_to_the_mail_and_says_who_decided(
    reception: Reception, first: str, told: str
) -> None:
    message_id, link, code = await held(reception)
    browser = await reception.browser()
    tabs = [await browser.get(link) for _ in range(2)]
    await browser.send(tabs[0], link, act=first, code=code)
    before = await state(reception, message_id)
    answer = await browser.send(tabs[1], link, act="release", **KEEP, code=code)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/messages/{message_id}?done=before")
    assert told in (await browser.get(answer.headers["location"])).text
    assert await state(reception, message_id) is before


async def test_the_second_tab_says_that_somebody_else_decided(reception: Reception) -> None:
    message_id, link, code = await held(reception)
    browser = await reception.browser()
    tabs = [await browser.get(link) for _ in range(2)]
    await browser.send(tabs[0], link, act="view", code=code)
    admin = await reception.browser(ADMIN)
    await admin.send(await admin.get(f"/messages/{message_id}"), "/act", act="cancel")
    answer = await browser.send(tabs[1], link, act="release", **KEEP, code=code)
    assert "admin@corp.example decided first" in (await browser.get(answer.headers["location"])).text


async def test_a_form_of_another_site_is_led_nowhere(reception: Reception) -> None:
    _, link, code = await held(reception)
    browser = await reception.browser()
    await browser.send(await browser.get(link), link, act="view", code=code)
    for fields in ({}, {"form_token": "x" * 40}):
        stranger = await (await reception.browser("eve@corp.example")).client.post(link, data=fields)
        assert stranger.status_code == 403


async def test_a_letters_button_preselects_and_does_not_act(reception: Reception) -> None:
    message_id, link, code = await held(reception)
    browser = await reception.browser()
    page = await browser.get(f"{link}?choice=cancel")
    assert re.search(r'name="act" value="cancel"[^>]* autofocus', page.text)
    removing = await browser.get(f"{link}?choice=remove-flagged")
    assert re.search(r'value="safe" required checked', removing.text)
    assert "Remove 1 recipient and send" in removing.text
    assert await state(reception, message_id) is State.HELD
    await browser.send(page, link, act="cancel", code=code)
    assert await state(reception, message_id) is State.CANCELLED


@pytest.mark.parametrize("choice", ["hold", "urgent", "approve", "x", "release%22%3E%3Cscript%3E", ""])
async def test_a_choice_that_is_none_changes_nothing(reception: Reception, choice: str) -> None:
    _, link, _ = await held(reception)
    page = await (await reception.browser()).get(f"{link}?choice={choice}")
    assert page.status_code == 200
    assert "autofocus" not in page.text
    assert " checked" not in page.text
    assert "<script>" not in page.text


async def test_whoever_is_logged_in_takes_his_choice_along(reception: Reception) -> None:
    message_id, link, _ = await held(reception)
    browser = await reception.browser(ANN)
    assert (await browser.get(f"{link}?choice=cancel")).headers["location"] == f"/messages/{message_id}?choice=cancel"
    assert (await browser.get(f"{link}?choice=x%0d%0a")).headers["location"] == f"/messages/{message_id}"


async def test_a_slip_in_the_code_costs_nobody_his_answers(reception: Reception) -> None:
    _, link, code = await held(reception)
    browser = await reception.browser()
    page = await browser.get(link)
    wrong = f"{(int(code) + 1) % 1_000_000:06}"
    for typed in (wrong, ""):
        answer = await browser.send(page, link, act="send", **DROP, code=typed)
        assert answer.status_code in (400, 403)
        assert re.search(r'value="safe" required checked', answer.text)


async def test_whoever_is_asked_something_comes_to_where_he_answers(reception: Reception) -> None:
    message_id, link, code = await held(reception)
    browser = await reception.browser()
    page = await browser.get(link)
    assert page.text.index('value="view"') < page.text.index('value="talk"')
    answer = await browser.send(page, link, act="talk", code=code)
    assert answer.headers["location"] == f"/messages/{message_id}?done=login#remark"
    assert '<textarea id="remark"' in (await browser.get(f"/messages/{message_id}")).text
