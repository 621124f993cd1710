"""A mail that is out and should not be: one tap on its page stops the rest, tells whoever answers for it, and leaves a
draft to whoever got it.
"""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import parse_qs, urlsplit

from tests.reception import ADMIN, ANN, AUDITOR, BOSS, OFFICER, SATO, TANAKA, Reception, text_of

from mailguard.console.locale import sayer
from mailguard.mail.actor import Actor, Role
from mailguard.mail.address import parse_address
from mailguard.mail.directory import Directory, Person
from mailguard.mail.lifecycle import State
from mailguard.mail.outcome import Outcome, Result
from mailguard.mail.verdict import Disposition
from mailguard.notify.letter_texts import MISDELIVERY_STOPPED
from mailguard.review import Act

REPORT = sayer("en")("misdelivery.report")
STOPPED = MISDELIVERY_STOPPED.en


async def half_out(reception: Reception, approvers: tuple[str, ...] = (BOSS,)) -> str:
    """Approved; one copy is out, the other waits for its turn."""
    message_id = await reception.take_in(Disposition.APPROVE, to=(TANAKA, SATO), approvers=approvers)
    await reception.review.act(Actor(BOSS, Role.SENDER, "console"), message_id, Act.APPROVE)
    out = {parse_address(TANAKA): Outcome(Result.RELAYED, 250, "2.0.0 taken")}
    await reception.queue.record(message_id, out, reception.clock(), None, give_up=True)
    return message_id


async def told(reception: Reception) -> list[str]:
    return sorted(str(one["to"]) for one in await reception.letters() if one["x-mailguard-letter"] == "misdelivery")


async def test_one_tap_stops_the_rest_tells_those_in_charge_and_leaves_a_draft(reception: Reception) -> None:
    message_id = await half_out(reception)
    browser = await reception.browser(ANN)
    page = await browser.get(f"/messages/{message_id}?choice=misdelivered")
    assert '<details class="card" id="misdelivery" open>' in page.text
    done = await browser.send(page, "/misdelivery", note="Wrong Tanaka")
    page = await browser.get(done.headers["location"])
    assert REPORT not in page.text
    assert f"Stopped for: {SATO}" in page.text
    assert await told(reception) == sorted((ADMIN, BOSS, OFFICER))
    letter = next(one for one in await reception.letters() if one["x-mailguard-letter"] == "misdelivery")
    assert "ann@corp.example reports a misdelivery" in text_of(letter)
    assert "Wrong Tanaka" in text_of(letter)
    assert STOPPED in text_of(letter)
    record = await reception.holds.find(message_id)
    assert record is not None
    assert {str(one.address): one.state for one in record.recipients} == {
        TANAKA: State.RELAYED, SATO: State.CANCELLED,
    }  # fmt: skip
    link = urlsplit(unescape(re.findall(r'href="(mailto:[^"]+)"', page.text)[0]))
    assert (link.path, len(re.findall('href="mailto:', page.text))) == (TANAKA, 1)
    assert "Please delete it" in parse_qs(link.query)["body"][0]
    assert "\r\n" in parse_qs(link.query)["body"][0]


async def test_who_was_taken_off_before_was_not_stopped_by_the_report(reception: Reception) -> None:
    message_id = await half_out(reception)
    removed = (parse_address(SATO),)
    await reception.review.act(Actor(ADMIN, Role.ADMINISTRATOR, "console"), message_id, Act.REMOVE, removed)
    browser = await reception.browser(ANN)
    await browser.send(await browser.get(f"/messages/{message_id}"), "/misdelivery")
    letter = next(one for one in await reception.letters() if one["x-mailguard-letter"] == "misdelivery")
    assert SATO in text_of(letter)
    assert STOPPED not in text_of(letter)


