"""What protects people from other sites, hostile mail and each other."""

from __future__ import annotations

import re
from pathlib import Path

import httpx2
import pytest
from tests.reception import ADMIN, ANN, BOSS, KEEP, TANAKA, URL, Reception, link_and_code, open_reception

from mailguard.mail.actor import HOUSE, Role
from mailguard.mail.lifecycle import State
from mailguard.mail.verdict import Because, Disposition

EVIL = '"><script>alert(1)</script><img src=x onerror=alert(2)>\u202etxt.exe'


async def test_every_page_carries_the_headers(reception: Reception) -> None:
    message_id = await reception.take_in()
    browser = await reception.browser(ADMIN)
    for path in ("/mine", "/all", f"/messages/{message_id}", "/login", "/nothing", "/static/console.css", "/livez"):
        headers = (await browser.get(path)).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"


async def test_nothing_inline_and_nothing_from_elsewhere(reception: Reception) -> None:
    message_id = await reception.take_in()
    browser = await reception.browser(ADMIN)
    for path in ("/mine", "/all", f"/messages/{message_id}", "/login"):
        html = (await browser.get(path)).text
        assert not re.search(r"\son\w+=|\sstyle=|<style|javascript:", html)
        assert not re.search(r"<script(?![^>]* src=\"/static/)", html)
        assert not re.search(r'(?:src|href)="(?:https?:)?//', html)


async def test_over_tls_cookies_are_bound_to_it(reception: Reception) -> None:
    browser = await reception.browser()
    cookie = (await browser.get("/login")).headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie


async def test_hostile_words_of_a_mail_stay_words(reception: Reception) -> None:
    octets = (
        f"From: {EVIL.encode('ascii', 'ignore').decode()} <ann@corp.example>\r\nTo: {TANAKA}\r\n"
        "Subject: =?utf-8?B?" + __import__("base64").b64encode(EVIL.encode()).decode() + "?=\r\n"
        "Content-Type: text/plain; charset=utf-8\r\n\r\n" + EVIL + "\r\n"
    ).encode()
    message_id = await reception.take_in(
        octets=octets, because=Because(EVIL, EVIL), evidence=(EVIL,), flagged=(TANAKA,)
    )
    browser = await reception.browser(ANN)
    for path in (f"/messages/{message_id}", "/mine"):
        html = (await browser.get(path)).text
        assert "<script>alert" not in html
        assert "<img src=x" not in html
        assert "&lt;script&gt;" in html
    letters = await reception.letters()
    held = next(letter for letter in letters if "[Held]" in str(letter["subject"]))
    part = held.get_body(("html",))
    assert part is not None
    assert "<script>" not in part.get_content()


async def test_html_of_a_mail_is_served_alone_and_powerless(reception: Reception) -> None:
    html = (
        '<meta http-equiv="refresh" content="0;url=https://evil.example">'
        '<link rel="dns-prefetch" href="//evil.example">'
        '<base href="https://evil.example/"><script>alert(1)</script><iframe src="https://evil.example"></iframe>'
        '<me<meta>ta http-equiv="refresh" content="0;url=//e.example"><form action="https://evil.example"><input></form>'
        '<p style="color:red">hello</p>'
    )
    message_id = await reception.take_in(html=html)
    browser = await reception.browser(ANN)
    page = (await browser.get(f"/messages/{message_id}")).text
    assert re.search(r'<iframe class="sandbox" sandbox=""', page)
    # Where its links lead stands among what is not displayed, as text; nowhere else.
    assert 'href="https://evil' not in page
    assert "evil.example" in page
    assert "evil.example" not in re.sub(r"<pre.*?</pre>", "", page, flags=re.DOTALL)
    alone = await browser.get(f"/messages/{message_id}/html")
    policy = alone.headers["content-security-policy"]
    assert policy.startswith("sandbox;")
    assert "allow-" not in policy
    assert "script-src" not in policy
    assert "img-src data:" in policy
    assert "hello" in alone.text
    assert not re.search(r"<(meta http|link|base|script|iframe)", alone.text, re.IGNORECASE)


