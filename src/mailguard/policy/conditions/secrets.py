"""`secrets`: private keys, access tokens and passwords in the mail and its files, as the readers counted them.

Where text could not be read, a count is a lower bound, and "none" is "not known". No secret itself is told.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from mailguard.mail.verdict import Because
from mailguard.policy.conditions.tree import Signs
from mailguard.policy.result import Result, Told, Truth, bounded, decide, number, some
from mailguard.policy.secret_names import secret_name
from mailguard.policy.values import Comparison
from mailguard.policy.view import View

TOTAL = "total"
_PART = re.compile(r"^\d{1,4}(?:\.\d{1,4}){0,20} ")


def _any(view: View) -> frozenset[str] | None:
    """None, if there may be some."""
    return None if view.facts.secrets or view.unread_anywhere else frozenset()


@dataclass(frozen=True, slots=True)
class Secrets:
    """Counts of different secrets per class, or of all. All comparisons must hold."""

    asked: tuple[tuple[str, Comparison], ...]
    # Worked out once: a rule may ask for a score of classes, each by itself, of every mail.
    _none_will_do: bool = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_none_will_do", all(comparison.holds(0) for _, comparison in self.asked))

    def shut(self, view: View) -> bool:
        """There is none at all, and all was read."""
        return not (self._none_will_do or view.facts.secrets or view.unread_anywhere)

    @property
    def signs(self) -> Signs | None:
        """Any at all."""
        return None if self._none_will_do else Signs(_any, frozenset())

    def look(self, view: View) -> Result:
        gaps = view.unread_anywhere
        counts = [(name, _count(view, name), comparison) for name, comparison in self.asked]
        truth = min(decide(comparison, count, bool(gaps)) for _, count, comparison in counts)
        unread = gaps if truth is Truth.UNKNOWN else ()
        return Result(truth, lambda: _say(counts, unread), lambda: self._tell(view), None, unread)

    def _tell(self, view: View) -> Told:
        asked = {name for name, _ in self.asked}
        found = [(name, times) for name, times in view.facts.secrets.items() if times and asked & {name, TOTAL}]
        # The mail's own text needs no name, and the number of a part says nothing to people.
        places = [
            _PART.sub("", match.where)
            for match in view.facts.matches
            if match.what.removeprefix("secret:") in dict(found) and match.where != "mail"
        ]
        evidence = [*(f"{name}: {times:,}" for name, times in found), *places]
        values = {"words": some(secret_name(name).ja for name, _ in found), "count": number(sum(n for _, n in found))}
        values["words"] = Because(values["words"].ja, some(secret_name(name).en for name, _ in found).en)
        return Told(bounded(evidence), values)


def _count(view: View, name: str) -> int:
    secrets = view.facts.secrets
    return sum(secrets.values()) if name == TOTAL else secrets.get(name, 0)


def _say(counts: list[tuple[str, int, Comparison]], unread: tuple[str, ...]) -> Because:
    ja = [f"{secret_name(name).ja}は{count:,}件です（条件: {asked.ja('件')}）" for name, count, asked in counts]
    en = [f"it holds {count:,} {secret_name(name).en} [asked: {asked.en()}]" for name, count, asked in counts]
    hidden = some(unread)
    return Because(
        "、".join(ja) + (f"。ただし「{hidden.ja}」の中は確認できません" if unread else ""),
        " and ".join(en) + (f"; but {hidden.en} could not be examined" if unread else ""),
    )
