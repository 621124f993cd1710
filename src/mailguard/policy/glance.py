"""Which rules of a policy must be asked about a mail: their gates as a tree, so that what many rules need is looked at
once for all of them.

A gate tells that a rule surely says NO (`conditions.tree`). Rules that begin with the same gates share the way to where
they part; whoever adds rules for one condition more adds no cost to mails that it shuts out. Rule by rule the answer is
the same: gates are asked in each rule's own order, and a rule with a gate that fails is asked in full.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from mailguard.policy.conditions.tree import Gate
from mailguard.policy.view import View


@dataclass(slots=True)
class _Fork:
    """rules: numbers of those that are open here; every: of all here and behind; ways: what comes behind each gate."""

    rules: list[int] = field(default_factory=list)
    every: list[int] = field(default_factory=list)
    ways: dict[Gate, _Fork] = field(default_factory=dict)


class Glance:
    """The tree."""

    def __init__(self, gates: Iterable[Sequence[Gate]]) -> None:
        """gates: of each rule, in the order of the rules."""
        self._root = _Fork()
        for number, row in enumerate(gates):
            fork = self._root
            for gate in row:
                fork = fork.ways.setdefault(gate, _Fork())
                fork.every.append(number)
            fork.rules.append(number)

    def open(self, view: View) -> list[int]:
        """The numbers of the rules that must be asked, in their order."""
        found: list[int] = []
        forks = [self._root]  # no recursion: a rule may have any number of gates
        while forks:
            fork = forks.pop()
            found += fork.rules
            for gate, behind in fork.ways.items():
                try:
                    if not gate(view):
                        forks.append(behind)
                except Exception:  # one that fails is asked in full
                    found += behind.every
        found.sort()
        return found
