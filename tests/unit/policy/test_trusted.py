"""Recipients whom somebody trusts: which rules it may silence, for whom, and that nothing stricter becomes milder."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from tests.judging import by_recipient, mail, policy_of, rule_of, said

from mailguard.mail.address import NULL_PATH, ReversePath, parse_address
from mailguard.mail.directory import Directory, Person
from mailguard.mail.verdict import Disposition
from mailguard.policy.case import Case, Trust
from mailguard.policy.case_json import case_from_json, case_to_json
from mailguard.policy.judge import judge
from mailguard.policy.verdict_json import verdict_from_json, verdict_to_json
from mailguard.policy.whose import sender_key, whose_of

BOB, DAN, KEN = "bob@x.example", "dan@y.example", "ken@corp.example"
WHEN = datetime(2026, 11, 2, 3, 0, tzinfo=UTC)
OUTSIDE = "{recipients: {external: true}}"


def trusting(case: Case, *recipients: str, rules: tuple[str, ...] = ("r",)) -> Case:
    trusts = tuple(Trust(one, rules, "boss@corp.example", WHEN) for one in recipients)
    return replace(case, known=replace(case.known, trusts=trusts))


def may_be_trusted(condition: str, then: str = "confirm") -> bool:
    return rule_of(condition, then).rules[0].trusts


@pytest.mark.parametrize(
    "condition",
    [
        OUTSIDE,
        "{recipients: {lookalike: true}}",
        "{recipients: {first_time: sender}}",
        "{recipients: {free_mail: true, visible: true}}",
        "{recipients: {external: true, count: '>= 1'}}",
        "{any: [{recipients: {free_mail: true}}, {recipients: {lookalike: true}}]}",
        "{recipients: {external: true}, sender: {address: ann@corp.example}}",
        "{recipients: {external: true}, time: {within: '22:00-05:00'}}",
        "{all: [{recipients: {external: true}}, {not: {recipients: {domain: z.example}}}]}",
    ],
)
def test_rules_about_who_somebody_is(condition: str) -> None:
    assert may_be_trusted(condition)


@pytest.mark.parametrize(
    "condition",
    [
        "{recipients: {external: true, count: '>= 10'}}",
        "{recipients: {external: true, domains: '>= 3'}}",
        "{recipients: {external: true, organizations: '>= 2'}}",
        "{recipients: {external: true, every: true}}",
        "{recipients: {habit: replaced}}",
        "{recipients: {new_in_thread: true}}",
        "{recipients: {greeted: false}}",
        "{recipients: {name_of_other: true}}",
        "{recipients: {external: true}, attachments: any}",
        "{all: [{recipients: {external: true}}, {personal_data: {persons: '>= 10'}}]}",
        "{any: [{recipients: {external: true}}, {text: {words: [x]}}]}",
        "{all: [{recipients: {external: true}}, {not: {secrets: true}}]}",
        "{recipients: {external: true}, message: {empty_subject: true}}",
        "{personal_data: {persons: '>= 10'}}",
        "{text: {words: [x]}}",
        "{sender: {address: ann@corp.example}}",
    ],
)
def test_rules_about_how_many_or_what_go_on_asking(condition: str) -> None:
    assert not may_be_trusted(condition)


@pytest.mark.parametrize("then", ["delay", "{approve: {by: b@corp.example}}", "challenge", "reject", "deliver"])
def test_only_a_confirm_can_be_answered_once_for_all(then: str) -> None:
    assert not may_be_trusted(OUTSIDE, then)
    with pytest.raises(ValidationError, match="trust belongs to confirm"):
        rule_of(OUTSIDE, "{delay: 60s, trust: true}")


def test_a_rule_says_itself_whether_it_can() -> None:
    assert not may_be_trusted(OUTSIDE, "{confirm: true, trust: false}")
    assert may_be_trusted("{recipients: {external: true}, attachments: any}", "{confirm: true, trust: true}")


def test_whoever_is_trusted_is_not_asked_about() -> None:
    policy, case = rule_of(OUTSIDE), mail()
    assert judge(policy, case).hits[0].trust
    verdict = judge(policy, trusting(case, BOB))
    assert verdict.disposition is Disposition.DELIVER
    (hit,) = verdict.hits
    assert (hit.disposition, hit.trust, [str(one) for one in hit.recipients]) == (Disposition.DELIVER, False, [BOB])
    (note,) = hit.notes
    assert "以前に確認済み" in note.ja
    assert "boss@corp.example" in note.en
    assert "2026-11-02" in note.en
    assert verdict.recipients[0].terms is None


def test_trust_in_another_recipient_or_rule_is_none() -> None:
    policy = rule_of(OUTSIDE)
    assert said(policy, trusting(mail(), DAN)) == "confirm"
    assert said(policy, trusting(mail(), BOB, rules=("other",))) == "confirm"


def test_a_mail_waits_as_a_whole_for_whom_nobody_vouched() -> None:
    verdict = judge(rule_of(OUTSIDE), trusting(mail(to=[BOB, DAN]), BOB))
    assert [one.disposition for one in verdict.recipients] == [Disposition.CONFIRM] * 2
    (hit,) = verdict.hits
    assert [str(one) for one in hit.recipients] == [DAN]
    assert BOB in hit.notes[0].ja


def test_copies_of_their_own_go_of_whom_somebody_vouched() -> None:
    policy = rule_of(OUTSIDE, "{confirm: true, scope: recipients, alter: [{tag_subject: '[x]'}]}")
    verdict = judge(policy, trusting(mail(to=[BOB, DAN, KEN]), BOB))
    assert by_recipient(verdict) == {BOB: "deliver", DAN: "confirm", KEN: "deliver"}
    assert len(verdict.hits) == 1
    # What the rule changes in the copies it changes all the same.
    assert [bool(one.alter) for one in verdict.recipients] == [True, True, False]
    assert verdict.recipients[0].rules == ("r",)


def test_what_a_rule_alters_it_alters_for_whom_somebody_vouched_too() -> None:
    policy = rule_of(OUTSIDE, "{confirm: true, alter: [{tag_subject: '[x]'}]}")
    verdict = judge(policy, trusting(mail(), BOB))
    assert verdict.disposition is Disposition.DELIVER
    assert verdict.recipients[0].alter


STRICTER = """
version: 1
rules:
  - {id: r, when: {recipients: {external: true}}, then: confirm}
  - {id: pd, when: {recipients: {external: true}, text: {words: [secret]}}, then: confirm}
  - {id: d, when: {recipients: {external: true}}, then: {delay: 60s}}
  - {id: a, when: {text: {words: [budget]}}, then: {approve: {by: [b@corp.example]}}}
  - {id: no, when: {text: {words: [never]}}, then: reject}
