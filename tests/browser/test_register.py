"""The register of misdeliveries in a browser: it reads well on desk and phone, and everybody can use it."""

from __future__ import annotations

import pytest
from tests.browser.conftest import Device, Opens
from tests.integration.console.test_misdelivery import half_out
from tests.reception import ANN, OFFICER, Reception

from mailguard.mail.actor import Actor, Role

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize(
    ("device", "language"), [("desktop", "ja"), ("phone", "ja"), ("desktop", "en"), ("phone", "en")]
)
async def test_the_register_is_for_everybody(
    reception: Reception, opens: Opens, device: Device, language: str, dark: bool
) -> None:
    ann, officer = Actor(ANN, Role.SENDER, "console"), Actor(OFFICER, Role.OFFICER, "console")
    closed = await reception.incidents.open(ann, await half_out(reception), "田中様が別の会社の方でした")
    await reception.incidents.close(officer, closed.id, "先方で未開封のまま削除を確認")
    await reception.incidents.open(ann, await half_out(reception), "Wrong Tanaka")
    window = await opens(OFFICER, device, language, dark=dark)
    await window.open("/incidents")
    await window.shot(f"register-{device}-{language}-{'dark' if dark else 'light'}")
    assert await window.barriers() == []
    assert not await window.overflows()
    assert await window.page.locator(".lines > li").count() == 2
    await window.page.locator(".lines a").first.click()
    await window.page.wait_for_url("**/messages/*#misdelivery")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize(
    ("device", "language"), [("desktop", "ja"), ("phone", "ja"), ("desktop", "en"), ("phone", "en")]
)
async def test_one_misdelivery_is_assessed_by_everybody(
    reception: Reception, opens: Opens, device: Device, language: str, dark: bool
) -> None:
    ann = Actor(ANN, Role.SENDER, "console")
    one = await reception.incidents.open(ann, await half_out(reception), "田中様が別の会社の方でした")
    window = await opens(OFFICER, device, language, dark=dark)
    await window.open(f"/incidents/{one.id}")
    for name, answer in (("personal", "yes"), ("sensitive", "yes"), ("property", "no"), ("malicious", "no")):
        await window.page.locator(f'input[name="{name}"][value="{answer}"]').check()
    await window.page.locator("#persons").fill("12")
    await window.page.locator('form[action$="/assess"] button').click()
    await window.page.wait_for_url("**/incidents/*?done=assessment")
    for draft in await window.page.locator("details.draft > summary").all():
        await draft.click()
    await window.shot(f"incident-{device}-{language}-{'dark' if dark else 'light'}")
    assert await window.barriers() == []
    assert not await window.overflows()
    said = "必要と思われます" if language == "ja" else "probably due, because it held sensitive data"
    assert said in await window.page.locator("#duty ~ ul").first.inner_text()
