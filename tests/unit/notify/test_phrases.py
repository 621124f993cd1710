"""Words that letters and console share."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailguard.mail.facts import FINDING_CODES
from mailguard.mail.lifecycle import State
from mailguard.mail.organization import Language
from mailguard.notify.phrases import (
    FINDINGS,
    STATES,
    evidence_line,
    file_size,
    listed,
    moment,
    on_one_line,
    people,
    span,
)


@given(
    st.lists(st.sampled_from(["a", " ", "  ", "件名", "\u3000", "\t", "\u202e", "\u200e", "\x00", "\u2028"])).map(
        "".join
    )
)
def test_what_is_printable_is_cleaned_like_all_else(text: str) -> None:
    assert on_one_line(text) == on_one_line(f"{text}\n"), "behind the line end it is none"


def test_every_state_has_a_word() -> None:
    assert set(STATES) == set(State)


@pytest.mark.parametrize(
    ("language", "year", "said"),
    [
        ("ja", False, "11月26日(木) 22:28"),
        ("en", False, "Thu 26 Nov, 22:28"),
        ("ja", True, "2026年11月26日(木) 22:28"),
        ("en", True, "Thu 26 Nov 2026, 22:28"),
    ],
)
def test_a_moment_is_said_in_the_organisations_time_with_its_weekday(language: Language, year: bool, said: str) -> None:
    assert moment(datetime(2026, 11, 26, 13, 28, tzinfo=UTC), "Asia/Tokyo", language, year=year) == said


def test_an_unknown_time_zone_is_no_reason_to_fail() -> None:
    assert moment(datetime(2026, 1, 1, 0, 0, tzinfo=UTC), "Nowhere/Land", "en") == "Thu 1 Jan, 00:00"


@pytest.mark.parametrize(
    ("length", "ja", "en"),
    [
        (timedelta(hours=71, minutes=59, seconds=59), "2日23時間", "2 days 23 h"),
        (timedelta(hours=48), "2日", "2 days"),
        (timedelta(hours=47, minutes=59, seconds=59), "47時間59分", "47 h 59 min"),
        (timedelta(minutes=1, seconds=5), "1分5秒", "1 min 5 s"),
        (timedelta(seconds=59), "59秒", "59 s"),
        (timedelta(hours=2), "2時間", "2 h"),
        (timedelta(seconds=-5), "0秒", "0 s"),
    ],
)
def test_spans(length: timedelta, ja: str, en: str) -> None:
    assert (span(length, "ja"), span(length, "en")) == (ja, en)


@pytest.mark.parametrize(
    ("octets", "said"),
    [(0, "0 B"), (1023, "1023 B"), (1024, "1.0 KB"), (48_211, "47 KB"), (3_482_110, "3.3 MB"), (5 * 2**40, "5120 GB")],
)
def test_sizes(octets: int, said: str) -> None:
    assert file_size(octets) == said


def test_lists_are_cut_with_their_number() -> None:
    assert listed(["a", "b", "c", "d", "e"], "ja") == "a、b、c ほか2名"
    assert listed(["a", "b", "c", "d"], "en") == "a, b, c and 1 more"
    assert listed(["a.pdf", "b.pdf"], "ja", 1, unit="件") == "a.pdf ほか1件"
    assert listed(["a"], "en") == "a"
    assert people(1, "en") == "1 recipient"
    assert people(3, "ja") == "3名"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\r\nBcc: evil@x.example", "a Bcc: evil@x.example"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("tab\tand\u2028line\u0085end", "tab and line end"),
        ("nul\x00esc\x1b[31m", "nulesc[31m"),
    ],
)
def test_one_line_has_no_line_ends_controls_or_direction_marks(text: str, shown: str) -> None:
    assert on_one_line(text) == shown


@given(st.text())
def test_one_line_is_one_line_whatever_comes(text: str) -> None:
    shown = on_one_line(text, 50)
    assert len(shown) <= 50
    assert len(shown.splitlines()) <= 1
    assert shown.isprintable() or all(not ch.isspace() or ch == " " for ch in shown)


@pytest.mark.parametrize(
    ("evidence", "ja", "en"),
    [
        ("persons: 12", "12人分", "12 persons"),
        ("persons: 1", "1人分", "1 person"),
        ("persons: 1,234", "1,234人分", "1,234 persons"),
        ("payment_card: 3", "クレジットカード番号: 3件", "payment card numbers: 3"),
        ("aws_key: 2", "AWSのキー: 2件", "AWS keys: 2"),
        ("bob@x.example", "bob@x.example", "bob@x.example"),
        ("unknown_class: 3", "unknown_class: 3", "unknown_class: 3"),
        ("persons: 12.pdf", "persons: 12.pdf", "persons: 12.pdf"),
    ],
)
def test_counts_of_personal_data_are_in_the_readers_language(evidence: str, ja: str, en: str) -> None:
    assert (evidence_line(evidence, "ja"), evidence_line(evidence, "en")) == (ja, en)


def test_every_finding_has_a_sentence_in_both_languages() -> None:
    assert set(FINDINGS) == set(FINDING_CODES)
    for code, both in FINDINGS.items():
        assert both.en.isascii(), code
        assert not re.search("[a-z]_[a-z]", both.ja + both.en), code
        assert re.search("[ぁ-ん]", both.ja), code
