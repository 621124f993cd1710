"""The page of one mail in every state, in both languages, on desk and phone: no barrier, nothing wider than the window,
nothing that moves by itself.
"""

from __future__ import annotations

import pytest
from tests.browser.conftest import Device, Opens, Window
from tests.message_states import STATES
from tests.reception import Reception

pytestmark = pytest.mark.asyncio(loop_scope="session")

#: Everything that moved without anybody touching the page (Layout Instability API).
SHIFTS = """() => new Promise(done => {
  let moved = 0;
  new PerformanceObserver(list => { for (const one of list.getEntries()) if (!one.hadRecentInput) moved += one.value; })
    .observe({type: 'layout-shift', buffered: true});
  setTimeout(() => done(moved), 1300);
})"""


async def shifted(window: Window) -> float:
    return float(await window.page.evaluate(SHIFTS))


# Each state in both languages and on both devices, not in every pair of them: those are the flows' and axe's.
@pytest.mark.parametrize(("language", "device"), [("ja", "phone"), ("en", "desktop")])
@pytest.mark.parametrize("state", list(STATES))
async def test_state(reception: Reception, opens: Opens, state: str, language: str, device: Device) -> None:
    person, message_id = await STATES[state](reception)
    window = await opens(person, device, language, dark=device == "desktop" and language == "en")
    await window.open(f"/messages/{message_id}")
    assert await shifted(window) == 0
    assert not await window.overflows()
    await window.shot(f"message-{state}-{device}-{language}")
    assert await window.barriers() == []
