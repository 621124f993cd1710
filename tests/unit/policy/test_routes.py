"""`route`: copies of other next servers by policy; the strictest rule that names one wins, whatever the order."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path

import pytest
from tests.judging import mail, policy_of

from mailguard.mail.organization import Organization
from mailguard.mail.verdict import Verdict
from mailguard.policy.judge import judge
from mailguard.policy.loader import load_policy
from mailguard.policy.marks import Problems

FRIENDS = '{recipients: {domain: "x.example"}}'
EVERYBODY = "{recipients: {count: '>= 1'}}"


def rule(name: str, then: str, when: str = EVERYBODY, mode: str = "enforce") -> str:
    return f"  - id: {name}\n    mode: {mode}\n    when: {when}\n    then: {then}\n"


def policy(*rules: str) -> str:
    return "version: 1\nrules:\n" + "".join(rules)


def routes(verdict: Verdict) -> dict[str, str]:
    return {str(one.address): one.route for one in verdict.recipients}


def test_a_route_is_no_hold() -> None:
    verdict = judge(policy_of(policy(rule("a", "{deliver: true, route: branch}"))), mail())
    assert (verdict.disposition.word, routes(verdict)) == ("deliver", {"bob@x.example": "branch"})


def test_scope_says_whose_copies() -> None:
    text = policy(rule("a", "{deliver: true, route: branch, scope: recipients}", FRIENDS))
    verdict = judge(policy_of(text), mail(to=["bob@x.example", "cy@y.example"]))
    assert routes(verdict) == {"bob@x.example": "branch", "cy@y.example": ""}


def test_the_strictest_rule_wins_then_the_first_by_its_id_whatever_their_order() -> None:
    rules = (
        rule("z-held", "{confirm: true, route: strict}"),
        rule("a-free", "{deliver: true, route: mild}"),
        rule("b-held", "{confirm: true, route: first}"),
        rule("c-approve", "{approve: {by: [boss@corp.example]}}"),
        rule("d-tried", "{confirm: true, route: monitor}", mode="monitor"),
    )
    for order in permutations(rules):
        assert routes(judge(policy_of(policy(*order)), mail())) == {"bob@x.example": "first"}


def test_mail_that_is_never_held_still_goes_its_way() -> None:
    verdict = judge(policy_of(policy(rule("a", "{confirm: true, route: branch}"))), mail(facts={"kind": "auto_reply"}))
    assert (verdict.disposition.word, routes(verdict)) == ("deliver", {"bob@x.example": "branch"})


@pytest.mark.parametrize(
    ("known", "said"), [(("branch",), "did you mean 'branch'"), ((), "under upstreams:"), (None, "")]
)
def test_an_unknown_name_is_an_error_with_its_place(tmp_path: Path, known: tuple[str, ...] | None, said: str) -> None:
    file = tmp_path / "p.yaml"
    file.write_text(policy(rule("a", "{deliver: true, route: brunch}")), "utf-8")
    company = Organization(("corp.example",), upstreams=known)
    if known is None:  # `policy test` alone knows no settings
        assert load_policy([file], company).rules[0].route == "brunch"
        return
    with pytest.raises(Problems) as caught:
        load_policy([file], company)
    (problem,) = caught.value.problems
    assert said in problem.message
    assert (problem.line, "brunch" in problem.message) == (6, True)
