"""Conditions that tell that somebody else was meant: each hits, leaves alone, says whom, and does so in any order of
the recipients.
"""
# ruff: noqa: E501 -- a table reads better in rows

from __future__ import annotations

import json
import random
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from tests.judging import mail, policy_of, rule_of, said

from mailguard.mail.directory import Directory, Person
from mailguard.policy.case import Acquaintance, Case, Known, Stranger
from mailguard.policy.examples import run_examples
from mailguard.policy.explain import explain
from mailguard.policy.judge import judge
from mailguard.policy.lint import lint
from mailguard.policy.marked_yaml import load_marked
from mailguard.policy.marks import Problems, problems_of
from mailguard.policy.rule import Policy
from mailguard.policy.schema import PolicyFile
from mailguard.policy.verdict_json import verdict_to_json

TANAKA, TWIN, SATO = "tanaka@a.example", "tanaka@b.example", "sato@a.example"


def meant(condition: str, case: Case, more: str = "") -> dict[str, str] | None:
    """Whom the verdict proposes, by recipient; None if the rule does not hit."""
    verdict = judge(rule_of(f"{{recipients: {condition}}}", more=more), case)
    if not verdict.hits:
        return None
    assert not verdict.hits[0].unsure
    return {one.address.key: one.alternative for one in verdict.recipients if one.alternative}


