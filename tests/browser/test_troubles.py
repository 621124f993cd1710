"""What administrators see on every page while letters or a chat channel fail."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.browser.conftest import Device, Opens
from tests.reception import ADMIN, Reception

pytestmark = pytest.mark.asyncio(loop_scope="session")
TROUBLES = {
    "ja": [
        ("letters", "12通が10分以上送信できていません"),
        ("channel approvals-in-the-sales-department", "answered 404 (no_service)"),
    ],
    "en": [
        ("letters", "12 letters have waited for more than 10 minutes"),
        ("channel ops", "hooks.slack.example: no connection"),
    ],
}


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("device", ["desktop", "phone"])
async def test_a_trouble_is_on_the_page_and_fits(
    reception: Reception, opens: Opens, device: Device, language: str
) -> None:
    await reception.take_in()
    reception.app.state.desk = replace(reception.app.state.desk, troubles=lambda: TROUBLES[language])
    window = await opens(ADMIN, device, language)
    await window.open("/all")
    text = await window.text()
    assert all(reason in text for _, reason in TROUBLES[language])
    assert not await window.overflows()
    assert not await window.barriers()
    await window.shot(f"troubles-{device}-{language}")
