"""The console's words: complete in both languages, and all of them used."""

from __future__ import annotations

import ast
import re
import string
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

import pytest

import mailguard.console
from mailguard.access.words import Reason
from mailguard.console import figure_rows
from mailguard.console.audit_words import EVENTS, HOUSE_EVENTS, READINGS, event_word
from mailguard.console.figures import STEPS
from mailguard.console.locale import choose_language, sayer
from mailguard.console.locale.texts import TEXTS
from mailguard.console.message import DONE
from mailguard.console.own import trusted_line
from mailguard.console.present import Speaker
from mailguard.console.problems import _PAGES
from mailguard.console.queue import rule_name
from mailguard.console.timeline import _KNOWN
from mailguard.mail.breach import LAWS
from mailguard.mail.lifecycle import Event, State
from mailguard.mail.organization import Language
from mailguard.mail.query import Sort
from mailguard.notify import letter_texts, reply_texts
from mailguard.notify.phrases import Both
from mailguard.review import BULK_ACTS
from mailguard.review.quiet import LENGTHS
from mailguard.store.trusts import TRUST, UNTRUST, TrustRecord
from mailguard.store.visits import How

FOLDER = Path(mailguard.console.__file__).parent
SOURCES = {
    path: path.read_text(encoding="utf-8") for path in (*FOLDER.glob("*.py"), *(FOLDER / "templates").glob("*.html"))
}
#: What the audit log says beside the events of a copy.
MORE_EVENTS = (
    "alter", "urgent", "remind", "escalate", "ending", "challenge_confirmed", "resent", "read", "forward", "trust",
    "approvals_void", "incident", "incident_assessed", "incident_closed",
)  # fmt: skip
SPEAKER = Speaker("en", sayer("en"), "UTC", datetime(2026, 11, 26, tzinfo=UTC))
TABLES = (
    figure_rows.time_table([], SPEAKER), figure_rows.rule_table([], SPEAKER), figure_rows.group_table([], SPEAKER),
)  # fmt: skip
#: Keys that are put together from a word: the words are here.
BUILT = {
    *(f"peace.{length}" for length in LENGTHS),
    *("done.peace", "done.peace-end"),
    *(f"head.{state}" for state in State if state is not State.HELD),
    *(f"event.{event}" for event in Event),
    *(f"done.{word}" for word in DONE),
    "trouble.letters",
    "trouble.channel",
    "trouble.pressure",
    "trouble.upstream",
    "trouble.delivery",
    *(f"error.{status}" for status in _PAGES),
    *(f"ends.return{more}" for more in (".own", ".approval", ".approval.own")),
    *(f"ends.{action}" for action in ("return", "release", "discard")),
    *(f"via.{via}" for via in ("console", "letter", "reply", "api", "cli", "clock", "smtp")),
    *(f"role.{role}" for role in ("administrator", "auditor", "officer")),
    *(f"act.{word}" for word in ("release-selected", "approve-selected", "remove-selected")),
    *(f"event.{word}" for word in ("accept", "approve", "late", "login", "purge", *MORE_EVENTS)),
    *(f"away.done.{word}" for word in ("away", "back", "untrust")),
    *(f"login.oidc.{reason}" for reason in get_args(Reason)),
    *(f"how.{how}" for how in get_args(How)),
    *(f"policy.mode.{mode}" for mode in ("monitor", "notify", "enforce")),
    *(f"policy.standing.{word}" for word in ("ready", "learning", "not_yet", "rubber_stamp")),
    *(f"policy.fate.{word}" for word in ("changed", "cancelled", "rejected", "expired", "waiting", "refused")),
    *(f"view.{word}" for word in ("held", "queued", "all")),
    *(f"sort.{sort}" for sort in Sort),
    *(f"{group}.{act}" for act in BULK_ACTS for group in ("confirm", "bulk.verb", "bulk.what", "bulk.going")),
    *(f"job.{state}" for state in ("preparing", "waiting", "running", "done", "undone", "stopped")),
    *(f"keys.{word}" for word in ("j", "k", "x", "enter", "a", "r", "u", "search", "help")),
    *(f"fate.{state}" for state in ("cancelled", "rejected")),
    *(f"audit.event.{word}" for word in HOUSE_EVENTS),
    *(f"audit.{word}" for word in ("rules", "people")),
    *(f"read.{what}" for what in READINGS),
    *(f"figures.by.{step}" for step in STEPS),
    *(f"figures.{kind}{more}" for kind in ("rules", "groups") for more in ("", ".said")),
    *(f"figures.column.{key}" for table in TABLES for key in table.keys),
    *(f"offer.{word}" for word in ("send", "replace")),
    "event.correct",
    "done.correct.waits",
    *(f"risk.{kind}" for kind in (*figure_rows.KINDS, "other")),
    *(f"register.{word}" for word in ("accepted", "under_way", "bounced")),
    *(f"assessment.draft.{law}" for law in LAWS),
    *(f"assessment.wrong.{word}" for word in ("persons", "how", "time")),
    *(f"policy.wrong.{word}" for word in ("busy", "empty", "file", "mails")),
}


