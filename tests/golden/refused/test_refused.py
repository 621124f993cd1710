"""Settings and policies that are wrong, and what the command line says of them in both languages.

Beside each `NAME.yaml` stand `NAME.en` and `NAME.ja`. To write what is said now: `python -m tests.golden.refused.said`.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.golden.refused.said import CASES, HERE, said

_JAPANESE = re.compile("[\u3000-\u30ff\u4e00-\u9fff]")


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case.relative_to(HERE)))
def test_what_is_said(case: Path, language: str) -> None:
    assert said(case, language).splitlines() == case.with_suffix(f".{language}").read_text("utf-8").splitlines()


def test_no_line_is_left_in_english() -> None:
    assert len(CASES) > 10
    for case in CASES:
        english, japanese = (case.with_suffix(f".{one}").read_text("utf-8").splitlines() for one in ("en", "ja"))
        assert len(english) == len(japanese)
        assert [line for line in japanese if line in english or not _JAPANESE.search(line)] == []
