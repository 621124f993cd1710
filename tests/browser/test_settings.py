"""My settings: when I am away and who takes my place, as people do it on desk and phone, in both languages."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.browser.conftest import Device, Opens
from tests.message_states import looks_alike
from tests.reception import BOSS, TANAKA, Reception, actor

from mailguard.mail.address import parse_address
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
    today = reception.today()
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
    heading, below = await page.locator("main > h1").bounding_box(), await page.locator("main > h1 + *").bounding_box()
    assert heading is not None
    assert below is not None
    assert below["y"] - heading["y"] - heading["height"] >= 8  # it does not stick to what follows
    await window.shot(f"settings-{language}-{device}")
    assert [one["to"] for one in await reception.letters() if one["x-mailguard-letter"] == "approval"] == [
        BOSS,
        "vice@corp.example",
    ]
    async with page.expect_navigation():
        await page.get_by_role("button", name=words["back"]).click()
    assert words["place"] not in await window.text()


@pytest.mark.parametrize("language", ["ja", "en"])
async def test_asked_again(reception: Reception, opens: Opens, language: str) -> None:
    person, message_id = await looks_alike(reception)
    await reception.review.trust(
        actor(person, reception.access), message_id, (parse_address(TANAKA),), "me", timedelta(days=30)
    )
    window = await opens(person, "phone", language)
    await window.open("/settings")
    assert TANAKA in await window.text()
    await window.shot(f"settings-trusts-{language}")
    assert await window.barriers() == []
    async with window.page.expect_navigation():
        await window.page.get_by_role("button", name={"ja": "また確認する", "en": "Ask again"}[language]).click()
    assert TANAKA not in await window.text()
    assert await reception.review.trusts(actor(person, reception.access)) == []
