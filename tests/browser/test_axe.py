"""axe-core on every page, in both languages, on desk and phone, light and dark: it finds nothing."""

from __future__ import annotations

import pytest
from tests.browser.conftest import Device, Opens
from tests.reception import ADMIN, ANN, Reception

from mailguard.mail.verdict import Disposition

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("device", ["desktop", "phone"])
@pytest.mark.parametrize("language", ["ja", "en"])
async def test_pages(reception: Reception, opens: Opens, language: str, device: Device, dark: bool) -> None:
    held = await reception.take_in(Disposition.CONFIRM)
    await reception.take_in(Disposition.DELAY)
    for person, paths in ((ANN, ("/mine", f"/messages/{held}")), (ADMIN, ("/mine", "/all", f"/messages/{held}"))):
        window = await opens(person, device, language, dark=dark)
        for path in paths:
            await window.open(path)
            assert await window.barriers() == [], path
    nobody = await opens("", device, language, dark=dark)
    await nobody.open("/login")
    assert await nobody.barriers() == []
