"""When a mail does not allow what rules want to change in it: what is left out, and who waits because of it. Pure.

An alteration that hides, splits, locks or removes is protection: without it the copy goes to its sender for a decision.
Anything else is left out with a finding. The judge asks it of signed mail; whoever has tried the alterations asks it of
what was refused then.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from mailguard.mail.address import Address
from mailguard.mail.alteration import Recipe
from mailguard.mail.alteration_json import kind_of
from mailguard.mail.verdict import Because, Disposition, HoldTerms, RecipientVerdict, RuleHit, Verdict
from mailguard.policy.alteration_words import UNALTERABLE, cannot
from mailguard.policy.alterations import protective

#: Why an alteration is refused, by its word.
Losses = Mapping[str, Because]


def hit(words: frozenset[str], why: Because, recipients: tuple[Address, ...], *, held: bool) -> RuleHit:
    """The finding. words: of the alterations that are left out, all protective or none (`held`)."""
    disposition = Disposition.CONFIRM if held else Disposition.DELIVER
    return RuleHit(UNALTERABLE, "enforce", disposition, cannot(words, why, held), tuple(sorted(words)), recipients)


def without(verdict: Verdict, losses: Mapping[Recipe, Losses]) -> Verdict:
    """The verdict without the alterations that were refused, at least as strict as before.

    losses: for each recipe of the verdict in which something was refused.
    """
    if not losses:
        return verdict
    found: dict[tuple[Because, bool], tuple[set[str], list[Address]]] = {}
    recipients = []
    for one in verdict.recipients:
        lost = losses.get(one.alter, {})
        for word, why in lost.items():
            words, people = found.setdefault((why, bool(protective((word,)))), (set(), []))
            words.add(word)
            if one.address not in people[-1:]:
                people.append(one.address)
        recipients.append(_left(one, lost) if lost else one)
    hits = [hit(frozenset(words), why, _sorted(people), held=held) for (why, held), (words, people) in found.items()]
    hits.sort(key=lambda one: (-one.disposition, one.evidence))
    told = sorted((*verdict.hits, *hits), key=lambda one: -one.disposition)
    return replace(verdict, recipients=tuple(recipients), hits=tuple(told))


def _left(one: RecipientVerdict, lost: Losses) -> RecipientVerdict:
    recipe = tuple(alteration for alteration in one.alter if kind_of(alteration) not in lost)
    rules = tuple(dict.fromkeys((*one.rules, UNALTERABLE)))
    left = replace(one, alter=recipe, rules=rules)
    if not protective(lost) or one.disposition >= Disposition.CONFIRM:
        return left
    return replace(left, disposition=Disposition.CONFIRM, terms=HoldTerms())


def _sorted(people: list[Address]) -> tuple[Address, ...]:
    return tuple(sorted(set(people), key=lambda address: address.key))
