"""The queue and My history in a browser: looks, keys, acts that count down, and what comes in while one reads."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.browser.conftest import Device, Opens
from tests.reception import ADMIN, ANN, Reception

from mailguard.mail.lifecycle import State
from mailguard.mail.verdict import Because, Disposition
from mailguard.review import Filter

pytestmark = pytest.mark.asyncio(loop_scope="session")

MANY = Because("社外10名の宛先が互いに見えます", "10 outside recipients can see each other")


async def filled(reception: Reception) -> None:
    """Some of everything."""
    for number in range(12):
        await reception.take_in(
            Disposition.APPROVE if number % 4 == 0 else Disposition.CONFIRM,
            subject=f"【御見積】第{number}版 お見積書をお送りします",
            sender=f"<{(ANN, 'yamada.hanako@corp.example')[number % 2]}>",
            because=MANY if number % 3 else None,
            after=timedelta(hours=1 + number * 7),
        )
        reception.clock.pass_by(minutes=7)
    await reception.take_in(Disposition.DELIVER, subject="Sent at once")


@pytest.mark.parametrize("device", ["desktop", "phone"])
@pytest.mark.parametrize("language", ["ja", "en"])
async def test_it_looks_right_to_everybody(reception: Reception, opens: Opens, device: Device, language: str) -> None:
    await filled(reception)
    gone = await reception.take_in(Disposition.DELIVER, subject="納品書", to=("sato@example.co.jp",))
    await reception.relay(gone)
    await reception.refuse(subject="名簿をお送りします")
    for dark in (False, True):
        admin = await opens(ADMIN, device, language, dark=dark)
        for name, path in (
            ("queue", "/all?q=state:held"),
            ("queue-wrong", "/all?q=form:ann+state:hold"),
            ("confirm", "/all/confirm?q=state:held&act=cancel"),
        ):
            await admin.open(path)
            assert await admin.barriers() == [], path
            assert not await admin.overflows(), path
            await admin.shot(f"{name}-{device}-{language}{'-dark' if dark else ''}")
        ann = await opens(ANN, device, language, dark=dark)
        await ann.open("/history")
        assert await ann.barriers() == []
        assert not await ann.overflows()
        await ann.shot(f"history-{device}-{language}{'-dark' if dark else ''}")


async def test_keys_move_select_act_and_can_be_switched_off(reception: Reception, opens: Opens) -> None:
    await filled(reception)
    window = await opens(ADMIN)
    await window.open("/all?q=state:held")
    page = window.page
    await page.keyboard.press("j")
    await page.keyboard.press("j")
    assert await page.locator("tr[aria-current]").count() == 1
    second = page.locator("tbody tr").nth(1)
    assert await second.get_attribute("aria-current") == "true"
    await page.keyboard.press("x")
    assert await second.locator("input").is_checked()
    await page.keyboard.press("x")
    await page.keyboard.press("?")
    assert await page.locator("dialog#keys").is_visible()
    assert await window.barriers() == []
    await window.shot("queue-keys")
    await page.keyboard.press("Escape")
    assert not await page.locator("dialog#keys").is_visible()
    await page.keyboard.press("/")
    await page.keyboard.type("jar")
    assert await page.locator("#q").input_value() == "state:heldjar"
    await page.keyboard.press("Escape")
    await page.locator("tbody tr").nth(1).locator("a").focus()
    async with page.expect_navigation():
        await page.keyboard.press("r")
    assert "Don't send 1 mail: about to begin" in await window.text()
    assert await page.locator("tr.going").count() == 1
    await window.shot("queue-undo")
    async with page.expect_navigation():
        await page.keyboard.press("u")
    assert "undone, nothing was changed" in await window.text()
    await page.keyboard.press("?")
    await page.get_by_role("button", name="Switch the keys off").click()
    await page.keyboard.press("Escape")
    await page.keyboard.press("j")
    assert await page.locator("tr[aria-current]").count() == 0


async def test_the_whole_queue_is_cleared_and_it_is_seen(reception: Reception, opens: Opens) -> None:
    for number in range(60):
        await reception.take_in(subject=f"Mail {number}")
    window = await opens(ADMIN)
    await window.open("/all?q=state:held")
    await window.page.get_by_role("link", name="Act on all 60 that match").click()
    await window.shot("queue-confirm-60")
    await window.press("Send 60 mails")
    assert "Send 60 mails: about to begin" in await window.text()
    await window.page.reload()
    assert "Send 60 mails: about to begin" in await window.text()
    reception.clock.pass_by(seconds=31)
    await reception.bulk.run_due()
    await window.page.get_by_text("Send 60 mails: 60 done").wait_for()
    await window.page.get_by_text("No mail matches.").wait_for()
    assert await reception.holds.count(Filter(state=State.QUEUED)) == 60
    await window.page.get_by_role("link", name="Details").click()
    assert await window.barriers() == []


async def test_the_button_that_undoes_stays_while_time_runs(reception: Reception, opens: Opens) -> None:
    await reception.take_in()
    window = await opens(ADMIN)
    await window.open("/all/confirm?q=state:held&act=release")
    await window.press("Send 1 mail")
    page = window.page
    await page.evaluate("window.button = document.querySelector('[data-undo]')")
    for _ in range(2):  # the line is read anew
        async with page.expect_response("**/all?*"):
            pass
    await page.wait_for_timeout(100)
    assert await page.evaluate("window.button.isConnected")
    assert await page.locator("[data-job] [data-until]").inner_text() != ""


async def test_the_longest_address_fits_a_phone_and_the_menu_a_row(reception: Reception, opens: Opens) -> None:
    await reception.take_in(to=("sales40@verylongsubsidiaryname.department.holding.example",))
    phone = await opens(ADMIN, "phone", "ja")
    await phone.open("/all?q=state:held")
    assert not await phone.overflows()
    desk = await opens(ADMIN, "desktop", "ja", width=800)
    await desk.open("/all")
    places = await desk.page.locator("header nav a").evaluate_all("all => all.map(one => one.offsetTop)")
    assert len(places) >= 5
    assert len(set(places)) == 1


async def test_what_comes_in_is_said_and_no_row_moves(reception: Reception, opens: Opens) -> None:
    await filled(reception)
    window = await opens(ADMIN)
    page = window.page
    async with page.expect_response("**/events"):
        await window.open("/all?q=state:held")
    first = await page.locator("tbody tr").first.get_attribute("data-id")
    before = await page.locator("tbody tr").first.bounding_box()
    assert (await page.title()).startswith("(12) ")
    message_id = await reception.take_in(subject="Just now")
    reception.live.publish("held", message_id, frozenset({ANN}))
    await page.get_by_text("New on hold: 1").wait_for()
    assert (await page.title()).startswith("(13) ")
    assert await page.locator("tbody tr").first.get_attribute("data-id") == first
    assert await page.locator("tbody tr").first.bounding_box() == before
    await window.shot("queue-new")
    await page.get_by_role("link", name="Show them").click()
    await page.get_by_role("link", name="Just now").wait_for()


@pytest.mark.parametrize("device", ["desktop", "phone"])
async def test_without_a_script_everything_is_there(reception: Reception, opens: Opens, device: Device) -> None:
    await filled(reception)
    window = await opens(ADMIN, device, script=False)
    await window.open("/all?q=state:held")
    await window.page.locator("input[name=message]").first.check()
    await window.press("Don't send")
    assert "Don't send 1 mail: about to begin" in await window.text()
    await window.press("Undo")
    assert "undone, nothing was changed" in await window.text()
    await window.page.locator("details.keep summary").click()
    await window.page.get_by_label("Name for this filter").fill("Mine")
    await window.press("Keep")
    assert await window.page.get_by_role("link", name="Mine 12").is_visible()
