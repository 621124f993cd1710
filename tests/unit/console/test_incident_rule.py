"""The rule that a misdelivery may become: the loader takes it, and it names those whom the mail reached."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.held import ID, NOW
from tests.judging import mail

from mailguard.console.incident_rule import rule_of
from mailguard.incident import Incident
from mailguard.mail.organization import Organization
from mailguard.policy.judge import judge
from mailguard.policy.loader import load_policy


def incident(*copies: tuple[str, str]) -> Incident:
    people = [{"address": who, "outcome": outcome, "external": "corp" not in who} for who, outcome in copies]
    return Incident(ID, ID, "open", NOW, "ann@corp.example", "", {"recipients": people})


@pytest.mark.parametrize(
    "address", ["bob@partner.example", "o'neil+a@partner.example", "山田@xn--r8jz45g.example", "#a&b@x.example"]
)
def test_it_asks_whoever_writes_there_next(tmp_path: Path, address: str) -> None:
    file = tmp_path / "candidate.yaml"
    file.write_text(rule_of(incident((address, "accepted"), ("carol@x.example", "not_sent"))), "utf-8")
    policy = load_policy([file], Organization(("corp.example",)))
    (rule,) = policy.rules
    assert (rule.id, rule.mode) == (f"after-{ID}", "monitor")
    (hit,) = judge(policy, mail(to=[address, "carol@x.example"])).hits
    assert [str(one) for one in hit.recipients] == [address]
    assert address in hit.because.ja
    assert address in hit.because.en


def test_where_it_reached_nobody_those_are_named_whom_it_was_for() -> None:
    assert "bob@partner.example" in rule_of(incident(("bob@partner.example", "not_sent")))


def test_an_address_that_means_more_in_a_policy_is_left_out() -> None:
    assert rule_of(incident(("*@partner.example", "accepted"))) == ""
    assert "*" not in rule_of(incident(("*@partner.example", "accepted"), ("bob@partner.example", "accepted")))


def test_strangers_come_first_and_there_is_an_end() -> None:
    people = [(f"p{number}@{'corp' if number < 60 else 'x'}.example", "accepted") for number in range(120)]
    said = rule_of(incident(*people))
    assert "p60@x.example" in said
    assert "corp.example" not in said
    assert said.count("@") == 50
