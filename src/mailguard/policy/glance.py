"""Which rules of a policy must be asked about a mail: their gates as a tree, so that what many rules need is looked at
once for all of them.

A gate tells that a rule surely says NO (`conditions.tree`). Rules that begin with the same gates share the way to where
they part; whoever adds rules for one condition more adds no cost to mails that it shuts out. Gates that look for words,
for people of a list, for any personal data are found by what the mail has: those that look for anything else cost
nothing. Rule by rule the answer is the same: gates are asked in each rule's own order, and a rule with a gate that
fails is asked in full.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from mailguard.policy.conditions.tree import Gate, Signs, signs_of
from mailguard.policy.view import View

#: So many gates of one kind are asked one by one.
_FEW = 1


@dataclass(slots=True)
class _Fork:
    """rules: numbers of those that are open here; every: of all here and behind; ways: what comes behind each gate."""

    rules: list[int] = field(default_factory=list)
    every: list[int] = field(default_factory=list)
    ways: dict[Gate, _Fork] = field(default_factory=dict)
    #: The ways whose gates need something, by the function that tells what a mail has.
    signs: dict[Any, _Index] = field(default_factory=dict)


@dataclass(slots=True)
class _Index:
    """ways: gates with what comes behind them; by_sign: which of them look for a key."""

    ways: list[tuple[Gate, _Fork]] = field(default_factory=list)
    by_sign: dict[Any, list[int]] = field(default_factory=dict)

    def add(self, gate: Gate, behind: _Fork, signs: Signs) -> None:
        for key in signs.keys:
            self.by_sign.setdefault(key, []).append(len(self.ways))
        self.ways.append((gate, behind))

    def may_open(self, look: Any, view: View) -> Iterable[tuple[Gate, _Fork]]:
        """The ways of which some gate may be open."""
        try:
            there = look(view)
        except Exception:  # each gate tells itself
            there = None
        if there is None:
            return self.ways
        numbers = {number for key in there if key in self.by_sign for number in self.by_sign[key]}
        return [self.ways[number] for number in numbers]


class Glance:
    """The tree."""

    def __init__(self, gates: Iterable[Sequence[Gate]], known: Container[Any] = ()) -> None:
        """gates: of each rule, in the order of the rules; known: ids of the lists that the first look knows."""
        self._root = _Fork()
        for number, row in enumerate(gates):
            fork = self._root
            for gate in sorted(row, key=_behind):
                fork = fork.ways.setdefault(gate, _Fork())
                fork.every.append(number)
            fork.rules.append(number)
        for fork in list(self._forks()):
            _sort_out(fork, known)

    def _forks(self) -> Iterator[_Fork]:
        forks = [self._root]  # no recursion: a rule may have any number of gates
        while forks:
            fork = forks.pop()
            yield fork
            forks += fork.ways.values()

    def open(self, view: View) -> list[int]:
        """The numbers of the rules that must be asked, in their order."""
        found: list[int] = []
        forks = [self._root]
        while forks:
            fork = forks.pop()
            found += fork.rules
            ways: list[tuple[Gate, _Fork]] = [*fork.ways.items()]
            for look, index in fork.signs.items():
                ways += index.may_open(look, view)
            for gate, behind in ways:
                try:
                    if not gate(view):
                        forks.append(behind)
                except Exception:  # one that fails is asked in full
                    found += behind.every
        found.sort()
        return found


def _behind(gate: Gate) -> bool:
    """Whether a gate is asked behind those that need anything of a kind at all: one look shuts all rules of a kind."""
    signs = signs_of(gate)
    return signs is None or bool(signs.keys)


def _sort_out(fork: _Fork, known: Container[Any]) -> None:
    """Where several gates look for something of one kind, they are found by what a mail has of it."""
    kinds: dict[Any, list[tuple[Gate, Signs]]] = {}
    for gate in fork.ways:
        signs = signs_of(gate)
        if signs is not None and (not signs.lists or all(key in known for key in signs.keys)):
            kinds.setdefault(signs.look, []).append((gate, signs))
    for look, gates in kinds.items():
        if len(gates) > _FEW:
            index = fork.signs[look] = _Index()
            for gate, signs in gates:
                index.add(gate, fork.ways.pop(gate), signs)
