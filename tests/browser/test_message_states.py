"""The page of one mail in every state, in both languages, on desk and phone: no barrier, nothing wider than the window,
nothing that moves by itself.
"""

from __future__ import annotations

import asyncio

import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from tests.browser.conftest import Device, Opens, Window
from tests.message_states import STATES
from tests.reception import Reception

pytestmark = pytest.mark.asyncio(loop_scope="session")

#: Everything that moved without anybody touching the page (Layout Instability API): which node, from where to where.
SHIFTS = """() => new Promise(done => {
  const place = (box) => [box.x, box.y, box.width, box.height].map(Math.round).join(" ");
  const name = (node) => {
    if (!node) return "a node that is gone";
    const one = node.nodeType === Node.TEXT_NODE ? node.parentElement : node;
    return `${one.outerHTML.slice(0, 120)} ${JSON.stringify(node.textContent.trim().slice(0, 40))}`;
  };
  const moved = [];
  new PerformanceObserver(list => {
    for (const one of list.getEntries()) {
      if (one.hadRecentInput) continue;
      const what = one.sources.map(at => `${name(at.node)}: ${place(at.previousRect)} -> ${place(at.currentRect)}`);
      moved.push(`${one.value} at ${Math.round(one.startTime)} ms: ${what.join("; ") || "no node named"}`);
    }
  }).observe({type: 'layout-shift', buffered: true});
  setTimeout(() => done(moved), 1300);
})"""


async def shifts(window: Window) -> list[str]:
    """What moved by itself; [] if nothing did."""
    return list(await window.page.evaluate(SHIFTS))


# Each state in both languages and on both devices, not in every pair of them: those are the flows' and axe's.
@pytest.mark.parametrize(("language", "device"), [("ja", "phone"), ("en", "desktop")])
@pytest.mark.parametrize("state", list(STATES))
async def test_state(reception: Reception, opens: Opens, state: str, language: str, device: Device) -> None:
    person, message_id = await STATES[state](reception)
    window = await opens(person, device, language, dark=device == "desktop" and language == "en")
    await window.open(f"/messages/{message_id}")
    assert await shifts(window) == []
    assert not await window.overflows()
    await window.shot(f"message-{state}-{device}-{language}")
    assert await window.barriers() == []


def in_pieces(app: ASGIApp) -> ASGIApp:
    """Pages come bit by bit, as over a slow line or from a busy machine."""

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        async def bit_by_bit(message: Message) -> None:
            if "/messages/" in scope["path"]:
                body: bytes = message.get("body", b"")
                for at in range(0, len(body), 700):
                    piece = {"type": message["type"], "body": body[at : at + 700], "more_body": True}
                    await send(piece)
                    await asyncio.sleep(0.04)
                message = {**message, "body": b""} if body else message
            await send(message)

        await app(scope, receive, bit_by_bit)

    return slow


@pytest.mark.parametrize(("language", "device"), [("ja", "phone"), ("en", "desktop")])
async def test_a_page_that_comes_in_pieces_does_not_move(
    reception: Reception, opens: Opens, language: str, device: Device
) -> None:
    """A busy machine would see it now and then; here every piece is one that the browser could draw."""
    person, message_id = await STATES["approver"](reception)
    window = await opens(person, device, language)
    reception.app.middleware_stack = in_pieces(reception.app.middleware_stack or reception.app.build_middleware_stack())
    await window.open(f"/messages/{message_id}")
    assert await shifts(window) == []
