"""What the tests of the judge share: policies from text, cases in a few words, without touching a file."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mailguard.mail.verdict import Verdict
from mailguard.policy.build import Builder
from mailguard.policy.case import Case
from mailguard.policy.customers import Customers
from mailguard.policy.examples import case_of
from mailguard.policy.judge import judge
from mailguard.policy.lists import NameList, normal_address, normal_domain
from mailguard.policy.marked_yaml import load_marked
from mailguard.policy.marks import Marks, Problem, Problems
from mailguard.policy.people import collect
from mailguard.policy.read_customers import customer
from mailguard.policy.rule import Policy
from mailguard.policy.schema import ExampleModel, PolicyFile
from mailguard.policy.workdays import calendar_of


@dataclass
class PolicyText:
    """A policy file that lies nowhere."""

    model: PolicyFile
    marks: Marks
    name: str
    path: Path

    @classmethod
    def of(cls, text: str, name: str = "p.yaml") -> PolicyText:
        """From its text. Raises Problems and ValidationError."""
        data, marks = load_marked(text, name)
        return cls(PolicyFile.model_validate(data), marks, name, Path(name))


def policy_of(text: str) -> Policy:
    """A policy from the text of one file, without list files. Raises Problems and ValidationError."""
    source = PolicyText.of(text)
    model, marks = source.model, source.marks
    lists = {
        name: NameList(map(normal_domain, one.domains), map(normal_address, one.addresses))
        for name, one in model.lists.items()
    }
    problems: list[Problem] = []
    directory = collect([source], lambda _file: b"", lambda *_: [], problems)
    calendar = calendar_of([source], "Asia/Tokyo", lambda _file: b"", problems)
    builder = Builder("p.yaml", marks, lists, lambda _name, _path: [], directory, customers=_customers(model))
    rules = tuple(builder.rule(rule, ("rules", index)) for index, rule in enumerate(model.rules))
    if problems or builder.problems:
        raise Problems([*problems, *builder.problems])
    return Policy(rules, "test", directory=directory, calendar=calendar, sieve=builder.made.sieve())


def _customers(model: PolicyFile) -> Customers:
    names = {} if model.customers is None else model.customers.names
    return Customers(customer(name, domains) for name, domains in names.items())


def rule_of(condition: str, then: str = "confirm", more: str = "") -> Policy:
    """A policy of one rule `r`. condition, then and more (further lines of the rule) are flow YAML."""
    return policy_of(f"version: 1\nrules:\n  - id: r\n    when: {condition}\n    then: {then}\n{more}")


def mail(facts: dict[str, Any] | None = None, **words: Any) -> Case:
    """A case in the words of an example (`sender` for from); facts: fields of Facts to set."""
    data = {"from": words.pop("sender", "ann@corp.example"), "expect": "deliver", **words}
    if not {"to", "cc", "bcc"} & data.keys():
        data["to"] = "bob@x.example"
    case = case_of(ExampleModel.model_validate(data))
    return replace(case, facts=replace(case.facts, **facts)) if facts else case


def said(policy: Policy, case: Case) -> str:
    """The word of the verdict."""
    return judge(policy, case).disposition.word


def by_recipient(verdict: Verdict) -> dict[str, str]:
    """What happens to whom."""
    return {str(one.address): one.disposition.word for one in verdict.recipients}


def plain_yaml(data: Any) -> str:
    """Data as YAML text."""
    return json.dumps(data, ensure_ascii=False)  # JSON is YAML, and has no aliases
