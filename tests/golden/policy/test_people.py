"""Golden mails about people and time: groups out of a Japanese spreadsheet, office hours, holidays, company days.

The cases lie in `people/`, beside the policy that judges them; `at` is when the mail comes in, by the calendar's clock.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.golden.policy.test_golden import case_of, read_golden
from tests.test_docs import blocks_of

from mailguard.config import load_config
from mailguard.config.rooms import directory
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


PAGE = Path(__file__).parents[3] / "docs" / "people.md"
BLOCKS = blocks_of(PAGE.read_text(encoding="utf-8"), "yaml")


@pytest.mark.parametrize("text", [text for text in BLOCKS if text.startswith("version:")])
def test_what_the_page_shows_holds(text: str, tmp_path: Path) -> None:
    (tmp_path / "p.yaml").write_text(text, encoding="utf-8")
    shown = load_policy([tmp_path], COMPANY)
    results = run_examples(shown, COMPANY)
    assert results
    assert [result for result in results if not result.passed] == []
    assert [problem for problem in lint(shown) if problem.severity != "info"] == []


def test_the_directory_that_the_page_shows_can_be_set(tmp_path: Path) -> None:
    (text,) = (text for text in BLOCKS if text.startswith("directory:"))
    base = "organization: {domains: [corp.example]}\nlisteners: []\nupstream: {url: 'smtp://x:25'}\n"
    (tmp_path / "c.yaml").write_text(f"{base}notify: {{from: m@corp.example}}\n{text}", encoding="utf-8")
    found = directory(load_config(tmp_path / "c.yaml", {"MAILGUARD_DIRECTORY__PASSWORD": "x"}))
    assert found is not None
    assert (found.host, found.refresh) == ("ad.corp.example", 900)


def test_the_policy_of_the_cases_is_sound(policy: Policy) -> None:
    assert [problem for problem in lint(policy) if problem.severity != "info"] == []
    assert [result for result in run_examples(policy) if not result.passed] == []
