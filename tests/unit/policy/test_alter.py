"""What may be written under `alter`, and what is refused with a sentence that says what to write."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError
from tests.judging import plain_yaml, policy_of

from mailguard.mail.verdict import Disposition
from mailguard.policy.lint.alone import alone
from mailguard.policy.marks import Problems
from mailguard.policy.rule import Policy


def policy(alter: Any, then: str = "deliver", **more: Any) -> Policy:
    word = "60s" if then == "delay" else True
    rule = {"id": "r", "when": {"recipients": {"external": True}}, "then": {then: word, "alter": alter, **more}}
    return policy_of(plain_yaml({"version": 1, "rules": [rule]}))


@pytest.mark.parametrize(
    ("alter", "said"),
    [
        (["to_bc"], "unknown alteration 'to_bc', did you mean 'to_bcc'?"),
        ([{"to_bcc": {}, "split": {}}], "one alteration an entry of the list, not ['to_bcc', 'split']"),
        ([{}], "one alteration an entry of the list"),
        (["tag_subject"], "tag_subject needs more"),
        ([{"to_bcc": {"style": "loud"}}], "sender_in_to"),
        ([{"tag_subject": "a\r\nBcc: x@y.example"}], "a tag is one line of at most 60 characters"),
        ([{"tag_subject": "x" * 61}], "a tag is one line of at most 60 characters"),
        ([{"tag_subject": "[x] "}], "without blanks at its ends"),
        ([{"add_header": {"name": "Bcc", "value": "x@y.example"}}], "'Bcc' is no field that a rule may add"),
        ([{"add_header": {"name": "X-Mailguard-Processed", "value": "x"}}], "is no field that a rule may add"),
        ([{"add_header": {"name": "X: y\r\nBcc", "value": "x"}}], "is no field that a rule may add"),
        ([{"add_header": {"name": "X-A", "value": "a\nTo: b"}}], "a value is one line"),
        ([{"footer": "x" * 4001}], "a footer has text of at most 4,000 characters"),
        ([{"footer": {}}], "a footer has text"),
        ([{"zip": {"filename": "../a.zip"}}], "a file name has at most 200 characters"),
        ([{"remove_attachment": {}}], "say which"),
        ([{"add_bcc": ["manger"]}], "did you mean 'manager'?"),
        ([{"add_bcc": ["administrators"]}], "'administrators' is nobody"),
        ([{"add_cc": [{"group": "nobody"}]}], "no group 'nobody'"),
        ([{"remove_attachment": {"name": "*", "colour": "red"}}], "Extra inputs"),
        ([], "the list is empty"),
    ],
)
def test_what_is_refused(alter: Any, said: str) -> None:
    with pytest.raises((ValidationError, Problems)) as error:
        policy(alter)
    problems = error.value.problems if isinstance(error.value, Problems) else ()
    assert said in str(error.value) + "".join(problem.message for problem in problems)


def test_a_refused_mail_is_not_altered() -> None:
    with pytest.raises(ValidationError, match="a refused mail is not altered"):
        policy(["split"], "reject")


@pytest.mark.parametrize("then", ["deliver", "delay", "confirm"])
def test_it_stands_beside_every_other_disposition_and_is_not_without_effect(then: str) -> None:
    (rule,) = policy(["split"], then).rules
    assert rule.disposition is Disposition[then.upper()]
    assert not [said for said in alone(rule, None, {}) if "no effect" in said]


def test_without_it_deliver_still_has_no_effect() -> None:
    text = "version: 1\nrules: [{id: r, when: {attachments: any}, then: deliver}]"
    assert "no effect" in next(alone(policy_of(text).rules[0], None, {}))
