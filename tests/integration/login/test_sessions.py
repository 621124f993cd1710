"""Open sessions: listed, ended one by one or all, ended by idleness; nobody ends what is not theirs."""

from __future__ import annotations

import re

from tests.reception import ADMIN, ANN, BOSS, Browser, Reception, link_and_code

from mailguard.store.audit import Audit


def ids_on(text: str) -> list[str]:
    return re.findall(r'name="session" value="([0-9a-f]+)"', text)


async def token(browser: Browser) -> str:
    found = re.search(r'name="form_token" value="(\w+)"', (await browser.get("/sessions")).text)
    assert found is not None
    return found[1]


async def test_where_i_am_logged_in(reception: Reception) -> None:
    phone = await reception.browser(ANN)
    desk = await reception.browser(ANN)
    await reception.browser(BOSS)
    page = await desk.get("/sessions")
    assert page.text.count('class="card"') == 3
    assert page.text.count("this browser") == 1
    (other,) = ids_on(page.text)
    assert (await desk.send(page, "/sessions/end", session=other)).headers["location"] == "/sessions?ended=1"
    assert (await phone.get("/mine")).headers["location"].startswith("/login")
    assert (await desk.get("/mine")).status_code == 200
    lines = [(line.event, line.actor) for line in await Audit(reception.db).latest(1)]
    assert lines == [("session-end", ANN)]


async def test_the_browser_is_named_in_our_words(reception: Reception) -> None:
    browser = await reception.browser()
    browser.client.headers["user-agent"] = "Mozilla/5.0 (Windows NT 10.0; <b>x</b>) Firefox/140.0"
    page = await browser.send(await browser.get("/login"), "/login", address=ANN)
    _, code = link_and_code((await reception.letters())[-1])
    await browser.send(page, "/login/code", code=code)
    text = (await browser.get("/sessions")).text
    assert "Firefox / Windows" in text
    assert "<b>x" not in text


async def test_all_others_end_at_once(reception: Reception) -> None:
    others = [await reception.browser(ANN) for _ in range(3)]
    boss, desk = await reception.browser(BOSS), await reception.browser(ANN)
    page = await desk.get("/sessions")
    await desk.client.post("/sessions/end", data={"form_token": await token(desk)})
    assert page.status_code == 200
    for one in others:
        assert (await one.get("/mine")).status_code == 303
    for one in (boss, desk):
        assert (await one.get("/mine")).status_code == 200


async def test_what_is_not_mine_does_not_exist(reception: Reception) -> None:
    ann, boss = await reception.browser(ANN), await reception.browser(BOSS)
    (visit,) = await reception.access.visits.listed(ANN)
    for fields in ({"session": visit.id}, {"session": "0" * 16}, {"person": ANN}):
        answer = await boss.client.post("/sessions/end", data={"form_token": await token(boss), **fields})
        assert answer.status_code == 404
    assert (await boss.get("/sessions/all")).status_code == 404
    assert (await ann.get("/mine")).status_code == 200
    assert (await boss.client.post("/sessions/end", data={"session": visit.id})).status_code == 403, "no form token"


async def test_an_administrator_ends_anybodys(reception: Reception) -> None:
    anns = [await reception.browser(ANN) for _ in range(3)]
    boss, admin = await reception.browser(BOSS), await reception.browser(ADMIN)
    page = await admin.get("/sessions/all?q=ann@")
    assert len(ids_on(page.text)) == 3
    assert BOSS not in page.text
    await admin.send(page, "/sessions/end", session=ids_on(page.text)[0], everybody="1")
    assert [(await one.get("/mine")).status_code for one in anns].count(303) == 1
    await admin.client.post("/sessions/end", data={"form_token": await token(admin), "person": ANN, "everybody": "1"})
    assert all([(await one.get("/mine")).status_code == 303 for one in anns])
    for one in (boss, admin):
        assert (await one.get("/mine")).status_code == 200


async def test_idleness_ends_a_session_and_an_open_page_is_idle(reception: Reception) -> None:
    browser = await reception.browser(ANN)
    for _ in range(2):
        reception.clock.pass_by(hours=3)
        assert (await browser.get("/mine")).status_code == 200
    for _ in range(2):
        reception.clock.pass_by(hours=2, minutes=1)
        await browser.client.get("/mine", headers={"x-live": "1"})
    assert (await browser.get("/mine")).status_code == 303


async def test_a_new_login_ends_the_old_session_of_the_browser(reception: Reception) -> None:
    browser = await reception.browser(ANN)
    before = browser.client.cookies["mailguard"]
    await reception.access.request_login(BOSS, "n" * 32)
    link, code = link_and_code((await reception.letters())[-1])
    page = await browser.get(link)
    assert (await browser.send(page, "/login/link", code=code)).status_code == 303
    assert browser.client.cookies["mailguard"] != before
    assert await reception.access.session(before) is None
    assert BOSS in (await browser.get("/mine")).text


async def test_a_cookie_that_somebody_planted_opens_nothing_after_the_login(reception: Reception) -> None:
    browser = await reception.browser()
    browser.client.cookies.set("mailguard", "p" * 43)
    page = await browser.send(await browser.get("/login"), "/login", address=ANN)
    _, code = link_and_code((await reception.letters())[-1])
    answer = await browser.send(page, "/login/code", code=code)
    assert "mailguard=" in answer.headers["set-cookie"]
    thief = await reception.browser()
    thief.client.cookies.set("mailguard", "p" * 43)
    assert (await thief.get("/mine")).status_code == 303


async def test_a_letters_session_reaches_no_list(reception: Reception) -> None:
    await reception.take_in()
    link, code = link_and_code((await reception.letters())[-1])
    browser = await reception.browser()
    await browser.send(await browser.get(link), link, act="view", code=code)
    for path in ("/sessions", "/sessions/all", "/factor"):
        assert (await browser.get(path)).headers["location"].startswith("/login")


async def test_logging_in_and_out_are_in_the_log(reception: Reception) -> None:
    browser = await reception.browser(ANN)
    await browser.send(await browser.get("/mine"), "/logout")
    lines = await Audit(reception.db).latest(2)
    assert [(line.event, line.actor) for line in lines] == [("logout", ANN), ("login", ANN)]
    assert lines[1].detail == {"how": "code"}
