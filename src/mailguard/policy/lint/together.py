"""What rules say of each other: one that is never felt beside a stricter one, and two that ask different people.

Comparing all with all is bounded: with very many rules of one kind, only the first pairs are looked at.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mailguard.mail.saying import Sentence
from mailguard.mail.verdict import Disposition
from mailguard.policy.lint.implies import implies, leaves
from mailguard.policy.rule import Rule
from mailguard.policy.terms import People

PAIRS_MAX = 300_000
_Shape = frozenset[tuple[str, str]]


def together(rules: Sequence[Rule]) -> Iterator[tuple[Rule, str]]:
    """Warnings about pairs, each with the rule that it is about."""
    enforced = [rule for rule in rules if rule.mode == "enforce" and not rule.group_modes]
    told: set[str] = set()
    for rule, other in _pairs(enforced):
        if rule.id not in told and _covers(other, rule):
            told.add(rule.id)
            said = Sentence(
                "効果が現れません。同じメールに{other!r}が当てはまり、同じかそれ以上に厳しいためです。",
                "is never felt: {other!r} holds for the same mail and is at least as strict",
                other=other.id,
            )
            yield rule, said
        elif rule.model.when == other.model.when and rule.model.unless == other.model.unless:
            yield from _contradict(rule, other)


def _pairs(rules: Sequence[Rule]) -> Iterator[tuple[Rule, Rule]]:
    """Pairs of which the first may be covered by the second."""
    by_shape: dict[_Shape, list[Rule]] = {}
    for rule in rules:
        by_shape.setdefault(_shape(rule), []).append(rule)
    room = PAIRS_MAX
    for shape, narrow in by_shape.items():
        for wider, others in by_shape.items():
            if not wider <= shape:
                continue
            for rule in narrow:
                room -= len(others)
                if room < 0:
                    return
                for other in others:
                    if other is not rule and (other.model.when == rule.model.when or implies_quickly(rule, other)):
                        yield rule, other


def implies_quickly(rule: Rule, other: Rule) -> bool:
    """Whether the one's condition implies the other's."""
    return implies(rule.model.when, other.model.when)


def _shape(rule: Rule) -> _Shape:
    """The keys that a rule asks, without those that only narrow a number: a wider condition has some of them."""
    counts = ("count", "domains", "organizations")
    return frozenset(
        (leaf.key, name)
        for leaf in leaves(rule.model.when)
        for name in (getattr(leaf.asked, "model_fields_set", None) or ("",))
        if name not in counts
    )


def _covers(other: Rule, rule: Rule) -> bool:
    if (
        other.model.unless
        or other.everybody < rule.everybody
        or other.internal_first
        or other.automatic < rule.automatic
        or (rule.hold_unknown and not other.hold_unknown)
        or rule.model.then.notify  # somebody is told of it, whatever holds the mail
    ):
        return False
    if other.model.when != rule.model.when and not other.everybody:
        return False  # it may pick other recipients
    if other.disposition == rule.disposition:  # of two that are equal the later one is named
        same = other.model.when == rule.model.when
        first = (other.place, other.id) < (rule.place, rule.id)
        return other.terms == rule.terms and (first or not same) and not rule.internal_first
    return other.disposition > rule.disposition


def _contradict(rule: Rule, other: Rule) -> Iterator[tuple[Rule, str]]:
    """Two rules with one condition and different terms: said once, of the later one."""
    if (rule.place, rule.id) < (other.place, other.id) or rule.terms is None or other.terms is None:
        return
    if rule.disposition is other.disposition is Disposition.APPROVE:
        if _asked(rule) != _asked(other):
            said = Sentence(
                "同じメールで{other!r}とは別の承認者に尋ねます。両方の承認が必要になります。",
                "asks other approvers than {other!r} does for the same mail: both will have to agree",
                other=other.id,
            )
            yield rule, said
    elif {rule.disposition, other.disposition} == {Disposition.CONFIRM, Disposition.APPROVE}:
        mild = rule if rule.disposition is Disposition.CONFIRM else other
        if mild.terms is not None and mild.terms.expire_action == "release":
            strict = other if mild is rule else rule
            yield (
                rule,
                Sentence(
                    "同じメールを{mild!r}は自動で送信し、{strict!r}は承認を求めます。",
                    "{mild!r} lets the mail go by itself, and {strict!r} asks for approval of the same mail",
                    mild=mild.id,
                    strict=strict.id,
                ),
            )


def _asked(rule: Rule) -> People | None:
    return rule.terms.approval.by if rule.terms is not None and rule.terms.approval is not None else None
