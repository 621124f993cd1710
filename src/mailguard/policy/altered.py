"""The judge's word on alterations: what each copy is changed to over all rules, and who gets a copy besides. Pure.

Whatever the order of rules, the recipes are the same. A signed or encrypted mail is not altered: see `unalterable`.
Whom a rule adds is not judged; his copy goes when the strictest of those goes for whose sake he gets it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from mailguard.mail.address import Address
from mailguard.mail.alteration import AddBcc, AddCc, Recipe
from mailguard.mail.alteration_json import kind_of
from mailguard.mail.verdict import Because, HoldTerms, RecipientVerdict
from mailguard.policy import alteration_words as say
from mailguard.policy.alterations import fitting, is_sealed, joined, protective, stripped, touches
from mailguard.policy.effect import Effect
from mailguard.policy.unalterable import hit
from mailguard.policy.view import View

#: Makes a recipient's verdict of the effects that are about him.
Made = Callable[[Address, bool, list[Effect], View], RecipientVerdict]


def alterable(effects: list[Effect], view: View) -> list[Effect]:
    """The effects without what the mail does not allow, and with what that leads to."""
    if not any(effect.alter or effect.cannot for effect in effects):
        return effects
    losses = _Losses(view)
    sealed = is_sealed(view)
    out: list[Effect] = []
    for effect in effects:
        lost = frozenset(kind_of(one) for one in effect.alter if touches(one, view)) if sealed else frozenset[str]()
        if sealed:
            losses.add(lost | effect.cannot, say.SIGNED if view.facts.signed else say.ENCRYPTED, effect)
        elif not fitting(effect.alter):
            lost = frozenset(map(kind_of, effect.alter))
            losses.add(lost, say.TOO_MANY, effect)
        else:
            losses.add(effect.cannot, say.NO_FILE, effect)
        kept = tuple(one for one in effect.alter if kind_of(one) not in lost)
        out.append(replace(effect, alter=kept) if lost else effect)
    return [*out, *losses.effects()]


@dataclass(slots=True)
class _Losses:
    view: View
    found: dict[tuple[Because, bool], tuple[set[str], set[int]]] = field(default_factory=dict)

    def add(self, words: frozenset[str], why: Because, effect: Effect) -> None:
        if not effect.recipients:
            return
        strict = protective(words)
        for some, held in ((strict, True), (words - strict, False)):
            if some:
                lost, recipients = self.found.setdefault((why, held), (set(), set()))
                lost |= some
                recipients |= effect.recipients

    def effects(self) -> Iterable[Effect]:
        for (why, held), (words, indexes) in self.found.items():
            people = sorted((self.view.recipients[index].address for index in indexes), key=lambda one: one.key)
            told = hit(frozenset(words), why, tuple(people), held=held)
            yield Effect(told, frozenset(indexes), HoldTerms() if held else None)


def with_alterations(
    recipients: tuple[RecipientVerdict, ...], effects: list[Effect], view: View, made: Made
) -> tuple[RecipientVerdict, ...]:
    """Each with the recipe of his copy, and those whom rules add."""
    always = stripped(view)
    altering = [effect for effect in effects if effect.alter]
    if not always and not altering:
        return recipients
    recipes = _Recipes(always, _hidden_from_header(view))
    out = [
        replace(one, alter=recipes.of(tuple(effect for effect in altering if index in effect.recipients)))
        for index, one in enumerate(recipients)
    ]
    return (*out, *_added(altering, effects, view, recipes, made))


@dataclass(slots=True)
class _Recipes:
    """Recipes by the effects they come of: many copies share one."""

    always: Recipe
    unnamed: frozenset[str]
    made: dict[tuple[int, ...], Recipe] = field(default_factory=dict)

    def of(self, effects: tuple[Effect, ...]) -> Recipe:
        key = tuple(map(id, effects))
        if key not in self.made:
            wanted = (one for effect in effects for one in effect.alter)
            # Naming a Bcc recipient in Cc would betray him.
            kept = [one for one in wanted if not (isinstance(one, AddCc) and one.address.key in self.unnamed)]
            recipe = joined((*self.always, *kept))
            self.made[key] = next((one for one in self.made.values() if one == recipe), recipe)
        return self.made[key]


def _hidden_from_header(view: View) -> frozenset[str]:
    shown = view.visible_indexes
    return frozenset(one.address.key for index, one in enumerate(view.recipients) if index not in shown)


def _added(
    altering: list[Effect], effects: list[Effect], view: View, recipes: _Recipes, made: Made
) -> Iterable[RecipientVerdict]:
    there = {one.address.key for one in view.recipients}
    wanted: dict[str, tuple[Address, set[int]]] = {}
    for effect in altering:
        for one in effect.alter:
            if isinstance(one, AddCc | AddBcc) and one.address.key not in there and effect.recipients:
                wanted.setdefault(one.address.key, (one.address, set()))[1].update(effect.recipients)
    for _, (address, whose) in sorted(wanted.items()):
        felt = [effect for effect in effects if whose & effect.recipients]
        verdict = made(address, not view.case.organization.is_internal(address), felt, view)
        recipe = recipes.of(tuple(effect for effect in altering if whose & effect.recipients))
        yield replace(verdict, alter=recipe, added=True)
