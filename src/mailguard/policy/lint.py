"""What is legal but surely not meant: rules that can never hold, that say the same, or that cannot have an effect.

Warnings only: the policy is used all the same. It looks at what was written, not at mail.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from mailguard.mail.organization import Organization
from mailguard.mail.verdict import Disposition
from mailguard.policy.marks import Problem
from mailguard.policy.rule import Policy, Rule
from mailguard.policy.schema import ConditionModel
from mailguard.policy.schema.recipients import RecipientsModel


def lint(policy: Policy) -> list[Problem]:
    """Warnings about all rules, in the order of the files' lines."""
    warnings = [_warning(rule, message) for rule in policy.rules for message in _alone(rule, policy.organization)]
    warnings += [_warning(rule, message) for rule, message in _together(policy.rules)]
    return sorted(set(warnings))


def _warning(rule: Rule, message: str) -> Problem:
    place = rule.place
    return Problem(place.file, place.line, place.column, f"rule {rule.id!r}: {message}", "warning")


def _alone(rule: Rule, organization: Organization | None) -> Iterator[str]:
    if rule.disposition is Disposition.DELIVER:
        yield "then: deliver has no effect: a rule only adds strictness; exceptions belong into unless:"
    for exception in rule.model.unless or ():
        if exception == rule.model.when:
            yield "can never hold: unless: says the same as when:"
    for condition in _conditions(rule.model.when):
        found = condition.recipients
        if found is None:
            continue
        yield from _recipients(found)
        if organization is not None and found.external and _all_own(found.domain or (), organization):
            yield "can never hold: an own domain is not external"
    if rule.model.then.expire_action == "release" and rule.disposition is Disposition.APPROVE:
        yield "expire_action: release lets a mail go that nobody approved"


def _recipients(model: RecipientsModel) -> Iterator[str]:
    inside = model.internal or model.external is False
    if model.visible and model.bcc:
        yield "can never hold: who is in Bcc is not visible"
    if inside and model.first_time:
        yield "can never hold: first_time is about outside recipients"
    if inside and model.lookalike:
        yield "can never hold: lookalike is about outside recipients"
    if inside and model.free_mail:
        yield "can never hold: free mail is not internal"
    if inside and model.no_mx is not None:
        yield "can never hold: no_mx is about outside recipients"
    if model.bcc and (model.to or model.cc):
        yield "can never hold: who is in Bcc stands neither in To nor in Cc"
    if model.first_time == "sender" and model.not_written_for:
        yield "can never hold: who was never written to was not written to before either"
    if model.risk is not None:
        yield "risk cannot be decided yet: nothing in this version gives one, and what cannot be decided is held"
    if set(model.in_ or ()) & set(model.not_in or ()):
        yield "can never hold: the same list stands in in: and not_in:"
    for name, comparison in (
        ("count", model.count),
        ("domains", model.domains),
        ("organizations", model.organizations),
    ):
        if comparison is not None and comparison.never:
            yield f"can never hold: {name}: {comparison.written}"
        elif comparison is not None and comparison.always:
            yield f"{name}: {comparison.written} holds for every number"


def _all_own(globs: Iterable[str], organization: Organization) -> bool:
    listed = list(globs)
    return bool(listed) and all(organization.is_own_domain(glob) for glob in listed)


def _conditions(model: ConditionModel) -> Iterator[ConditionModel]:
    """The conditions that must hold: not those under any or not."""
    yield model
    for part in model.all_ or ():
        yield from _conditions(part)


def _together(rules: Sequence[Rule]) -> Iterator[tuple[Rule, str]]:
    """Rules with the same condition: the milder one is never felt."""
    by_condition: dict[str, list[Rule]] = {}
    for rule in rules:
        if rule.mode == "enforce" and not rule.group_modes:
            by_condition.setdefault(rule.model.when.model_dump_json(exclude_unset=True), []).append(rule)
    for group in by_condition.values():
        for rule in group:
            for other in group:
                if other is not rule and _covers(other, rule):
                    yield rule, f"is never felt: {other.id!r} holds for the same mail and is at least as strict"
                    break


def _covers(other: Rule, rule: Rule) -> bool:
    if (
        other.model.unless
        or other.everybody < rule.everybody
        or other.internal_first
        or other.automatic < rule.automatic
    ):
        return False
    if other.disposition == rule.disposition:  # of two that are equal the later one is named
        return other.terms == rule.terms and (other.place, other.id) < (rule.place, rule.id) and not rule.internal_first
    return other.disposition > rule.disposition
