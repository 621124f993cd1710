"""Why a verdict is what it is, as JSON for machines and as sentences for people; and JSON there and back."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.judging import mail, policy_of, rule_of

from mailguard.mail.facts import CLASSES
from mailguard.policy.explain import explain
from mailguard.policy.judge import judge
from mailguard.policy.verdict_json import verdict_from_json, verdict_to_json, verdict_to_kept

POLICY = policy_of(
    """
version: 1
lists: {partners: {domains: [p.example]}}
rules:
  - {id: many, when: {recipients: {external: true, count: ">= 2"}}, then: confirm}
  - {id: words, when: {text: {words: [社外秘]}}, then: {approve: {by: boss@corp.example}}, when_unknown: ignore}
  - id: except
    mode: monitor
    when: {recipients: {external: true}}
    unless: {recipients: {in: partners}}
    then: reject
  - {id: strict, when: {text: {words: [x], in: attachments}}, then: delay}
"""
)


def why(case: Any) -> dict[str, tuple[bool, str, str]]:
    return {r["id"]: (r["hit"], r["why"]["ja"], r["why"]["en"]) for r in explain(POLICY, case)["rules"]}


def test_hits_and_misses_with_their_reasons() -> None:
    told = why(mail(to=["a@x.example", "b@y.example"]))
    assert told["many"] == (
        True,
        "当てはまります。社外の宛先は2件です「a@x.example、b@y.example」（条件: 2件以上）。"
        "扱いは「送信者の確認待ち」です。",
        "Hit: there are 2 recipients outside the company (a@x.example, b@y.example) [asked: at least 2]."
        " This means confirm.",
    )
    assert told["words"][0] is False
    assert told["words"][1].startswith("当てはまりません。")
    assert "記録のみ" in told["except"][1]
    assert "recorded only" in told["except"][2]


def test_of_a_score_of_alternatives_that_all_fail_some_are_told() -> None:
    def told(alternatives: int) -> tuple[str, str]:
        parts = "".join(f"{{sender: {{domain: d{n}.example}}}}, " for n in range(alternatives))
        policy = policy_of(f"version: 1\nrules:\n  - {{id: one, when: {{any: [{parts}]}}, then: confirm}}\n")
        (rule,) = explain(policy, mail())["rules"]
        return rule["why"]["ja"], rule["why"]["en"]

    assert [told(4)[1].count("; and "), told(5)[1].count("; and ")] == [3, 2]
    assert told(20)[0].endswith("、ほか17個の条件も同様です。")
    assert told(20)[1].endswith(", and 17 more likewise.")


def test_exceptions_are_named() -> None:
    hit, ja, en = why(mail(to="a@p.example"))["except"]
    assert (hit, ja[:9], en[:28]) == (False, "例外に当たるので、", "No hit, an exception applies")


def test_what_cannot_be_decided_is_named() -> None:
    told = why(mail(attachments=[{"name": "a.pdf", "inspected": False}]))
    assert told["words"][0] is False
    assert told["words"][1].startswith("判断できませんが、このルールでは保留しません。")
    assert told["strict"][0] is True
    assert "a.pdf" in told["strict"][2]


def test_keys_of_the_contract() -> None:
    told = explain(POLICY, mail(to=["a@x.example", "b@y.example"]))
    assert told["disposition"] == "confirm"
    assert told["policy"] == "test"
    assert {"address", "external", "disposition", "rules", "risk"} <= told["recipients"][0].keys()
    assert {"rule", "mode", "disposition", "because", "evidence"} <= told["findings"][0].keys()
    assert told["findings"][-1]["because"].keys() == {"ja", "en"}
    json.dumps(told)


def test_kinds_that_are_never_held_are_named() -> None:
    told = explain(POLICY, mail(automatic=True, to=["a@x.example", "b@y.example"]))
    assert told["exempt"] == "auto_reply"
    assert told["notes"]["exempt_ja"] == "自動応答なので、保留しません"


@pytest.mark.parametrize(
    "condition",
    [
        '{recipients: {external: true, visible: true, domains: ">= 3", every: true}}',
        "{recipients: {lookalike: true}}",
        "{recipients: {internal: true, bcc: true, free_mail: false, first_time: sender, domain: x.example}}",
        '{attachments: {name: "*.x", type: exe, encrypted: true, macros: false, total_size: "> 1 MB"}}',
        "{attachments: {inspected: false, type_mismatch: true, size: '> 1 KB'}}",
        "{text: {words: [a], patterns: [b+]}}",
        "{sender: {address: a@b.example, authenticated: true}}",
        "{message: {empty_subject: true, reply: true, signed: false, encrypted: false, calendar: true, size: '> 1 B'}}",
        "{message: {auto_generated: true}}",
        "{not: {text: {words: [a]}}}",
        "{any: [{text: {words: [a]}}, {sender: {domain: x.example}}]}",
        *(f'{{personal_data: {{{name}: ">= 1"}}}}' for name in ("persons", *CLASSES)),
    ],
)
@pytest.mark.parametrize(
    "words", [{"to": "b@c0rp.example", "text": "a b", "attachments": ["a.x"]}, {"unreadable": True}]
)
def test_every_condition_has_words_in_both_languages(condition: str, words: dict[str, Any]) -> None:
    reason = explain(rule_of(condition), mail(**words))["rules"][0]["why"]
    assert reason["ja"].endswith("。")
    assert reason["en"].endswith(".")
    assert not any("\u3040" <= ch <= "\u9fff" for ch in reason["en"])
    assert "。。" not in reason["ja"]


@pytest.mark.parametrize(
    "then", ["confirm", "{delay: 90s}", "{approve: {by: [boss@corp.example]}, expire_after: 4h}", "reject"]
)
def test_json_there_and_back(then: str) -> None:
    verdict = judge(rule_of("{recipients: {external: true}}", then), mail(to=['"a b"@x.example', "Ken@corp.example"]))
    assert verdict_from_json(json.loads(json.dumps(verdict_to_json(verdict)))) == verdict
    assert verdict_from_json(json.loads(json.dumps(verdict_to_kept(verdict)))) == verdict


@pytest.mark.parametrize(
    "change",
    [{"recipients": [{}]}, {"findings": [{"rule": "r"}]}, {"recipients": None}, {"recipients": [{"address": "x"}]}],
)
def test_a_damaged_verdict_is_an_error(change: dict[str, Any]) -> None:
    value = verdict_to_json(judge(rule_of("{recipients: {external: true}}"), mail()))
    with pytest.raises((KeyError, ValueError, TypeError)):
        verdict_from_json({**value, **change})
