"""A link scanner as mail gateways have them: it opens every link of every letter in a real browser, runs the scripts,
follows what it finds on the pages, and presses nothing. Nothing is decided, used up, or changed by that.
"""

from __future__ import annotations

import re
from email.message import EmailMessage

import pytest
from tests.browser.conftest import Opens, Window
from tests.reception import ANN, BOSS, Reception, link_and_code

from mailguard.mail.lifecycle import State
from mailguard.mail.verdict import Disposition

pytestmark = pytest.mark.asyncio(loop_scope="session")
_MOST = 60


def links(letter: EmailMessage) -> set[str]:
    """Every address in a letter, text and HTML."""
    parts = [str(part.get_content()) for part in letter.walk() if part.get_content_maintype() == "text"]
    return {found.replace("&amp;", "&") for part in parts for found in re.findall(r"https?://[^\s\"<>]+", part)}


async def crawl(window: Window, start: list[str], home: str) -> set[str]:
    """Open all of these and what they link to, scripts running."""
    seen: set[str] = set()
    waiting = list(start)
    while waiting and len(seen) < _MOST:
        address = waiting.pop(0)
        if address in seen or not address.startswith(home):
            continue
        seen.add(address)
        answer = await window.page.request.get(address)
        if "text/html" not in answer.headers.get("content-type", ""):
            continue
        await window.page.goto(address, wait_until="load")
        waiting += await window.page.eval_on_selector_all("a[href]", "found => found.map(one => one.href)")
    return seen


@pytest.mark.parametrize("logged_in", [False, True], ids=["nobody", "session"])
async def test_opening_every_link_changes_nothing(reception: Reception, opens: Opens, logged_in: bool) -> None:
    held = [
        await reception.take_in(Disposition.CONFIRM),
        await reception.take_in(Disposition.APPROVE),
        await reception.take_in(Disposition.DELAY),
    ]
    await reception.access.request_login(ANN, "n" * 32)
    letters = [one for one in await reception.letters() if one["to"] in (ANN, BOSS)]
    found = sorted(set().union(*map(links, letters)))
    assert any("/t/" in one for one in found)
    assert any("/login/" in one for one in found)
    before = [await reception.holds.find(message_id) for message_id in held]
    scanner = await opens(ANN if logged_in else "")
    seen = await crawl(scanner, found, reception.settings.url)
    assert len(seen) >= len(found)
    assert [await reception.holds.find(message_id) for message_id in held] == before
    # Every code and link still works for whom it was made.
    letter = next(one for one in letters if one["x-mailguard-letter"] == "held")
    path, code = link_and_code(letter, reception.settings.url)
    person = await opens()
    await person.open(path)
    await person.page.locator("#code").fill(code)
    await person.press("Don't send")
    states = {(await reception.holds.find(message_id)).state for message_id in held}  # type: ignore[union-attr]
    assert State.CANCELLED in states
