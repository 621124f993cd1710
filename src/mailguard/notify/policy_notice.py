"""What a notice about the policy keeps of what is wrong with it, in both languages. Apart from the letter, whose
templates nothing needs before the banner.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mailguard.mail.organization import Language
from mailguard.mail.saying import Sentence, in_language

_KEPT: dict[str, Language] = {"problems": "en", "problems_ja": "ja"}


def noted(problems: Sequence[str]) -> dict[str, Any]:
    """What a notice keeps of what is wrong: the letter's language is known only when it is written."""
    return {name: [in_language(one, language) for one in problems] for name, language in _KEPT.items()}


def in_notice(detail: Mapping[str, Any]) -> tuple[str, ...]:
    """What a notice kept, in both languages; of one of an older version, in English."""
    english, japanese = (tuple(map(str, detail.get(name, ()))) for name in _KEPT)
    return tuple(map(Sentence, japanese, english)) if len(japanese) == len(english) else english
