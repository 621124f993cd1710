"""Possessive groups of regular expressions, which Python before 3.11.5 (Debian 12's is 3.11.2) goes through wrongly.

There a round that fails after it has gone on leaves the place where it failed, instead of the end of the last whole
round (python/cpython issue 106052): a header's field that ends is not found, a mail without login looks like one that
names nobody. So no round may fail once it has moved on: what follows in it is optional, or single characters alone.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from pathlib import Path
from re import _parser
from typing import Any

import pytest

SOURCE = Path(__file__).parents[2] / "src/mailguard"
_GROUP = re.compile(r"\)(?:[*+?]|\{[0-9,]*\})\+|\(\?>")
_ONE = ("LITERAL", "NOT_LITERAL", "IN", "ANY")
#: An inner string that is not closed leaves the place where the outer one cannot be closed either.
_HARMLESS = {"inspect/pdf/strings.py"}


def _patterns() -> Iterable[tuple[str, str]]:
    for path in sorted(SOURCE.rglob("*.py")):
        text = path.read_text()
        if not _GROUP.search(text):
            continue
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Constant) and isinstance(node.value, str | bytes):
                value = node.value if isinstance(node.value, str) else node.value.decode("latin-1")
                if _GROUP.search(value):
                    yield str(path.relative_to(SOURCE)), value


def _fails_midway(items: Iterable[Any]) -> bool:
    """Whether a round of these items can fail after it has moved on."""
    moved = False
    for kind, value in items:
        name = str(kind)
        if name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
            if (moved and value[0] > 0) or _fails_midway(value[2]):
                return True
            moved = True
        elif name in ("BRANCH", "SUBPATTERN"):
            ways = value[1] if name == "BRANCH" else [value[3]]
            if moved or any(_fails_midway(way) for way in ways):
                return True
            moved = True
        elif moved or name not in _ONE:
            return True
    return False


def _groups(items: Iterable[Any]) -> Iterable[Any]:
    """What stands in each possessive group."""
    for kind, value in items:
        name, inner = str(kind), []
        if name == "ATOMIC_GROUP":
            yield value
            inner = [value]
        elif name.endswith("REPEAT"):
            if name == "POSSESSIVE_REPEAT":
                yield value[2]
            inner = [value[2]]
        elif name in ("BRANCH", "SUBPATTERN", "ASSERT", "ASSERT_NOT"):
            inner = value[1] if name == "BRANCH" else [value[-1]]
        for one in inner:
            yield from _groups(one)


def _is_right(pattern: str) -> bool:
    return not any(_fails_midway(group) for group in _groups(_parser.parse(pattern)))


def test_no_round_of_a_possessive_group_fails_midway() -> None:
    found = list(_patterns())
    assert {path for path, _ in found} > _HARMLESS
    assert [one for one in found if one[0] not in _HARMLESS and not _is_right(one[1])] == []


@pytest.mark.parametrize("pattern", [r"(?:[a-z]+:)++x", r'(?:[^>"]|"[^"]*")*+>', r"(?:\r(?!\n)a*+)*+", r"(?>[a-z]+:)"])
def test_what_older_pythons_go_through_wrongly_is_seen(pattern: str) -> None:
    assert not _is_right(pattern)
