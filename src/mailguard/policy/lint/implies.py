"""Whether one written condition implies another: whoever satisfies the first satisfies the second.

Sure or silent: False means that it is not known. A condition is taken apart into what must all hold; what stands under
`any` and `not` is only compared as a whole.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from mailguard.policy.schema import ConditionModel
from mailguard.policy.values import Comparison

#: Keys that pick things and count them: fewer picks mean more things.
_COUNTED = ("recipients", "attachments")
_COUNTS = frozenset({"count", "domains", "organizations", "total_size", "every", "score"})
#: Lists of which one must fit, and lists of which none may.
_ONE_OF = frozenset({"in_", "domain", "address", "name", "type", "group"})
_NONE_OF = frozenset({"not_in"})
#: Of keys that take words: which word is narrower than which.
_NARROWER: dict[str, tuple[tuple[Any, Any], ...]] = {
    "lookalike": ((True, "domain"), ("domain", True), (True, "any"), ("domain", "any"), ("mailbox", "any")),
    "namesake": tuple((one, wide) for one in ("company", "department", "free_mail") for wide in (True, "surname")),
    "group_habit": (("extra", True), ("missing", True), ("replaced", True)),
    "new_in_thread": (("organization", True),),
}
_NOT_COMPARED = frozenset({"all_", "any_", "not_"})


@dataclass(frozen=True, slots=True)
class Leaf:
    """One key of a condition with what is asked of it; `key` all_, any_, not_ for a whole branch."""

    key: str
    asked: Any


def leaves(model: ConditionModel) -> Iterator[Leaf]:
    """Everything that must hold, `all` opened."""
    for part in model.all_ or ():
        yield from leaves(part)
    for key in model.model_fields_set - {"all_"}:
        asked = getattr(model, key)
        if asked is not None:
            yield Leaf(key, asked)


def implies(strong: ConditionModel, weak: ConditionModel) -> bool:
    """Whether `strong` is surely at least as narrow as `weak`."""
    given = list(leaves(strong))
    return all(
        any(leaf_implies(have, want) for have in given)
        or (want.key == "any_" and any(implies(strong, alternative) for alternative in want.asked))
        for want in leaves(weak)
    )


def leaf_implies(have: Leaf, want: Leaf) -> bool:
    """The same for two single keys."""
    if have.key != want.key:
        return False
    if have.asked == want.asked:
        return True
    if want.key in _NOT_COMPARED or not isinstance(want.asked, BaseModel):
        return False
    if want.key == "text":
        return _text_implies(_set(have.asked), _set(want.asked))
    return _fields_imply(have.asked, want.asked, counted=want.key in _COUNTED)


def _text_implies(given: dict[str, Any], asked: dict[str, Any]) -> bool:
    """Words and patterns are looked for together: each that the one looks for, the other must look for too."""
    looked_for = ("words", "patterns", "files")
    if (given.keys() | asked.keys()) - {*looked_for, "in_", "count"} or not _count_implies(given, asked):
        return False
    if "in_" in asked and not ("in_" in given and set(given["in_"]) <= set(asked["in_"])):
        return False
    return all(set(given.get(name, ())) <= set(asked.get(name, ())) for name in looked_for)


def _fields_imply(have: BaseModel, want: BaseModel, *, counted: bool) -> bool:
    asked = _set(want)
    given = _set(have)
    if counted and not _count_implies(given, asked):
        return False
    names = set(asked) - (_COUNTS if counted else frozenset())
    if counted and not names and set(given) - _COUNTS:
        return False  # `attachments: any` leaves out what is inside others
    return all(name in given and _value_implies(name, given[name], asked[name]) for name in names) and (
        # Under visible, people are counted whom the envelope does not name.
        given.get("visible") == asked.get("visible")
    )


def _set(model: BaseModel) -> dict[str, Any]:
    values = {name: getattr(model, name) for name in model.model_fields_set}
    return {name: value for name, value in values.items() if value is not None}


def _count_implies(given: dict[str, Any], asked: dict[str, Any]) -> bool:
    """More things than are asked for are there, even if `asked` picks more generously."""
    if asked.keys() & (_COUNTS - {"count"}):
        return all(given.get(name) == asked.get(name) for name in _COUNTS | set(given) | set(asked))
    count = asked.get("count")
    least = 1 if count is None else count.least if count.sign in (">=", ">") else None
    have = given.get("count")
    return least is not None and (1 if have is None else have.least) >= least


def _value_implies(name: str, have: Any, want: Any) -> bool:
    if isinstance(have, Comparison) and isinstance(want, Comparison):
        return comparison_implies(have, want)
    if name in _ONE_OF and isinstance(have, tuple) and isinstance(want, tuple):
        return set(have) <= set(want)
    if name in _NONE_OF and isinstance(have, tuple) and isinstance(want, tuple):
        return set(have) >= set(want)
    return bool(have == want) or (have, want) in _NARROWER.get(name, ())


def comparison_implies(have: Comparison, want: Comparison) -> bool:
    """Whether every number from 0 that satisfies `have` satisfies `want`."""
    low, high = bounds(have)
    wanted_low, wanted_high = bounds(want)
    return low >= wanted_low and (wanted_high is None or (high is not None and high <= wanted_high))


def bounds(comparison: Comparison) -> tuple[float, float | None]:
    """The least and the greatest number that satisfy it; None: no end."""
    bound = comparison.bound
    return {
        ">=": (bound, None), ">": (bound + 1, None), "==": (bound, bound), "<=": (0, bound), "<": (0, bound - 1),
    }[comparison.sign]  # fmt: skip


def disjoint(one: Comparison, other: Comparison) -> bool:
    """Whether no number satisfies both."""
    (low, high), (other_low, other_high) = bounds(one), bounds(other)
    return (high is not None and high < other_low) or (other_high is not None and other_high < low)
