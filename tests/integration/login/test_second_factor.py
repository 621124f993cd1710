"""The second factor: set up, shown, used once, throttled, reset; a role only with it."""

from __future__ import annotations

import asyncio
import html
import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pyotp
import pytest
from tests.reception import ADMIN, ANN, BOSS, TANAKA, Browser, Reception, link_and_code, open_reception

from mailguard.access.words import Factor
from mailguard.mail.actor import Actor, Role
from mailguard.store.audit import Audit

CLI = Actor("cli-root", Role.ADMINISTRATOR, "cli")


@pytest.fixture
async def reception(tmp_path: Path, must: Factor) -> AsyncIterator[Reception]:
    async with open_reception(tmp_path, second_factor=must) as opened:
        yield opened


@pytest.fixture
def must() -> Factor:
    return "administrators"


async def role(browser: Browser) -> str:
    return str((await browser.client.get("/api/v1/me")).json()["role"])


def code_now(reception: Reception, secret: str, steps: int = 0) -> str:
    return pyotp.TOTP(secret).at(int(reception.clock().timestamp()) + 30 * steps)


async def enrolled(reception: Reception, browser: Browser) -> tuple[str, list[str]]:
    """Set the second factor up in this browser. Returns its secret and the recovery codes."""
    page = await browser.send(await browser.get("/factor"), "/factor/begin")
    secret = secret_on(page)
    done = await browser.send(page, "/factor/confirm", code=code_now(reception, secret))
    assert done.status_code == 200, done.text
    codes = re.findall(r"<li><code>([a-z0-9-]+)</code>", done.text)
    assert len(set(codes)) == 10
    assert "For now you have" not in done.text
    reception.clock.pass_by(minutes=2)
    return secret, codes


def secret_on(page: httpx2.Response) -> str:
    found = re.search(r'class="secret">([A-Z2-7 ]+)<', page.text)
    assert found is not None, page.text
    return found[1].replace(" ", "")


async def test_without_it_an_administrator_is_a_sender(reception: Reception) -> None:
    browser = await reception.browser(ADMIN)
    assert await role(browser) == "sender"
    assert (await browser.get("/all")).status_code == 404
    assert (await browser.get("/sessions/all")).status_code == 404
    assert "For now you have a sender" in (await browser.get("/mine")).text
    assert await role(await reception.browser(ANN)) == "sender"
    assert "For now" not in (await (await reception.browser(ANN)).get("/mine")).text


async def test_setting_it_up_gives_the_role_a_new_cookie_and_codes_once(reception: Reception) -> None:
    browser = await reception.browser(ADMIN)
    before = browser.client.cookies["mailguard"]
    await enrolled(reception, browser)
    assert browser.client.cookies["mailguard"] != before, "the cookie is a new one"
    assert await role(browser) == "administrator"
    thief = await reception.browser()
    thief.client.cookies.set("mailguard", before)
    assert (await thief.get("/mine")).status_code == 303, "the old one opens nothing"
    assert "In force. Unused recovery codes: 10" in (await browser.get("/factor")).text
    assert [line.event for line in await Audit(reception.db).latest(2)] == ["factor-add", "login"]


async def test_the_page_with_the_codes_belongs_to_the_new_cookie(reception: Reception) -> None:
    browser = await reception.browser(ADMIN)
    page = await browser.send(await browser.get("/factor"), "/factor/begin")
    done = await browser.send(page, "/factor/confirm", code=code_now(reception, secret_on(page)))
    assert "(Administrator)" in done.text
    assert (await browser.send(done, "/logout")).status_code == 303


async def test_the_next_login_asks_for_a_code_and_goes_on_where_one_wanted(reception: Reception) -> None:
    secret, _ = await enrolled(reception, await reception.browser(ADMIN))
    browser = await reception.browser()
    page = await browser.send(await browser.get("/login?next=/all"), "/login", address=ADMIN)
    letter = [one for one in await reception.letters() if one["x-mailguard-letter"] == "login"][-1]
    answer = await browser.send(page, "/login/code", code=link_and_code(letter)[1])
    assert answer.headers["location"] == "/factor?next=%2Fall"
    page = await browser.get(answer.headers["location"])
    assert "Later (go on as a sender)" in page.text
    wrong = await browser.send(page, "/factor", code="000000")
    assert wrong.status_code == 403
    assert await role(browser) == "sender"
    answer = await browser.send(page, "/factor", code=code_now(reception, secret))
    assert answer.headers["location"] == "/all"
    assert await role(browser) == "administrator"


