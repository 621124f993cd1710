"""Trees as functions of Python: sums of nested conditions over local variables, the fastest way that Python knows.

A tree is a nested list [number of the feature, threshold, left, right] or a leaf's value; left is taken where the
feature is at most the threshold. Only numbers get into the code: whatever else a tree holds is refused. How the code is
laid out changes how soon it is run and never what it says: the same numbers are added in the same order.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from types import CodeType, FunctionType
from typing import Any

#: Adds some sums of trees to a total: function(total, *row).
Function = Callable[..., float]
_DEEPEST = 40
#: Conditions in one function, a sum more or less: to compile so many are some milliseconds, in which no other thread
#: runs. Numbers that the interpreter reaches by one instruction: those with which a function begins.
_CONDITIONS, _NEAR = 1600, 250


class TableError(ValueError):
    """A table that is none."""


def functions(
    sums: Iterable[Sequence[Any]],
    features: int,
    facts: Mapping[int, float],
    known: dict[str, Any],
    rest: Callable[[], object],
) -> list[Function]:
    """Functions that add the sums of these trees to a total, one sum after the other. facts: what is known of a row
    beforehand, by number of the feature, and is not asked. known: the numbers of other functions, which are used again:
    the less there is to fetch from memory between two mails the better. rest: is called after each function that was
    made. Raises TableError.
    """
    made: list[Function] = []
    for some in _together(_Sum(trees, features, facts) for trees in sums):
        made.append(_function(some, features, known))
        rest()
    return made


class _Sum:
    """Trees as an expression. size: its conditions; near: their thresholds by distance from the root."""

    def __init__(self, trees: Sequence[Any], features: int, facts: Mapping[int, float]) -> None:
        self._features, self._facts = features, facts
        self.near: defaultdict[int, list[str]] = defaultdict(list)
        terms = [self._term(tree, 0) for tree in trees]
        self.size = sum([size for _, size in terms])
        self.text = f"({'+'.join([f'({term})' for term, _ in terms])})"

    def _term(self, tree: Any, depth: int) -> tuple[str, int]:
        """A tree as an expression, and its conditions. The smaller side comes first: a short jump is one instruction
        with its comparison.
        """
        if isinstance(tree, int | float) and not isinstance(tree, bool):
            return repr(float(tree)), 0
        if not isinstance(tree, list) or len(tree) != 4 or depth > _DEEPEST:
            raise TableError("a tree is a number or [feature, threshold, left, right]")
        at, threshold, left, right = tree
        if type(at) is not int or not 0 <= at < self._features:
            raise TableError(f"no such feature: {at!r:.20}")
        bound = float(threshold)
        if at in self._facts:
            return self._term(left if self._facts[at] <= bound else right, depth)
        near = repr(bound)
        self.near[depth].append(near)
        (one, size), (other, others) = self._term(left, depth + 1), self._term(right, depth + 1)
        condition = f"f{at}<={near}"
        if size > others:
            one, other, condition = other, one, f"not {condition}"
        first = f"({one})" if size and others else one
        return f"{first} if {condition} else {other}", size + others + 1


def _together(sums: Iterable[_Sum]) -> Iterator[list[_Sum]]:
    """What goes into one function each: to hand over a row costs as much as some twenty conditions."""
    some: list[_Sum] = []
    for one in sums:
        if some and one.size + sum([other.size for other in some]) > _CONDITIONS:
            yield some
            some = []
        some.append(one)
    if some:
        yield some


def _function(sums: Sequence[_Sum], features: int, known: dict[str, Any]) -> Function:
    row = ",".join([f"f{at}" for at in range(features)])
    # Numbers lie in the order in which the code has them, so this line, which is never true, puts those first that are
    # asked most.
    near = "+".join(_asked_most(sums))
    first = f" if total is None: return total+{near}\n" if near else ""
    space: dict[str, Any] = {"__builtins__": {}}
    terms = "+".join([one.text for one in sums])
    code = compile(f"def judge(total,{row}):\n{first} return total+{terms}", "<tables>", "exec")
    exec(code, space)  # noqa: S102 - made of numbers only, see _Sum
    judge: FunctionType = space["judge"]
    judge.__code__ = _lean(judge.__code__, known)
    return judge


def _asked_most(sums: Sequence[_Sum]) -> list[str]:
    """The thresholds nearest to the roots."""
    found: dict[str, None] = {}
    for depth in range(_DEEPEST):
        found.update(dict.fromkeys(chain.from_iterable([one.near.get(depth, ()) for one in sums])))
        if len(found) >= _NEAR:
            break
    return list(found)[:_NEAR]


def _lean(code: CodeType, known: dict[str, Any]) -> CodeType:
    """The code with the numbers of `known`, and without the places in its one line, which take twice its own room."""
    whole, part = divmod(len(code.co_code) // 2, 8)
    nowhere = b"\xff" * whole + (bytes([0xF8 | part - 1]) if part else b"")  # CPython: Objects/locations.md
    constants = tuple([known.setdefault(repr(one), one) for one in code.co_consts])
    return code.replace(co_consts=constants, co_linetable=nowhere)
