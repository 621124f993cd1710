"""What was not read leaves an answer open, names what it was, and only where it matters."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.judging import mail, rule_of, said

from mailguard.mail.address import NULL_PATH
from mailguard.mail.facts import Attachment, Finding, HeaderAddress, Headers
from mailguard.policy.case import Case
from mailguard.policy.judge import judge
from mailguard.policy.rule import Policy

LOCKED = Attachment("a.zip", "application/zip", "application/zip", "zip", 9, "00", encrypted=True)
CUT_FILES = Finding("too_many_parts", "mail", "")
CUT_TEXT = Finding("limit_reached", "text", "")
UNREADABLE = Finding("unreadable", "mail", "")
IGNORED = "    when_unknown: ignore"


def own_hits(policy: Policy, case: Case) -> list[tuple[str, ...]]:
    """The evidence of the policy's rule alone: an unreadable mail is held by the house as well."""
    return [hit.evidence for hit in judge(policy, case).hits if hit.rule == "r"]


def test_what_was_not_read_is_named_only_where_it_decides() -> None:
    policy = rule_of("{text: {words: [x]}}")
    locked = {"attachments": (LOCKED,)}
    assert own_hits(policy, mail(locked, text="y")) == [("a.zip",)]
    assert own_hits(policy, mail(locked, text="x")) == [("x",)]


@pytest.mark.parametrize(
    ("place", "finding", "word"),
    [
        ("names", CUT_FILES, "confirm"),
        ("names", CUT_TEXT, "deliver"),
        ("body", CUT_TEXT, "confirm"),
        ("subject", CUT_TEXT, "deliver"),
        ("attachments", CUT_FILES, "confirm"),
        ("attachments", CUT_TEXT, "deliver"),
    ],
)
def test_a_gap_matters_to_its_own_place(place: str, finding: Finding, word: str) -> None:
    assert said(rule_of(f"{{text: {{words: [x], in: [{place}]}}}}"), mail({"findings": (finding,)}, text="y")) == word


def from_field(*people: HeaderAddress, **facts: Any) -> Case:
    return mail({"headers": Headers(sender=people, to=(HeaderAddress("bob@x.example"),)), **facts})


ANN = HeaderAddress("ann@corp.example", "Ann")


def test_a_mail_without_from_shows_what_nobody_knows() -> None:
    condition = "{sender: {from_differs: true}}"
    assert own_hits(rule_of(condition), from_field()) == [("From", "ann@corp.example")]
    assert own_hits(rule_of(condition, more=IGNORED), from_field()) == []
    assert own_hits(rule_of(condition), from_field(ANN)) == []


def test_a_mail_from_nobody_has_nothing_to_differ_from() -> None:
    case = from_field(ANN)
    nobody = replace(case.envelope.client, login=None)
    case = replace(case, envelope=replace(case.envelope, sender=NULL_PATH, client=nobody))
    assert own_hits(rule_of("{sender: {from_differs: true}}"), case) == []
    assert own_hits(rule_of("{sender: {from_differs: false}}"), case) == []


def test_the_display_name_of_an_unreadable_mail_is_not_known() -> None:
    policy, ignoring = (rule_of('{sender: {display_name: "*ceo*"}}', more=more) for more in ("", IGNORED))
    unread = from_field(ANN, findings=(UNREADABLE,))
    assert own_hits(policy, unread) == [("unreadable",)]
    assert own_hits(ignoring, unread) == []
    assert own_hits(policy, from_field(ANN)) == []
    shown = from_field(HeaderAddress("ann@corp.example", "The CEO"), findings=(UNREADABLE,))
    assert own_hits(ignoring, shown) == [("The CEO",)]


def test_the_label_of_an_unreadable_mail_is_not_known() -> None:
    policy = rule_of("{message: {label: secret}}")
    assert own_hits(policy, from_field(ANN)) == []
    assert len(own_hits(policy, from_field(ANN, findings=(UNREADABLE,)))) == 1


@pytest.mark.parametrize(
    ("then", "word"),
    [
        ("reject", "confirm"),
        ("{approve: {by: [boss@corp.example]}}", "approve"),
        ("{delay: 5m}", "delay"),
        ("challenge", "challenge"),
    ],
)
def test_what_is_not_known_is_held_as_the_rule_says_but_never_refused_for_good(then: str, word: str) -> None:
    assert said(rule_of("{text: {words: [x]}}", then), mail({"attachments": (LOCKED,)}, text="y")) == word


def test_a_rule_that_holds_for_nobody_in_particular_is_about_everybody() -> None:
    policy = rule_of('{recipients: {domain: y.example, count: "== 0"}}', "{confirm: true, scope: recipients}")
    assert said(policy, mail(to="b@x.example")) == "confirm"


def test_another_sender_in_from_is_a_fact() -> None:
    boss = HeaderAddress("boss@corp.example")
    assert own_hits(rule_of("{sender: {from_differs: true}}", more=IGNORED), from_field(boss))
    assert own_hits(rule_of("{sender: {from_differs: false}}", more=IGNORED), from_field(ANN))
