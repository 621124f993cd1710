"""The judge: Policy + Case -> Verdict. Pure, synchronous, total: no clock, no network, no log, and never an
exception.

Strictest wins per recipient, and a rule can only add strictness; so neither the order of rules nor that of
recipients matters. What cannot be decided, and a rule that fails, hold the mail: nothing passes because
something broke.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from mailguard.mail.address import Address
from mailguard.mail.verdict import Because, Disposition, HoldTerms, Mode, RecipientVerdict, RuleHit, Verdict
from mailguard.policy.case import Case
from mailguard.policy.result import Result, Truth, bounded
from mailguard.policy.rule import Policy, Rule
from mailguard.policy.view import View

#: The built-in rule for mail that nobody could judge.
UNREADABLE = "unreadable"
_UNREADABLE_BECAUSE = Because(
    "メールを読み取れなかったため、内容を確認できません",
    "The mail could not be read, so its content could not be examined",
)
_FAULT_BECAUSE = Because(
    "規則の判定中に不具合が起きたため、内容を確認できません",
    "A rule failed while it was looking at the mail, so the mail could not be judged",
)


#: How a hold by the house itself ends.
HOLD: HoldTerms | None = HoldTerms()


@dataclass(frozen=True, slots=True)
class Effect:
    """What a hit does: to whom, how strictly, and on which terms. An effect with no recipients is only recorded."""

    hit: RuleHit
    recipients: frozenset[int]
    terms: HoldTerms | None
    headline: bool = False


@dataclass(frozen=True, slots=True)
class Opinion:
    """What one rule says of one mail. mode: that for its sender.

    result None: the rule failed, with an exception of that name.
    """

    rule: Rule
    mode: Mode
    truth: Truth
    result: Result | None
    failure: str = ""

    @property
    def fires(self) -> bool:
        return self.result is None or self.rule.fires(self.truth)


def judge(policy: Policy, case: Case) -> Verdict:
    """Say what must happen to a message, recipient by recipient, and why."""
    try:
        view = policy.view(case)
        asked = (rule for rule in policy.rules if not _shut(rule, view))
        return verdict_of(policy, view, [_opinion(rule, view) for rule in asked])
    except Exception as error:  # total: whatever a mail does to us, it is held
        everybody = case.envelope.recipients
        hit = RuleHit(UNREADABLE, "enforce", Disposition.CONFIRM, _FAULT_BECAUSE, (type(error).__name__,), everybody)
        recipients = tuple(
            RecipientVerdict(address, True, Disposition.CONFIRM, (UNREADABLE,), HoldTerms()) for address in everybody
        )
        return Verdict(recipients, (hit,), policy.hash)


def opinions(policy: Policy, view: View) -> list[Opinion]:
    """What every rule says."""
    return [_opinion(rule, view) for rule in policy.rules]


def _shut(rule: Rule, view: View) -> bool:
    """Whether a glance tells that the rule says NO. One that fails is asked in full."""
    try:
        return rule.shut(view)
    except Exception:
        return False


def _opinion(rule: Rule, view: View) -> Opinion:
    mode = rule.strictest_mode
    try:
        mode = rule.mode_for(view)
        truth, result = rule.look(view)
    except Exception as error:  # one broken rule must not open the door for all
        return Opinion(rule, mode, Truth.UNKNOWN, None, type(error).__name__)
    return Opinion(rule, mode, truth, result)


def verdict_of(policy: Policy, view: View, said: Iterable[Opinion]) -> Verdict:
    """The verdict from the rules' opinions."""
    exempt = exemption(view)
    effects = [_effect(opinion, view, exempt) for opinion in said if opinion.fires]
    if UNREADABLE in view.findings:
        effects.append(_unreadable(view, exempt))
    effects.sort(key=_telling)
    recipients = tuple(
        _recipient(index, seen.address, seen.external, effects, view) for index, seen in enumerate(view.recipients)
    )
    return Verdict(recipients, tuple(effect.hit for effect in effects), policy.hash, exempt)


def exemption(view: View) -> str:
    """The kind of mail that is never held by default (product section 3), "" if it is an ordinary one."""
    if view.case.envelope.sender.is_null:
        return "null_path"
    # What a mail that could not be read says of itself is not believed.
    return "" if view.facts.kind == "ordinary" or UNREADABLE in view.findings else view.facts.kind