async def test_the_original_is_only_to_be_saved(reception: Reception) -> None:
    message_id = await reception.take_in()
    answer = await (await reception.browser(ANN)).get(f"/messages/{message_id}/raw")
    assert answer.headers["content-disposition"] == f'attachment; filename="{message_id}.eml"'
    assert answer.headers["content-type"] == "application/octet-stream"
    assert b"Message-ID: <original@corp.example>" in answer.content


@pytest.mark.parametrize("token", ["", "x" * 40, None])
async def test_a_form_without_its_token_does_nothing(reception: Reception, token: str | None) -> None:
    message_id = await reception.take_in()
    browser = await reception.browser(ANN)
    fields = {"act": "release"} if token is None else {"act": "release", "form_token": token, **KEEP}
    answer = await browser.client.post(f"/messages/{message_id}/act", data=fields)
    assert answer.status_code == 403
    record = await reception.holds.find(message_id)
    assert record is not None
    assert record.state is State.HELD


async def test_a_form_from_another_site_or_another_session_does_nothing(reception: Reception) -> None:
    message_id = await reception.take_in()
    ann, boss = await reception.browser(ANN), await reception.browser(BOSS)
    page = await ann.get(f"/messages/{message_id}")
    token = page.text.partition('name="form_token" value="')[2][:40]
    fields = {"act": "release", "form_token": token, **KEEP}
    path = f"/messages/{message_id}/act"
    for site in ("cross-site", "same-site"):
        assert (await ann.client.post(path, data=fields, headers={"sec-fetch-site": site})).status_code == 403
    assert (await boss.client.post(path, data=fields)).status_code == 403
    assert (await ann.client.post(path, data=fields, headers={"sec-fetch-site": "same-origin"})).status_code == 303


async def test_a_get_never_acts(reception: Reception) -> None:
    message_id = await reception.take_in()
    ann = await reception.browser(ANN)
    for path in (f"/messages/{message_id}/act", "/bulk", "/logout", "/language",
                 f"/api/v1/messages/{message_id}/release", f"/api/v1/messages/{message_id}/cancel"):  # fmt: skip
        assert (await ann.get(path)).status_code in (404, 405)
    for path in ("/login/code", "/login/link"):
        assert (await ann.get(path)).headers["location"] == "/login"
    record = await reception.holds.find(message_id)
    assert record is not None
    assert record.state is State.HELD
    assert (await ann.get("/mine")).status_code == 200


async def test_metrics_are_for_the_machine_itself_and_for_administrators(reception: Reception) -> None:
    stranger = await reception.browser(ip="192.0.2.9")
    assert (await stranger.get("/metrics")).status_code == 403
    here = await reception.browser(ip="127.0.0.1")
    assert "mailguard_letters" in (await here.get("/metrics")).text
    behind = await here.client.get("/metrics", headers={"x-forwarded-for": "203.0.113.5"})
    assert behind.status_code == 403
    for role, status in ((Role.ADMINISTRATOR, 200), (Role.AUDITOR, 403)):
        token = await reception.access.create_token(role, None, HOUSE)
        answer = await stranger.client.get("/metrics", headers={"authorization": f"Bearer {token}"})
        assert answer.status_code == status


async def test_health_answers_anybody_and_names_no_cause(reception: Reception) -> None:
    stranger = await reception.browser()
    assert (await stranger.get("/livez")).text == "ok\n"
    assert (await stranger.get("/readyz")).json() == {"ready": True, "wrong": {}, "troubles": []}


