"""Golden mails about people and time: groups out of a Japanese spreadsheet, office hours, holidays, company days.

The cases lie in `people/`, beside the policy that judges them; `at` is when the mail comes in, by the calendar's clock.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.golden.policy.test_golden import case_of, read_golden

from mailguard.mail.organization import Organization
from mailguard.policy.examples import run_examples
from mailguard.policy.judge import judge
from mailguard.policy.lint import lint
from mailguard.policy.loader import Policy, load_policy
from mailguard.policy.schema.example import parse_local_time

HERE = Path(__file__).parent / "people"
COMPANY = Organization(("corp.example", "*.corp.example"), "Corp")


@pytest.fixture(scope="module")
def policy() -> Policy:
    return load_policy([HERE], COMPANY)


@pytest.mark.parametrize("path", sorted(HERE.glob("*.mail")), ids=lambda path: path.stem)
def test_golden(path: Path, policy: Policy) -> None:
    golden = read_golden(path)
    moment = policy.calendar.at(parse_local_time(golden.one("at")))
    verdict = judge(policy, replace(case_of(golden), organization=COMPANY, moment=moment))
    assert verdict.disposition.word == golden.one("verdict")
    assert sorted(hit.rule for hit in verdict.enforced) == sorted(golden.words.get("rules", []))
    told = " ".join(item for hit in verdict.hits for item in (*hit.evidence, hit.because.ja, hit.because.en))
    for evidence in golden.words.get("told", []):
        assert evidence in told


def test_the_policy_of_the_cases_is_sound(policy: Policy) -> None:
    assert lint(policy) == []
    assert [result for result in run_examples(policy) if not result.passed] == []
