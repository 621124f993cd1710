"""What is changed before a mail leaves, as people see it before they let it go; and the password once it is out."""

from __future__ import annotations

import pytest
from tests.altered_mail import OCTETS, RECIPE
from tests.browser.conftest import Device, Opens
from tests.reception import ANN, Reception, link_and_code

from mailguard.mail.actor import HOUSE
from mailguard.mail.lifecycle import Event
from mailguard.mail.outcome import Outcome, Result

pytestmark = pytest.mark.asyncio(loop_scope="session")
WORDS = {
    "ja": ("送信時の変更", "変更の内容を見る", "件名に語を追加", "パスワード"),
    "en": ("What is changed", "Show what changes", "A word in front of the subject", "Password"),
}


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("device", ["desktop", "phone"])
async def test_changes_are_shown_before_and_the_password_after(
    reception: Reception, opens: Opens, device: Device, language: str
) -> None:
    title, show, tag, password = WORDS[language]
    message_id = await reception.take_in(octets=OCTETS, alter=RECIPE)
    link, _ = link_and_code((await reception.letters())[-1], reception.settings.url)
    ticket = await opens("", device, language)
    await ticket.open(link)
    assert title in await ticket.text()
    window = await opens(ANN, device, language)
    await window.open(f"/messages/{message_id}")
    assert tag in await window.text()
    for one in await window.page.get_by_text(show).all():
        await one.click()
    assert "[社外] お見積" in await window.text()
    assert not await window.overflows()
    await window.shot(f"changes-{device}-{language}")
    assert password not in await window.text()
    await reception.holds.apply(message_id, Event.RELEASE, HOUSE, reception.clock())
    record = await reception.holds.find(message_id)
    assert record is not None
    out = {one.address: Outcome(Result.RELAYED, 250, "ok") for one in record.recipients}
    await reception.queue.record(message_id, out, reception.clock(), None, give_up=True)
    await window.open(f"/messages/{message_id}")
    assert password.lower() in (await window.text()).lower()
    assert not await window.overflows()
    await window.shot(f"password-{device}-{language}")
