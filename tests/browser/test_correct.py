"""The wrong recipient, replaced by one press: with a finger, with the keyboard alone, without JavaScript."""

from __future__ import annotations

import pytest
from tests.browser.conftest import Opens
from tests.message_states import REAL, STATES, TWIN
from tests.reception import Reception, link_and_code

from mailguard.mail.lifecycle import State

pytestmark = pytest.mark.asyncio(loop_scope="session")
WORDS = {
    "ja": (f"{TWIN} ではなく {REAL} へ送信", "宛先を訂正しました。送信します。"),
    "en": (f"Send to {REAL} instead of {TWIN}", "The recipient was replaced. It will be sent."),
}


async def states(reception: Reception, message_id: str) -> dict[str, State]:
    record = await reception.holds.find(message_id)
    assert record is not None
    return {str(r.address): r.state for r in record.recipients}


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
async def test_one_press(reception: Reception, opens: Opens, language: str, script: bool) -> None:
    button, done = WORDS[language]
    person, message_id = await STATES["looks_alike"](reception)
    device = "phone" if script else "desktop"
    window = await opens(person, device, language, script=script)
    await window.open(f"/messages/{message_id}")
    await window.shot(f"offer-{device}-{language}")
    if script:
        assert await window.barriers() == []
        assert not await window.overflows()
    await window.press(button)
    assert done in await window.text()
    await window.shot(f"offered-{device}-{language}")
    found = await states(reception, message_id)
    assert (found[TWIN], found[REAL]) == (State.CANCELLED, State.QUEUED)


async def test_from_the_letter_with_the_keyboard(reception: Reception, opens: Opens) -> None:
    """The letter's button leads there and stands on it; its link needs the code, and a GET does nothing."""
    _, message_id = await STATES["looks_alike"](reception)
    link, code = link_and_code((await reception.letters())[-1], reception.settings.url)
    window = await opens("", "desktop", "en")
    await window.open(f"{link.partition('?')[0]}?choice=correct")
    assert await window.page.evaluate("document.activeElement.name") == "correct"
    await window.shot("offer-ticket-en")
    assert await window.barriers() == []
    assert TWIN in (found := await states(reception, message_id))
    assert REAL not in found
    await window.page.get_by_label("Code").focus()
    await window.page.keyboard.type(code)
    for _ in range(2):  # past the help of the field, onto the button
        await window.page.keyboard.press("Tab")
        if await window.page.evaluate("document.activeElement.name") == "correct":
            break
    async with window.page.expect_navigation():
        await window.page.keyboard.press("Enter")
    assert WORDS["en"][1] in await window.text()
    assert (await states(reception, message_id))[REAL] is State.QUEUED
