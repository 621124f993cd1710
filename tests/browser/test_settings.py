"""My settings: when I am away and who takes my place, as people do it on desk and phone, in both languages."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.browser.conftest import Device, Opens
from tests.reception import BOSS, Reception

from mailguard.mail.verdict import Disposition

pytestmark = pytest.mark.asyncio(loop_scope="session")
WORDS = {
    "ja": {"set": "不在を登録する", "done": "不在を登録しました", "place": "代理: vice@corp.example",
           "back": "戻りました"},
    "en": {"set": "Set this absence", "done": "The absence is set", "place": "In my place: vice@corp.example",
           "back": "I am back"},
}  # fmt: skip


@pytest.mark.parametrize("script", [True, False], ids=["script", "plain"])
@pytest.mark.parametrize("device", ["desktop", "phone"])
@pytest.mark.parametrize("language", ["ja", "en"])
async def test_away_and_back(reception: Reception, opens: Opens, language: str, device: Device, script: bool) -> None:
    words = WORDS[language]
    await reception.take_in(Disposition.APPROVE)
    window = await opens(BOSS, device, language, script=script)
    await window.open("/settings")
    today = reception.clock().date()
    page = window.page
    await page.locator("#first").fill(today.isoformat())
    await page.locator("#last").fill((today + timedelta(days=4)).isoformat())
    await page.locator("#delegates").fill("vice@outside.example")
    await window.press(words["set"])
    assert "vice@outside.example" in await window.text()
    assert await page.locator("#delegates").input_value() == "vice@outside.example"
    await page.locator("#delegates").fill("vice@corp.example")
    await window.press(words["set"])
    said = await window.text()
    assert words["done"] in said
    assert words["place"] in said
    assert not await window.overflows()
    if script:
        assert await window.barriers() == []
    await window.shot(f"settings-{language}-{device}")
    assert [one["to"] for one in await reception.letters() if one["x-mailguard-letter"] == "approval"] == [
        BOSS,
        "vice@corp.example",
    ]
    async with page.expect_navigation():
        await page.get_by_role("button", name=words["back"]).click()
    assert words["place"] not in await window.text()
