"""Boosted decision trees (Friedman 2001) as one function of Python: the shipped tables, made anew into code at load.

A table is JSON: each tree a nested list [number of the feature, threshold, left, right] or a leaf's value; left is
taken where the feature is at most the threshold. Nested conditions over local variables are the fastest way that plain
Python knows. Only numbers get into the code: whatever else a table holds is refused.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterable, Sequence
from importlib import resources
from itertools import starmap
from operator import add
from types import FunctionType
from typing import Any

from mailguard.mail.values import value

_Piece = Callable[..., float]
#: Trees in one function; log-odds of the first quarter below which a row is of no interest.
_PIECE, _NOTHING = 12, -3.0
_DEEPEST = 40
#: Log-odds beyond which nothing is told apart.
FARTHEST = 40.0


class TableError(ValueError):
    """A table that is none."""


class Trees:
    """The sum of trees as code. Where the first quarter of them finds nothing the rest is not asked: their sum is what
    is returned, far below every threshold.
    """

    __slots__ = ("_first", "_rest")

    def __init__(self, pieces: Sequence[_Piece]) -> None:
        self._first, self._rest = pieces[: len(pieces) // 4], pieces[len(pieces) // 4 :]

    def __call__(self, row: Sequence[float]) -> float:
        """The log-odds of a row."""
        return self.all((row,))[0]

    def all(self, rows: Iterable[Sequence[float]]) -> list[float]:
        """The log-odds of each row. A piece is asked about all of them before the next is fetched from memory."""
        rows = [tuple(row) for row in rows]  # handed over as arguments, its numbers are local variables at once
        totals = _added([0.0] * len(rows), self._first, rows)
        if not self._first:
            return _added(totals, self._rest, rows)
        more = [at for at, total in enumerate(totals) if total >= _NOTHING]
        if more:
            sums = _added([totals[at] for at in more], self._rest, [rows[at] for at in more])
            for at, total in zip(more, sums, strict=True):
                totals[at] = total
        return totals


def _added(totals: list[float], pieces: Sequence[_Piece], rows: Sequence[Sequence[float]]) -> list[float]:
    """What the pieces say of each row, one after another, added to its total."""
    for piece in pieces:
        totals = list(map(add, totals, starmap(piece, rows)))
    return totals


class Glance:
    """A few trees that are asked first (a cascade: Viola and Jones 2001): half of all right mails are so surely right
    that no more is asked. below: the log-odds of such a recipient; what was lost so of the mistakes that are found
    otherwise, one in two thousand, the table's maker counted.
    """

    __slots__ = ("_trees", "below")

    def __init__(self, trees: Trees, below: float) -> None:
        self._trees, self.below = trees, below

    def __call__(self, rows: Iterable[Sequence[float]]) -> list[float]:
        """The log-odds of each row of the first `rows.GLANCED` numbers, never above what is of no interest."""
        return [min(one, _NOTHING) if one < self.below else one for one in self._trees.all(rows)]


@value(frozen=True, slots=True)
class Tables:
    """glance: what is asked first; judge: a row of `rows.NAMES` to log-odds; thresholds: (share of right mails alarmed
    about, log-odds), the rarest first.
    """

    glance: Glance
    judge: Trees
    thresholds: tuple[tuple[float, float], ...]

    def threshold(self, budget: float) -> float:
        """The log-odds from which on an alarm is within a budget; between two known budgets the stricter one."""
        fitting = [odds for share, odds in self.thresholds if share <= budget]
        return min(fitting) if fitting else self.thresholds[0][1] + 1.0


def _go_on() -> None:
    """No rest between two pieces."""


_SHIPPED: dict[None, Tables] = {}


def shipped(rest: Callable[[], object] = _go_on) -> Tables:
    """The tables that came with the package, made once. rest: see `compiled`. Raises TableError."""
    found = _SHIPPED.get(None)
    if found is None:
        raw = resources.files("mailguard.insight").joinpath("data", "tables.json").read_bytes()
        found = _SHIPPED[None] = read_tables(raw, rest)
    return found


def read_tables(raw: bytes, rest: Callable[[], object] = _go_on) -> Tables:
    """Tables from JSON, each tree a text that is JSON of its own: all in one is ten milliseconds in which no other
    thread runs. Raises TableError for anything else, or if they were made for other features.
    """
    from mailguard.insight.rows import GLANCED, NAMES

    try:
        parts = json.loads(raw)
        names, trees, thresholds = parts["names"], parts["trees"], parts["thresholds"]
        if list(names) != list(NAMES):
            raise TableError("the tables were made for other features: make them anew (tools/)")
        known = tuple(sorted((float(share), float(odds)) for share, odds in thresholds))
        glance = _glance(parts["glance"], GLANCED, rest)
        judge = compiled(map(json.loads, trees), len(NAMES), rest)
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


def compiled(trees: Iterable[Any], features: int, rest: Callable[[], object] = _go_on) -> Trees:
    """The trees as a function of a row of so many features. Raises TableError.

    The code is made in pieces of some milliseconds, and `rest` is called after each: a thread that does nothing else
    would take its turn at every system call of the event loop.
    """
    known: dict[str, Any] = {}
    pieces, waiting = list[_Piece](), iter(trees)
    while some := list(itertools.islice(waiting, _PIECE)):
        pieces.append(_piece(some, features, known))
        rest()
    return Trees(pieces)


def _piece(trees: Sequence[Any], features: int, known: dict[str, Any]) -> _Piece:
    """The sum of a few trees as one function of all features. known: the numbers of other pieces, which are used again:
    between two mails little of the tables stays in the processor's cache, and the less there is to fetch the better.
    """
    terms = [_term(tree, features, 0) for tree in trees]
    numbers = ",".join([f"f{at}" for at in range(features)])
    space: dict[str, Any] = {"__builtins__": {}}
    code = compile(f"def judge({numbers}):\n return {'+'.join(terms)}", "<tables>", "exec")
    exec(code, space)  # noqa: S102 - made of numbers only, see _term
    judge: FunctionType = space["judge"]
    constants = tuple([known.setdefault(repr(one), one) for one in judge.__code__.co_consts])
    judge.__code__ = judge.__code__.replace(co_consts=constants)
    return judge


def _term(tree: Any, features: int, depth: int) -> str:
    if isinstance(tree, int | float) and not isinstance(tree, bool):
        return repr(float(tree))
    if not isinstance(tree, list) or len(tree) != 4 or depth > _DEEPEST:
        raise TableError("a tree is a number or [feature, threshold, left, right]")
    at, threshold, left, right = tree
    if type(at) is not int or not 0 <= at < features:
        raise TableError(f"no such feature: {at!r:.20}")
    one, other = _term(left, features, depth + 1), _term(right, features, depth + 1)
    return f"({one} if f{at}<={float(threshold)!r} else {other})"
