"""The judge: strictest wins, whom a hit is about, what is never held; nothing passes because something broke."""

from __future__ import annotations

import gc
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError
from tests.judging import by_recipient, mail, policy_of, rule_of, said

from mailguard.mail.address import NULL_PATH, parse_address
from mailguard.mail.directory import NOBODY
from mailguard.mail.facts import Facts, Finding
from mailguard.mail.verdict import Disposition, Verdict
from mailguard.policy.case import Case
from mailguard.policy.examples import run_examples
from mailguard.policy.explain import explain, explain_recorded
from mailguard.policy.judge import judge
from mailguard.policy.marks import Problems
from mailguard.policy.recorded import Recorded
from mailguard.policy.result import Result
from mailguard.policy.rule import Policy
from mailguard.policy.simulate import Simulation
from mailguard.policy.view import View

EXTERNAL = "{recipients: {external: true}}"
MIXED: dict[str, Any] = {"to": ["bob@x.example", "ken@corp.example"]}


def test_no_rule_hits() -> None:
    verdict = judge(rule_of("{text: {words: [x]}}"), mail())
    assert (verdict.disposition, verdict.hits, verdict.policy) == (Disposition.DELIVER, (), "test")
    assert [(str(r.address), r.external, r.terms) for r in verdict.recipients] == [("bob@x.example", True, None)]


@pytest.mark.parametrize(
    ("then", "word"),
    [
        ("deliver", "deliver"),
        ("delay", "delay"),
        ("{delay: 5m}", "delay"),
        ("confirm", "confirm"),
        ("{confirm: true}", "confirm"),
        ("{confirm: , scope: mail}", "confirm"),
        ("{approve: {by: boss@corp.example}}", "approve"),
        ("reject", "reject"),
    ],
)
def test_dispositions(then: str, word: str) -> None:
    assert said(rule_of(EXTERNAL, then), mail()) == word


def test_strictest_wins_and_all_hits_are_told_strictest_first() -> None:
    policy = policy_of(
        f"version: 1\nrules:\n  - {{id: a, when: {EXTERNAL}, then: delay}}\n"
        f"  - {{id: b, when: {EXTERNAL}, then: reject}}\n"
        f"  - {{id: c, when: {EXTERNAL}, then: confirm}}"
    )
    verdict = judge(policy, mail())
    assert verdict.disposition is Disposition.REJECT
    assert [hit.rule for hit in verdict.hits] == ["b", "c", "a"]
    assert verdict.recipients[0].rules == ("b", "c", "a")


def test_the_headline_is_told_before_equally_strict_rules_and_never_before_a_stricter_one() -> None:
    policy = policy_of(
        f"version: 1\nrules:\n  - {{id: a, when: {EXTERNAL}, then: confirm}}\n"
        f"  - {{id: b, when: {EXTERNAL}, then: confirm, headline: true}}\n"
        f"  - {{id: c, when: {EXTERNAL}, then: reject}}"
    )
    assert [hit.rule for hit in judge(policy, mail()).hits] == ["c", "b", "a"]


def test_a_hold_is_for_the_whole_mail_by_default() -> None:
    verdict = judge(rule_of(EXTERNAL), mail(**MIXED))
    assert by_recipient(verdict) == {"bob@x.example": "confirm", "ken@corp.example": "confirm"}
    assert verdict.hits[0].recipients == (parse_address("bob@x.example"),)


@pytest.mark.parametrize("then", ["{confirm: true, scope: recipients}", "{confirm: true, internal_first: true}"])
def test_colleagues_may_get_their_copy_at_once(then: str) -> None:
    verdict = judge(rule_of(EXTERNAL, then), mail(**MIXED))
    assert by_recipient(verdict) == {"bob@x.example": "confirm", "ken@corp.example": "deliver"}


def test_internal_first_holds_every_outsider() -> None:
    policy = rule_of("{recipients: {domain: y.example}}", "{confirm: true, internal_first: true}")
    verdict = judge(policy, mail(to=["a@x.example", "b@y.example", "ken@corp.example"]))
    assert by_recipient(verdict) == {"a@x.example": "confirm", "b@y.example": "confirm", "ken@corp.example": "deliver"}


def test_scope_recipients_holds_those_whom_any_part_picks() -> None:
    policy = rule_of(
        "{any: [{recipients: {domain: y.example}}, {recipients: {domain: z.example}}]}",
        "{confirm: true, scope: recipients}",
    )
    verdict = judge(policy, mail(to=["a@x.example", "b@y.example", "c@z.example"]))
    assert by_recipient(verdict) == {"a@x.example": "deliver", "b@y.example": "confirm", "c@z.example": "confirm"}


