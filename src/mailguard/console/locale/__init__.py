"""The console's words: one table, Japanese beside English, and the choice of language for a request.

A text is found by its key or the page fails in the tests: every key that a template names is in the table, and every
key of the table is named somewhere. Sentences that letters share live in `mailguard.notify.phrases`.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from mailguard.console.locale.texts import TEXTS
from mailguard.mail.organization import Language

Say = Callable[..., str]

COOKIE = "mailguard_language"
LANGUAGES: tuple[Language, ...] = ("ja", "en")
_RANGE = re.compile(r"\s*([A-Za-z*]{1,8})(?:-[A-Za-z0-9-]{1,20})?\s*(?:;\s*q=([01](?:\.\d{0,3})?))?\s*")


def sayer(language: Language) -> Say:
    """A function from key and values to a sentence. It raises KeyError for a key that is not in the table."""

    def say(key: str, **values: object) -> str:
        return TEXTS[key].of(language, **values)

    return say


def choose_language(cookie: str, accept: str, house: Language) -> Language:
    """The switch's cookie first, then Accept-Language (RFC 9110 section 12.5.4), then the organisation's language."""
    for language in LANGUAGES:
        if cookie == language:
            return language
    best: tuple[float, Language] | None = None
    for item in accept[:500].split(","):
        match = _RANGE.fullmatch(item)
        if not match:
            continue
        weight = float(match[2] or 1)
        name = match[1].lower()
        for language in LANGUAGES:
            if name == language and weight > 0 and (best is None or weight > best[0]):
                best = (weight, language)
    return best[1] if best else house