async def test_the_button_of_the_letter_leads_to_the_card_behind_the_login_too(reception: Reception) -> None:
    message_id = await half_out(reception)
    browser = await reception.browser()
    asked = await browser.get(f"/messages/{message_id}?choice=misdelivered")
    page = await browser.get(asked.headers["location"])
    assert f'value="/messages/{message_id}?choice=misdelivered"' in page.text
    other = await browser.get(f"/messages/{message_id}?choice=release")
    assert other.headers["location"].endswith(f"next=/messages/{message_id}")


async def test_a_second_tap_reports_nothing_twice(reception: Reception) -> None:
    message_id = await half_out(reception)
    browser = await reception.browser(ANN)
    page = await browser.get(f"/messages/{message_id}")
    for _ in range(2):
        assert (await browser.send(page, "/misdelivery")).status_code == 303
    assert len(await told(reception)) == 3


async def test_who_may_report_who_is_told_and_who_ends_it(reception: Reception) -> None:
    message_id = await half_out(reception)
    assert "/misdelivery" not in (await (await reception.browser(AUDITOR)).get(f"/messages/{message_id}")).text
    boss = await reception.browser(BOSS)
    page = await boss.get(f"/messages/{message_id}")
    await boss.send(page, "/misdelivery")
    assert await told(reception) == sorted((ADMIN, ANN, OFFICER))
    page = await boss.get(f"/messages/{message_id}")
    assert "mailto:" not in page.text  # the sender writes, nobody in his name
    officer = await reception.browser(OFFICER)
    page = await officer.get(f"/messages/{message_id}")
    await officer.send(page, "/misdelivery/end", outcome="Deleted unread")
    page = await officer.get(f"/messages/{message_id}")
    assert f"Closed by {OFFICER}" in page.text
    assert "Deleted unread" in page.text


async def test_a_large_group_of_approvers_leaves_nobody_in_charge_out(reception: Reception) -> None:
    group = tuple(f"a{number:02}@corp.example" for number in range(30))
    message_id = await half_out(reception, (*group, BOSS))
    browser = await reception.browser(ANN)
    await browser.send(await browser.get(f"/messages/{message_id}"), "/misdelivery")
    heard = await told(reception)
    assert {ADMIN, OFFICER} < set(heard)
    assert len(heard) == 20


async def test_a_manager_who_does_not_see_the_mail_has_no_button_to_its_page(reception: Reception) -> None:
    chief = "chief@corp.example"
    reception.incidents._directory = lambda: Directory({ANN: Person(ANN, manager=chief)})
    message_id = await half_out(reception)
    browser = await reception.browser(ANN)
    await browser.send(await browser.get(f"/messages/{message_id}"), "/misdelivery")
    letters = {str(one["to"]): text_of(one) for one in await reception.letters()}
    assert "reports a misdelivery" in letters[chief]
    assert f"/messages/{message_id}" not in letters[chief]
    assert f"/messages/{message_id}" in letters[OFFICER]
    assert (await (await reception.browser(chief)).get(f"/messages/{message_id}")).status_code == 404


async def test_what_is_not_out_is_not_reported(reception: Reception) -> None:
    message_id = await reception.take_in()
    page = await (await reception.browser(ANN)).get(f"/messages/{message_id}?choice=misdelivered")
    assert "misdelivery" not in page.text


async def test_a_draft_that_is_too_long_for_a_link_is_on_the_page(reception: Reception) -> None:
    """Windows hands no longer link to a mail program: the subject goes along, the text is copied by hand."""
    message_id = await reception.take_in(Disposition.DELIVER, to=(TANAKA,), subject="誤" * 60)
    await reception.relay(message_id)
    browser = await reception.browser(ANN, "ja")
    await browser.send(await browser.get(f"/messages/{message_id}"), "/misdelivery")
    page = (await browser.get(f"/messages/{message_id}")).text
    (link,) = re.findall(r'href="(mailto:[^"]+)"', page)
    assert len(link) < 2000
    assert "削除後にこのメールへご返信" in page
