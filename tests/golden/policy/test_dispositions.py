"""Golden mails for what may become of a mail: each disposition both ways, with whom it asks and for how long."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.golden.policy.test_golden import COMPANY, case_of, read_golden

from mailguard.mail.verdict import HoldTerms, Verdict
from mailguard.policy.judge import judge
from mailguard.policy.loader import Policy, load_policy

HERE = Path(__file__).parent / "dispositions"
#: A Wednesday in working hours in Japan; the manager is away.
MOMENT = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def rules() -> Policy:
    return load_policy([HERE / "rules.yaml"], COMPANY)


def judged(name: str, rules: Policy) -> Verdict:
    golden = read_golden(HERE / f"{name}.mail")
    confirmed = frozenset(golden.words.get("confirmed", []))
    return judge(rules, replace(case_of(golden), moment=MOMENT, confirmed=confirmed))


def terms(verdict: Verdict) -> HoldTerms:
    found = verdict.recipients[0].terms
    assert found is not None
    return found


@pytest.mark.parametrize("path", sorted(HERE.glob("*.mail")), ids=lambda path: path.stem)
def test_golden(path: Path, rules: Policy) -> None:
    golden, verdict = read_golden(path), judged(path.stem, rules)
    assert verdict.disposition.word == golden.one("verdict")
    assert sorted(hit.rule for hit in verdict.enforced) == sorted(golden.words["rules"])
    if "each" in golden.words:
        assert [one.disposition.word for one in verdict.recipients] == golden.words["each"]
    if "asked" in golden.words:
        asks = terms(verdict).asks
        people = {person for ask in asks for person in ask.approvers}
        people |= {
            stand_in for ask in asks for absent, some in ask.delegates if absent in ask.absent for stand_in in some
        }
        assert sorted(people) == golden.words["asked"]


def test_every_rule_has_a_mail_that_hits_and_one_that_does_not(rules: Policy) -> None:
    hits = [{hit.rule for hit in judged(path.stem, rules).hits} for path in HERE.glob("*.mail")]
    for rule in rules.rules:
        assert any(rule.id in some for some in hits), rule.id
        assert not all(rule.id in some for some in hits), rule.id


def test_how_they_end(rules: Policy) -> None:
    undo = terms(judged("delay", rules))
    assert (undo.expire_after, undo.expire_action) == (timedelta(seconds=60), "release")
    asked = terms(judged("confirm-internal-first", rules))
    assert (asked.expire_after, asked.expire_action) == (timedelta(hours=24), "discard")
    assert terms(judged("approve-by-manager", rules)).urgent
    both = terms(judged("approve-by-both", rules))
    assert not both.urgent  # one of the two rules does not allow it
    assert sorted(ask.quorum for ask in both.asks) == [1, 2]
    assert judged("challenge", rules).confirmed == ()
    assert judged("challenge-answered", rules).confirmed == ("say-it-again",)
