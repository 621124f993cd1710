"""The console under attack: paths that climb, headers by file names, guessing of tokens and cookies, floods of logins.

A real console over a real ledger. What is guessed answers like what does not exist; what floods is bounded; what is
saved is only ever saved.
"""

from __future__ import annotations

import asyncio
import re
import secrets
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest_asyncio
from starlette.routing import Route
from tests.reception import ADMIN, ANN, KEEP, Reception, link_and_code, open_reception

CLIMBING = [
    "..%2f..%2f..%2f..%2fetc%2fpasswd",
    "%2e%2e/%2e%2e/%2e%2e/etc/passwd",
    "....//....//etc/passwd",
    "%2fetc%2fpasswd",
    "..%5c..%5cetc%5cpasswd",
    "%00",
    "x%00.eml",
    "%c0%ae%c0%ae%2f",
    "%252e%252e%252f",
    "%0d%0aSet-Cookie:%20x=y",
    "%F0%9F",
    "a" * 5000,
    "*",
    "%25",
    "%2e",
    "%2e%2e",
    "file:%2f%2f%2fetc%2fpasswd",
    "'%20OR%201=1--",
    "%3Cscript%3E",
    "%e2%80%ae",
]


@pytest_asyncio.fixture
async def reception(tmp_path: Path) -> AsyncIterator[Reception]:
    async with open_reception(tmp_path) as opened:
        yield opened


def readable(app: Any, prefix: str = "") -> list[str]:
    """Every path that a GET reaches and that has a part to fill in."""
    found = []
    for route in app.routes:
        if isinstance(route, Route) and "{" in route.path and "GET" in (route.methods or ()):
            found.append(prefix + route.path)
        elif hasattr(route, "routes"):
            found += readable(route, prefix + getattr(route, "path", ""))
    return found


async def test_no_path_climbs_and_none_breaks(reception: Reception) -> None:
    paths = readable(reception.app)
    assert len(paths) > 5
    browser = await reception.browser(ADMIN)
    for path in paths:
        for name in CLIMBING:
            page = await browser.get(re.sub(r"\{[^}]*\}", name, path))
            # The page that a login's link leads to is the same for every link; what it asks for decides.
            right = {303, 307, 400, 404, 410, 414, 422} | ({200} if path == "/login/{token}" else set())
            assert page.status_code in right, (path, name, page.status_code)
            assert "root:" not in page.text
            assert "set-cookie" not in page.headers or "x=y" not in page.headers["set-cookie"]
            assert "<script>" not in page.text


async def test_nothing_is_served_from_beside_the_static_files(reception: Reception) -> None:
    browser = await reception.browser(ADMIN)
    for name in (
        "../app.py",
        "%2e%2e/app.py",
        "..%2fapp.py",
        "/etc/passwd",
        "%2fetc%2fpasswd",
        "./../desk.py",
        "app.py",
    ):
        page = await browser.get(f"/static/{name}")
        assert page.status_code in (307, 400, 404), name
        assert "import" not in page.text


async def test_what_is_saved_cannot_be_shown_or_renamed(reception: Reception) -> None:
    message_id = await reception.take_in(subject="x <script>", html="<script>alert(1)</script>")
    browser = await reception.browser(ADMIN)
    audit, own = await browser.get("/audit"), await reception.browser(ANN)
    saved = [
        await own.get(f"/messages/{message_id}/raw"),
        await browser.send(audit, "/audit/export", format="csv"),
        await browser.send(audit, "/audit/export", format="jsonl"),
    ]
    for page in saved:
        assert page.status_code == 200
        assert page.headers["x-content-type-options"] == "nosniff"
        assert re.fullmatch(r'attachment; filename="[A-Za-z0-9._-]+"', page.headers["content-disposition"])
        assert not page.headers["content-type"].startswith(("text/html", "image/svg", "application/xml"))
    shown = await own.get(f"/messages/{message_id}/html")
    assert "sandbox" in shown.headers["content-security-policy"]
    assert "script-src" not in shown.headers["content-security-policy"]


async def test_a_link_that_is_spent_and_one_that_is_forged_are_one(reception: Reception) -> None:
    """Whoever guesses does not learn that he once was near. Five wrong codes spend a link."""
    await reception.take_in()
    link, code = link_and_code((await reception.letters())[-1])
    wrong, browser = f"{(int(code) + 1) % 1_000_000:06}", await reception.browser()
    page = await browser.get(link)
    for _ in range(5):
        await browser.send(page, link, act="release", **KEEP, code=wrong)
    spent, forged = await browser.get(link), await browser.get("/t/" + secrets.token_urlsafe(32))
    assert (spent.status_code, forged.status_code) == (404, 404)
    assert spent.text.replace(link, "") == re.sub("/t/[A-Za-z0-9_-]{43}", "", forged.text)


async def test_guessed_bearers_and_cookies(reception: Reception) -> None:
    browser = await reception.browser()
    answers = set()
    for guess in (
        secrets.token_urlsafe(32),
        f"mg_{secrets.token_urlsafe(32)}",
        "",
        "x" * 8000,
        "\x7f",
        "null",
        "' OR 1=1",
    ):
        page = await browser.client.get("/api/v1/messages", headers={"authorization": f"Bearer {guess}"})
        answers.add((page.status_code, re.sub(r'"instance":"[^"]*"', "", page.text)))
    assert {status for status, _ in answers} == {401}
    assert len(answers) == 1
    for guess in (secrets.token_urlsafe(32), "x" * 8000, "0"):
        browser.client.cookies.set("mailguard", guess, domain="mailguard.corp.example")
        page = await browser.get("/")
        assert page.status_code == 303
        assert page.headers["location"].startswith("/login")
        browser.client.cookies.clear()


async def test_a_flood_of_logins_is_bounded(reception: Reception) -> None:
    """Hundreds of requests for a victim's letters from everywhere, and from one neighbourhood: few letters."""
    access, began = reception.access, time.monotonic()
    victim = "ann@corp.example"
    asks = [access.request_login(victim, "n" * 32, client=f"198.51.{n % 200}.{n // 200}") for n in range(400)]
    await asyncio.gather(*asks)
    assert time.monotonic() - began < 20
    written = [one for one in await reception.letters() if one["x-mailguard-letter"] == "login"]
    assert len(written) <= 10
    refused = 0
    for n in range(300):
        try:
            await access.request_login(f"nobody{n}@corp.example", "n" * 32, client=f"2001:db8:1:2::{n:x}")
        except Exception as error:
            refused += type(error).__name__ == "TooMany"
        if refused > 20:
            break
    assert refused > 20