def test_scope_recipients_without_a_pick_is_everybody() -> None:
    policy = rule_of("{text: {words: [本文]}}", "{confirm: true, scope: recipients}")
    assert by_recipient(judge(policy, mail(**MIXED))) == {"bob@x.example": "confirm", "ken@corp.example": "confirm"}


@pytest.mark.parametrize("mode", ["monitor", "notify"])
def test_modes_without_effect_are_recorded(mode: str) -> None:
    verdict = judge(rule_of(EXTERNAL, more=f"    mode: {mode}"), mail())
    assert (verdict.disposition, verdict.recipients[0].rules) == (Disposition.DELIVER, ())
    assert [(hit.mode, hit.disposition) for hit in verdict.hits] == [(mode, Disposition.CONFIRM)]
    assert verdict.enforced == ()


KINDS: list[tuple[dict[str, Any], str]] = [
    ({"kind": "auto_reply"}, "auto_reply"),
    ({"kind": "read_receipt"}, "read_receipt"),
    ({"kind": "delivery_report"}, "delivery_report"),
    ({"kind": "calendar_reply"}, "calendar_reply"),
    ({"kind": "letter"}, "letter"),
]


@pytest.mark.parametrize(("facts", "exempt"), KINDS)
def test_kinds_that_are_never_held(facts: dict[str, Any], exempt: str) -> None:
    verdict = judge(rule_of(EXTERNAL, "{approve: {by: boss@corp.example}}"), mail(facts))
    assert (verdict.disposition, verdict.exempt) == (Disposition.DELIVER, exempt)
    assert [hit.rule for hit in verdict.hits] == ["r"]
    assert said(rule_of(EXTERNAL, more="    automatic: true"), mail(facts)) == "confirm"
    assert said(rule_of(EXTERNAL, "reject"), mail(facts)) == "reject"


def null_path(facts: Facts | None = None) -> Any:
    case = mail()
    return replace(case, envelope=replace(case.envelope, sender=NULL_PATH), facts=facts or case.facts)


def test_the_null_path_is_never_held() -> None:
    assert judge(rule_of(EXTERNAL), null_path()).exempt == "null_path"
    assert said(rule_of(EXTERNAL), null_path()) == "deliver"
    assert said(rule_of(EXTERNAL), null_path(Facts(findings=(Finding("unreadable", "mail", ""),)))) == "deliver"


def test_unreadable_mail_is_held_whatever_the_rules_say() -> None:
    verdict = judge(rule_of("{recipients: {internal: true}}"), mail(unreadable=True))
    assert verdict.disposition is Disposition.CONFIRM
    assert verdict.recipients[0].rules == ("unreadable",)
    assert verdict.recipients[0].terms is not None
    assert verdict.hits[0].because.ja
    assert verdict.hits[0].because.en


def test_what_unreadable_mail_says_of_itself_is_not_believed() -> None:
    facts = {"kind": "auto_reply", "findings": (Finding("unreadable", "mail", ""),)}
    assert said(rule_of("{text: {words: [x], in: subject}}"), mail(facts)) == "confirm"


class Broken:
    """A condition with a fault of ours in it."""

    def shut(self, view: View) -> bool:
        raise RuntimeError("secret words of the mail")

    def look(self, view: View) -> Result:
        raise RuntimeError("secret words of the mail")


def test_a_broken_rule_holds_the_mail_and_tells_no_content() -> None:
    policy = rule_of(EXTERNAL, "delay")
    policy = replace(policy, rules=(replace(policy.rules[0], when=Broken()),))
    verdict = judge(policy, mail(**MIXED))
    assert by_recipient(verdict) == {"bob@x.example": "confirm", "ken@corp.example": "confirm"}
    assert [(hit.rule, hit.evidence) for hit in verdict.hits] == [("unreadable", ("r", "RuntimeError"))]
    assert "secret" not in str(verdict)


@pytest.mark.parametrize(("more", "word"), [("", "deliver"), ("    automatic: true", "confirm")])
def test_a_broken_rule_holds_what_is_never_held_only_if_it_is_about_it(more: str, word: str) -> None:
    policy = rule_of(EXTERNAL, "confirm", more)
    policy = replace(policy, rules=(replace(policy.rules[0], when=Broken()),))
    verdict = judge(policy, mail({"kind": "auto_reply"}))
    assert verdict.disposition.word == word
    assert (verdict.recipients[0].terms is None) == (word == "deliver")