def _effect(opinion: Opinion, view: View, exempt: str) -> Effect:
    rule, result = opinion.rule, opinion.result
    everybody = frozenset(range(len(view.recipients)))
    evidence: tuple[str, ...] = (rule.id, opinion.failure)
    disposition, terms = Disposition.CONFIRM, HOLD
    if result is None:
        because, name, picked = _FAULT_BECAUSE, UNREADABLE, everybody
    else:
        because, name = rule.sentence(opinion.truth, result), rule.id
        evidence = bounded((*result.tell().evidence, *result.unread))
        picked = result.picked or everybody
        disposition, terms = rule.disposition, rule.terms
        if opinion.truth is Truth.UNKNOWN and disposition is Disposition.REJECT:
            # Refusing for good what is merely not known would be a verdict on nothing.
            disposition, terms = Disposition.CONFIRM, HOLD
    if exempt and not rule.automatic and disposition is not Disposition.REJECT:
        disposition, terms = Disposition.DELIVER, None
    touched = _touched(rule, picked, view) if opinion.mode == "enforce" else frozenset()
    hit = RuleHit(name, opinion.mode, disposition, because, evidence, _addresses(picked, view))
    return Effect(hit, touched, terms, rule.model.headline)


def _telling(effect: Effect) -> tuple[object, ...]:
    """The order of telling: strictest first, then what a rule's author wants first, then the narrowest."""
    hit = effect.hit
    return (-hit.disposition, not effect.headline, len(hit.recipients), hit.rule, hit.evidence)


def _touched(rule: Rule, picked: frozenset[int], view: View) -> frozenset[int]:
    """Whose copies the hit is about: everybody's by default, so that a mail is not half sent."""
    if not rule.everybody:
        return picked
    return frozenset(
        index
        for index, seen in enumerate(view.recipients)
        if seen.external or index in picked or not rule.internal_first
    )


def _unreadable(view: View, exempt: str) -> Effect:
    disposition = Disposition.DELIVER if exempt else Disposition.CONFIRM
    where = bounded(f.where or f.detail for f in view.facts.findings if f.code == UNREADABLE)
    everybody = frozenset(range(len(view.recipients)))
    hit = RuleHit(UNREADABLE, "enforce", disposition, _UNREADABLE_BECAUSE, where, _addresses(everybody, view))
    return Effect(hit, everybody, None if exempt else HoldTerms())


def _addresses(indexes: frozenset[int], view: View) -> tuple[Address, ...]:
    return tuple(sorted((view.recipients[index].address for index in indexes), key=lambda address: address.key))


def _recipient(index: int, address: Address, external: bool, effects: list[Effect], view: View) -> RecipientVerdict:
    felt = [effect for effect in effects if index in effect.recipients]
    strictest = max((effect.hit.disposition for effect in felt), default=Disposition.DELIVER)
    terms = [effect.terms for effect in felt if effect.hit.disposition is strictest and effect.terms is not None]
    rules = tuple(dict.fromkeys(effect.hit.rule for effect in felt))
    known = (view.case.risks or {}).get(address.key)
    joined = _joined(strictest, terms) if terms else None
    return RecipientVerdict(address, external, strictest, rules, joined, known.value if known is not None else 0.0)


def _joined(disposition: Disposition, terms: list[HoldTerms]) -> HoldTerms:
    """One hold for several rules, at least as strict as each of them, whatever their order."""
    if disposition is Disposition.DELAY:
        return max(terms, key=lambda one: one.expire_after)
    unsent = [one for one in terms if one.expire_action != "release"]
    if unsent:  # who would let it go by itself does not decide; coming back is better than vanishing
        action = min((one.expire_action for one in unsent), key=("return", "discard").index)
        after = min(one.expire_after for one in unsent)
    else:
        action, after = "release", max(one.expire_after for one in terms)
    return HoldTerms(after, action, *_approvers(terms))


def _approvers(terms: list[HoldTerms]) -> tuple[tuple[str, ...], int]:
    """Approvers who satisfy every rule: those common to all if they are enough, else all of them, as many as
    all rules ask.
    """
    asked = {(one.approvers, one.quorum) for one in terms}
    common = set.intersection(*(set(approvers) for approvers, _ in asked))
    most = max(quorum for _, quorum in asked)
    if len(common) >= most:
        return tuple(sorted(common)), most
    everyone = set().union(*(approvers for approvers, _ in asked))
    return tuple(sorted(everyone)), max(1, min(len(everyone), sum(quorum for _, quorum in asked)))
