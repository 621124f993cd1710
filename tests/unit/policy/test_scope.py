"""Whom a hit is about: nobody passes because it is plain for somebody else, and nobody by standing in no field."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.judging import by_recipient, mail, policy_of, rule_of, said

from mailguard.mail.facts import Attachment, Finding
from mailguard.policy.case import Case, Known
from mailguard.policy.judge import judge

ONLY_THEM = "{confirm: true, scope: recipients}"
BROKEN_TO: dict[str, Any] = {"findings": (Finding("malformed_header", "to", "stands 2 times"),)}
LOCKED = Attachment("a.zip", "application/zip", "application/zip", "zip", 9, "00", encrypted=True)
SECRET = "{text: {words: [社外秘]}}"


def held(policy: str, case: Case, more: str = "") -> set[str]:
    """The names before the @ of those who are held."""
    verdict = judge(rule_of(policy, ONLY_THEM, more), case)
    return {address.partition("@")[0] for address, word in by_recipient(verdict).items() if word == "confirm"}


def reachable(case: Case, **domains: bool) -> Case:
    return replace(case, mail_domains={f"{name}.example": found for name, found in domains.items()})


NO_MX = "{recipients: {no_mx: true}}"
THREE: dict[str, Any] = {"to": ["a@gone.example", "b@dunno.example", "c@there.example"]}


def test_who_cannot_be_decided_is_held_also_beside_one_for_whom_it_is_plain() -> None:
    case = reachable(mail(**THREE), gone=False, there=True)
    assert held(NO_MX, case) == {"a", "b"}
    assert held(NO_MX, case, "    when_unknown: ignore") == {"a"}
    alone = reachable(mail(to="b@dunno.example"))
    assert held(NO_MX, alone) == {"b"}


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (f"{{all: [{NO_MX}, {{recipients: {{external: true}}}}]}}", {"a", "b", "c"}),
        (f"{{all: [{NO_MX}, {{message: {{empty_subject: true}}}}]}}", {"a", "b"}),
        (f"{{any: [{NO_MX}, {{message: {{empty_subject: false}}}}]}}", {"a", "b"}),
        (f"{{any: [{NO_MX}, {{recipients: {{domain: x.example}}}}]}}", {"a", "b"}),
        (f"{{any: [{NO_MX}, {{message: {{empty_subject: true}}}}]}}", {"a", "b", "c"}),
    ],
)
def test_it_stays_so_in_all_and_any(condition: str, expected: set[str]) -> None:
    case = reachable(mail(**THREE, subject=""), gone=False, there=True)
    assert held(condition, case) == expected


def test_an_undecided_part_of_any_is_not_lost_beside_a_plain_one() -> None:
    case = reachable(mail(to=["p@partner.example", "b@dunno.example", "c@there.example"]), there=True)
    condition = f"{{any: [{{recipients: {{domain: partner.example}}}}, {NO_MX}]}}"
    assert held(condition, case) == {"p", "b"}
    assert held(condition, case, "    when_unknown: ignore") == {"p"}


def test_all_that_cannot_be_decided_is_about_those_too_for_whom_a_part_could_not() -> None:
    case = reachable(mail({"attachments": (LOCKED,)}, **THREE), gone=False, there=True)
    assert held(f"{{all: [{NO_MX}, {SECRET}]}}", case) == {"a", "b"}
    plain = replace(case, facts=replace(case.facts, attachments=()))
    gone = f"{{all: [{NO_MX}, {{message: {{empty_subject: false}}}}]}}"
    assert held(gone, plain, "    when_unknown: ignore") == {"a"}


def test_a_part_about_nobody_in_particular_is_about_everybody() -> None:
    condition = f"{{any: [{{recipients: {{domain: a.example}}}}, {SECRET}]}}"
    people: dict[str, Any] = {"to": ["a@a.example", "b@b.example"]}
    assert held(condition, mail(text="社外秘", **people)) == {"a", "b"}
    assert held(condition, mail(text="x", **people)) == {"a"}
    assert held(condition, mail({"attachments": (LOCKED,)}, **people)) == {"a", "b"}


def test_a_file_that_nobody_could_open_may_be_about_others() -> None:
    seen = Attachment("a.txt", "text/plain", "text/plain", "txt", 9, "aa", inspected=True, text="x")
    case = mail({"attachments": (seen,)}, to=["a@a.example", "b@b.example"])
    case = replace(case, known=Known(files={"aa": frozenset({"b.example"})}))
    condition = "{attachments: {seen_elsewhere: true}}"
    assert held(condition, case) == {"a"}
    cut = replace(case.facts, findings=(Finding("too_many_parts", "mail", ""),))
    assert held(condition, replace(case, facts=cut)) == {"a", "b"}


def test_a_name_of_another_customer_may_stand_where_nobody_could_read() -> None:
    policy = policy_of(
        "version: 1\ncustomers: {names: {Acme: a.example, Beta: b.example}}\nrules:\n  - id: r\n"
        f"    when: {{text: {{names_other_customer: true}}}}\n    then: {ONLY_THEM}"
    )
    case = mail(text="for Acme", to=["x@a.example", "y@b.example"])
    assert by_recipient(judge(policy, case)) == {"x@a.example": "deliver", "y@b.example": "confirm"}
    case = replace(case, facts=replace(case.facts, attachments=(LOCKED,)))
    assert set(by_recipient(judge(policy, case)).values()) == {"confirm"}


def exempting(every: str) -> Any:
    return policy_of(
        "version: 1\nlists: {partners: {domains: [partner.example]}}\nrules:\n  - id: r\n"
        f"    when: {{recipients: {{external: true}}}}\n    unless: [{{recipients: {every}}}]\n    then: confirm"
    )


EVERY_SHOWN = "{external: true, visible: true, in: [partners], every: true}"


def test_every_is_about_hidden_recipients_too() -> None:
    policy = exempting(EVERY_SHOWN)
    assert said(policy, mail(to="p@partner.example")) == "deliver"
    assert said(policy, mail(to="p@partner.example", bcc="k@corp.example")) == "deliver"
    assert said(policy, mail(to="p@partner.example", bcc="b@x.example")) == "confirm"
    assert said(policy, mail(to=["p@partner.example", "b@x.example"])) == "confirm"


def test_every_is_not_known_of_a_field_that_could_not_be_read() -> None:
    policy = exempting(EVERY_SHOWN)
    assert said(policy, mail(BROKEN_TO, to="p@partner.example")) == "confirm"
    assert said(rule_of(f"{{recipients: {EVERY_SHOWN.replace(' in: [partners],', '')}}}"), mail(BROKEN_TO)) == "confirm"


def test_whom_an_unread_field_may_show_is_held_beside_whom_it_shows() -> None:
    case = mail(BROKEN_TO, to=["a@x.example", "k@corp.example"], bcc=["b@x.example"])
    assert held("{recipients: {external: true, visible: true}}", case) == {"a", "b"}
    assert held("{recipients: {external: true, visible: true}}", mail(to="a@x.example", bcc="b@x.example")) == {"a"}


def split(case: Case, *kept: str) -> Case:
    """One part of a mail that a cloud hands over in several transactions: its fields still show everybody."""
    some = tuple(one for one in case.envelope.recipients if str(one) in kept)
    return replace(case, envelope=replace(case.envelope, recipients=some))


def test_every_is_about_all_whom_the_fields_show_where_it_asks_who_is_seen() -> None:
    part = split(mail(to=["p@partner.example", "b@x.example"]), "p@partner.example")
    assert said(exempting(EVERY_SHOWN), part) == "confirm"
    assert said(exempting("{external: true, in: [partners], every: true}"), part) == "deliver"


def test_every_of_both_sides() -> None:
    policy = rule_of("{recipients: {domain: [x.example, corp.example], every: true}}")
    assert said(policy, mail(to=["b@x.example", "k@corp.example"])) == "confirm"
    assert said(policy, mail(to=["b@x.example", "k@corp.example", "c@y.example"])) == "deliver"


@pytest.mark.parametrize(
    ("to", "word"),
    [
        (["a@gone.example", "b@dunno.example"], "confirm"),
        (["a@gone.example", "b@dunno.example", "c@there.example"], "deliver"),
        (["c@there.example"], "deliver"),
    ],
)
def test_every_of_whom_some_cannot_be_decided(to: list[str], word: str) -> None:
    policy = rule_of("{recipients: {external: true, no_mx: true, every: true}}")
    assert said(policy, reachable(mail(to=to), gone=False, there=True)) == word


def test_too_few_are_not_every_however_undecided() -> None:
    policy = rule_of('{recipients: {external: true, no_mx: true, every: true, count: ">= 3"}}')
    assert said(policy, reachable(mail(to=["a@gone.example", "b@dunno.example"]), gone=False)) == "deliver"


def test_a_field_that_could_not_be_read_may_show_outsiders_to_a_colleague_alone() -> None:
    policy = rule_of('{recipients: {external: true, visible: true, count: ">= 10"}}')
    assert said(policy, mail(BROKEN_TO, to="k@corp.example")) == "confirm"
    assert said(policy, mail(to="k@corp.example")) == "deliver"
