"""The workshop: mails are altered in a few threads of their own, so that a hostile header or a large zip keeps nobody
else waiting.

It tries every recipe of a verdict before the mail is taken in, and says what was refused; it makes the altered octets
anew for each way out, the same each time. It trusts neither the disk nor what a mail is: octets that are not those that
were judged are not altered, and whatever goes wrong is a refusal. It keeps nothing.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from mailguard.mail.address import Address
from mailguard.mail.alteration import (
    MOST_ALTERATIONS,
    AddBcc,
    Change,
    Prepared,
    Recipe,
    Split,
    changes_octets,
    drawn,
    new_password,
    new_seed,
)
from mailguard.mail.alteration_json import kind_of
from mailguard.mail.message import Body
from mailguard.mail.values import value
from mailguard.mail.verdict import Because, Verdict
from mailguard.policy.alteration_words import FAILED, NOT_SHOWN, TOO_MANY
from mailguard.policy.unalterable import without
from mailguard.transform.apply import Altered, Refused, apply

_DKIM = ("既存のDKIM署名は無効になります", "a DKIM signature that the mail came with no longer holds")
#: Lines of a diff that the history keeps of one alteration, and characters of each.
_LINES, _LINE = 80, 240


class NotAsJudged(Exception):
    """The stored octets are not those that were judged."""


@value(frozen=True, slots=True)
class Tried:
    """verdict: as it stands once what was refused is left out. errors: faults of ours on the way."""

    verdict: Verdict
    prepared: Prepared = field(default_factory=Prepared)
    errors: tuple[Exception, ...] = ()


@dataclass(frozen=True, slots=True)
class Further:
    """What a person chose for some copies of a mail. recipe: all that they are changed to then; fresh: what of it is
    new.
    """

    recipe: Recipe
    fresh: Recipe
    people: tuple[Address, ...]


class Workshop:
    """threads: mails at a time; seconds: what one mail may take before it counts as refused."""

    def __init__(self, threads: int = 2, seconds: float = 60.0) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="alter")
        self._seconds = seconds

    async def try_out(self, body: Body, verdict: Verdict) -> Tried:
        """Try all recipes of a verdict. Raises OSError if the octets cannot be read."""
        if not any(one.alter for one in verdict.recipients):
            return Tried(verdict)
        work = asyncio.get_running_loop().run_in_executor(self._pool, _try_out, body, verdict)
        try:
            async with asyncio.timeout(self._seconds):
                return await work
        except TimeoutError as error:
            recipes = {one.alter for one in verdict.recipients if one.alter}
            losses = {recipe: {kind_of(one): FAILED for one in recipe if changes_octets(one)} for recipe in recipes}
            left = without(verdict, losses)
            kept = {one.address.key: _own(one.alter) for one in left.recipients if _own(one.alter)}
            return Tried(left, Prepared(kept), (error,))

    async def prove(self, body: Body, furthers: Sequence[Further]) -> tuple[Change, ...] | Refused:
        """Try what a person chose, on the octets: nothing is kept that cannot be done when the copy leaves. What it
        changes, or why it cannot be. Raises NotAsJudged or OSError if the octets are not what they were.
        """
        work = asyncio.get_running_loop().run_in_executor(self._pool, _prove, body, furthers)
        try:
            async with asyncio.timeout(self._seconds):
                return await work
        except TimeoutError:
            return Refused(kind_of(furthers[0].fresh[0]), FAILED)

    async def alter(self, body: Body, recipe: Recipe, recipient: Address) -> Body | Refused:
        """The octets that leave for this recipient. Raises NotAsJudged or OSError if ours are not what they were."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, altered, body, recipe, recipient)


def altered(body: Body, recipe: Recipe, recipient: Address) -> Body | Refused:
    """The same in this thread."""
    if not any(map(changes_octets, recipe)):
        return body
    try:
        made = apply(_octets(body), recipe, recipient)
    except (OSError, NotAsJudged):
        raise
    except Exception:  # whatever it met: nothing leaves that is not what it should be
        return Refused(kind_of(recipe[0]), FAILED)
    return made if isinstance(made, Refused) else Body.of(made.octets)


def _octets(body: Body) -> bytes:
    octets = body.read()
    if hashlib.sha256(octets).hexdigest() != body.sha256:
        raise NotAsJudged("stored octets differ from the digest that was taken at the door")
    return octets


def _own(recipe: Recipe) -> Recipe:
    """What is kept with a copy: that somebody else gets one too is said by his own."""
    return tuple(one for one in recipe if not isinstance(one, AddBcc))


