"""The judge: Policy + Case -> Verdict. Pure, synchronous, total: no clock, no network, no log, and never an
exception.

Strictest wins per recipient, and a rule can only add strictness; so neither the order of rules nor that of
recipients matters. What cannot be decided, and a rule that fails, hold the mail: nothing passes because
something broke.
"""

from __future__ import annotations

from collections.abc import Iterable

from mailguard.mail.address import Address
from mailguard.mail.alteration_json import kind_of
from mailguard.mail.verdict import Because, Disposition, HoldTerms, Mode, RecipientVerdict, RuleHit, Verdict
from mailguard.policy.alterations import Wanted
from mailguard.policy.altered import alterable, with_alterations
from mailguard.policy.case import Case
from mailguard.policy.effect import Effect
from mailguard.policy.meant import proposed
from mailguard.policy.opinion import Opinion
from mailguard.policy.result import Result, Truth, bounded, bounded_again
from mailguard.policy.rule import Policy, Rule
from mailguard.policy.terms import Terms, joined, own_addresses, sharing
from mailguard.policy.trusted import relaxed
from mailguard.policy.view import View

#: The built-in rule for mail that nobody could judge.
UNREADABLE = "unreadable"
_UNREADABLE_BECAUSE = Because(
    "メールを読み取れなかったため、内容を確認できません",
    "The mail could not be read, so its content could not be examined",
)
_FAULT_BECAUSE = Because(
    "ルールの判定中に不具合が起きたため、内容を確認できません",
    "A rule failed while it was looking at the mail, so the mail could not be judged",
)


def judge(policy: Policy, case: Case) -> Verdict:
    """Say what must happen to a message, recipient by recipient, and why."""
    try:
        with policy.view(case) as view:
            rules = policy.rules
            return verdict_of(policy, view, [opinion(rules[number], view) for number in policy.glance.open(view)])
    except Exception as error:  # total: whatever a mail does to us, it is held
        everybody = case.envelope.recipients
        hit = RuleHit(UNREADABLE, "enforce", Disposition.CONFIRM, _FAULT_BECAUSE, (type(error).__name__,), everybody)
        recipients = tuple(
            RecipientVerdict(address, True, Disposition.CONFIRM, (UNREADABLE,), HoldTerms()) for address in everybody
        )
        return Verdict(recipients, (hit,), policy.hash)


def opinions(policy: Policy, view: View) -> list[Opinion]:
    """What every rule says."""
    return [opinion(rule, view) for rule in policy.rules]


def shut(rule: Rule, view: View) -> bool:
    """Whether a glance tells that the rule says NO. One that fails is asked in full."""
    try:
        return rule.shut(view)
    except Exception:
        return False


def opinion(rule: Rule, view: View) -> Opinion:
    """What one rule says. Never raises: a rule that fails says so."""
    mode: Mode | None = None
    try:
        mode = rule.mode_for(view)
        truth, result = rule.look(view)
    except Exception as error:  # one broken rule must not open the door for all
        return Opinion(rule, mode or rule.strictest_mode, Truth.UNKNOWN, None, type(error).__name__)
    return Opinion(rule, mode, truth, result)


def verdict_of(policy: Policy, view: View, said: Iterable[Opinion]) -> Verdict:
    """The verdict from the rules' opinions."""
    exempt = exemption(view)
    effects = [
        one for opinion in said if opinion.fires for one in relaxed(_effect(opinion, view, exempt), opinion, view)
    ]
    if UNREADABLE in view.findings:
        effects.append(_unreadable(view, exempt))
    effects = alterable(effects, view)
    effects.sort(key=_telling)
    recipients = tuple(
        _recipient(seen.address, seen.external, [one for one in effects if index in one.recipients], view)
        for index, seen in enumerate(view.recipients)
    )
    recipients = with_alterations(recipients, effects, view, _recipient)
    confirmed = tuple(sorted(effect.hit.rule for effect in effects if effect.confirmed))
    return Verdict(
        recipients,
        tuple(effect.hit for effect in effects if effect.told),
        policy.hash,
        exempt,
        confirmed=confirmed,
        own=own_addresses(view),
        members=sharing(view),
        alarm=alarmed(view.case),
    )


def alarmed(case: Case) -> str:
    """The key of the recipient that looks most like a mistake, of a mail that is worth a question; "" of any other."""
    if not case.alarm or case.learning or not case.risks:
        return ""
    return max(case.risks, key=lambda key: ((case.risks or {})[key].value, key))


def exemption(view: View) -> str:
    """The kind of mail that is never held by default (product section 3), "" if it is an ordinary one."""
    if view.case.envelope.sender.is_null:
        return "null_path"
    # What a mail that could not be read says of itself is not believed.
    return "" if view.facts.kind == "ordinary" or UNREADABLE in view.findings else view.facts.kind


