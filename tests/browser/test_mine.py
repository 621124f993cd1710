"""My mail: undo windows with their clock and buttons, peace from letters, and notifications of the browser."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from playwright.async_api import Locator
from tests.browser.conftest import Device, Opens, Window
from tests.reception import ADMIN, ANN, BOSS, Reception

from mailguard.mail.lifecycle import State
from mailguard.mail.verdict import Disposition
from mailguard.notify.live import called

BOTH = pytest.mark.parametrize("language", ["ja", "en"])
DEVICES = pytest.mark.parametrize("device", ["desktop", "phone"])
pytestmark = pytest.mark.asyncio(loop_scope="session")
SAYS = {
    "ja": (
        "まもなく送信するメール",
        "一時停止",
        "今すぐ送信",
        "送信しない",
        "一時停止中",
        "1時間止める",
        "通知メールを再開する",
    ),
    "en": ("About to be sent", "Pause", "Send now", "Don't send", "paused", "For 1 hour", "Get letters again"),
}
#: Keeps what the page would have shown.
FAKE = """
  window.shown = [];
  window.Notification = class extends EventTarget {
    static permission = localStorage.getItem("test-permission") || "default";
    static async requestPermission() {
      localStorage.setItem("test-permission", window.answer || "granted");
      return Notification.permission = window.answer || "granted";
    }
    constructor(title, more) { super(); window.shown.push({ title, ...more }); window.last = this; }
    close() {}
  };
