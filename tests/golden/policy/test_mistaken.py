"""Golden explanations: mails to somebody who was not meant, with the reason in both languages and whom it proposes,
word for word. Read by the real reader; what history and the model say stands in the words in front.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.golden.policy.test_golden import COMPANY, Golden, case_of, read_golden
from tests.golden.policy.test_recipients import pairs

from mailguard.mail.verdict import Because
from mailguard.policy.asked_people import resembles
from mailguard.policy.case import Acquaintance, Case, Circle, Risk, Stranger
from mailguard.policy.explain import explain
from mailguard.policy.loader import Policy, load_policy

HERE = Path(__file__).parent / "mistaken"
MAILS = sorted(HERE.glob("*.mail"))


def remembered(golden: Golden) -> Case:
    case = case_of(golden)
    names = pairs(golden, "names")
    met = [Acquaintance(key, names.get(key, ""), int(count)) for key, count in pairs(golden, "met").items()]
    here = [Acquaintance(key) for key in golden.words.get("here", [])]
    shown = {one.address: one.name for one in case.facts.headers.to}
    people = sorted((*met, *here), key=lambda one: (-one.count, one.key))
    strangers = {
        key: Stranger(like=tuple(one for one in people if resembles(key, shown.get(key, ""), one, surnames=True)))
        for key in (one.key for one in case.envelope.recipients)
        if key not in {one.key for one in met}
    }
    sent = frozenset(golden.words.get("sent_to", []))
    known = replace(
        case.known,
        thread=frozenset(golden.words.get("thread", [])),
        names=names,
        circles=(Circle(frozenset(golden.words["habit"]), 5),) if "habit" in golden.words else (),
        files={one.sha256: sent for one in case.facts.attachments},
        strangers=strangers,
        greeted=tuple(met),
    )
    why = Because("いつもは tanaka@alpha.example に送っています", "this usually goes to tanaka@alpha.example")
    risks = {
        key: Risk(float(value), why, "topic", "tanaka@alpha.example") if float(value) > 0.1 else Risk(float(value))
        for key, value in pairs(golden, "risk").items()
    }
    return replace(case, known=known, risks=risks, alarm="alarm" in golden.words)


@pytest.fixture(scope="module")
def rules() -> Policy:
    return load_policy([HERE / "rules.yaml"], COMPANY)


@pytest.mark.parametrize("path", MAILS, ids=lambda path: path.stem)
def test_golden(path: Path, rules: Policy) -> None:
    golden = read_golden(path)
    told = explain(rules, remembered(golden))
    hits = [one["id"] for one in told["rules"] if one["hit"]]
    assert sorted(hits) == sorted(golden.words.get("rules", []))
    proposed = {one["address"]: one["alternative"] for one in told["recipients"] if one.get("alternative")}
    assert proposed == pairs(golden, "meant")
    if hits:
        why = next(one["why"] for one in told["rules"] if one["id"] == golden.words["rules"][0])
        assert (why["ja"], why["en"]) == (", ".join(golden.words["ja"]), ", ".join(golden.words["en"]))


def test_every_condition_has_a_mail_that_hits(rules: Policy) -> None:
    goldens = [read_golden(path) for path in MAILS]
    hit = {rule for golden in goldens for rule in golden.words.get("rules", [])}
    assert hit == {rule.id for rule in rules.rules}
    assert any(not golden.words.get("rules") for golden in goldens)
