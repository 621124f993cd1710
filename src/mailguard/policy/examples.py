"""The examples that stand beside rules: a mail in a few words, and the disposition that it must get.

An example beside a rule is judged by that rule alone (as if enforced), one at the end of a file by all rules of
that file. The sender's domain is taken for an own one, so that shipped examples hold for every company. Pure:
no mail is made or sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from mailguard.mail.address import ReversePath, parse_address
from mailguard.mail.alteration_json import kind_of
from mailguard.mail.calendar import Calendar
from mailguard.mail.envelope import Client, Envelope
from mailguard.mail.organization import Organization
from mailguard.mail.saying import Sentence
from mailguard.mail.verdict import NOTHING_ODD, Because, Verdict
from mailguard.policy.case import Case, Risk
from mailguard.policy.example_facts import facts_in
from mailguard.policy.example_history import known_in
from mailguard.policy.explain import reason
from mailguard.policy.judge import judge, opinions
from mailguard.policy.marks import Problem
from mailguard.policy.rule import Policy
from mailguard.policy.schema import ExampleModel

#: Words of rules that are other words in recipes.
WRITTEN = {"zip": "zip_attachments"}
_RISK = Because("例に書かれた値", "as the example says")
#: A Wednesday in working hours, by the calendar's clock: when a mail comes in that says nothing of it.
_ORDINARY = datetime(2026, 1, 14, 10)  # noqa: DTZ001 -- the zone is the calendar's


@dataclass(frozen=True, slots=True)
class ExampleResult:
    """One example run. place: where it stands; rule: its rule, "" for a file's own; got: the word of the verdict.

    title: the mail in a few words; reasons: of one that fails, each rule, hit or miss, and why.
    """

    place: Problem
    rule: str
    expected: str
    got: str
    hits: tuple[str, ...]
    title: str = ""
    reasons: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        return self.expected == self.got


def run_examples(policy: Policy, organization: Organization | None = None) -> list[ExampleResult]:
    """Every example of the policy, in the order of the files."""
    results: list[ExampleResult] = []
    enforced = {rule.id: replace(rule, mode="enforce", group_modes=()) for rule in policy.rules}
    for rule in policy.rules:
        for number, example in enumerate(rule.model.examples):
            place = policy.places[rule.id, number]
            alone = replace(policy, rules=(enforced[rule.id],))
            results.append(_run(alone, example, place, rule.id, organization))
    for group in policy.examples:
        alone = replace(policy, rules=tuple(rule for name, rule in enforced.items() if name in group.rules))
        results.extend(_run(alone, example, place, "", organization) for example, place in group.examples)
    return results


def _run(
    policy: Policy, example: ExampleModel, place: Problem, rule: str, organization: Organization | None
) -> ExampleResult:
    case = case_of(example, organization, policy.calendar)
    verdict = judge(policy, case)
    hits = tuple(hit.rule for hit in verdict.hits)
    expected, got = _outcomes(example, verdict)
    people = [*example.to, *example.cc, *example.bcc]
    title = f"{example.from_} to {people[0]}{f' and {len(people) - 1} more' if people[1:] else ''} is {example.expect}"
    reasons: tuple[str, ...] = ()
    if got != expected:
        with policy.view(case) as view:
            reasons = tuple(f"{one.rule.id}: " + _both(reason(one)) for one in opinions(policy, view))
    return ExampleResult(place, rule, expected, got, hits, title, reasons)


def _both(said: Because) -> Sentence:
    return Sentence(said.ja, said.en)


def _outcomes(example: ExampleModel, verdict: Verdict) -> tuple[str, str]:
    """What was expected and what came, as two texts to be compared and told."""
    expected, got = str(example.expect), verdict.disposition.word
    if example.expect_meant is not None:
        meant = {one.address.key: one.alternative for one in verdict.recipients if one.alternative}
        expected, got = f"{expected}, meant: {_pairs(example.expect_meant)}", f"{got}, meant: {_pairs(meant)}"
    if example.expect_alter is None:
        return expected, got
    wanted = {WRITTEN.get(word, word) for word in example.expect_alter}
    kinds = {kind_of(one) for recipient in verdict.recipients for one in recipient.alter}
    came = ", ".join(sorted(kinds))
    return f"{expected}, alter: [{', '.join(sorted(wanted))}]", f"{got}, alter: [{came}]"


def _pairs(meant: Mapping[str, str]) -> str:
    return ", ".join(f"{key} -> {other}" for key, other in sorted(meant.items())) or "nobody"


def case_of(example: ExampleModel, organization: Organization | None = None, calendar: Calendar | None = None) -> Case:
    """The case that an example describes. calendar: by whose clock its time is meant; the organization's if None."""
    base = organization or Organization()
    sender = parse_address(example.from_)
    own = replace(base, domains=(*base.domains, sender.ascii_domain))
    listed = [parse_address(text) for text in (*example.to, *example.cc, *example.bcc)]
    envelope = Envelope(
        ReversePath(sender),
        tuple(dict.fromkeys(listed)),
        Client("192.0.2.1", "example", login=str(sender) if example.authenticated else None),
    )
    reachable = {address.ascii_domain: address.ascii_domain not in example.no_mx for address in listed}
    return Case(
        envelope,
        facts_in(example),
        own,
        known_in(example),
        example.size,
        (calendar or Calendar(timezone=own.timezone)).at(example.at or _ORDINARY),
        mail_domains=reachable,
        risks={address.key: _risk(example, address.key) for address in listed},
        alarm=example.alarm,
    )


def _risk(example: ExampleModel, key: str) -> Risk:
    value = example.risk.get(key, 0.0)
    return Risk(value, _RISK if value else NOTHING_ODD, alternative=example.meant.get(key, ""))