"""


async def delayed(reception: Reception, subject: str = "【御見積】11月分のお見積書", seconds: float = 58) -> str:
    return await reception.take_in(
        Disposition.DELAY, subject=subject, after=timedelta(seconds=seconds), to=("sato@example.co.jp",), flagged=()
    )


async def state(reception: Reception, message_id: str) -> State:
    record = await reception.holds.find(message_id)
    assert record is not None
    return record.state


async def heard(reception: Reception, message_id: str) -> None:
    """As the house does for a mail that was taken in."""
    record = await reception.holds.find(message_id)
    assert record is not None
    reception.live.publish("held", record.lead, record.people, called(record))


@BOTH
@DEVICES
async def test_an_undo_window_is_seen_paused_and_ended(
    reception: Reception, opens: Opens, device: Device, language: str
) -> None:
    title, pause, now, stop, stopped, _, _ = SAYS[language]
    one, two, three = [await delayed(reception, f"{number} 御見積書") for number in (1, 2, 3)]
    window = await opens(ANN, device, language)
    await window.open("/mine")
    assert title in await window.text()
    assert not (await window.page.title()).startswith("(")
    assert await window.barriers() == []
    assert not await window.overflows()
    await window.shot(f"undo-{device}-{language}")
    rows = window.page.locator(".undo > li")

    def row(message_id: str) -> Locator:
        return rows.filter(has=window.page.locator(f"form[action$='{message_id}/act']"))

    await row(one).get_by_role("button", name=pause).click()
    await window.page.wait_for_url("**/mine?done=hold")
    assert stopped in await window.text()
    assert (await window.page.title()).startswith("(1)")
    await window.shot(f"undo-paused-{device}-{language}")
    record = await reception.holds.find(one)
    assert record is not None
    assert record.recipients[0].frozen_by == ANN
    await row(one).get_by_role("button", name={"ja": "再開", "en": "Resume"}[language], exact=True).click()
    await window.page.wait_for_url("**/mine?done=resume")
    assert {"ja": "再開しました。", "en": "Resumed."}[language] in await window.text()
    assert stopped not in await window.page.locator(".undo").inner_text()
    await row(one).get_by_role("button", name=pause).click()
    await window.page.wait_for_url("**/mine?done=hold")
    for name, message_id, after in ((now, two, State.QUEUED), (stop, three, State.CANCELLED)):
        await row(message_id).get_by_role("button", name=name).click()
        await window.page.wait_for_load_state()
        assert await state(reception, message_id) is after
    assert await rows.count() == 1


@BOTH
async def test_the_row_moves_by_itself_and_nothing_else_moves(
    reception: Reception, opens: Opens, language: str
) -> None:
    message_id = await delayed(reception)
    window = await opens(ANN, "phone", language)
    await window.open("/mine")
    # From the first picture on: what a script uncovers must be there when the page is first seen.
    await window.page.evaluate(
        "window.moved = []; new PerformanceObserver((list) => { for (const shift of list.getEntries())"
        " for (const { node } of shift.sources) window.moved.push((node?.outerHTML ?? node?.data ?? '').slice(0, 80));"
        " }).observe({ type: 'layout-shift', buffered: true })"
    )
    clock = window.page.get_by_role("timer")
    before = await clock.inner_text()
    await window.page.wait_for_function(
        "(text) => document.querySelector('[role=timer]').textContent !== text", arg=before
    )
    assert await window.page.evaluate("window.moved") == []
    reception.clock.pass_by(seconds=60)
    await reception.review.expire_due()
    await window.page.wait_for_selector(".undo", state="detached")
    assert await state(reception, message_id) is State.QUEUED
    assert await window.page.locator(f"#recent ~ table a[href$='{message_id}']").count() == 1


async def test_undo_works_without_javascript(reception: Reception, opens: Opens) -> None:
    message_id = await delayed(reception)
    window = await opens(ANN, script=False)
    await window.open("/mine")
    assert not await window.page.locator("#browser-alerts").is_visible()
    await window.press("Don't send")
    assert window.page.url.endswith("/mine?done=cancel")
    assert await state(reception, message_id) is State.CANCELLED


@BOTH
@DEVICES
async def test_peace_from_letters(reception: Reception, opens: Opens, device: Device, language: str) -> None:
    *_, hour, end = SAYS[language]
    window = await opens(ANN, device, language)
    await window.open("/mine")
    await window.shot(f"alerts-{device}-{language}")
    await window.press(hour)
    assert await window.page.locator(".peace").is_visible()
    assert await window.barriers() == []
    assert not await window.overflows()
    await window.shot(f"peace-{device}-{language}")
    await reception.take_in()
    assert [one for one in await reception.letters() if one["x-mailguard-letter"] == "held"] == []
    await window.press(end)
    assert await window.page.locator(".peace").count() == 0
    assert [one["to"] for one in await reception.letters() if one["x-mailguard-letter"] == "held"] == [ANN]


# Notifications


async def listening(opens: Opens, person: str, language: str = "en", answer: str = "granted") -> Window:
    """My mail in a window that nobody looks at, with what the browser would show kept."""
    window = await opens(person, "desktop", language)
    await window.page.add_init_script(FAKE)
    await window.page.add_init_script(f"window.answer = {json.dumps(answer)}; document.hasFocus = () => false;")
    async with window.page.expect_response("**/events"):  # from now on it hears
        await window.open("/mine")
    return window


async def shown(window: Window) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = await window.page.evaluate("window.shown")
    return found


@pytest.mark.parametrize(
    ("language", "ask", "titles"),
    [
        ("en", "Notify me in this browser", ["A mail of yours is held", "Mails of yours that are held: 2"]),
        ("ja", "このブラウザーで通知する", ["送信を保留しました", "送信を保留したメール: 2件"]),
    ],
)
async def test_a_hold_is_notified_without_what_it_says(
    reception: Reception, opens: Opens, language: str, ask: str, titles: list[str]
) -> None:
    window = await listening(opens, ANN, language)
    assert await window.page.evaluate("Notification.permission") == "default"
    await heard(reception, await reception.take_in(subject="Secret"))
    await window.page.wait_for_selector(".waiting")
    assert await shown(window) == []  # nobody asked for it
    await window.page.get_by_role("button", name=ask).click()
    await window.page.wait_for_selector("[data-alerts=state]:not([hidden])")
    await window.shot(f"notifying-{language}")
    one = await reception.take_in(subject="Secret one")
    await heard(reception, one)
    await window.page.wait_for_function("() => window.shown.length === 1")
    await heard(reception, one)
    await heard(reception, await delayed(reception))
    await heard(reception, await reception.take_in(subject="Secret two"))
    await window.page.wait_for_function("() => window.shown.length === 2")
    assert [said["title"] for said in await shown(window)] == titles
    assert {said["tag"] for said in await shown(window)} == {"mailguard-hold"}
    assert "Secret" not in json.dumps(await shown(window))
    await window.page.wait_for_function("() => document.title.startsWith('(3)')")


async def test_a_click_leads_to_the_mail_and_other_pages_hear_too(reception: Reception, opens: Opens) -> None:
    window = await listening(opens, BOSS)
    await window.page.get_by_role("button", name="Notify me in this browser").click()
    async with window.page.expect_response("**/events"):
        await window.open("/settings")
    one = await reception.take_in(Disposition.APPROVE)
    await heard(reception, one)
    await window.page.wait_for_function("() => window.shown.length === 1")
    assert (await shown(window))[0]["title"] == "Somebody needs your approval"
    async with window.page.expect_navigation():
        await window.page.evaluate("window.last.dispatchEvent(new Event('click'))")
    assert window.page.url.endswith(f"/messages/{one}")


async def test_administrators_hear_of_others_only_if_they_choose(reception: Reception, opens: Opens) -> None:
    window = await listening(opens, ADMIN)
    await window.page.get_by_role("button", name="Notify me in this browser").click()
    await heard(reception, await reception.take_in())
    await window.page.wait_for_selector("a[href$='/all?state=held']")
    assert await shown(window) == []
    await window.page.get_by_label("Also when mail of others is held").check()
    await heard(reception, await reception.take_in())
    await window.page.wait_for_function("() => window.shown.length === 1")
    assert (await shown(window))[0]["title"] == "A mail is held"
    await window.open("/mine")
    assert await window.page.get_by_label("Also when mail of others is held").is_checked()
    await window.page.get_by_role("button", name="Stop notifying").click()
    await heard(reception, await reception.take_in())
    await window.page.wait_for_timeout(500)
    assert await shown(window) == []


async def test_a_refusal_is_said_and_nothing_is_shown(reception: Reception, opens: Opens) -> None:
    window = await listening(opens, ANN, answer="denied")
    await window.page.get_by_role("button", name="Notify me in this browser").click()
    await window.page.wait_for_selector("[data-alerts=denied]:not([hidden])")
    assert await window.barriers() == []


async def test_a_browser_without_notifications_offers_none(reception: Reception, opens: Opens) -> None:
    window = await opens(ANN)
    await window.page.add_init_script("delete window.Notification")
    await window.open("/mine")
    assert not await window.page.locator("#browser-alerts").is_visible()


async def test_the_real_thing_takes_what_we_show(reception: Reception, opens: Opens) -> None:
    """Chromium's own Notification with the permission given: what a hold makes is one that it accepts."""
    window = await opens(ANN)
    await window.context.grant_permissions(["notifications"], origin=window.url)
    await window.page.add_init_script(
        "document.hasFocus = () => false; window.made = []; const real = window.Notification;"
        " window.Notification = class extends real {"
        "   constructor(title, more) { super(title, more); window.made.push([this.title, this.body, this.tag]); } };"
    )
    await window.open("/mine")
    assert await window.page.evaluate("Notification.permission") == "granted"
    await window.page.get_by_role("button", name="Notify me in this browser").click()
    await heard(reception, await reception.take_in())
    await window.page.wait_for_function("() => window.made.length === 1")
    ((title, body, tag),) = await window.page.evaluate("window.made")
    assert (title, tag) == ("A mail of yours is held", "mailguard-hold")
    assert body
