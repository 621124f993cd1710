"""The language of the terminal, the Unix way."""

from __future__ import annotations

import io
import sys

import pytest

from mailguard.cli.language import language_of, spoken, terminal_language
from mailguard.mail.saying import Sentence


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "en"),
        ({"LANG": "ja_JP.UTF-8"}, "ja"),
        ({"LANG": "ja"}, "ja"),
        ({"LANG": "ja_JP.eucJP"}, "ja"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LC_MESSAGES": "ja_JP.UTF-8", "LANG": "en_US.UTF-8"}, "ja"),
        ({"LC_MESSAGES": "C", "LANG": "ja_JP.UTF-8"}, "en"),
        ({"LC_ALL": "en_US.UTF-8", "LC_MESSAGES": "ja_JP.UTF-8"}, "en"),
        ({"LC_ALL": "", "LANG": "ja_JP.UTF-8"}, "ja"),  # empty is not set
        ({"LC_CTYPE": "ja_JP.UTF-8"}, "en"),  # signs, not words
        ({"LANGUAGE": "ja", "LANG": "en_US.UTF-8"}, "ja"),
        ({"LANGUAGE": "de:ja:en", "LANG": "en_US.UTF-8"}, "ja"),
        ({"LANGUAGE": "en:ja", "LANG": "ja_JP.UTF-8"}, "en"),
        ({"LANGUAGE": "de", "LANG": "ja_JP.UTF-8"}, "ja"),
        ({"LANGUAGE": "ja", "LANG": "C"}, "en"),
        ({"LANGUAGE": "ja", "LC_ALL": "C.UTF-8"}, "en"),
        ({"LANGUAGE": "ja"}, "en"),
    ],
)
def test_language(environment: dict[str, str], language: str) -> None:
    assert language_of(environment) == language


@pytest.mark.parametrize(("encoding", "heard"), [("euc_jp", "青"), ("shift_jis", "青"), ("ascii", "blue")])
def test_a_terminal_without_japanese_signs_hears_english(
    encoding: str, heard: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANGUAGE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "ja_JP.UTF-8")
    monkeypatch.setattr(sys, "stderr", io.TextIOWrapper(io.BytesIO(), encoding))
    assert terminal_language() == ("ja" if heard == "青" else "en")
    assert spoken(ValueError(Sentence("青", "blue"))) == heard
