"""The shipped policies: they load without a warning, every rule has examples both ways, and all examples hold."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.golden.policy.test_golden import COMPANY, SHIPPED
from tests.judging import mail, rule_of

from mailguard.mail.organization import Organization
from mailguard.policy.case import Known
from mailguard.policy.examples import run_examples
from mailguard.policy.judge import judge
from mailguard.policy.lint import lint
from mailguard.policy.loader import Policy, load_policy


@pytest.fixture(scope="module")
def shipped() -> Policy:
    return load_policy([SHIPPED], COMPANY)


def test_no_warnings(shipped: Policy) -> None:
    assert lint(shipped) == []


@pytest.mark.parametrize("organization", [None, COMPANY, Organization(("other.example", "*.other.example"))])
def test_all_examples_hold_in_every_company(shipped: Policy, organization: Organization | None) -> None:
    results = run_examples(shipped, organization)
    assert len(results) >= 90
    assert [str(result.place) for result in results if not result.passed] == []


def test_every_rule_shows_what_it_holds_and_what_it_leaves_alone(shipped: Policy) -> None:
    for rule in shipped.rules:
        expected = {example.expect for example in rule.model.examples}
        assert "deliver" in expected, rule.id
        assert rule.disposition.word in expected, rule.id


def test_every_rule_speaks_both_languages(shipped: Policy) -> None:
    for rule in shipped.rules:
        assert rule.because is not None
        assert rule.because.ja != rule.because.en
        assert "本当に" not in rule.because.ja


def test_the_sentence_names_who_joins_a_conversation_alone(shipped: Policy) -> None:
    case = mail(to=["bob@partner.example", "eve@third.example"], thread=["bob@partner.example"])
    (hit,) = [hit for hit in judge(shipped, case).hits if hit.rule == "company-joins-thread"]
    assert hit.because.en == "eve@third.example: nobody of that organization took part in this conversation"


def test_about_an_ordinary_mail_to_one_outsider_few_rules_are_asked(shipped: Policy) -> None:
    case = replace(mail(to=["bob@partner.example"]), known=Known(circles=(), names={}, files={}), risks={})
    opened = {shipped.rules[number].id for number in shipped.glance.open(shipped.view(case))}
    assert opened == {"forgotten-attachment", "virus-found", "lookalike-domain", "undo-window"}


def test_a_locked_archive_is_named_once() -> None:
    file = {"name": "名簿.zip", "encrypted": True, "inspected": False, "members": ["a.txt", "b.txt"]}
    (hit,) = judge(
        rule_of("{attachments: {name: '*'}}", more='    because: {ja: "「{files}」", en: "{files}"}'),
        mail(attachments=[file]),
    ).hits
    assert hit.because.ja == "「名簿.zip」"
    assert "名簿.zip › a.txt" in hit.evidence