def test_what_could_not_be_read_is_named() -> None:
    findings = (
        Finding("unreadable", "a.pdf", "x"),
        Finding("unreadable", "", "too deep"),
        Finding("macro", "b.doc", ""),
    )
    verdict = judge(rule_of("{recipients: {internal: true}}"), mail({"findings": findings}))
    assert [hit.evidence for hit in verdict.hits] == [("a.pdf", "too deep")]


def test_a_broken_exception_does_not_open_the_door() -> None:
    policy = rule_of(EXTERNAL)
    policy = replace(policy, rules=(replace(policy.rules[0], unless=(Broken(),)),))
    assert said(policy, mail()) == "confirm"


def test_a_case_that_breaks_the_judge_is_held() -> None:
    nobody: Any = None
    case = replace(mail(), organization=nobody)
    verdict = judge(rule_of(EXTERNAL), case)
    assert verdict.disposition is Disposition.CONFIRM
    assert verdict.hits[0].rule == "unreadable"
    assert [(one.external, one.rules) for one in verdict.recipients] == [(True, ("unreadable",))]


def _simulate(policy: Policy, case: Case) -> object:
    simulation = Simulation(policy_of("version: 1\nrules: []\n"), policy)
    simulation.look(Recorded("1", case, "x", judge(policy, case)))
    return simulation.report


def _explain_recorded(policy: Policy, case: Case) -> object:
    return explain_recorded(policy, Recorded("1", case, "x", judge(policy, case)))


@pytest.mark.parametrize("look", [judge, explain, _explain_recorded, _simulate], ids=lambda it: it.__name__)
def test_a_mail_that_was_looked_at_waits_for_no_collector_of_garbage(look: Callable[[Policy, Case], object]) -> None:
    rules = (f"  - id: r{n}\n    when: {{virus: infected}}\n    then: confirm\n" for n in (1, 2))
    policy = policy_of(f"version: 1\nrules:\n{''.join(rules)}")
    gc.collect()
    gc.disable()
    try:
        assert look(policy, mail())
        assert not any(type(one) is View for one in gc.get_objects())
    finally:
        gc.enable()


def test_no_recipients() -> None:
    case = mail()
    verdict = judge(rule_of(EXTERNAL), replace(case, envelope=replace(case.envelope, recipients=())))
    assert verdict == Verdict((), (), "test", own=("ann@corp.example",))


def terms_of(*rules: str) -> Any:
    text = "".join(f"  - {{id: r{n}, when: {EXTERNAL}, then: {rule}}}\n" for n, rule in enumerate(rules))
    return judge(policy_of(f"version: 1\nrules:\n{text}"), mail()).recipients[0].terms


def test_terms_of_a_hold() -> None:
    assert terms_of("confirm").expire_after == timedelta(hours=72)
    assert terms_of("confirm").expire_action == "return"
    assert (terms_of("delay").expire_after, terms_of("delay").expire_action) == (timedelta(seconds=60), "release")
    assert terms_of("{approve: {by: [b@c.example, a@c.example]}}").asks[0].approvers == ("a@c.example", "b@c.example")


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize(
    ("rules", "after", "action"),
    [
        (["{delay: 60s}", "{delay: 5m}"], timedelta(minutes=5), "release"),
        (["{delay: 5m}", "confirm"], timedelta(hours=72), "return"),
        (
            ["{confirm: , expire_after: 1h, expire_action: release}", "{confirm: , expire_after: 2h}"],
            timedelta(hours=2),
            "return",
        ),
        (
            ["{confirm: , expire_after: 3h, expire_action: discard}", "{confirm: , expire_after: 2h}"],
            timedelta(hours=2),
            "return",
        ),
        (
            [
                "{confirm: , expire_after: 1h, expire_action: release}",
                "{confirm: , expire_after: 2h, expire_action: release}",
            ],
            timedelta(hours=2),
            "release",
        ),
    ],
)
def test_terms_of_several_rules_are_as_strict_as_each(
    rules: list[str], after: timedelta, action: str, turned: bool
) -> None:
    terms = terms_of(*(reversed(rules) if turned else rules))
    assert (terms.expire_after, terms.expire_action) == (after, action)