@pytest.mark.parametrize(
    ("condition", "words", "proposed"),
    [
        ("{lookalike: mailbox}", {"to": "tanaak@a.example", "known": [TANAKA]}, {"tanaak@a.example": TANAKA}),
        ("{lookalike: mailbox}", {"to": "tanaak@a.example", "known_here": [TANAKA]}, {}),
        ("{lookalike: mailbox}", {"to": "tanaak@corp.example", "known_here": ["tanaka@corp.example"]}, {"tanaak@corp.example": "tanaka@corp.example"}),
        ("{lookalike: any}", {"to": "tanaak@a.example", "known": [TANAKA]}, {"tanaak@a.example": TANAKA}),
        ("{lookalike: any}", {"to": "x@examp1e.co.jp", "known": ["example.co.jp"]}, {"x@examp1e.co.jp": "x@example.co.jp"}),
        ("{lookalike: true}", {"to": "x@examp1e.co.jp", "known": ["example.co.jp"]}, {"x@examp1e.co.jp": "x@example.co.jp"}),
        ("{lookalike: domain}", {"to": "x@m.examp1e.co.jp", "known": ["example.co.jp"]}, {"x@m.examp1e.co.jp": "x@m.example.co.jp"}),
        ("{lookalike: domain}", {"to": "x@gmial.com"}, {"x@gmial.com": "x@gmail.com"}),
        ("{lookalike: domain}", {"to": "x@corp.example.evil.test"}, {"x@corp.example.evil.test": "x@corp.example"}),
        ("{namesake: true}", {"to": TWIN, "known": [TANAKA]}, {TWIN: TANAKA}),
        ("{namesake: company}", {"to": TWIN, "known": [TANAKA]}, {TWIN: TANAKA}),
        ("{namesake: free_mail}", {"to": "taro.tanaka88@gmail.com", "known": ["tanaka.taro@a.example"]}, {"taro.tanaka88@gmail.com": "tanaka.taro@a.example"}),
        (
            "{namesake: company}",
            {"to": "k1@b.example", "display": {"k1@b.example": "田中 太郎"}, "names": {TANAKA: "田中　太郎"}},
            {"k1@b.example": TANAKA},
        ),
        (
            "{namesake: department}",
            {"to": "tanaka.t@corp.example", "display": {"tanaka.t@corp.example": "田中 太郎"}, "names": {"t-tanaka@corp.example": "田中 太郎"}},
            {"tanaka.t@corp.example": "t-tanaka@corp.example"},
        ),
        (
            "{namesake: surname}",
            {"to": "j-tanaka@b.example", "display": {"j-tanaka@b.example": "田中 次郎"}, "names": {"taro@a.example": "田中 太郎"}},
            {"j-tanaka@b.example": "taro@a.example"},
        ),
        ("{group_habit: true}", {"to": [SATO, "eve@x.example", TANAKA], "habits": [{"together": [SATO, "bob@a.example", TANAKA]}]}, {"eve@x.example": "bob@a.example"}),
        ("{group_habit: extra}", {"to": [SATO, "eve@x.example", TANAKA], "habits": [{"together": [SATO, TANAKA]}]}, {}),
        ("{group_habit: missing}", {"to": [SATO, TANAKA], "habits": [{"together": [SATO, "bob@a.example", TANAKA]}]}, {}),
        ("{group_habit: replaced}", {"to": [SATO, "eve@x.example", TANAKA], "habits": [{"together": [SATO, "bob@a.example", TANAKA]}]}, {"eve@x.example": "bob@a.example"}),
        ("{greeting_mismatch: true}", {"to": SATO, "greeting": "田中", "names": {TANAKA: "田中 太郎"}, "display": {SATO: "佐藤 花子"}}, {SATO: TANAKA}),
        ("{greeting_mismatch: true}", {"to": SATO, "greeting": "田中", "display": {SATO: "佐藤 花子"}}, {}),
        ("{new_in_thread: true}", {"to": TWIN, "thread": [TANAKA]}, {}),  # he may have got a colleague's mail hidden
        ("{new_in_thread: true}", {"to": TWIN, "thread": [TANAKA], "names": {TANAKA: "田中"}}, {TWIN: TANAKA}),
        ("{new_in_thread: true}", {"to": TWIN, "reply": True, "quoted": f"From: <{TANAKA}>\nTo: ann@corp.example\n\nhi"}, {TWIN: TANAKA}),
        ("{new_in_thread: true}", {"to": "eve@x.example", "thread": [TANAKA], "last_written": {TANAKA: "3d"}}, {"eve@x.example": TANAKA}),
        ("{new_in_thread: true}", {"to": [TANAKA, "eve@x.example"], "thread": [TANAKA]}, {}),
        ("{attachment_seen_elsewhere: true}", {"to": TANAKA, "attachments": [{"name": "q.xlsx", "sent_to": ["b.example"]}]}, {}),
        ("{alarm: true}", {"to": [TWIN, SATO], "alarm": True, "risk": {TWIN: 0.4, SATO: 0.1}, "meant": {TWIN: TANAKA}}, {TWIN: TANAKA}),
        ('{risk: ">= 0.4"}', {"to": [TWIN, SATO], "risk": {TWIN: 0.4}, "meant": {TWIN: TANAKA}}, {TWIN: TANAKA}),
        ("{name_of_other: true}", {"to": SATO, "display": {SATO: "田中 太郎"}, "names": {TANAKA: "田中 太郎"}}, {SATO: TANAKA}),
        ("{name_of_other: true}", {"to": "info@b.example", "display": {"info@b.example": "田中 太郎"}, "names": {TANAKA: "田中 太郎"}}, {"info@b.example": TANAKA}),
        ("{name_of_other: true}", {"to": [SATO, TANAKA], "display": {SATO: "田中"}}, {}),  # the one beside it
        ("{quoted: foreign}", {"to": "eve@x.example", "quoted": f"From: 田中 <{TANAKA}>\nTo: ann@corp.example\n\nhi"}, {"eve@x.example": TANAKA}),
        ("{quoted: missing}", {"to": SATO, "reply": True, "quoted": f"From: 田中 <{TANAKA}>\nTo: ann@corp.example\n\nhi"}, {SATO: TANAKA}),
    ],
)  # fmt: skip
def test_who_was_probably_meant(condition: str, words: dict[str, Any], proposed: dict[str, str]) -> None:
    assert meant(condition, mail(**words)) == proposed


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ("{lookalike: mailbox}", {"to": "tanaak@a.example"}),
        ("{lookalike: mailbox}", {"to": "tanaak@b.example", "known": [TANAKA]}),  # another domain
        ("{lookalike: mailbox}", {"to": "tanaak@a.example", "known": [TANAKA, "tanaak@a.example"]}),
        ("{lookalike: mailbox}", {"to": "tanaak@a.example", "known": [TANAKA], "known_here": ["tanaak@a.example"]}),
        ("{lookalike: true}", {"to": "tanaak@a.example", "known": [TANAKA]}),  # as ever: domains only
        ("{namesake: true}", {"to": TWIN, "known": [TANAKA, TWIN]}),  # he was written to before
        ("{namesake: true}", {"to": [TWIN, TANAKA], "known": [TANAKA]}),  # the other one gets it too
        ("{namesake: true}", {"to": "info@b.example", "known": ["info@a.example"]}),
        ("{namesake: company}", {"to": "tanaka@gmail.com", "known": [TANAKA]}),
        ("{namesake: free_mail}", {"to": TWIN, "known": [TANAKA]}),
        ("{namesake: department}", {"to": TWIN, "known": [TANAKA]}),
        ("{namesake: true}", {"to": "j-tanaka@b.example", "display": {"j-tanaka@b.example": "田中 次郎"}, "names": {"taro@a.example": "田中 太郎"}}),
        ("{name_of_other: true}", {"to": [SATO, TANAKA], "display": {SATO: "佐藤", TANAKA: "田中"}}),
        ("{name_of_other: true}", {"to": [SATO, "x9@a.example"], "display": {SATO: "田中"}}),  # whose else?
        ("{name_of_other: true}", {"to": ["k9@a.example", TANAKA], "display": {"k9@a.example": "田中"}}),  # may be
        ("{group_habit: true}", {"to": [SATO, TANAKA], "habits": [{"together": [SATO, TANAKA]}]}),
        ("{group_habit: extra}", {"to": [SATO, TANAKA], "habits": [{"together": [SATO, "bob@a.example", TANAKA]}]}),
        ("{greeting_mismatch: true}", {"to": TANAKA, "greeting": "田中", "display": {TANAKA: "田中 太郎"}}),
        ("{greeting_mismatch: true}", {"to": TANAKA}),
        ("{attachment_seen_elsewhere: true}", {"to": TANAKA, "attachments": [{"name": "q.xlsx", "sent_to": ["a.example"]}]}),
        ("{attachment_seen_elsewhere: true}", {"to": "ken@corp.example", "attachments": [{"name": "q.xlsx", "sent_to": ["b.example"]}]}),
        ("{namesake: surname}", {"to": "tanaka.tarp@a.example", "known_here": ["tanaka.taro@a.example"]}),  # known from others' mail
        ("{name_of_other: true}", {"to": "info@a.example", "display": {"info@a.example": "田中 太郎"}, "names": {TANAKA: "田中 太郎"}}),
        ("{name_of_other: true}", {"to": "sales-east@m.a.co.jp", "display": {"sales-east@m.a.co.jp": "田中 太郎"}, "names": {"tanaka@a.co.jp": "田中 太郎"}}),
        ("{alarm: true}", {"to": TWIN, "risk": {TWIN: 0.9}}),
        ("{quoted: foreign}", {"to": SATO, "quoted": f"From: 田中 <{TANAKA}>\nTo: ann@corp.example\n\nhi"}),  # of his company
        ("{quoted: foreign}", {"to": "eve@x.example", "forward": True, "quoted": f"From: <{TANAKA}>\n\nhi"}),
        ("{quoted: foreign}", {"to": "eve@x.example", "quoted": "From: ken@corp.example\n\nhi"}),  # a colleague's mail
        ("{quoted: foreign}", {"to": "ken@corp.example", "quoted": f"From: <{TANAKA}>\n\nhi"}),
        ("{quoted: missing}", {"to": [SATO, TANAKA], "reply": True, "quoted": f"From: <{TANAKA}>\n\nhi"}),
        ("{quoted: missing}", {"to": SATO, "quoted": f"From: <{TANAKA}>\n\nhi"}),  # no reply
        ("{quoted: missing}", {"to": SATO, "reply": True, "quoted": "From: ann@corp.example\n\nhi"}),  # goes on himself
    ],
)  # fmt: skip
def test_left_in_peace(condition: str, words: dict[str, Any]) -> None:
    assert meant(condition, mail(**words)) is None


