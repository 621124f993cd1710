"""Golden mails for what is asked of recipients: each key both ways, with what history and DNS say in the words in
front. Read by the real reader, so that greeting and quoted history are those of a mail on the wire.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.golden.policy.test_golden import COMPANY, Golden, case_of, read_golden

from mailguard.mail.verdict import Because
from mailguard.policy.case import Case, Circle, Known, Risk
from mailguard.policy.judge import judge
from mailguard.policy.loader import Policy, load_policy
from mailguard.policy.values import parse_age

HERE = Path(__file__).parent / "recipients"


def pairs(golden: Golden, word: str) -> dict[str, str]:
    return dict(item.split("=", 1) for item in golden.words.get(word, []))


def remembered(golden: Golden) -> Case:
    case = case_of(golden)
    known = Known(
        last_written={key: parse_age(age) for key, age in pairs(golden, "written").items()},
        thread=frozenset(golden.words.get("thread", [])),
        names=pairs(golden, "names"),
        circles=(Circle(frozenset(golden.words["habit"]), 5),) if "habit" in golden.words else (),
    )
    lost = golden.words.get("no_mx", [])
    risks = {key: Risk(float(value), Because("理由", "reason")) for key, value in pairs(golden, "risk").items()}
    domains = {one.ascii_domain: one.ascii_domain not in lost for one in case.envelope.recipients}
    return replace(case, known=known, mail_domains=domains, risks=risks)


@pytest.fixture(scope="module")
def rules() -> Policy:
    return load_policy([HERE / "rules.yaml"], COMPANY)


@pytest.mark.parametrize("path", sorted(HERE.glob("*.mail")), ids=lambda path: path.stem)
def test_golden(path: Path, rules: Policy) -> None:
    golden = read_golden(path)
    verdict = judge(rules, remembered(golden))
    assert sorted(hit.rule for hit in verdict.enforced) == sorted(golden.words.get("rules", []))
    assert verdict.disposition.word == golden.one("verdict")
    told = " ".join(item for hit in verdict.hits for item in (*hit.evidence, hit.because.ja, hit.because.en))
    for evidence in golden.words.get("told", []):
        assert evidence in told


def test_every_key_has_a_mail_that_hits_and_one_that_does_not(rules: Policy) -> None:
    goldens = [read_golden(path) for path in HERE.glob("*.mail")]
    for rule in rules.rules:
        hits = ["rules" in golden.words and rule.id in golden.words["rules"] for golden in goldens]
        assert any(hits), rule.id
        assert not all(hits), rule.id