def _try_out(body: Body, verdict: Verdict) -> Tried:
    octets, secrets = body.read(), (new_password(), new_seed())
    keys = tuple(one.address.key for one in verdict.recipients)
    losses: dict[Recipe, Mapping[str, Because]] = {}
    recipes: dict[str, Recipe] = {}
    errors: list[Exception] = []
    told = _Told()
    for recipe, people in _by_recipe(verdict).items():
        full = drawn(_own(recipe), *secrets, keys)
        one = _Trial(octets, full, people[0])
        one.run()
        errors += one.errors
        if one.lost:
            losses[recipe] = one.lost
        if one.recipe:
            recipes |= dict.fromkeys((address.key for address in people), one.recipe)
        told.add(one, recipe, people)
    return Tried(without(verdict, losses), Prepared(recipes, tuple(told.changes())), tuple(errors))


def _prove(body: Body, furthers: Sequence[Further]) -> tuple[Change, ...] | Refused:
    octets, told = _octets(body), _Told()
    for one in furthers:
        for recipe in (one.fresh, one.recipe):
            trial = _Trial(octets, recipe, one.people[0])
            trial.run()
            if trial.lost:
                return Refused(*next(iter(trial.lost.items())))
            if recipe is one.fresh:
                made = dict(trial.altered.by) if trial.altered is not None else {}
                # Whoever hides somebody who is not there would think that he is hidden.
                if any(kind_of(single) == "to_bcc" for single in recipe) and "to_bcc" not in made:
                    return Refused("to_bcc", NOT_SHOWN)
                told.add(trial, recipe, list(one.people))
    return tuple(told.changes())


def _by_recipe(verdict: Verdict) -> dict[Recipe, list[Address]]:
    found: dict[Recipe, list[Address]] = {}
    for one in verdict.recipients:
        if one.alter:
            found.setdefault(one.alter, []).append(one.address)
    return found


class _Trial:
    """One recipe tried on one mail; what is refused is taken out until the rest goes."""

    def __init__(self, octets: bytes, recipe: Recipe, recipient: Address) -> None:
        self.recipe = recipe
        self.lost: dict[str, Because] = {}
        self.errors: list[Exception] = []
        self.altered: Altered | None = None
        self._octets, self._recipient = octets, recipient

    def run(self) -> None:
        if len(self.recipe) > MOST_ALTERATIONS:
            self._lose(None, TOO_MANY)
        while any(map(changes_octets, self.recipe)):  # shorter each time
            try:
                made = apply(self._octets, self.recipe, self._recipient)
            except Exception as error:
                self.errors.append(error)
                self._lose(None, FAILED)
                continue
            if isinstance(made, Altered):
                self.altered = made
                return
            self._lose(made.alteration, made.because)

    def _lose(self, word: str | None, why: Because) -> None:
        """Take out all of one kind; all that change an octet where it is not one of them that is in the way."""
        if word not in [kind_of(one) for one in self.recipe]:
            word = None
        lost = [one for one in self.recipe if changes_octets(one) and word in (None, kind_of(one))]
        self.lost |= dict.fromkeys(map(kind_of, lost), why)
        self.recipe = tuple(one for one in self.recipe if one not in lost)


class _Told:
    """What people read of it: the same change of several recipes once."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, tuple[str, ...], tuple[tuple[str, str], ...]], list[Address]] = {}

    def add(self, trial: _Trial, recipe: Recipe, people: list[Address]) -> None:
        made = trial.altered
        notes = () if made is None else tuple((one.ja, one.en) for one in made.notes)
        if made is not None and made.breaks_dkim:
            notes = (*notes, _DKIM)
        said = {} if made is None else {word: _bounded(diff) for word, diff in made.by}
        if any(isinstance(one, Split) for one in trial.recipe):
            said.setdefault("split", ())
        for word, diff in said.items():
            self._found.setdefault((word, diff, notes), []).extend(people)
            notes = ()  # once a mail, with its first change
        for one in recipe:
            if isinstance(one, AddBcc):
                self._found.setdefault(("add_bcc", ("@@ Bcc @@", f"+{one.address}"), ()), []).extend(people)

    def changes(self) -> Iterator[Change]:
        for (word, diff, notes), people in self._found.items():
            yield Change(word, tuple(dict.fromkeys(people)), diff, notes)


def _bounded(diff: Iterable[str]) -> tuple[str, ...]:
    lines = [line if len(line) <= _LINE else line[:_LINE] + "..." for line in diff]
    return tuple(lines if len(lines) <= _LINES else [*lines[:_LINES], "..."])
