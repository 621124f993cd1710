"""The words of mail and ledger as the terminal says them: in English those of YAML and JSON, in Japanese those of the
console and of letters. Those are many, and English needs none of them: they are read when they are asked for.
"""

from __future__ import annotations

from functools import cache

from mailguard.cli.language import terminal_language
from mailguard.mail.organization import Language

#: Columns of the longest state, and of the longest disposition.
STATE_COLUMNS: dict[Language, int] = {"en": 9, "ja": 8}
DISPOSITION_COLUMNS: dict[Language, int] = {"en": 7, "ja": 16}


def reading_language(organization: Language) -> Language:
    """Of reasons: the terminal's where that is Japanese, else the organisation's, as letters have them."""
    return "ja" if terminal_language() == "ja" else organization


def state_word(state: str) -> str:
    return _word("state", state)


def disposition_word(disposition: str) -> str:
    return _word("disposition", disposition)


def alteration_word(alteration: str) -> str:
    return _word("alteration", alteration)


def event_word(event: str) -> str:
    """Of a line of the history or the audit log."""
    return _word("event", event)


def way_word(way: str) -> str:
    """By which somebody acted."""
    return _word("via", way)


def personal_word(label: str) -> str:
    """A class of personal data."""
    return _word("personal", label)


def secret_word(label: str) -> str:
    """A class of secrets: tokens go by their makers."""
    if terminal_language() == "en":
        return f"secret {label}"
    from mailguard.notify import phrases

    return f"秘密情報 {phrases.secret_word(label).ja}"


def finding_word(code: str) -> str:
    """What was noticed while reading, in Japanese with its code, by which policies and docs know it."""
    word = _word("finding", code)
    return word if word == code else f"{word} ({code})"


def _word(kind: str, word: str) -> str:
    """What has no word in Japanese stays as it is."""
    return _japanese().get(f"{kind}.{word}", str(word)) if terminal_language() == "ja" else str(word)


@cache
def _japanese() -> dict[str, str]:
    """By kind and word."""
    from mailguard.console.locale.texts import TEXTS
    from mailguard.mail.verdict import Disposition
    from mailguard.notify.phrases import FINDINGS, PERSONAL, STATES
    from mailguard.policy import explain
    from mailguard.policy.alteration_words import ALTERATIONS

    # Names of events and ways have no fields. `event.comment` is what stands below one.
    found = {key.removeprefix("audit."): both.ja for key, both in TEXTS.items() if "{" not in both.ja}
    found["event.comment"] = TEXTS["event.comment_on"].ja
    found |= {f"state.{state}": both.ja for state, both in STATES.items()}
    found |= {f"disposition.{one.word}": explain.disposition_word(one).ja for one in Disposition}
    found |= {f"alteration.{word}": one.ja for word, one in ALTERATIONS.items()}
    found |= {f"personal.{label}": both.ja for label, both in PERSONAL.items()}
    return found | {f"finding.{code}": both.ja for code, both in FINDINGS.items()}