def test_a_colleague_of_the_directory_is_known_without_any_history() -> None:
    people = {"tanaka@corp.example": Person("tanaka@corp.example", "田中 太郎")}
    policy = rule_of("{recipients: {lookalike: mailbox}}")
    policy = replace(policy, directory=Directory(people=people))
    verdict = judge(policy, mail(to="tanaak@corp.example"))
    assert verdict.recipients[0].alternative == "tanaka@corp.example"
    twin = replace(rule_of("{recipients: {namesake: free_mail}}"), directory=Directory(people=people))
    assert judge(twin, mail(to="tanaka@gmail.com")).recipients[0].alternative == "tanaka@corp.example"
    assert said(policy, mail(to="tanaka@corp.example")) == "deliver"


@pytest.mark.parametrize("condition", ["{namesake: true}", "{lookalike: mailbox}", "{lookalike: any}"])
def test_what_nobody_was_asked_is_not_known(condition: str) -> None:
    case = replace(mail(to="tanaka@b.example"), known=Known())
    assert said(rule_of(f"{{recipients: {condition}}}"), case) == "confirm"
    assert said(rule_of(f"{{recipients: {condition}}}", more="    when_unknown: ignore"), case) == "deliver"
    assert "alike" in rule_of(f"{{recipients: {condition}}}").needs