def _effect(opinion: Opinion, view: View, exempt: str) -> Effect:
    rule, result = opinion.rule, opinion.result
    if result is None:
        return _broken(opinion, view, exempt)
    picked = _picked(opinion, result, view)
    disposition, terms = rule.disposition, rule.terms
    if opinion.truth is Truth.UNKNOWN and disposition is Disposition.REJECT:
        # Refusing for good what is merely not known would be a verdict on nothing.
        disposition, terms = Disposition.CONFIRM, Terms()
    confirmed = disposition is Disposition.CHALLENGE and opinion.mode == "enforce" and rule.id in view.case.confirmed
    freed = bool(exempt) and not rule.automatic
    if confirmed or (freed and disposition is not Disposition.REJECT):
        disposition, terms = Disposition.DELIVER, None
    hold, notes = terms.of(view) if terms is not None else (None, ())
    wanted = rule.alter.of(view) if rule.alter and not freed else Wanted()
    told = result.tell()
    hit = RuleHit(
        rule.id,
        opinion.mode,
        disposition,
        rule.sentence(opinion.truth, result),
        bounded_again((told.evidence, bounded(result.unread))),
        _addresses(picked, view),
        (*notes, *wanted.notes),
        () if freed else rule.told_of(opinion.mode),
        opinion.truth is Truth.UNKNOWN,
        tuple(sorted({*map(kind_of, wanted.recipe), *wanted.cannot})),
        rule.trusts and disposition is Disposition.CONFIRM and opinion.truth is Truth.YES and result.picked is not None,
    )
    touched = _touched(opinion, picked, view)
    return Effect(
        hit,
        touched,
        hold,
        rule.model.headline,
        confirmed,
        wanted.recipe,
        wanted.cannot,
        route=rule.route,
        meant=told.meant if opinion.truth is Truth.YES else {},
    )


def _picked(opinion: Opinion, result: Result, view: View) -> frozenset[int]:
    """Whom a hit is about. Of whom it cannot be decided is held like one who stands alone: adding a recipient for whom
    it is plain lets nobody pass.
    """
    everybody = frozenset(range(len(view.recipients)))
    picked = result.picked or everybody
    if opinion.truth is not Truth.YES or not opinion.rule.hold_unknown:
        return picked
    return everybody if result.maybe is None else picked | result.maybe


def _broken(opinion: Opinion, view: View, exempt: str) -> Effect:
    """A rule that failed holds the mail: it might have been the one that matters."""
    rule, everybody = opinion.rule, frozenset(range(len(view.recipients)))
    disposition = Disposition.DELIVER if exempt and not rule.automatic else Disposition.CONFIRM
    evidence = (rule.id, opinion.failure)
    hit = RuleHit(UNREADABLE, opinion.mode, disposition, _FAULT_BECAUSE, evidence, _addresses(everybody, view))
    terms = HoldTerms() if disposition is Disposition.CONFIRM else None
    return Effect(hit, _touched(opinion, everybody, view), terms, rule.model.headline)


def _telling(effect: Effect) -> tuple[object, ...]:
    """The order of telling: strictest first, then what a rule's author wants first, then the narrowest."""
    hit = effect.hit
    return (-hit.disposition, not effect.headline, len(hit.recipients), hit.rule, hit.evidence, hit.because.en)


def _touched(opinion: Opinion, picked: frozenset[int], view: View) -> frozenset[int]:
    """Whose copies the hit is about: everybody's by default, so that a mail is not half sent."""
    rule = opinion.rule
    if opinion.mode != "enforce":
        return frozenset()
    if not rule.everybody:
        return picked
    if not rule.internal_first:
        return frozenset(range(len(view.recipients)))
    # A colleague whom the condition itself picked is meant; one of a mail that it is about as a whole is not.
    meant = picked if opinion.result is not None and opinion.result.picked else frozenset()
    return frozenset(index for index, seen in enumerate(view.recipients) if seen.external or index in meant)


def _unreadable(view: View, exempt: str) -> Effect:
    disposition = Disposition.DELIVER if exempt else Disposition.CONFIRM
    where = bounded(f.where or f.detail for f in view.facts.findings if f.code == UNREADABLE)
    everybody = frozenset(range(len(view.recipients)))
    hit = RuleHit(UNREADABLE, "enforce", disposition, _UNREADABLE_BECAUSE, where, _addresses(everybody, view))
    return Effect(hit, everybody, None if exempt else HoldTerms())


def _addresses(indexes: frozenset[int], view: View) -> tuple[Address, ...]:
    if len(indexes) == 1:
        return (view.recipients[next(iter(indexes))].address,)
    return tuple(sorted((view.recipients[index].address for index in indexes), key=lambda address: address.key))


def _recipient(address: Address, external: bool, felt: list[Effect], view: View) -> RecipientVerdict:
    """felt: the effects that are about this recipient."""
    strictest = max((effect.hit.disposition for effect in felt), default=Disposition.DELIVER)
    terms = [effect.terms for effect in felt if effect.hit.disposition is strictest and effect.terms is not None]
    rules = tuple(dict.fromkeys(effect.hit.rule for effect in felt))
    known = (view.case.risks or {}).get(address.key)
    joined = _joined(strictest, terms) if terms else None
    route = _route(felt)
    meant = next((effect.meant[address.key] for effect in felt if address.key in effect.meant), "")
    if known is None:
        return RecipientVerdict(address, external, strictest, rules, joined, route=route, alternative=meant)
    if not meant and known.alternative and proposed(view, known.alternative):
        meant = known.alternative
    return RecipientVerdict(
        address,
        external,
        strictest,
        rules,
        joined,
        known.value,
        route=route,
        risk_because=known.because,
        risk_kind=known.kind,
        alternative=meant,
    )


def _route(felt: list[Effect]) -> str:
    """The next server that the strictest rule names; of equally strict ones the first by its id."""
    if not any(effect.route for effect in felt):
        return ""
    return min((-one.hit.disposition, one.hit.rule, one.route) for one in felt if one.route)[2]


def _joined(disposition: Disposition, terms: list[HoldTerms]) -> HoldTerms:
    """One hold for several rules, at least as strict as each of them, whatever their order."""
    if disposition is Disposition.DELAY:
        return max(terms, key=lambda one: one.expire_after)
    if disposition is Disposition.CHALLENGE:
        return min(terms, key=lambda one: one.expire_after)
    return joined(terms)
