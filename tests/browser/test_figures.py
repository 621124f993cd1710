"""The pages of figures and of the audit log in a browser: what they say, how they look, that everybody can use them."""

from __future__ import annotations

import asyncio
import random
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from tests.browser.conftest import Device, Opens
from tests.reception import ADMIN, ANN, AUDITOR, Reception

from mailguard.mail.actor import Actor, Role
from mailguard.policy.tally import Tally
from mailguard.review import Act
from mailguard.store.audit_log import AuditLog, Checked
from mailguard.store.day_figures import Day, DayCount, DayFigures

pytestmark = pytest.mark.asyncio(loop_scope="session")

RULES = (
    "look-alike",
    "many-outsiders-see-each-other",
    "greeting-names-another",
    "personal-data-of-ten",
    "first-time-domain",
)
GROUPS = ("営業部", "開発部", "総務部", "corp.example", "")
TOKYO = ZoneInfo("Asia/Tokyo")


def a_day(day: date, dice: random.Random) -> DayCount:
    """A plausible day of a company of three hundred people."""
    found, quiet = DayCount(), day.weekday() >= 5
    mails = dice.randint(60, 140) if quiet else dice.randint(900, 1500)
    found.add("all", "", Tally(mails=mails, outside=mails // 2, refused=dice.randint(0, 3)))
    for place, name in enumerate(GROUPS):
        found.add("group", name, Tally(mails=mails // (place + 2)))
    for _ in range(mails // 3):
        one = Tally(delayed=1, undone=int(dice.random() < 0.004))
        one.note("undo", timedelta(seconds=60))
        one.note("all", timedelta(seconds=60))
        found.add("all", "", one)
    for _ in range(mails // 2):
        one = Tally()
        one.note("all", timedelta(seconds=dice.lognormvariate(-0.6, 0.6)))
        found.add("all", "", one)
    for _ in range(max(1, mails // 60)):
        fate = dice.choices(("released", "changed", "cancelled", "rejected", "expired"), (70, 10, 12, 4, 4))[0]
        one = Tally(asked=1, seen=int(fate != "expired"), hasty=int(fate == "released" and dice.random() < 0.2))
        setattr(one, fate, 1)
        for length in ("asked", "all", "decide") if fate in ("released", "changed") else ():
            one.note(length, timedelta(seconds=dice.lognormvariate(4.6, 1.1)))
        found.add("all", "", one)
        rule = dice.choices(RULES, (10, 4, 6, 2, 8))[0]
        found.add("rule", rule, one)
        found.add("rule", rule, Tally(hits=1))
        found.add("group", dice.choices(GROUPS, (8, 4, 2, 2, 1))[0], one)
    return found


async def fill(reception: Reception, days: int = 90) -> None:
    """So many days of figures."""
    store, dice = DayFigures(reception.db), random.Random(7)
    today = reception.clock().astimezone(TOKYO).date()
    for number in range(1, days):
        day = today - timedelta(days=number)
        begin = datetime(day.year, day.month, day.day, tzinfo=TOKYO)
        await store.keep(Day(day, begin, begin + timedelta(days=1)), a_day(day, dice), datetime.now(UTC))


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize(
    ("device", "language"), [("desktop", "ja"), ("phone", "ja"), ("desktop", "en"), ("phone", "en")]
)
async def test_figures_are_for_everybody(
    reception: Reception, opens: Opens, device: Device, language: str, dark: bool
) -> None:
    await fill(reception)
    window = await opens(ADMIN, device, language, dark=dark)
    await window.open("/figures?days=90")
    await window.shot(f"figures-{device}-{language}-{'dark' if dark else 'light'}")
    assert await window.barriers() == []
    assert not await window.overflows()
    assert {"ja": "止めたミス", "en": "Mistakes stopped"}[language] in await window.text()
    shown = window.page.get_by_role(
        "img", name={"ja": "止めたミスの推移", "en": "Mistakes stopped over time"}[language]
    )
    assert await shown.count() == 1
    await window.page.locator("summary").first.click()
    assert await window.barriers() == []
    assert not await window.overflows()


async def test_figures_by_month_print_and_without_mail(reception: Reception, opens: Opens) -> None:
    window = await opens(AUDITOR)
    await window.open("/figures")
    assert "Nothing in this time." in await window.text()
    await fill(reception, 364)
    reception.clock.pass_by(minutes=2)
    await window.open("/figures?days=365&by=month")
    await window.page.emulate_media(media="print")
    await window.shot("figures-print")


async def acted(reception: Reception) -> str:
    """A few mails and what people did."""
    held = await reception.take_in(subject="見積")
    await reception.review.body(Actor(ADMIN, Role.ADMINISTRATOR, "console"), held, "text")
    await reception.review.act(Actor(ANN, Role.SENDER, "letter"), held, Act.CANCEL, comment="宛先違い")
    for _ in range(3):
        await reception.take_in()
    return held


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize(
    ("device", "language"), [("desktop", "ja"), ("phone", "ja"), ("desktop", "en"), ("phone", "en")]
)
async def test_the_audit_page_is_for_everybody(
    reception: Reception, opens: Opens, device: Device, language: str, dark: bool
) -> None:
    await acted(reception)
    window = await opens(AUDITOR, device, language, dark=dark)
    await window.open("/audit")
    await window.page.locator(".lines summary").first.click()
    await window.shot(f"audit-{device}-{language}-{'dark' if dark else 'light'}")
    assert await window.barriers() == []
    assert not await window.overflows()
    said = await window.text()
    assert {"ja": "本文を閲覧", "en": "Contents looked at"}[language] in said
    assert "宛先違い" in said


async def test_lines_are_found_checked_and_saved(reception: Reception, opens: Opens) -> None:
    held = await acted(reception)
    window = await opens(AUDITOR, script=False)
    await window.open("/audit")
    await window.page.get_by_label("Person (who acted, or a recipient)").fill(ANN)
    await window.page.get_by_label("Act", exact=True).select_option("cancel")
    await window.press("Find")
    rows: Any = window.page.locator(".lines > li")
    assert await rows.count() == 1
    assert await rows.get_by_role("link").get_attribute("href") == f"/messages/{held}"
    await window.page.get_by_text("Export what this finds").click()
    async with window.page.expect_download() as download:
        await window.page.get_by_role("button", name="CSV").click()
    text = (await (await download.value).path()).read_text("utf-8")
    assert text.lstrip("\ufeff").startswith("number,")
    assert "cancel" in text
    await window.press("Check it from its first line")
    await window.page.wait_for_selector(".note.good")
    assert "nothing is altered or missing" in await window.text()
    await window.open("/audit?act=export")
    assert await rows.count() == 1


@pytest.mark.parametrize("script", [False, True], ids=["plain", "script"])
async def test_a_check_that_takes_long_is_shown_when_it_ends(
    reception: Reception, opens: Opens, monkeypatch: pytest.MonkeyPatch, script: bool
) -> None:
    """The page looks again by itself, though its address ends with #chain."""
    await acted(reception)
    seen, walk = asyncio.Event(), AuditLog.check

    async def slow(self: AuditLog, known: Checked, now: datetime) -> tuple[Checked, int]:
        await seen.wait()
        return await walk(self, known, now)

    monkeypatch.setattr(AuditLog, "check", slow)
    window = await opens(AUDITOR, script=script)
    await window.open("/audit")
    await window.press("Check it from its first line")
    await window.page.wait_for_selector("#chain progress")
    seen.set()
    await window.page.wait_for_selector(".note.good")