@pytest.mark.parametrize("condition", ["{alarm: true}", '{risk: ">= 0.1"}'])
def test_while_the_model_learns_it_holds_nothing(condition: str) -> None:
    case = mail(to=TWIN, alarm=True, risk={TWIN: 0.9})
    assert said(rule_of(f"{{recipients: {condition}}}"), case) == "confirm"
    assert said(rule_of(f"{{recipients: {condition}}}"), replace(case, learning=True)) == "deliver"
    gone = replace(case, risks=None)
    assert said(rule_of(f"{{recipients: {condition}}}", more="    when_unknown: ignore"), gone) == "deliver"


def test_quoted_text_that_was_not_kept_is_not_decided() -> None:
    case = replace(mail(to="eve@x.example", quoted=f"From: <{TANAKA}>\n\nhi"), texts_kept=False)
    for word in ("foreign", "missing"):
        case_of_it = replace(case, facts=replace(case.facts, quoted="", is_reply=True))
        verdict = judge(rule_of(f"{{recipients: {{quoted: {word}}}}}"), case_of_it)
        assert verdict.hits[0].unsure


@pytest.mark.parametrize(
    ("condition", "trusted"),
    [
        ("{alarm: true}", True),
        ("{lookalike: mailbox}", True),
        ("{namesake: true}", True),
        ("{group_habit: true}", False),
        ("{greeting_mismatch: true}", False),
        ("{quoted: foreign}", False),
        ("{attachment_seen_elsewhere: true}", False),
    ],
)
def test_whom_people_may_vouch_for(condition: str, trusted: bool) -> None:
    assert rule_of(f"{{recipients: {condition}}}").rules[0].trusts is trusted


@pytest.mark.parametrize(
    "when", ["{recipients: {attachment_seen_elsewhere: true}}", "{attachments: {seen_elsewhere: true}}"]
)
def test_an_address_that_others_wrote_to_is_told_nobody(when: str) -> None:
    case = mail(to=TANAKA, attachments=[{"name": "q.xlsx", "sent_to": ["eve@gmail.com"]}])
    told = json.dumps([verdict_to_json(judge(rule_of(when), case)), explain(rule_of(when), case)])
    assert "gmail.com" in told
    assert "eve@" not in told


def test_a_strange_key_of_the_ledger_fails_nothing() -> None:
    odd = Stranger(like=(Acquaintance("john doe@a.example", "田中 太郎", 3), Acquaintance("", "", 1)))
    case = replace(mail(to=TWIN, display={TWIN: "田中 太郎"}), known=Known(strangers={TWIN: odd}, names={}))
    for condition in ("{namesake: surname}", "{lookalike: any}", "{namesake: true}"):
        verdict = judge(rule_of(f"{{recipients: {condition}}}"), case)
        assert all(hit.rule == "r" for hit in verdict.hits)
        assert verdict.recipients[0].alternative == ""