@pytest.mark.parametrize(
    ("first", "second", "approvers", "quorum"),
    [
        ("[a@c.example]", "[b@c.example]", ("a@c.example", "b@c.example"), 2),
        ("[a@c.example, b@c.example]", "[b@c.example]", ("a@c.example", "b@c.example"), 2),
        ("[a@c.example]", "[a@c.example]", ("a@c.example",), 1),
    ],
)
def test_approvers_of_several_rules_satisfy_each(
    first: str, second: str, approvers: tuple[str, ...], quorum: int
) -> None:
    terms = terms_of(f"{{approve: {{by: {first}}}}}", f"{{approve: {{by: {second}}}}}")
    assert {person for ask in terms.asks for person in ask.approvers} == set(approvers)
    assert sum(ask.quorum for ask in terms.asks) == quorum


def test_the_sentence_carries_the_numbers_of_this_mail() -> None:
    policy = rule_of(
        EXTERNAL, more='    because: {ja: "{count}名（{domains}）: {addresses} {files}", en: "{count} to {addresses}"}'
    )
    because = judge(policy, mail(to=["a@x.example", "b@y.example"])).hits[0].because
    assert (because.ja, because.en) == ("2名（2）: a@x.example、b@y.example …", "2 to a@x.example, b@y.example")


def test_a_rule_without_words_says_the_fact() -> None:
    because = judge(rule_of(EXTERNAL), mail()).hits[0].because
    assert because.ja.startswith("社外の宛先は1件です")
    assert because.en.startswith("There is 1 recipient outside the company")


PILOT = """version: 1
people:
  - {address: ann@corp.example, groups: [sales]}
  - {address: bob@corp.example, groups: [sales, trial]}
  - {address: cid@corp.example, groups: [trial]}
groups: {sales: {}, trial: {}}
rules:
  - id: r
    mode: {default: %s, groups: {sales: enforce, trial: notify}}
    when: {recipients: {external: true}}
    then: confirm
"""


@pytest.mark.parametrize("default", ["monitor", "enforce"])
@pytest.mark.parametrize(
    ("sender", "mode"),
    [("ann", "enforce"), ("bob", "enforce"), ("cid", "notify"), ("dan", "")],
)
def test_a_mode_for_each_group_of_senders(default: str, sender: str, mode: str) -> None:
    policy = policy_of(PILOT % default)
    case = mail(sender=f"{sender}@corp.example")
    verdict = judge(policy, case)
    assert [hit.mode for hit in verdict.hits] == [mode or default]
    assert verdict.disposition.word == ("confirm" if (mode or default) == "enforce" else "deliver")
    told = explain(policy, case)["rules"][0]
    assert told["mode"] == (mode or default)
    assert ("without effect" in told["why"]["en"]) is ((mode or default) != "enforce")


def test_a_group_of_a_mode_must_be_there_and_one_that_vanished_counts_as_the_strictest() -> None:
    with pytest.raises(Problems) as caught:
        policy_of((PILOT % "monitor").replace("groups: {sales: enforce", "groups: {slaes: enforce"))
    assert [str(one) for one in caught.value.problems] == ["p.yaml:9:46: no group 'slaes', did you mean 'sales'?"]
    gone = replace(policy_of(PILOT % "monitor"), directory=NOBODY)
    assert judge(gone, mail(sender="dan@corp.example")).disposition.word == "confirm"


def test_an_example_is_judged_as_if_enforced_for_everybody() -> None:
    policy = policy_of(
        PILOT % "monitor" + "    examples: [{from: cid@corp.example, to: b@x.example, expect: confirm}]\n"
    )
    place = {("r", 0): policy.rules[0].place}
    assert [result.passed for result in run_examples(replace(policy, places=place))] == [True]


def test_a_mode_that_is_none() -> None:
    for mode in ("enfroce", "{default: on}", "{groups: {sales: 1}}", "{defualt: enforce}", "[monitor]"):
        with pytest.raises(ValidationError):
            policy_of((PILOT % "monitor").replace("{default: monitor, groups: {sales: enforce, trial: notify}}", mode))


def test_evidence_that_is_left_out_is_counted_once() -> None:
    crowd = [f"c{number:02}@k{number}.example" for number in range(61)]
    policy = rule_of('{all: [{recipients: {external: true, count: ">= 2"}}, {text: {words: [ご案内]}}]}')
    (hit,) = judge(policy, mail(to=crowd, text="ご案内")).hits
    assert hit.evidence == (*crowd[:20], "+42")