async def test_a_code_is_good_once_and_beside_its_half_minute(reception: Reception) -> None:
    secret, _ = await enrolled(reception, await reception.browser(ADMIN))
    browsers = [await reception.browser(ADMIN) for _ in range(3)]
    reception.clock.at = reception.clock.at.replace(second=10)
    for number, steps, status in (
        (0, -2, 403),
        (0, 2, 403),
        (0, 0, 303),
        (1, 0, 403),
        (1, -1, 403),
        (1, 1, 303),
        (2, 1, 403),
    ):
        browser = browsers[number]
        answer = await browser.send(await browser.get("/factor"), "/factor", code=code_now(reception, secret, steps))
        assert answer.status_code == status, (number, steps)


async def test_a_recovery_code_is_good_once(reception: Reception) -> None:
    _, codes = await enrolled(reception, await reception.browser(ADMIN))
    for typed, status in ((codes[3].upper().replace("-", " "), 303), (codes[3], 403), (codes[4], 303)):
        browser = await reception.browser(ADMIN)
        answer = await browser.send(await browser.get("/factor"), "/factor", code=typed)
        assert answer.status_code == status
    assert "Unused recovery codes: 8" in (await browser.get("/factor")).text


async def test_new_recovery_codes_take_a_code_and_end_the_old(reception: Reception) -> None:
    browser = await reception.browser(ADMIN)
    secret, old = await enrolled(reception, browser)
    page = await browser.get("/factor")
    assert (await browser.send(page, "/factor/codes", code="123456")).status_code == 403
    made = await browser.send(page, "/factor/codes", code=code_now(reception, secret))
    fresh = re.findall(r"<li><code>([a-z0-9-]+)</code>", made.text)
    assert len(fresh) == 10
    other = await reception.browser(ADMIN)
    assert (await other.send(await other.get("/factor"), "/factor", code=old[0])).status_code == 403
    assert (await other.send(await other.get("/factor"), "/factor", code=fresh[0])).status_code == 303


async def test_guessing_ends(reception: Reception) -> None:
    secret, _ = await enrolled(reception, await reception.browser(ADMIN))
    browser = await reception.browser(ADMIN)
    page = await browser.get("/factor")
    answers = [(await browser.send(page, "/factor", code="000000")).status_code for _ in range(12)]
    assert answers[-1] == 429
    assert (await browser.send(page, "/factor", code=code_now(reception, secret))).status_code == 429
    reception.clock.pass_by(minutes=61)
    assert (await browser.send(page, "/factor", code=code_now(reception, secret))).status_code == 303


def ledger_of(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.glob("ledger.db*"))


async def test_a_first_code_without_a_beginning_leads_to_the_page(reception: Reception) -> None:
    browser = await reception.browser(ADMIN)
    page = await browser.get("/factor")
    token = re.search(r'name="form_token" value="([^"]+)"', page.text)
    assert token is not None
    form = {"form_token": token[1], "code": "000000"}
    answers = [(await browser.client.post("/factor/confirm", data=form)).status_code for _ in range(12)]
    assert (answers[0], answers[-1]) == (303, 429)


async def test_nothing_is_kept_that_opens_anything(reception: Reception, tmp_path: Path) -> None:
    secret, codes = await enrolled(reception, await reception.browser(ADMIN))
    kept = await asyncio.to_thread(ledger_of, tmp_path)
    assert ADMIN.encode() in kept
    for one in (secret, *codes):
        assert one.encode() not in kept
        assert one.replace("-", "").encode() not in kept


async def test_a_get_sets_nothing_up(reception: Reception) -> None:
    browser = await reception.browser(ADMIN)
    for path in ("/factor", "/factor/begin", "/factor/confirm", "/factor/codes"):
        assert (await browser.get(path)).status_code in (200, 405)
    assert await reception.db.read(lambda c: c.execute("SELECT count(*) FROM factor").fetchone()[0]) == 0


async def test_another_beginning_makes_another_secret(reception: Reception) -> None:
    """Whoever saw the picture before cannot have seen the one that is confirmed."""
    browser = await reception.browser(ADMIN)
    page = await browser.get("/factor")
    first = secret_on(await browser.send(page, "/factor/begin"))
    second = await browser.send(page, "/factor/begin")
    assert secret_on(second) != first
    refused = await browser.send(second, "/factor/confirm", code=code_now(reception, first))
    assert (refused.status_code, secret_on(refused)) == (403, secret_on(second))


