"""The words of the ledger as the terminal says them: in English those of YAML and JSON, in Japanese those of the
console and of letters.
"""

from __future__ import annotations

from mailguard.cli.language import terminal_language
from mailguard.console.locale.audit_texts import AUDIT_TEXTS
from mailguard.console.locale.decide_texts import DECIDE_TEXTS
from mailguard.console.locale.mail_texts import MAIL_TEXTS
from mailguard.console.locale.misdelivery_texts import MISDELIVERY_TEXTS
from mailguard.mail.lifecycle import State
from mailguard.mail.organization import Language
from mailguard.mail.verdict import Disposition
from mailguard.notify.phrases import STATES
from mailguard.policy import explain
from mailguard.policy.alteration_words import ALTERATIONS

#: Columns of the longest state, and of the longest disposition.
STATE_COLUMNS: dict[Language, int] = {"en": 9, "ja": 8}
DISPOSITION_COLUMNS: dict[Language, int] = {"en": 7, "ja": 16}
#: Those that have no fields are names of events; `event.comment` is a line below one.
_EVENTS = {
    key.removeprefix("audit.").removeprefix("event."): both.ja
    for texts in (AUDIT_TEXTS, MAIL_TEXTS, DECIDE_TEXTS, MISDELIVERY_TEXTS)
    for key, both in texts.items()
    if key.startswith(("event.", "audit.event.")) and "{" not in both.ja
} | {"comment": DECIDE_TEXTS["event.comment_on"].ja}


def reading_language(organization: Language) -> Language:
    """Of reasons: the terminal's where that is Japanese, else the organisation's, as letters have them."""
    return "ja" if terminal_language() == "ja" else organization


def state_word(state: str) -> str:
    return STATES[State(state)].ja if terminal_language() == "ja" else str(state)


def disposition_word(word: str) -> str:
    return explain.disposition_word(Disposition[word.upper()]).ja if terminal_language() == "ja" else word


def alteration_word(word: str) -> str:
    return ALTERATIONS[word].ja if terminal_language() == "ja" and word in ALTERATIONS else word


def event_word(event: str) -> str:
    """Of a line of the history or the audit log."""
    return _EVENTS.get(event, event) if terminal_language() == "ja" else event


def way_word(way: str) -> str:
    """By which somebody acted."""
    known = MAIL_TEXTS.get(f"via.{way}")
    return known.ja if known is not None and terminal_language() == "ja" else way
