"""The letter of the month: what was stopped, what it cost, what changed, which rules are noise."""

from __future__ import annotations

from typing import Any

import pytest

from mailguard.mail.organization import Language
from mailguard.notify.letter_sheet import render
from mailguard.notify.monthly import Monthly, monthly_letter

NOW: dict[str, Any] = {
    "mails": 12345, "asked": 198, "stopped": 12, "cancelled": 7, "changed": 3, "undone": 2, "rejected": 1,
    "per_hundred": 1.604, "delay_median": 93.0, "delay_p90": 364.0, "all_median": 0.42, "all_p90": 60.0,
}  # fmt: skip
BEFORE = {**NOW, "mails": 11000, "stopped": 15, "per_hundred": 1.9}
DETAIL = {"month": "2026-10", "now": NOW, "before": BEFORE, "noisy": [["look-alike\n<b>", 40, 38]]}


def said(language: Language, **changes: Any) -> str:
    content = monthly_letter(language, Monthly.of({**DETAIL, **changes}), link="https://mg/figures", name="Corp")
    text, html = render(content, language)
    assert "<b>" not in html
    return text


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("ja", ["2026年10月は、誤送信になりかけたメール12通を止めました", "前月 15(-3)", "1.6", "前月 1.9(-0.3)",
                "中央値 1分33秒、9割は6分4秒以内", "0.4秒",
                "12,345", "40通中38通がそのまま送信", "前月 1(変わらず)"]),
        ("en", ["In October 2026, 12 mistakes were stopped", "15 (-3)", "1.6", "1.9 (-0.3)", "median 1 min 33 s",
                "0.4 s", "12,345", "38 of 40 sent unchanged", "1 (the same)"]),
    ],
)  # fmt: skip
def test_it_says_what_happened_and_what_changed(language: Language, words: list[str]) -> None:
    text = said(language)
    assert [word for word in words if word not in text] == []


def test_a_first_month_is_compared_with_nothing_and_a_quiet_one_says_so() -> None:
    assert "前月" not in said("ja", before=None)
    quiet = said("en", now={"mails": 10}, before=None, noisy=[])
    assert "no mistake was stopped" in quiet
    assert "People were asked about none of them" in quiet
    assert "Rules to look at" not in quiet
