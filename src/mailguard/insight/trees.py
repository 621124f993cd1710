"""Boosted decision trees (Friedman 2001) that came with the package: made into code at load (`tree_code`), and asked.

Trees are made twice: for anybody, and for strangers, of whom a quarter of all features is known beforehand
(`rows.STRANGER`). What is left for them is less than half, and says the same.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib import resources
from itertools import compress
from operator import itemgetter, not_
from typing import Any

from mailguard.insight.tree_code import Function, TableError, functions
from mailguard.mail.values import value

#: Trees in one sum; log-odds of the first quarter below which a row is of no interest.
_SUM, _NOTHING = 12, -3.0
#: Log-odds beyond which nothing is told apart.
FARTHEST = 40.0


class Trees:
    """The sum of trees as code. Where the first quarter of them finds nothing the rest is not asked: their sum is what
    is returned, far below every threshold.
    """

    __slots__ = ("first", "rest")

    def __init__(self, first: Sequence[Function], rest: Sequence[Function]) -> None:
        self.first, self.rest = first, rest

    def __call__(self, row: Sequence[float]) -> float:
        """The log-odds of a row."""
        return self.all((row,))[0]

    def all(self, rows: Iterable[Sequence[float]]) -> list[float]:
        """The log-odds of each row. A function is asked about all of them before the next is fetched from memory."""
        asked = [[0.0, *row] for row in rows]  # its total and its numbers, as they are handed over
        _add(self.first, asked)
        _add(self.rest, [row for row in asked if row[0] >= _NOTHING] if self.first else asked)
        return [row[0] for row in asked]


def _add(functions: Iterable[Function], rows: Sequence[list[float]]) -> None:
    """What the functions say of each row, one after another, to its total."""
    for function in functions:
        for row in rows:
            row[0] = function(*row)


class Judge:
    """The trees for anybody, and what is left of them for whoever is a stranger by his numbers."""

    __slots__ = ("_said", "_values", "anybody", "facts", "strangers")

    def __init__(self, anybody: Trees, strangers: Trees, facts: Mapping[int, float]) -> None:
        """facts: what is known of a stranger beforehand, by number of the feature; two at least."""
        self.anybody, self.strangers, self.facts = anybody, strangers, facts
        self._said, self._values = itemgetter(*facts), tuple(facts.values())

    def __call__(self, row: Sequence[float]) -> float:
        """The log-odds of a row."""
        return self.all((row,))[0]

    def all(self, rows: Sequence[Sequence[float]]) -> list[float]:
        """The log-odds of each row."""
        said, facts = self._said, self._values
        strange = [said(row) == facts for row in rows]
        if True not in strange:
            return self.anybody.all(rows)
        strangers = iter(self.strangers.all(compress(rows, strange)))
        others = iter(self.anybody.all(compress(rows, map(not_, strange))))
        return [next(strangers if one else others) for one in strange]


class Glance:
    """A few trees that are asked first (a cascade: Viola and Jones 2001): half of all right mails are so surely right
    that no more is asked. below: the log-odds of such a recipient; what was lost so of the mistakes that are found
    otherwise, one in two thousand, the table's maker counted.
    """

    __slots__ = ("below", "trees")

    def __init__(self, trees: Trees, below: float) -> None:
        self.trees, self.below = trees, below

    def __call__(self, rows: Iterable[Sequence[float]]) -> list[float]:
        """The log-odds of each row of the first `rows.GLANCED` numbers, never above what is of no interest."""
        return [min(one, _NOTHING) if one < self.below else one for one in self.trees.all(rows)]


@value(frozen=True, slots=True)
class Tables:
    """glance: what is asked first; judge: a row of `rows.NAMES` to log-odds; thresholds: (share of right mails alarmed
    about, log-odds), the rarest first.
    """

    glance: Glance
    judge: Judge
    thresholds: tuple[tuple[float, float], ...]

    def threshold(self, budget: float) -> float:
        """The log-odds from which on an alarm is within a budget; between two known budgets the stricter one."""
        fitting = [odds for share, odds in self.thresholds if share <= budget]
        return min(fitting) if fitting else self.thresholds[0][1] + 1.0


def _go_on() -> None:
    """No rest between two pieces."""


_SHIPPED: dict[None, Tables] = {}


def shipped(make: Callable[[], Tables] | None = None) -> Tables:
    """The tables that came with the package, made once. make: how; None: `made`. Raises TableError."""
    found = _SHIPPED.get(None)
    if found is None:
        found = _SHIPPED[None] = (make or made)()
    return found


def made(rest: Callable[[], object] = _go_on) -> Tables:
    """The tables that came with the package, compiled here. rest: see `compiled`. Raises TableError."""
    return read_tables(resources.files("mailguard.insight").joinpath("data", "tables.json").read_bytes(), rest)


def read_tables(raw: bytes, rest: Callable[[], object] = _go_on) -> Tables:
    """Tables from JSON, each tree a text that is JSON of its own: all in one is ten milliseconds in which no other
    thread runs. Raises TableError for anything else, or if they were made for other features.
    """
    from mailguard.insight.rows import GLANCED, NAMES, STRANGER

    try:
        parts = json.loads(raw)
        names, trees, thresholds = parts["names"], parts["trees"], parts["thresholds"]
        if list(names) != list(NAMES):
            raise TableError("the tables were made for other features: make them anew (tools/)")
        known = tuple(sorted((float(share), float(odds)) for share, odds in thresholds))
        glance = _glance(parts["glance"], GLANCED, rest)
        judge = _judge(trees, NAMES, STRANGER, rest)
    except (ValueError, KeyError, TypeError) as error:
        raise error if isinstance(error, TableError) else TableError(f"no tables: {error}") from None
    if not known:
        raise TableError("the tables have no thresholds")
    return Tables(glance, judge, known)


def _glance(part: Any, features: int, rest: Callable[[], object]) -> Glance:
    below = float(part["below"])
    if not -FARTHEST < below < 0.0:  # whoever is likely to be a mistake is worth more than a glance
        raise TableError(f"no log-odds for a first glance: {below}")
    return Glance(compiled(map(json.loads, part["trees"]), features, rest), below)


def _judge(
    trees: Sequence[str], names: Sequence[str], stranger: Mapping[str, float], rest: Callable[[], object]
) -> Judge:
    facts, known = {names.index(name): said for name, said in stranger.items()}, dict[str, Any]()
    anybody, strangers = [_trees(trees, len(names), some, known, rest, json.loads) for some in ({}, facts)]
    return Judge(anybody, strangers, facts)


def compiled(
    trees: Iterable[Any], features: int, rest: Callable[[], object] = _go_on, facts: Mapping[int, float] | None = None
) -> Trees:
    """The trees as a function of a row of so many features. facts: what is known of each row, by number of the feature.
    Raises TableError.

    The code is made in pieces of some milliseconds, and `rest` is called after each: a thread that does nothing else
    would take its turn at every system call of the event loop.
    """
    return _trees(list(trees), features, facts or {}, {}, rest, lambda tree: tree)


def _trees(
    trees: Sequence[Any],
    features: int,
    facts: Mapping[int, float],
    known: dict[str, Any],
    rest: Callable[[], object],
    read: Callable[[Any], Any],
) -> Trees:
    """read: makes a tree of one of the trees. All at once they would be five megabytes."""
    starts = range(0, len(trees), _SUM)
    quarter = len(starts) // 4
    first, others = [
        functions(([read(tree) for tree in trees[at : at + _SUM]] for at in some), features, facts, known, rest)
        for some in (starts[:quarter], starts[quarter:])
    ]
    return Trees(first, others)