async def test_a_fault_of_ours_is_a_courtesy_without_its_cause(
    reception: Reception, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = await reception.browser(ANN)
    patient = httpx2.AsyncClient(
        transport=httpx2.ASGITransport(reception.app, raise_app_exceptions=False),
        base_url=URL,
        cookies=browser.client.cookies,
    )

    async def broken(*_: object, **__: object) -> object:
        raise RuntimeError("the secret cause at /var/lib/mailguard")

    monkeypatch.setattr(reception.review, "page", broken)
    for path in ("/mine", "/api/v1/messages"):
        answer = await patient.get(path)
        assert answer.status_code == 500
        assert "secret cause" not in answer.text
        assert "/var/lib" not in answer.text
        assert "default-src 'none'" in answer.headers["content-security-policy"]
    # Even the ledger is away: nobody can be looked up.
    monkeypatch.setattr(reception.access, "session", broken)
    answer = await patient.get("/mine")
    assert (answer.status_code, "no mail is lost" in answer.text) == (500, True)


async def test_under_a_path_and_over_tls(tmp_path: Path) -> None:
    async with open_reception(tmp_path, url="https://corp.example/mailguard") as reception:
        browser = await reception.browser()
        browser.client.base_url = httpx2.URL("https://corp.example")
        page = await browser.get("/mailguard/login")
        assert page.headers["strict-transport-security"]
        assert "__Host-mailguard_browser" in page.headers["set-cookie"]
        assert "Secure" in page.headers["set-cookie"]
        assert 'href="/mailguard/static/console.css' in page.text
        style = re.search(r'href="([^"]+console.css[^"]*)"', page.text)
        assert style is not None
        assert "immutable" in (await browser.get(style[1])).headers["cache-control"]
        asked = await browser.send(page, "/login", address=ANN)
        letter = (await reception.letters())[-1]
        link, code = link_and_code(letter, "https://corp.example")
        assert link.startswith("/mailguard/login/")
        answer = await browser.send(asked, "/login/code", code=code)
        assert answer.headers["location"] == "/mailguard/"
        assert (await browser.get("/mailguard/")).headers["location"] == "/mailguard/mine"
        mine = await browser.get("/mailguard/mine")
        assert 'aria-current="page"' in mine.text
        assert (await browser.get("/mailguard/api/v1/me")).json()["address"] == ANN
        assert (await browser.get("/livez")).status_code == 200
        stranger = await reception.browser()
        stranger.client.base_url = httpx2.URL("https://corp.example")
        away = await stranger.get("/mailguard/all")
        assert away.headers["location"] == "/mailguard/login?next=/all"


async def test_five_thousand_recipients_make_a_page(reception: Reception) -> None:
    many = tuple(f"p{number}@d{number % 50}.example" for number in range(5000))
    message_id = await reception.take_in(to=many, flagged=many[4990:])
    browser = await reception.browser(ANN)
    page = await browser.get(f"/messages/{message_id}")
    assert page.status_code == 200
    assert "4800 more recipients" in page.text
    assert many[4995] in page.text
    assert len(page.content) < 300_000
    everybody = await browser.get(f"/messages/{message_id}?people=all")
    assert many[17] in everybody.text
    answer = await browser.send(page, "/act", act="send", r="safe", named="10.0.0")
    assert answer.status_code == 303
    record = await reception.holds.find(message_id)
    assert record is not None
    assert [r.state for r in record.recipients].count(State.CANCELLED) == 10


async def test_ten_megabytes_of_html_are_read_only_when_asked_for(reception: Reception) -> None:
    message_id = await reception.take_in(html="<p>" + "x" * 200 + "</p>" * 1, text="y" * 3_000_000)
    browser = await reception.browser(ANN)
    page = await browser.get(f"/messages/{message_id}")
    assert "Show the body" in page.text
    assert len(page.text) < 100_000
    shown = await browser.get(f"/messages/{message_id}?body=1")
    assert "the first 40000 characters are shown" in shown.text
    assert len(shown.text) < 150_000


async def test_a_mail_from_nobody_is_the_administrators_to_decide(reception: Reception) -> None:
    message_id = await reception.take_in(sender="<>", to=(TANAKA,), flagged=())
    letter = (await reception.letters())[-1]
    assert letter["to"] == ADMIN
    admin = await reception.browser(ADMIN)
    page = await admin.get(f"/messages/{message_id}")
    assert (await admin.send(page, "/act", act="cancel")).status_code == 303
    # Nobody is there to be told that it was cancelled.
    assert not [one for one in await reception.letters() if "[Not sent]" in str(one["subject"])]


async def test_a_stranger_never_gets_a_letter(reception: Reception) -> None:
    await reception.take_in(sender="<stranger@else.example>", to=(TANAKA,))
    letters = await reception.letters()
    assert [letter["to"] for letter in letters] == [ADMIN]


async def test_approvers_named_by_the_policy_are_asked_wherever_they_are(reception: Reception) -> None:
    await reception.take_in(Disposition.APPROVE, to=(TANAKA,), approvers=("lawyer@outside.example",))
    assert {str(letter["to"]) for letter in await reception.letters()} == {ANN, "lawyer@outside.example"}