ALL = """
version: 1
rules:
""" + "".join(
    f"  - {{id: r{number}, when_unknown: ignore, when: {{recipients: {condition}}}, then: {{confirm: true, scope: recipients}}}}\n"
    for number, condition in enumerate(
        [
            "{lookalike: any}", "{namesake: true}", "{namesake: surname}", "{group_habit: true}", "{alarm: true}",
            "{greeting_mismatch: true}", "{new_in_thread: true}", "{attachment_seen_elsewhere: true}",
            "{quoted: foreign}", "{quoted: missing}", "{name_of_other: true}", '{risk: ">= 0.5"}',
        ]
    )
)  # fmt: skip
PEOPLE = [TANAKA, TWIN, SATO, "tanaak@a.example", "tanaka@gmail.com", "ken@corp.example", "eve@x.example"]


@pytest.fixture(scope="module")
def every_rule() -> Policy:
    return policy_of(ALL)


@settings(max_examples=40)
@given(
    to=st.lists(st.sampled_from(PEOPLE), min_size=1, max_size=5, unique=True),
    known=st.lists(st.sampled_from(PEOPLE), min_size=1, max_size=3),
    group=st.lists(st.sampled_from(PEOPLE), min_size=2, max_size=4, unique=True),
    greeting=st.sampled_from([(), ("田中",), ("佐藤", "田中")]),
    seed=st.integers(0, 1000),
)
def test_the_order_of_recipients_does_not_matter(
    every_rule: Policy, to: list[str], known: list[str], group: list[str], greeting: tuple[str, ...], seed: int
) -> None:
    words: dict[str, Any] = {
        "known": known,
        "habits": [{"together": group}],
        "greeting": list(greeting),
        "thread": group,
        "names": {TANAKA: "田中 太郎"},
        "display": {TWIN: "田中 太郎", SATO: "佐藤"},
        "quoted": f"From: <{TANAKA}>\nTo: {group[0]}\n\nhi",
        "alarm": True,
        "risk": {TWIN: 0.7, SATO: 0.7},
        "attachments": [{"name": "q.xlsx", "sent_to": ["a.example"]}],
    }
    if not greeting:
        del words["greeting"]
    mixed = random.Random(seed).sample(to, len(to))
    one, other = judge(every_rule, mail(to=to, **words)), judge(every_rule, mail(to=mixed, **words))
    assert {str(r.address): r for r in one.recipients} == {str(r.address): r for r in other.recipients}
    assert one.hits == other.hits
    proposed = {r.alternative for r in one.recipients} - {""}
    assert proposed.isdisjoint(to)


def test_what_an_example_says_of_it_is_tried() -> None:
    text = """
version: 1
rules:
  - id: r
    when: {recipients: {alarm: true}}
    when_unknown: ignore
    then: confirm
    because: {ja: "{reason}{did_you_mean}", en: "{reason}{did_you_mean}"}
    examples:
      - {from: ann@corp.example, to: [a@x.example], alarm: true, risk: {a@x.example: 0.9}, meant: {a@x.example: b@x.example}, expect: confirm, expect_meant: {a@x.example: b@x.example}}
      - {from: ann@corp.example, to: [a@x.example], alarm: true, risk: {a@x.example: 0.9}, expect: confirm, expect_meant: {}}
      - {from: ann@corp.example, to: [a@x.example], alarm: true, risk: {a@x.example: 0.9}, expect: confirm, expect_meant: {a@x.example: c@x.example}}
"""
    policy = policy_of(text)
    places = {("r", number): policy.rules[0].place for number in range(3)}
    results = run_examples(replace(policy, places=places))
    assert [one.passed for one in results] == [True, True, False]
    assert "meant: nobody" in results[2].got
    assert lint(policy) == []
    case = mail(to="a@x.example", alarm=True, risk={"a@x.example": 0.9}, meant={"a@x.example": "b@x.example"})
    because = judge(policy, case).hits[0].because
    assert because.ja.endswith("（b@x.example ではありませんか）")
    assert because.en.endswith(" (did you mean b@x.example?)")
    plain = judge(policy, replace(case, risks={"a@x.example": replace(case.risks["a@x.example"], alternative="")}))  # type: ignore[index]
    assert "…" not in plain.hits[0].because.ja + plain.hits[0].because.en


@pytest.mark.parametrize("order", ["{}, {{recipients: {{external: true}}}}", "{{recipients: {{external: true}}}}, {}"])
def test_a_part_that_knows_nobody_hushes_no_other(order: str) -> None:
    when = order.format("{recipients: {lookalike: mailbox}}")
    because = '    because: {ja: "x{did_you_mean}", en: "y{did_you_mean}"}'
    verdict = judge(rule_of(f"{{all: [{when}]}}", more=because), mail(to="tanaak@a.example", known=[TANAKA]))
    assert verdict.hits[0].because.en == f"y (did you mean {TANAKA}?)"


