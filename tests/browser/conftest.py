"""A real reception behind uvicorn, and Chromium in front of it.

Every window watches itself: an error on its console (a broken script, a violated policy) or a request to any other
place fails the test. Screenshots go to the folder named by SHOTS, if there is one.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
import uvicorn
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, BrowserContext, Page, async_playwright
from tests.missing import missing
from tests.reception import Reception, open_reception

CHROMIUM = Path("/usr/bin/chromium")
HAS_CHROMIUM = CHROMIUM.exists()
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
WIDTHS = {"desktop": (1280, 900), "phone": (390, 844)}
Device = Literal["desktop", "phone"]
WCAG = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}


@dataclass
class Window:
    """One person's browser."""

    page: Page
    context: BrowserContext
    url: str
    wrong: list[str] = field(default_factory=list)

    async def open(self, path: str) -> None:
        await self.page.goto(self.url + path)

    async def press(self, name: str) -> None:
        """Press a button by its words, and wait for the page that follows."""
        async with self.page.expect_navigation():
            await self.page.get_by_role("button", name=name, exact=True).click()

    async def text(self) -> str:
        return await self.page.locator("body").inner_text()

    async def shot(self, name: str) -> None:
        """Keep a picture for people to look at."""
        folder = os.environ.get("SHOTS")
        if folder:
            await asyncio.to_thread(Path(folder).mkdir, parents=True, exist_ok=True)
            await self.page.screenshot(path=f"{folder}/{name}.png", full_page=True)

    async def barriers(self) -> list[str]:
        """What axe-core finds against WCAG 2.2 AA on the page as it is shown: rule, place, what to do; [] if none."""
        found = await Axe().run(self.page, options=WCAG)
        return [
            f"{one['id']} at {' '.join(node['target'])}: {node['failureSummary']}"
            for one in found.response["violations"]
            for node in one["nodes"]
        ]

    async def overflows(self) -> bool:
        """Whether the page is wider than the window."""
        return bool(await self.page.evaluate("document.documentElement.scrollWidth > innerWidth"))


Opens = Callable[..., Awaitable[Window]]


@pytest.fixture
def furnished() -> dict[str, Any]:
    """What else the reception has; a module's own fixture of that name says so."""
    return {}


@pytest_asyncio.fixture(loop_scope="session")
async def reception(tmp_path: Path, furnished: dict[str, Any]) -> AsyncIterator[Reception]:
    """The console on a port of its own."""
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as sock:
        url = f"http://127.0.0.1:{sock.getsockname()[1]}"
        async with open_reception(tmp_path, url=url, **furnished) as opened:
            server = uvicorn.Server(uvicorn.Config(opened.app, log_config=None, lifespan="off", ws="none"))
            server.capture_signals = contextlib.nullcontext  # type: ignore[assignment]
            task = asyncio.create_task(server.serve(sockets=[sock]))
            try:
                yield opened
            finally:
                opened.live.close()
                server.should_exit = True
                await task


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium() -> AsyncIterator[Browser]:
    """One headless Chromium for the whole run; every window is a profile of its own."""
    if not HAS_CHROMIUM:
        missing("Debian's package chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def opens(reception: Reception, chromium: Browser) -> AsyncIterator[Opens]:
    """Opens a window: for a person or nobody, on a device, in a language. At the end nothing may have gone wrong
    in it.
    """
    windows: list[Window] = []

    async def open_window(
        person: str = "",
        device: Device = "desktop",
        language: str = "en",
        *,
        script: bool = True,
        dark: bool = False,
        width: int | None = None,
    ) -> Window:
        size = WIDTHS[device]
        context = await chromium.new_context(
            viewport={"width": width or size[0], "height": size[1]},
            locale={"ja": "ja-JP", "en": "en-US"}[language],
            java_script_enabled=script,
            color_scheme="dark" if dark else "light",
            has_touch=device == "phone",
        )
        url = reception.settings.url
        if person:
            cookie = await reception.session_of(person)
            await context.add_cookies([{"name": "mailguard", "value": cookie, "url": url}])
        window = Window(await context.new_page(), context, url)
        _watch(window)
        windows.append(window)
        return window

    yield open_window
    for window in windows:
        await window.context.close()
    assert [wrong for window in windows for wrong in window.wrong] == []


def _watch(window: Window) -> None:
    home = urlsplit(window.url).netloc
    # The browser itself reports answers such as 409 as errors; those are ours to give.
    window.page.on(
        "console",
        lambda message: (
            window.wrong.append(message.text)
            if message.type == "error" and "Failed to load resource" not in message.text
            else None
        ),
    )
    window.page.on("pageerror", lambda error: window.wrong.append(str(error)))
    window.page.on(
        "response",
        lambda response: (
            window.wrong.append(f"left the house: {response.url}")
            if urlsplit(response.url).netloc not in (home, "")
            else None
        ),
    )
