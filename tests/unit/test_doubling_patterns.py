"""Patterns that read a text in twice as many ways with each further sign of it: forty signs are a day.

They have the shape of `(?:@[^:]+)+:`, where an @ may stand in one round or begin the next. So no round may end with a
run of signs of which one can begin a round. A possessive run gives nothing back, and has one way only.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
import string
from collections.abc import Callable, Iterable, Iterator, Sequence
from re import _parser
from typing import Any

import pytest

import mailguard

_SIGNS = frozenset(string.printable + "\x00\x1b\x80é漢あア、。・「」：（）＠　")
_ENDLESS = 30


def _is_word(sign: str) -> bool:
    return sign.isalnum() or sign == "_"


_CATEGORIES: dict[str, Callable[[str], bool]] = {"DIGIT": str.isdigit, "SPACE": str.isspace, "WORD": _is_word}


def _patterns_in(value: object) -> Iterator[re.Pattern[Any]]:
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, list | tuple | dict):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _patterns_in(one)


def _ours() -> Iterator[tuple[str, re.Pattern[Any]]]:
    for found in pkgutil.walk_packages(mailguard.__path__, "mailguard."):
        if not found.name.endswith("__main__"):
            for name, value in vars(importlib.import_module(found.name)).items():
                yield from ((f"{found.name}.{name}", one) for one in _patterns_in(value))


def _takes(items: Iterable[Any], sign: str) -> bool:
    """Whether a class of signs has one."""
    negated = found = False
    for kind, value in items:
        name = str(kind)
        if name == "NEGATE":
            negated = True
        elif name == "CATEGORY":
            word = str(value).removeprefix("CATEGORY_")
            found |= _CATEGORIES[word.removeprefix("NOT_")](sign) is not word.startswith("NOT_")
        else:
            low, high = value if name == "RANGE" else (value, value)
            found |= low <= ord(sign) <= high
    return found is not negated


def _signs_of(kind: str, value: Any) -> frozenset[str]:
    if kind == "ANY":
        return _SIGNS
    if kind == "IN":
        return frozenset(sign for sign in _SIGNS if _takes(value, sign))
    return frozenset(sign for sign in _SIGNS if (ord(sign) == value) is (kind == "LITERAL"))


def _ways(kind: str, value: Any) -> Sequence[Any]:
    """What stands in a group, a branch or a repeat; none in anything else."""
    if kind == "BRANCH":
        return list(value[1])
    if kind == "SUBPATTERN":
        return [value[3]]
    if kind.endswith("REPEAT"):
        return [value[2]]
    return [value] if kind == "ATOMIC_GROUP" else []


def _begin(items: Iterable[Any]) -> tuple[frozenset[str], bool]:
    """The signs with which these can begin, and whether they can be nothing."""
    signs: frozenset[str] = frozenset()
    for item, value in items:
        kind = str(item)
        if str(value) == "AT_END_STRING":  # nothing can follow, no further round either
            return signs, False
        if kind in ("AT", "ASSERT", "ASSERT_NOT"):
            continue
        ways = [_begin(way) for way in _ways(kind, value)] or [(_signs_of(kind, value), False)]
        signs = signs.union(*(begin for begin, _ in ways))
        if not any(nothing for _, nothing in ways) and not (kind.endswith("REPEAT") and value[0] == 0):
            return signs, False
    return signs, True


def _last_runs(items: Iterable[Any]) -> frozenset[str]:
    """The signs of the endless runs with which these can end, as far as they give some back."""
    runs: frozenset[str] = frozenset()
    for item, value in reversed(list(items)):
        kind = str(item)
        if kind in ("MAX_REPEAT", "MIN_REPEAT", "BRANCH", "SUBPATTERN"):
            ways = _ways(kind, value)
            runs = runs.union(*map(_last_runs, ways))
            if kind.endswith("REPEAT") and value[1] >= _ENDLESS:
                runs |= _begin(value[2])[0]
        if not _begin([(item, value)])[1]:
            break
    return runs


def _doubles(items: Iterable[Any]) -> bool:
    """Whether somewhere in a pattern a round can end in a run of which a sign can begin the next."""
    for item, value in items:
        kind = str(item)
        if kind in ("MAX_REPEAT", "MIN_REPEAT") and value[1] >= _ENDLESS and _last_runs(value[2]) & _begin(value[2])[0]:
            return True
        inner = [value[1]] if kind in ("ASSERT", "ASSERT_NOT") else _ways(kind, value)
        if any(map(_doubles, inner)):
            return True
    return False


def test_no_pattern_doubles_its_ways_with_each_sign() -> None:
    found = list(_ours())
    assert len(found) > 500
    assert [name for name, one in found if _doubles(_parser.parse(one.pattern, one.flags))] == []


@pytest.mark.parametrize(
    "pattern", [r"^(?:@[^,:]+,?)+:", r"(a+)+b", r"(?:\w+\s*)*$", r"(?:[a-z]+|-)*:", r"(?:a|b*)+c", r"(?:x?(?:y+)?)*z"]
)
def test_what_doubles_is_seen(pattern: str) -> None:
    assert _doubles(_parser.parse(pattern))


@pytest.mark.parametrize(
    "pattern",
    [r"^(?:@[^,:@]*,?)+:", r"a+b", r"(?:\w++\s*)*$", r"(?:[a-z]|-)*:", r"(?:[a-z]+:)*x", r'(?:[^"]|"[^"]*")*'],
)
def test_what_has_one_way_is_not(pattern: str) -> None:
    assert not _doubles(_parser.parse(pattern))