"""


@pytest.mark.parametrize(
    ("subject", "word"), [("hello", "delay"), ("secret", "confirm"), ("budget", "approve"), ("never", "reject")]
)
def test_other_rules_say_what_they_said(subject: str, word: str) -> None:
    every = ("r", "pd", "d", "a", "no", "unreadable")
    assert said(policy_of(STRICTER), trusting(mail(subject=subject), BOB, rules=every)) == word


def test_a_rule_that_is_only_watched_is_no_other_for_it() -> None:
    policy = rule_of(OUTSIDE, "confirm", "    mode: monitor\n")
    hit = judge(policy, trusting(mail(), BOB)).hits[0]
    assert (hit.disposition, hit.notes) == (Disposition.CONFIRM, ())


def test_what_cannot_be_decided_is_asked_about() -> None:
    policy = rule_of("{recipients: {no_mx: true}}")
    assert policy.rules[0].trusts
    assert said(policy, trusting(replace(mail(), mail_domains={}), BOB)) == "confirm"


@given(st.sets(st.sampled_from([BOB, DAN, KEN])), st.sampled_from(["recipients", "mail"]))
def test_trust_never_makes_a_copy_stricter_nor_another_milder(trusted: set[str], scope: str) -> None:
    policy = rule_of(OUTSIDE, f"{{confirm: true, scope: {scope}}}")
    case = mail(to=[BOB, DAN, KEN])
    before, after = by_recipient(judge(policy, case)), by_recipient(judge(policy, trusting(case, *trusted)))
    for one, word in after.items():
        assert word in (before[one], "deliver")
        if scope == "recipients" and one not in trusted:
            assert word == before[one]


def test_it_outlives_the_record_of_a_mail() -> None:
    policy, case = rule_of(OUTSIDE), trusting(mail(), BOB)
    bare = replace(case, known=mail().known)
    again = case_from_json(case_to_json(case), bare)
    assert again.known.trusts == case.known.trusts
    assert said(policy, again) == "deliver"
    verdict = judge(policy, mail())
    assert verdict_from_json(verdict_to_json(verdict)).hits[0].trust


def test_whose_trust_counts() -> None:
    people: dict[str, Any] = {"ann@corp.example": Person("ann@corp.example", aliases=("a@corp.example",))}
    directory = Directory(people, {"sales": frozenset({"ann@corp.example", "b@corp.example"})})
    counted = {"company", "person:ann@corp.example", "group:sales"}
    assert whose_of("a@corp.example", directory) == counted
    assert whose_of("", directory) == frozenset()
    info = ReversePath(parse_address("info@corp.example"))
    assert sender_key(info, "ann@corp.example") == "ann@corp.example"
    assert sender_key(info, "ann") == sender_key(info, None) == "info@corp.example"
    assert sender_key(NULL_PATH, None) == ""


def test_the_team_is_the_smallest_group_in_which_one_is_not_alone() -> None:
    people = {one: Person(one, manager="boss@corp.example") for one in ("a@corp.example", "b@corp.example")}
    groups = {
        "all": frozenset({"a@corp.example", "b@corp.example", "c@corp.example"}),
        "pair": frozenset({"a@corp.example", "b@corp.example"}),
        "self": frozenset({"a@corp.example"}),
        "wide": frozenset[str](),
    }
    directory = Directory(people, groups, {"wide": frozenset({"corp.example"})})
    assert directory.team_of("a@corp.example") == "pair"
    assert directory.team_of("c@corp.example") == "all"
    assert directory.team_of("d@corp.example") == "wide"
    assert directory.team_of("d@x.example") == ""
    assert directory.is_manager("boss@corp.example")
    assert not directory.is_manager("a@corp.example")
    assert not directory.is_manager("")
