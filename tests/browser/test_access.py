"""Everybody can use it: contrast, names, targets, keyboard, narrow windows, both colour schemes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.browser.conftest import Opens
from tests.reception import ADMIN, ANN, BOSS, Reception, link_and_code

from mailguard.mail.lifecycle import State
from mailguard.mail.organization import Language
from mailguard.mail.verdict import Disposition
from mailguard.relay.outside import Outside

pytestmark = pytest.mark.asyncio(loop_scope="session")

#: WCAG 2.2: 1.4.3 contrast (4.5, large text 3), 2.5.8 target size (24 at least; 44 is our own rule for what acts),
#: 1.3.1 and 4.1.2 names. Returns what is wrong, in words.
AUDIT = """() => {
  const wrong = [];
  const shown = (one) => { const box = one.getBoundingClientRect(); const style = getComputedStyle(one);
    return box.width > 1 && box.height > 1 && style.visibility !== 'hidden' && style.clipPath === 'none'; };
  const rgba = (text) => { const n = text.match(/[\\d.]+/g).map(Number); return [n[0], n[1], n[2], n[3] ?? 1]; };
  const light = (c) => { const f = c.slice(0, 3).map((v) => { v /= 255; return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; });
    return 0.2126 * f[0] + 0.7152 * f[1] + 0.0722 * f[2]; };
  const behind = (one) => { for (let at = one; at; at = at.parentElement) { const c = rgba(getComputedStyle(at).backgroundColor); if (c[3] > 0.99) return c; } return [255, 255, 255, 1]; };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node; (node = walker.nextNode());) {
    const one = node.parentElement;
    if (!node.textContent.trim() || !shown(one) || one.closest('[disabled]')) continue;
    const style = getComputedStyle(one), a = light(rgba(style.color)), b = light(behind(one));
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const size = parseFloat(style.fontSize), large = size >= 24 || (size >= 18.66 && +style.fontWeight >= 700);
    if (ratio < (large ? 3 : 4.5)) wrong.push(`contrast ${ratio.toFixed(2)}: ${node.textContent.trim().slice(0, 40)}`);
  }
  for (const one of document.querySelectorAll('input:not([type=hidden]), select, textarea')) {
    if (!one.labels?.length && !one.getAttribute('aria-label')) wrong.push(`no label: ${one.name}`);
  }
  for (const one of document.querySelectorAll('button, .button, nav a, label.pick, summary, input.code')) {
    const box = one.getBoundingClientRect();
    if (shown(one) && (box.height < 44 || box.width < 44)) wrong.push(`small: ${one.textContent.trim().slice(0, 30)} ${box.width}x${box.height}`);
  }
  for (const one of document.querySelectorAll('button, a, summary, iframe')) {
    if (shown(one) && !one.textContent.trim() && !one.title && !one.getAttribute('aria-label')) wrong.push(`no name: ${one.outerHTML.slice(0, 80)}`);
  }
  if (document.querySelectorAll('main').length !== 1) wrong.push('not one main');
  if (document.querySelectorAll('h1').length !== 1) wrong.push('not one h1');
  if (!document.documentElement.lang) wrong.push('no language');
  const levels = [...document.querySelectorAll('h1, h2, h3, h4')].map((one) => +one.tagName[1]);
  levels.forEach((level, at) => { if (at && level > levels[at - 1] + 1) wrong.push(`heading ${level} after ${levels[at - 1]}`); });
  const ids = [...document.querySelectorAll('[id]')].map((one) => one.id);
  if (new Set(ids).size !== ids.length) wrong.push('an id twice');
  for (const one of document.querySelectorAll('[aria-labelledby], [aria-describedby]')) {
    for (const id of `${one.getAttribute('aria-labelledby') || ''} ${one.getAttribute('aria-describedby') || ''}`.split(/\\s+/)) {
      if (id && !document.getElementById(id)) wrong.push(`names ${id}, which is not there`);
    }
  }
  return wrong;
}"""  # noqa: E501


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [320, 390, 1280])
async def test_every_page_can_be_read_named_and_touched(
    reception: Reception, opens: Opens, dark: bool, width: int
) -> None:
    message_id = await reception.take_in()
    asked = await reception.take_in(Disposition.APPROVE)
    for act in (State.RELAYED, State.BOUNCED, State.CANCELLED):
        await reception.take_in(Disposition.DELIVER, subject=str(act), flagged=())
    letters = await reception.letters()
    link, _ = link_and_code(next(one for one in letters if "[Held]" in str(one["subject"])), reception.settings.url)
    wrong: dict[str, Any] = {}
    for person, paths in {
        "": ("/login", link, "/t/forged"),
        ANN: ("/mine", f"/messages/{message_id}", f"/messages/{asked}", "/nothing"),
        BOSS: (f"/messages/{asked}",),
        ADMIN: ("/all", "/all?state=held"),
    }.items():
        window = await opens(person, "desktop", "en", dark=dark, width=width)
        for path in paths:
            await window.open(path)
            found = await window.page.evaluate(AUDIT)
            if await window.overflows():
                found.append("wider than the window")
            if found:
                wrong[f"{person} {path}"] = found
    assert wrong == {}


async def test_the_keyboard_reaches_everything_and_enter_on_a_box_sends_nothing(
    reception: Reception, opens: Opens
) -> None:
    message_id = await reception.take_in()
    window = await opens(ANN)
    await window.open(f"/messages/{message_id}")
    await window.page.keyboard.press("Tab")
    assert await window.page.evaluate("document.activeElement.className") == "skip"
    await window.page.keyboard.press("Enter")
    assert await window.page.evaluate("document.activeElement.id") == "content"
    reached = set()
    for _ in range(40):
        await window.page.keyboard.press("Tab")
        reached.add(await window.page.evaluate("document.activeElement.value || document.activeElement.tagName"))
    assert {"safe", "send", "cancel", "tanaka@examp1e.co.jp"} <= reached
    box = window.page.get_by_label("Select sato@example.co.jp")
    await box.focus()
    await window.page.keyboard.press("Space")
    await window.page.keyboard.press("Enter")
    await window.page.wait_for_timeout(200)
    assert await box.is_checked()
    record = await reception.holds.find(message_id)
    assert record is not None
    assert record.state is State.HELD


async def test_a_page_is_small(reception: Reception, opens: Opens) -> None:
    message_id = await reception.take_in()
    window = await opens(ANN, "phone")
    await window.open(f"/messages/{message_id}")
    await window.page.wait_for_load_state("load")
    sizes = await window.page.evaluate(
        "[...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]"
        ".map((one) => [one.name, one.decodedBodySize])"
    )
    assert len(sizes) >= 4, "page, style, script, mark"
    assert sum(size for _, size in sizes) < 100_000


@pytest.mark.parametrize("language", ["ja", "en"])
async def test_every_tab_is_in_sight_on_a_phone(
    reception: Reception, opens: Opens, tmp_path: Path, language: Language
) -> None:
    for number in range(12):
        await reception.take_in(sender=f"<{ADMIN}>", subject=f"Mail {number}")
    reception.app.state.desk = replace(reception.app.state.desk, outside=Outside(tmp_path / "mailbox"))
    window = await opens(ADMIN, "phone", language)
    await window.open("/mine")
    await window.shot(f"tabs-phone-{language}")
    edges = await window.page.evaluate(
        "[...document.querySelectorAll('.bar nav a')].map((a) => a.getBoundingClientRect())"
        ".map((box) => [box.left, box.right])"
    )
    assert len(edges) > 2
    assert all(left >= 0 and right <= 390 for left, right in edges), edges
    assert not await window.overflows()
