"""The ways in, the second factor and the sessions as people see them: both languages, every device, without script."""

from __future__ import annotations

import re
from typing import Any

import pyotp
import pytest
from tests.browser.conftest import Device, Opens, Window
from tests.reception import ADMIN, ANN, Clock, Reception, link_and_code

from mailguard.access import Access, Passwords, Ways
from mailguard.access.single import SingleSignOn
from mailguard.oidc.provider import Provider
from mailguard.oidc.settings import OidcSettings

pytestmark = pytest.mark.asyncio(loop_scope="session")

SECRET = "correct horse"
#: Nobody listens there: the page must say so and offer the rest.
AWAY = OidcSettings(
    "http://127.0.0.1:9", "mailguard", "s", label_ja="会社のアカウントで続ける", label_en="Continue with Corp"
)


async def _check(name: str, password: str) -> str | None:
    return name if password == SECRET else None


def _all_ways(access: Access, clock: Clock) -> Ways:
    may = access.may_log_in
    single = SingleSignOn(
        Provider(AWAY, now=clock), access.visits, access.seal, back="http://127.0.0.1/x", may_log_in=may, now=clock
    )  # fmt: skip
    passwords = Passwords("ldap", _check, access.visits, access.settings, may_log_in=may, now=clock)
    return Ways(single=single, passwords=passwords)


@pytest.fixture
def furnished() -> dict[str, Any]:
    return {"ways": _all_ways, "second_factor": "administrators"}


WORDS = {
    "en": {
        "log in": "Log in", "enter": "Enter the code", "set up": "Set up the second factor", "on": "Turn it on",
        "kept": "I have kept them", "go on": "Go on", "end": "End",
    },
    "ja": {
        "log in": "ログインする", "enter": "コードを入力する", "set up": "二段階認証を設定する", "on": "有効にする",
        "kept": "保管しました", "go on": "確認する", "end": "終了する",
    },
}  # fmt: skip


async def fine(window: Window, name: str) -> None:
    """Nothing is in anybody's way on this page."""
    await window.shot(name)
    assert await window.barriers() == [], name
    assert not await window.overflows(), name


async def log_in(window: Window, person: str, words: dict[str, str]) -> None:
    await window.open("/login")
    await window.page.fill("#name", person)
    await window.page.fill("#password", SECRET)
    await window.press(words["log in"])


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
@pytest.mark.parametrize(("device", "dark"), [("desktop", False), ("phone", True)])
@pytest.mark.parametrize("language", ["ja", "en"])
async def test_an_administrator_sets_up_the_second_factor_and_looks_after_sessions(
    reception: Reception, opens: Opens, language: str, device: Device, dark: bool, script: bool
) -> None:
    words, mark = WORDS[language], f"{device}-{language}{'-dark' if dark else ''}"
    window = await opens("", device, language, dark=dark, script=script)
    look = fine if script else _nothing
    await window.open("/login")
    await look(window, f"login-{mark}")
    await log_in(window, ADMIN, words)
    await look(window, f"factor-wanted-{mark}")
    await window.press(words["set up"])
    await look(window, f"factor-enrol-{mark}")
    shown = await window.page.locator(".secret").inner_text()
    secret = re.sub(r"\s", "", shown)
    await window.page.fill("#code", pyotp.TOTP(secret).at(int(reception.clock().timestamp())))
    await window.press(words["on"])
    assert await window.page.locator(".codes li").count() == 10
    await look(window, f"factor-codes-{mark}")
    await window.page.get_by_role("link", name=words["kept"]).click()
    await window.open("/all")
    assert window.page.url.endswith("/all"), "the role is there"

    other = await opens("", device, language, dark=dark, script=script)
    await log_in(other, ADMIN, words)
    await look(other, f"factor-code-{mark}")
    await other.open("/mine")
    await look(other, f"factor-banner-{mark}")
    await other.page.get_by_role("link", name=words["enter"], exact=True).click()
    reception.clock.pass_by(minutes=1)
    await other.page.fill("#code", pyotp.TOTP(secret).at(int(reception.clock().timestamp())))
    await other.press(words["go on"])
    await opens(ANN, device, language)
    await other.open("/sessions/all")
    await look(other, f"sessions-all-{mark}")
    await other.open("/factor")
    await look(other, f"factor-standing-{mark}")
    await other.open("/sessions")
    await look(other, f"sessions-{mark}")
    await other.press(words["end"])
    await look(other, f"sessions-ended-{mark}")
    await window.open("/mine")
    assert "/login" in window.page.url, "the other window is out"


async def _nothing(_window: Window, _name: str) -> None:
    """axe needs a script."""


@pytest.mark.parametrize("language", ["ja", "en"])
async def test_a_sign_on_that_is_away_and_a_wrong_password(reception: Reception, opens: Opens, language: str) -> None:
    window = await opens("", "phone", language)
    await window.open("/login")
    await window.page.locator("a.button.main").click()
    await fine(window, f"login-away-{language}")
    await window.page.fill("#name", ANN)
    await window.page.fill("#password", "wrong")
    await window.press(WORDS[language]["log in"])
    await fine(window, f"login-wrong-{language}")
    assert await window.page.input_value("#name") == ANN
    assert await window.page.input_value("#password") == ""


async def test_a_scanner_that_runs_scripts_uses_no_link_up(reception: Reception, opens: Opens) -> None:
    """It opens every link of a letter, waits for the scripts, and follows what they do."""
    await reception.access.request_login(ANN, "n" * 40)
    await reception.take_in()
    links = {
        str(letter["x-mailguard-letter"]): link_and_code(letter, reception.settings.url)
        for letter in await reception.letters()
    }
    for _ in range(2):
        scanner = await opens("", "desktop", "en")
        for link, _ in links.values():
            await scanner.open(link)
            await scanner.page.wait_for_load_state("networkidle")
            await scanner.page.mouse.move(200, 200)
            assert scanner.page.url.endswith(link)
        await scanner.page.close()
    window = await opens("", "phone", "en")
    link, code = links["login"]
    await window.open(link)
    await window.page.fill("#code", code)
    await window.press("Log in")
    assert window.page.url.endswith("/mine")