def keys_in_sources() -> set[str]:
    found: set[str] = set()
    for text in SOURCES.values():
        found |= set(re.findall(r'say\(\s*"([a-z0-9_.-]+)"', text)) | set(re.findall(r"say\('([a-z0-9_.-]+)'", text))
        found |= set(re.findall(r'"((?:nav|fact)\.[a-z]+)"', text))
        found |= set(re.findall(r'TEXTS\["([a-z0-9_.-]+)"\]', text))
        for first, second in re.findall(r'say\(\s*"([a-z0-9_.-]+)" if .*? else "([a-z0-9_.-]+)"', text):
            found |= {first, second}
    return found


def test_every_key_that_is_used_is_in_the_table() -> None:
    assert keys_in_sources() | BUILT <= set(TEXTS)


def test_every_key_of_the_table_is_used() -> None:
    assert set(TEXTS) == keys_in_sources() | BUILT


def blanks(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


@pytest.mark.parametrize(
    ("key", "both"),
    [
        *TEXTS.items(),
        *((name, text) for name, text in vars(letter_texts).items() if isinstance(text, Both)),
        *letter_texts.TAGS.items(),
        *reply_texts.HEADS.items(),
        *reply_texts.LEADS.items(),
    ],
)
def test_both_languages_say_something_with_the_same_values(key: str, both: Both) -> None:
    assert blanks(both.ja) == blanks(both.en), key
    if key != "login":
        assert both.ja.strip()
        assert both.en.strip()
        assert both.en.isascii() or "“" in both.en, key


def events_in_sources() -> set[str]:
    """The words that are handed to the audit log anywhere in the house."""
    found: set[str] = {*map(str, Event), *_KNOWN, TRUST, UNTRUST}
    for path in FOLDER.parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and re.fullmatch(r"(.*audit\.(append|note)|note)", ast.unparse(node.func)):
                found |= {str(one.value) for one in node.args if isinstance(one, ast.Constant)}
    return found


def test_the_audit_log_has_words_for_everything_that_is_written_to_it() -> None:
    written = events_in_sources()
    assert {"backup", "restore", "mute", "comment", "absence"} <= written
    assert {one: event_word(one, SPEAKER) for one in written if event_word(one, SPEAKER) == one} == {}
    assert written <= {*EVENTS, *HOUSE_EVENTS}


def test_a_missing_key_is_an_error_and_not_silence() -> None:
    with pytest.raises(KeyError):
        sayer("ja")("no.such.key")


@pytest.mark.parametrize(
    ("cookie", "accept", "house", "language"),
    [
        ("", "", "ja", "ja"),
        ("", "", "en", "en"),
        ("en", "ja", "ja", "en"),
        ("fr", "ja", "en", "ja"),
        ("", "en-US,en;q=0.9,ja;q=0.8", "ja", "en"),
        ("", "ja;q=0.8, en;q=0.9", "ja", "en"),
        ("", "fr-FR, de;q=0.7, en;q=0.1", "ja", "en"),
        ("", "fr, de", "ja", "ja"),
        ("", "ja;q=0, en;q=0.1", "ja", "en"),
        ("", "en;q=banana, ja", "en", "ja"),
        ("", "\x00" * 10_000, "en", "en"),
    ],
)
def test_the_language_of_a_visitor(cookie: str, accept: str, house: Language, language: Language) -> None:
    assert choose_language(cookie, accept, house) == language


def test_a_rule_that_only_repeats_the_model_has_a_name_in_the_queue() -> None:
    say = sayer("en")
    assert rule_name("{reason}.{did_you_mean}", say) == "Not the usual recipient"
    assert rule_name("{addresses} is new", say) == "… is new"
    assert rule_name("", say) == ""


def test_a_trusted_recipient_says_in_words_what_is_not_asked_any_more() -> None:
    now = datetime(2026, 11, 27, tzinfo=UTC)
    trust = TrustRecord(
        1, "person:ann@corp.example", "bob@x.example", ("odd", "gone"), "ann@corp.example", now, now, ""
    )
    by = Speaker("en", sayer("en"), "Asia/Tokyo", now)
    shown = trusted_line(trust, by, "ann@corp.example", {"odd": "Not the usual recipient"})
    assert shown.rules == "Not the usual recipient, gone"
