"""One press puts whoever was meant in a wrong recipient's place: on the page, behind a letter's link, by the API."""

from __future__ import annotations

import html
import re

import pytest
from tests.judging import policy_of
from tests.reception import ADMIN, ANN, BOSS, SATO, SUZUKI, TANAKA, Reception, link_and_code, text_of

from mailguard.mail.lifecycle import State
from mailguard.mail.verdict import Disposition

MEANT = "tanaka@example.co.jp"
EVIDENCE = ("examp1e.co.jp ≠ example.co.jp (1 / l)",)
OFFER = f"{TANAKA}>{MEANT}"
STILL = """version: 1
rules:
  - id: still
    when: {recipients: {domain: example.co.jp}}
    then: confirm
    because: {ja: "確認してください", en: "Look at it once more"}
"""


async def look_alike(reception: Reception, disposition: Disposition = Disposition.CONFIRM) -> str:
    return await reception.take_in(disposition, evidence=EVIDENCE)


async def states(reception: Reception, message_id: str) -> dict[str, str]:
    record = await reception.holds.find(message_id)
    assert record is not None
    return {str(r.address): str(r.state) for r in record.recipients}


async def test_one_press_on_the_page(reception: Reception) -> None:
    message_id = await look_alike(reception)
    browser = await reception.browser(ANN)
    page = await browser.get(f"/messages/{message_id}")
    assert f">Send to {MEANT} instead of {TANAKA}</button>" in page.text
    assert f"Did you mean {MEANT}?" in page.text
    answer = await browser.send(page, "/act", correct=OFFER)
    assert answer.headers["location"] == f"/messages/{message_id}?done=correct"
    assert await states(reception, message_id) == {
        TANAKA: "cancelled", SATO: "queued", SUZUKI: "queued", BOSS: "queued", MEANT: "queued",
    }  # fmt: skip
    after = (await browser.get(answer.headers["location"])).text
    for piece in ("The recipient was replaced. It will be sent.", f"{MEANT} instead of {TANAKA}", "Recipient replaced"):
        assert piece in after
    assert 'name="correct"' not in after
    # In whose place he stands is seen by everybody: it is To, and not Bcc.
    person = re.search(rf"{MEANT}.{{0,400}}", html.unescape(after[after.index('id="recipients"') :]), re.DOTALL)
    assert person is not None
    assert "Bcc" not in person[0]


async def test_in_japanese(reception: Reception) -> None:
    message_id = await look_alike(reception)
    page = (await (await reception.browser(ANN, "ja")).get(f"/messages/{message_id}")).text
    assert f">{TANAKA} ではなく {MEANT} へ送信</button>" in page
    assert f"もしかして: {MEANT}" in page


async def test_it_stays_for_what_is_left(reception: Reception) -> None:
    reception.policy.append(policy_of(STILL))
    message_id = await look_alike(reception)
    browser = await reception.browser(ANN)
    answer = await browser.send(await browser.get(f"/messages/{message_id}"), "/act", correct=OFFER)
    after = (await browser.get(answer.headers["location"])).text
    assert "It was not sent yet" in after
    assert "<h1>Look at it once more</h1>" in after
    assert set((await states(reception, message_id)).values()) == {"cancelled", "held"}


@pytest.mark.parametrize("person", [BOSS, ADMIN])
async def test_an_approver_takes_nobodys_place(reception: Reception, person: str) -> None:
    message_id = await look_alike(reception, Disposition.APPROVE)
    page = (await (await reception.browser(person)).get(f"/messages/{message_id}")).text
    assert ('name="correct"' in page) is (person == ADMIN)
    assert f"Did you mean {MEANT}?" in page


async def test_the_sender_of_a_mail_that_waits_for_approval_replaces_only(reception: Reception) -> None:
    message_id = await look_alike(reception, Disposition.APPROVE)
    page = (await (await reception.browser(ANN)).get(f"/messages/{message_id}")).text
    assert f">Replace {TANAKA} by {MEANT}</button>" in page


async def test_nothing_else_can_be_put_there(reception: Reception) -> None:
    message_id = await look_alike(reception)
    browser = await reception.browser(ANN)
    page = await browser.get(f"/messages/{message_id}")
    for chosen, status in ((f"{TANAKA}>eve@evil.example", 422), (f"{SATO}>{MEANT}", 422), ("no address", 400)):
        assert (await browser.send(page, "/act", correct=chosen)).status_code == status
    assert set((await states(reception, message_id)).values()) == {"held"}


async def test_whoever_is_late_hears_who_decided(reception: Reception) -> None:
    message_id = await look_alike(reception)
    browser = await reception.browser(ANN)
    page = await browser.get(f"/messages/{message_id}")
    await browser.send(page, "/act", act="cancel")
    late = await browser.send(page, "/act", correct=OFFER)
    assert late.status_code == 409
    assert set((await states(reception, message_id)).values()) == {"cancelled"}


async def test_a_letters_button_leads_to_it_and_its_code_does_it(reception: Reception) -> None:
    message_id = await look_alike(reception)
    letter = (await reception.letters())[-1]
    assert f"Send to {MEANT} instead of {TANAKA}" in text_of(letter)
    assert f"Did you mean {MEANT}?" in text_of(letter)
    link, code = link_and_code(letter)
    link = link.partition("?")[0]
    browser = await reception.browser()
    page = await browser.get(f"{link}?choice=correct")
    button = re.search(r'<button[^>]*name="correct"[^>]*>', page.text)
    assert button is not None
    assert "autofocus" in button[0]
    assert set((await states(reception, message_id)).values()) == {"held"}  # a GET does nothing
    assert (await browser.send(page, link, correct=OFFER)).status_code == 400  # nor does the link without its code
    answer = await browser.send(page, link, correct=OFFER, code=code)
    assert answer.headers["location"] == f"/messages/{message_id}?done=correct"
    assert (await states(reception, message_id))[MEANT] == "queued"
    record = await reception.holds.find(message_id)
    assert record is not None
    assert record.state is State.QUEUED