async def test_one_in_force_is_not_overwritten(reception: Reception) -> None:
    browser = await reception.browser(ADMIN)
    page = await browser.get("/factor")
    await enrolled(reception, browser)
    later = await reception.browser(ADMIN)
    offered = await later.get("/factor")
    assert "/factor/begin" not in offered.text
    token = re.search(r'name="form_token" value="(\w+)"', offered.text)
    assert token is not None
    answer = await later.client.post("/factor/begin", data={"form_token": token[1]})
    assert answer.headers["location"] == "/factor"
    assert page.status_code == 200


async def test_who_has_no_role_needs_none(reception: Reception) -> None:
    browser = await reception.browser(ANN)
    page = await browser.get("/factor")
    assert "for those with a role" in page.text
    assert "/factor/begin" not in page.text


async def test_the_picture_holds_the_secret_and_nothing_that_runs(reception: Reception) -> None:
    browser = await reception.browser(ADMIN)
    page = await browser.send(await browser.get("/factor"), "/factor/begin")
    picture = re.search(r"<svg.*?</svg>", page.text, re.DOTALL)
    assert picture is not None
    assert not re.search(r"style|script|data:|href|\son", picture[0])
    assert "data:" not in html.unescape(page.text)


async def test_it_is_reset_by_an_administrator(reception: Reception) -> None:
    await enrolled(reception, await reception.browser(ADMIN))
    factor = reception.access.factor
    assert not await factor.reset(ADMIN, Actor(ADMIN, Role.SENDER, "console"))
    assert await factor.reset(ADMIN, CLI)
    assert not await factor.reset(ADMIN, CLI)
    browser = await reception.browser(ADMIN)
    assert "/factor/begin" in (await browser.get("/factor")).text


async def test_the_code_of_a_letter_makes_nobody_an_administrator(reception: Reception) -> None:
    message_id = await reception.take_in(sender="<>", to=(TANAKA,), flagged=())
    letter = (await reception.letters())[-1]
    assert letter["to"] == ADMIN
    link, code = link_and_code(letter)
    browser = await reception.browser()
    answer = await browser.get(link)
    assert answer.headers["location"] == f"/login?next=/messages/{message_id}"
    page = await browser.get("/login")
    token = re.search(r'name="form_token" value="(\w+)"', page.text)
    assert token is not None
    answer = await browser.client.post(link, data={"form_token": token[1], "code": code, "act": "release"})
    assert answer.headers["location"] == f"/login?next=/messages/{message_id}"


async def test_an_administrator_decides_on_his_own_mail_from_its_letter(reception: Reception) -> None:
    await reception.take_in(sender=f"<{ADMIN}>", to=(TANAKA,))
    link, code = link_and_code((await reception.letters())[-1])
    browser = await reception.browser()
    assert (await browser.send(await browser.get(link), link, act="view", code=code)).status_code == 303
    assert await role(browser) == "sender"


class TestForAll:
    @pytest.fixture
    def must(self) -> Factor:
        return "all"

    async def test_nobody_sees_anything_before(self, reception: Reception) -> None:
        message_id = await reception.take_in()
        browser = await reception.browser(ANN)
        for path in ("/mine", f"/messages/{message_id}", "/sessions", "/events"):
            assert (await browser.get(path)).headers["location"].startswith("/factor"), path
        assert (await browser.client.get("/api/v1/messages")).status_code == 401
        assert (await browser.get("/")).headers["location"] == "/login"
        assert (await browser.get("/login")).headers["location"] == "/factor?next=%2F"
        await enrolled(reception, browser)
        assert (await browser.get(f"/messages/{message_id}")).status_code == 200

    async def test_one_can_log_out_again(self, reception: Reception) -> None:
        browser = await reception.browser(BOSS)
        answer = await browser.send(await browser.get("/factor"), "/logout")
        assert answer.headers["location"] == "/login?out=1"
        assert (await browser.get("/factor")).headers["location"].startswith("/login")


class TestOff:
    @pytest.fixture
    def must(self) -> Factor:
        return "off"

    async def test_who_has_one_must_show_it(self, reception: Reception) -> None:
        browser = await reception.browser(ADMIN)
        assert await role(browser) == "administrator"
        secret, _ = await enrolled(reception, browser)
        other = await reception.browser(ADMIN)
        assert await role(other) == "sender"
        await other.send(await other.get("/factor"), "/factor", code=code_now(reception, secret))
        assert await role(other) == "administrator"
