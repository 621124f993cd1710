"""Every letter in a real browser: on a narrow phone and a desk, light and dark, in both languages; hostile mail too."""

from __future__ import annotations

import re

import pytest
from tests.browser.conftest import Opens, Window
from tests.letters import every_letter, hostile, letter, part
from tests.reception import Reception

from mailguard.mail.lifecycle import State
from mailguard.mail.organization import Language
from mailguard.mail.verdict import Disposition

pytestmark = pytest.mark.asyncio(loop_scope="session")

#: Text that people read is 16 px at least, but for the foot; a button is 44 px high at least (WCAG 2.5.5).
LOOK = """
() => {
  const wrong = [];
  for (const one of document.querySelectorAll('h1, h2, p, a, td.evidence')) {
    const size = parseFloat(getComputedStyle(one).fontSize);
    if (one.innerText && size < 16 && !(size === 14 && /mailguard/.test(one.innerText)))
      wrong.push(`${size} px: ${one.innerText.slice(0, 40)}`);
  }
  for (const one of document.querySelectorAll('a')) {
    const box = one.getBoundingClientRect();
    if (box.height < 44 || box.width < 44) wrong.push(`small button: ${one.innerText}`);
  }
  if (document.querySelectorAll('h1').length !== 1) wrong.push('not one h1');
  if (document.querySelector('img, script, iframe, link, [src], [background]')) wrong.push('something to load');
  return wrong;
}
"""


async def wrong_with(window: Window, html: str, *, barriers: bool = True) -> list[str]:
    await window.page.set_content(html)
    found: list[str] = await window.page.evaluate(LOOK)
    if await window.overflows():
        found.append("wider than the window")
    return found + (await window.barriers() if barriers else [])


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [320, 800])
async def test_every_letter_can_be_read(opens: Opens, width: int, dark: bool, language: Language) -> None:
    window = await opens("", "phone" if width < 500 else "desktop", language, dark=dark, width=width)
    wrong = {}
    for name, mail in every_letter(language).items():
        found = await wrong_with(window, part(mail, "html"), barriers=width < 500)
        if found:
            wrong[name] = found
        await window.shot(f"letter-{name}-{language}-{width}-{'dark' if dark else 'light'}")
    assert wrong == {}


@pytest.mark.parametrize("kind", ["held", "approval", "bounced"])
async def test_hostile_mail_breaks_no_letter(opens: Opens, kind: str) -> None:
    window = await opens("", "phone", "ja", width=320)
    disposition = Disposition.APPROVE if kind == "approval" else Disposition.CONFIRM
    html = part(letter(kind, record=hostile(disposition)), "html")  # type: ignore[arg-type]
    assert await wrong_with(window, html) == []
    await window.shot(f"letter-hostile-{kind}")


async def test_without_its_style_element_nothing_essential_is_lost(opens: Opens) -> None:
    """Gmail takes the style element out for accounts of other houses."""
    window = await opens("", "phone", "ja", width=320)
    html = part(letter("held"), "html")
    bare = html[: html.index("<style>")] + html[html.index("</head>") :]
    assert await wrong_with(window, bare) == []
    await window.shot("letter-held-bare")


@pytest.mark.parametrize("language", ["ja", "en"])
async def test_from_a_letters_button_to_the_act(reception: Reception, opens: Opens, language: Language) -> None:
    message_id = await reception.take_in()
    (mail,) = await reception.letters()
    link = re.search(r'href="[^"]+(/t/[^"?]+\?choice=remove-flagged)"', part(mail, "html"))
    code = re.search(r": (\d{6})$", part(mail), re.MULTILINE)
    assert link is not None
    assert code is not None
    window = await opens("", "phone", language)
    await window.open(link[1])
    assert await window.barriers() == []
    await window.shot(f"ticket-chosen-{language}")
    await window.page.fill("#code", code[1])
    await window.press({"ja": "1名を外して送信", "en": "Remove 1 recipient and send"}[language])
    record = await reception.holds.find(message_id)
    assert record is not None
    assert [r.state for r in record.recipients if r.external] == [State.CANCELLED, State.QUEUED, State.QUEUED]
