"""The conditions of one policy as they are made: what is written alike, in whatever rule or file, is made once."""

from __future__ import annotations

from dataclasses import dataclass, field

from mailguard.policy.conditions.attachments import Attachments
from mailguard.policy.conditions.text import TextFound
from mailguard.policy.conditions.tree import All, Condition, Not, Once
from mailguard.policy.conditions.tree import Any as AnyOf
from mailguard.policy.fold import fold
from mailguard.policy.lists import NameList
from mailguard.policy.sieve import Sieve


@dataclass(slots=True)
class Made:
    """conditions: by folder, key and what is written; alternatives: by their parts; costs: rank of each, cheap first;
    names: every list and glob that a condition asks; unions: lists that are asked together; asked: names of lists.
    """

    conditions: dict[tuple[str, str, str], Once] = field(default_factory=dict)
    alternatives: dict[tuple[Condition, ...], AnyOf] = field(default_factory=dict)
    costs: dict[Once, int] = field(default_factory=dict)
    names: list[NameList] = field(default_factory=list)
    unions: dict[tuple[str, ...], NameList] = field(default_factory=dict)
    asked: set[str] = field(default_factory=set)

    def cost(self, part: Condition) -> int:
        """The rank of the dearest thing in it."""
        if isinstance(part, Once):
            return self.costs[part]
        inside = (part.part,) if isinstance(part, Not) else part.parts if isinstance(part, All | AnyOf) else ()
        return max(map(self.cost, inside), default=0)

    def sieve(self) -> Sieve:
        """The first glance for all of them."""
        conditions = [once.condition for once in self.costs]
        texts = [one for one in conditions if isinstance(one, TextFound)]
        files = [one for one in conditions if isinstance(one, Attachments)]
        return Sieve(
            self.names,
            (word for text in texts for word in text.words.bare),
            (sought.pattern.pattern for text in texts for sought in text.patterns),
            (fold(glob) for one in files for pick in one.picks for glob in pick.name_globs),
        )