PARTNERS = """
version: 1
lists: {partners: {domains: [partner.example, "*.group.example"], addresses: [info@shop.example]}}
rules:
  - {id: r, when: {recipients: {lookalike_of: [partners]}}, then: confirm}
"""


@pytest.mark.parametrize(
    ("to", "proposed"),
    [
        ("x@partmer.example", "x@partner.example"),
        ("x@grouup.example", "x@group.example"),
        ("x@sh0p.example", "x@shop.example"),
        ("x@gmial.com", "x@gmail.com"),  # and whatever lookalike: true finds
        ("x@partner.example", None),
        ("x@m.partner.example", None),
        ("x@other.example", None),
        ("x@corp.example", None),
    ],
)
def test_a_partner_of_a_list_is_known_from_the_first_day(to: str, proposed: str | None) -> None:
    verdict = judge(policy_of(PARTNERS), mail(to=to))
    assert [one.alternative for one in verdict.recipients if verdict.hits] == ([proposed] if proposed else [])
    assert said(policy_of(PARTNERS), mail(to=to, known=[to.partition("@")[2]])) == "deliver"


def test_a_list_that_is_not_there_is_an_error() -> None:
    with pytest.raises(Problems, match="no list"):
        rule_of("{recipients: {lookalike_of: [partners]}}")


@pytest.mark.parametrize(
    ("narrow", "wide", "felt"),
    [
        ("lookalike: mailbox", "lookalike: any", False),
        ("lookalike: true", "lookalike: domain", False),
        ("namesake: company", "namesake: true", False),
        ("group_habit: extra", "group_habit: true", False),
        ("lookalike: any", "lookalike: mailbox", True),
        ("namesake: true", "namesake: company", True),
    ],
)
def test_a_rule_beside_a_wider_one_is_never_felt(narrow: str, wide: str, felt: bool) -> None:
    rules = "".join(
        f"  - {{id: {name}, when: {{recipients: {{{asked}}}}}, then: {then}}}\n"
        for name, asked, then in (("narrow", narrow, "{delay: 1m}"), ("wide", wide, "confirm"))
    )
    warned = any(
        "'narrow'" in str(one) and "never felt" in str(one) for one in lint(policy_of(f"version: 1\nrules:\n{rules}"))
    )
    assert warned is not felt


@pytest.mark.parametrize(
    ("condition", "said_of_it"),
    [
        ("{lookalike: true}", "it stands under recipients:"),
        ('{risk: ">= 0.5"}', "it stands under recipients:"),
        ("{message: {greeting_mismatch: true}}", "it stands under recipients:"),
        ("{recipients: {seen_elsewhere: true}}", "it stands under attachments:"),
        ("{recipients: {lookalik: true}}", "did you mean 'lookalike'"),
        ("{recipients: {alarm: false}}", "stands under not:"),
    ],
)
def test_a_word_in_the_wrong_place_is_told_where_it_belongs(condition: str, said_of_it: str) -> None:
    text = f"version: 1\nrules:\n  - {{id: r, when: {condition}, then: confirm}}\n"
    data, marks = load_marked(text, "p.yaml")
    with pytest.raises(ValidationError) as caught:
        PolicyFile.model_validate(data)
    assert any(said_of_it in one.message for one in problems_of(caught.value, marks, "p.yaml", PolicyFile))


def test_whom_only_others_write_to_is_named_to_nobody() -> None:
    case = mail(to="tanaak@a.example", known_here=[TANAKA])
    more = '    because: {ja: "{lookalike} {known}{did_you_mean}", en: "{lookalike} {known}{did_you_mean}"}'
    for policy in (rule_of("{recipients: {lookalike: mailbox}}"), rule_of("{recipients: {lookalike: any}}", more=more)):
        told = json.dumps([explain(policy, case), verdict_to_json(judge(policy, case))], ensure_ascii=False)
        assert "tanaak@a.example" in told
        assert TANAKA not in told
