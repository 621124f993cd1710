"""Who gets in, and how: two of link, asking browser and code; never a link alone."""

from __future__ import annotations

import re

import httpx2
from tests.reception import ADMIN, ANN, Browser, Reception, link_and_code, text_of


async def ask(browser: Browser, address: str = ANN) -> httpx2.Response:
    """Ask for a login letter; the page with the field for its code."""
    page = await browser.get("/login")
    answer = await browser.send(page, "/login", address=address)
    assert answer.status_code == 200
    assert address in answer.text
    return answer


async def test_the_code_in_the_browser_that_asked_logs_in(reception: Reception) -> None:
    browser = await reception.browser()
    page = await ask(browser)
    _, code = link_and_code((await reception.letters())[-1])
    answer = await browser.send(page, "/login/code", code=code)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert (await browser.get("/mine")).status_code == 200


async def test_full_width_digits_and_blanks_are_a_code_too(reception: Reception) -> None:
    browser = await reception.browser()
    page = await ask(browser)
    _, code = link_and_code((await reception.letters())[-1])
    wide = " ".join(chr(ord(digit) + 0xFEE0) for digit in code)
    assert (await browser.send(page, "/login/code", code=wide)).status_code == 303


async def test_the_link_in_the_browser_that_asked_logs_in_by_a_button(reception: Reception) -> None:
    browser = await reception.browser()
    await ask(browser)
    link, _ = link_and_code((await reception.letters())[-1])
    page = await browser.get(link)
    assert page.status_code == 200
    assert (await browser.get("/mine")).status_code == 303, "a GET logs nobody in"
    assert (await browser.send(page, "/login/link")).status_code == 303
    assert (await browser.get("/mine")).status_code == 200


async def test_the_link_alone_in_another_browser_opens_nothing(reception: Reception) -> None:
    await ask(await reception.browser())
    link, code = link_and_code((await reception.letters())[-1])
    other = await reception.browser()
    page = await other.get(link)
    assert 'name="code"' in page.text
    assert (await other.send(page, "/login/link")).status_code == 403
    assert (await other.get("/mine")).status_code == 303
    # With the code, whoever reads the mailbox has shown enough.
    assert (await other.send(await other.get(link), "/login/link", code=code)).status_code == 303
    assert (await other.get("/mine")).status_code == 200


async def test_a_letter_is_good_once(reception: Reception) -> None:
    browser = await reception.browser()
    await ask(browser)
    link, code = link_and_code((await reception.letters())[-1])
    await browser.send(await browser.get(link), "/login/link")
    again = await reception.browser()
    assert (await again.send(await again.get(link), "/login/link", code=code)).status_code == 403


async def test_a_letter_ends(reception: Reception) -> None:
    browser = await reception.browser()
    await ask(browser)
    link, _ = link_and_code((await reception.letters())[-1])
    reception.clock.pass_by(minutes=16)
    assert (await browser.send(await browser.get(link), "/login/link")).status_code == 403


async def test_a_scanner_that_follows_the_link_uses_nothing_up(reception: Reception) -> None:
    browser = await reception.browser()
    await ask(browser)
    link, _ = link_and_code((await reception.letters())[-1])
    for _ in range(20):
        await (await reception.browser()).get(link)
    assert (await browser.send(await browser.get(link), "/login/link")).status_code == 303


async def test_guessing_codes_ends_the_ticket(reception: Reception) -> None:
    browser = await reception.browser()
    page = await ask(browser)
    _, code = link_and_code((await reception.letters())[-1])
    wrong = f"{(int(code) + 1) % 1_000_000:06}"
    for _ in range(5):
        assert (await browser.send(page, "/login/code", code=wrong)).status_code == 403
    assert (await browser.send(page, "/login/code", code=code)).status_code == 403


async def test_strangers_get_the_same_page_and_no_letter(reception: Reception) -> None:
    browser = await reception.browser()
    page = await browser.get("/login")
    known = await browser.send(page, "/login", address=ANN)
    unknown = await browser.send(page, "/login", address="stranger@else.example")
    assert known.text.replace(ANN, "X") == unknown.text.replace("stranger@else.example", "X")
    assert [letter["to"] for letter in await reception.letters()] == [ANN]


async def test_what_is_no_address_is_said(reception: Reception) -> None:
    browser = await reception.browser()
    answer = await browser.send(await browser.get("/login"), "/login", address="not an address")
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text


async def test_too_many_requests_from_one_place_are_slowed_down(reception: Reception) -> None:
    browser = await reception.browser()
    page = await ask(browser)
    answers = [(await browser.send(page, "/login/code", code="123456")).status_code for _ in range(61)]
    assert answers[-1] == 429
    assert 429 not in answers[:59]


async def test_logging_out_ends_the_session_for_every_copy_of_the_cookie(reception: Reception) -> None:
    browser = await reception.browser(ANN)
    cookie = browser.client.cookies["mailguard"]
    page = await browser.get("/mine")
    assert (await browser.send(page, "/logout")).headers["location"] == "/login?out=1"
    thief = await reception.browser()
    thief.client.cookies.set("mailguard", cookie)
    assert (await thief.get("/mine")).headers["location"] == "/login?next=/mine"


async def test_a_session_ends_by_itself(reception: Reception) -> None:
    browser = await reception.browser(ANN)
    assert (await browser.get("/mine")).status_code == 200
    reception.clock.pass_by(hours=13)
    assert (await browser.get("/mine")).status_code == 303


async def test_after_the_login_one_is_where_one_wanted_to_go_but_never_elsewhere(reception: Reception) -> None:
    browser = await reception.browser()
    assert (await browser.get("/outside")).headers["location"] == "/login?next=/outside"
    for wish, way in [("/all", "/all"), ("//evil.example/", "/"), ("https://evil.example/", "/"), ("/\\evil", "/")]:
        visitor = await reception.browser()
        page = await visitor.get(f"/login?next={wish}")
        page = await visitor.send(page, "/login", address=ANN)
        _, code = link_and_code((await reception.letters())[-1])
        assert (await visitor.send(page, "/login/code", code=code)).headers["location"] == way
        reception.clock.pass_by(minutes=20)


async def test_what_was_looked_for_is_looked_for_behind_the_login(reception: Reception) -> None:
    visitor = await reception.browser()
    asked = "/all?q=%E8%A6%8B%E7%A9%8D+state%3Aheld"
    page = await visitor.get((await visitor.get(asked)).headers["location"])
    page = await visitor.send(page, "/login", address=ADMIN)
    _, code = link_and_code((await reception.letters())[-1])
    assert (await visitor.send(page, "/login/code", code=code)).headers["location"] == asked
    stranger = await reception.browser()
    assert (await stranger.get(f"/all?q={'x' * 600}")).headers["location"] == "/login?next=/all"


async def test_the_login_letter_says_which_browser_asked_in_our_words(reception: Reception) -> None:
    browser = await reception.browser()
    browser.client.headers["user-agent"] = "Mozilla/5.0 (iPhone; evil <b>) AppleWebKit Safari/604.1"
    await ask(browser)
    said = text_of((await reception.letters())[-1])
    assert "Safari / iPhone" in said
    assert "evil" not in said


async def test_the_language_follows_the_browser_until_it_is_switched(reception: Reception) -> None:
    browser = await reception.browser(language="ja,en;q=0.5")
    page = await browser.get("/login")
    assert '<html lang="ja"' in page.text
    answer = await browser.send(page, "/language", language="en")
    assert answer.headers["location"] == "/login"
    assert '<html lang="en"' in (await browser.get("/login")).text
    assert re.search(r'lang="ja">日本語</button>', (await browser.get("/login")).text)
