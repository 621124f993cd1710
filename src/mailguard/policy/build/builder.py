"""Rules and conditions as the judge uses them, out of what was written."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import PurePath

from pydantic import BaseModel

from mailguard.mail.verdict import Because, Disposition, Mode
from mailguard.policy.build.alter import alter_of
from mailguard.policy.build.attachments import attachments
from mailguard.policy.build.content import personal_data, secrets, virus
from mailguard.policy.build.message import message
from mailguard.policy.build.recipients import recipients
from mailguard.policy.build.sender import sender
from mailguard.policy.build.source import Source
from mailguard.policy.build.terms import terms_of
from mailguard.policy.build.text import text
from mailguard.policy.build.time import time
from mailguard.policy.build.trust import trusts
from mailguard.policy.conditions.tree import All, Condition, Not, Once
from mailguard.policy.conditions.tree import Any as AnyOf
from mailguard.policy.marks import Path
from mailguard.policy.rule import Rule
from mailguard.policy.schema import ConditionModel, RuleModel

#: What makes the condition of a key, cheapest first: in this order the parts of one condition are asked.
_MAKERS: tuple[tuple[str, Callable[..., Condition]], ...] = (
    ("time", time),
    ("sender", sender),
    ("recipients", recipients),
    ("message", message),
    ("virus", virus),
    ("attachments", attachments),
    ("personal_data", personal_data),
    ("secrets", secrets),
    ("text", text),
)

_RANKS = {key: rank for rank, (key, _) in enumerate(_MAKERS)}


class Builder(Source):
    """Builds the rules of one file."""

    def rule(self, model: RuleModel, path: Path) -> Rule:
        """One rule. Its problems are added to `problems`; with any, the rule must not be used."""
        then = model.then
        because = model.because
        return Rule(
            id=model.id,
            mode=model.mode.default,
            when=self.condition(model.when, (*path, "when")),
            unless=tuple(self.condition(m, (*path, "unless", i)) for i, m in enumerate(model.unless or ())),
            disposition=Disposition[then.word.upper()],
            terms=terms_of(then, (*path, "then"), self),
            everybody=then.scope != "recipients",
            internal_first=then.internal_first,
            automatic=model.automatic,
            hold_unknown=model.when_unknown == "hold",
            because=Because(because.ja, because.en) if because is not None else None,
            model=model,
            place=self.marks.problem(self.file, (*path, "id"), model.id),
            mode_place=self.marks.problem(self.file, (*path, "mode"), "mode"),
            group_modes=self._group_modes(model, path),
            alter=alter_of(then, (*path, "then"), self),
            trusts=trusts(model),
            route=self.route(then.route, (*path, "then", "route")),
        )

    def _group_modes(self, model: RuleModel, path: Path) -> tuple[tuple[str, Mode], ...]:
        for name in model.mode.groups:
            self.groups((name,), (*path, "mode", "groups", name))
        return tuple(model.mode.groups.items())

    def condition(self, model: ConditionModel, path: Path) -> Condition:
        """A condition with all that stands in it, cheapest first."""
        parts: list[Condition] = []
        if model.all_ is not None:
            inner = (self.condition(m, (*path, "all", i)) for i, m in enumerate(model.all_))
            parts.append(All(self._cheapest_first(inner)))
        if model.any_ is not None:
            parts.append(self._any(tuple(self.condition(m, (*path, "any", i)) for i, m in enumerate(model.any_))))
        if model.not_ is not None:
            parts.append(Not(self.condition(model.not_, (*path, "not"))))
        for key, make in _MAKERS:
            asked = getattr(model, key)
            if asked is not None:
                parts.append(self._leaf(key, make, asked, (*path, key)))
        return parts[0] if len(parts) == 1 else All(self._cheapest_first(parts))

    def _any(self, parts: tuple[Condition, ...]) -> Condition:
        """At least one of them; the same parts make the same condition, as in `_leaf`."""
        made = self.made.alternatives.get(parts)
        if made is None:
            made = self.made.alternatives[parts] = AnyOf(parts)
        return made

    def _leaf(self, key: str, make: Callable[..., Condition], asked: object, path: Path) -> Condition:
        """What one key asks; the same words make the same condition, so that a mail is looked at once."""
        folder = str(PurePath(self.file).parent)  # files are named relative to it
        text = asked.model_dump_json(exclude_unset=True) if isinstance(asked, BaseModel) else repr(asked)
        written = (folder, key, text)
        made = self.made.conditions.get(written)
        if made is None:
            before = len(self.problems)
            made = Once(make(asked, path, self))
            self.made.costs[made] = _RANKS[key]
            if len(self.problems) == before:  # what is wrong is said at every place where it stands
                self.made.conditions[written] = made
        return made

    def _cheapest_first(self, parts: Iterable[Condition]) -> tuple[Condition, ...]:
        return tuple(sorted(parts, key=self.made.cost))
