"""What a rule asks of recipients: the fields, organizations and what history remembers, each both ways."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.judging import mail, rule_of, said

from mailguard.mail.facts import Finding, HeaderAddress, Headers
from mailguard.policy.case import Known
from mailguard.policy.judge import judge

BOB, CAROL, DAVE = "bob@partner.example", "carol@other.example", "dave@third.example"


def sentences(policy_condition: str, **words: Any) -> tuple[str, str]:
    """The fact in both languages, as a rule without words of its own tells it."""
    hit = judge(rule_of(policy_condition), mail(**words)).hits[0]
    return hit.because.ja, hit.because.en


@pytest.mark.parametrize(
    ("condition", "hit", "miss"),
    [
        ("{to: true}", {"to": BOB}, {"cc": BOB}),
        ("{cc: true}", {"cc": BOB}, {"to": BOB}),
        ("{cc: true}", {"to": CAROL, "cc": BOB}, {"bcc": BOB}),
        ("{to: false}", {"to": CAROL, "bcc": BOB}, {"to": BOB}),
        ("{cc: false}", {"bcc": BOB}, {"cc": BOB}),
        ('{organizations: ">= 2"}', {"to": [BOB, CAROL]}, {"to": [BOB, "carol@partner.example"]}),
        ('{organizations: ">= 2"}', {"to": [BOB, "ken@corp.example"]}, {"to": ["a@corp.example", "b@corp.example"]}),
        (
            '{external: true, organizations: ">= 2"}',
            {"to": ["a@mail.x.co.jp", "b@y.co.jp"]},
            {"to": ["a@mail.x.co.jp", "b@x.co.jp", "ken@corp.example"]},
        ),
        ('{organizations: ">= 2"}', {"to": ["a@gmail.com", "b@gmail.com"]}, {"to": ["a@gmail.com"]}),
        (
            '{external: true, visible: true, organizations: ">= 2"}',
            {"to": BOB, "cc": CAROL},
            {"to": BOB, "bcc": CAROL},
        ),
        (
            "{not_written_for: 180d}",
            {"to": BOB, "last_written": {BOB: "200d"}},
            {"to": BOB, "last_written": {BOB: "179d"}},
        ),
        ("{not_written_for: 180d}", {"to": BOB, "last_written": {BOB: "180d"}}, {"to": BOB}),
    ],
)
def test_picks(condition: str, hit: dict[str, Any], miss: dict[str, Any]) -> None:
    policy = rule_of(f"{{recipients: {condition}}}")
    assert said(policy, mail(**hit)) == "confirm"
    assert said(policy, mail(**miss)) == "deliver"


def test_who_was_not_written_to_is_named_with_the_time() -> None:
    words = {"to": [BOB, CAROL], "last_written": {BOB: "200d", CAROL: "1d"}}
    ja, en = sentences("{recipients: {not_written_for: 180d}}", **words)
    assert f"{BOB}（前回は200日前）" in ja
    assert "180日以上送っていない" in ja
    assert f"{BOB}, last 200 days ago" in en
    assert CAROL not in ja + en


def test_memory_that_nobody_asked_is_not_an_empty_one() -> None:
    case = replace(mail(to=BOB), known=Known())
    policy = rule_of("{recipients: {not_written_for: 180d}}")
    assert policy.needs == {"written"}
    assert said(policy, case) == "confirm"
    assert "履歴 · history" in judge(policy, case).hits[0].because.ja
    assert said(rule_of("{recipients: {not_written_for: 180d}}", more="    when_unknown: ignore"), case) == "deliver"


def test_what_one_recipient_leaves_open_does_not_matter_where_others_decide() -> None:
    known = Known(last_written={BOB: timedelta(days=400)})
    case = replace(mail(to=[BOB, CAROL]), known=known)
    assert said(rule_of('{recipients: {not_written_for: 180d, count: "== 1"}}'), case) == "confirm"
    assert said(rule_of('{recipients: {not_written_for: 180d, count: ">= 2"}}'), case) == "deliver"


def test_a_rule_needs_only_what_it_asks_for() -> None:
    assert rule_of("{recipients: {external: true}}").needs == frozenset()
    nested = "{any: [{not: {recipients: {not_written_for: 90d}}}, {recipients: {external: true}}]}"
    assert rule_of(nested).needs == {"written"}
    unless = "    unless: [{recipients: {not_written_for: 90d}}]"
    assert rule_of("{recipients: {external: true}}", more=unless).needs == {"written"}


MISMATCH = "{message: {header_envelope_mismatch: true}}"


@pytest.mark.parametrize(
    ("words", "facts", "word"),
    [
        ({"to": BOB, "header_to": [BOB, CAROL]}, None, "confirm"),
        ({"to": [BOB, CAROL]}, None, "deliver"),
        ({"to": BOB, "bcc": CAROL}, None, "deliver"),
        # A server splits mails: what one transaction lacks another may have.
        ({"to": BOB, "header_to": [BOB, CAROL], "authenticated": False}, None, "deliver"),
        ({"bcc": BOB}, {"headers": Headers(bcc=(HeaderAddress(CAROL),))}, "confirm"),
        ({"bcc": BOB}, {"headers": Headers(bcc=(HeaderAddress(BOB),))}, "deliver"),
        ({"to": BOB}, {"findings": (Finding("malformed_header", "to", ""),)}, "confirm"),
    ],
)
def test_fields_and_envelope_disagree(words: dict[str, Any], facts: dict[str, Any] | None, word: str) -> None:
    assert said(rule_of(MISMATCH), mail(facts, **words)) == word


def test_who_is_missing_from_the_envelope_is_named() -> None:
    ja, en = sentences(MISMATCH, to=BOB, header_to=[BOB, CAROL])
    assert CAROL in ja
    assert CAROL in en
    assert BOB not in ja
    assert said(rule_of("{message: {header_envelope_mismatch: false}}"), mail(to=BOB)) == "confirm"
