"""The shipped tables as code: what is no table is refused, and nothing but numbers becomes code."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailguard.insight.rows import GLANCED, NAMES, STRANGER
from mailguard.insight.tree_code import TableError
from mailguard.insight.trees import Judge, compiled, read_tables, shipped

QUIET = {"below": -2.5, "trees": ["-3.5"]}
LEAF = st.floats(-2, 2).map(lambda one: round(one, 3))
TREE = st.recursive(
    LEAF, lambda below: st.tuples(st.integers(0, 4), st.floats(-1, 1), below, below).map(list), max_leaves=12
)


def walked(tree: Any, row: list[float]) -> float:
    while isinstance(tree, list):
        at, threshold, left, right = tree
        tree = left if row[at] <= threshold else right
    return float(tree)


@settings(max_examples=60, deadline=None)
@given(st.lists(TREE, min_size=1, max_size=20), st.lists(st.floats(-2, 2), min_size=5, max_size=5))
def test_the_code_says_what_the_trees_say(trees: list[Any], row: list[float]) -> None:
    total = sum(walked(tree, row) for tree in trees)
    assert compiled(trees, 5)(row) == pytest.approx(total)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(TREE, min_size=1, max_size=60),
    st.lists(st.floats(-2, 2), min_size=5, max_size=5),
    st.sets(st.integers(0, 4)),
)
def test_what_is_known_of_a_row_need_not_be_asked(trees: list[Any], row: list[float], known: set[int]) -> None:
    anybody, some = compiled(trees, 5), compiled(trees, 5, facts={at: row[at] for at in known})
    assert repr(some(row)) == repr(anybody(row)), "to the bit"
    other = [one if at not in known else 0.123 for at, one in enumerate(row)]
    assert some(other) == some(row)


def test_strangers_are_judged_as_anybody_is_for_less() -> None:
    chance, judge = random.Random(3), shipped().judge
    rows = [[chance.uniform(-2, 9) for _ in NAMES] for _ in range(40)]
    for row in rows[::2]:
        for name, said in STRANGER.items():
            row[NAMES.index(name)] = said
    facts = {NAMES.index(name): said for name, said in STRANGER.items()}
    anybody = Judge(judge.anybody, judge.anybody, facts)
    assert list(map(repr, judge.all(rows))) == list(map(repr, anybody.all(rows)))
    only_strangers = Judge(compiled([0.0], len(NAMES)), judge.strangers, facts)
    assert [one != 0.0 for one in only_strangers.all(rows)] == [True, False] * 20, "by their numbers"


def test_rows_are_judged_together_as_each_alone() -> None:
    chance = random.Random(2)
    trees = [[at % 3, 0.5, -0.4, [(at + 1) % 3, 0.4, 0.3, 0.2]] for at in range(96)]
    judge, rows = compiled(trees, 3), [[chance.random() for _ in range(3)] for _ in range(30)]
    odds = judge.all(rows)
    assert odds == [judge(row) for row in rows]
    assert {one < -3.0 for one in odds} == {True, False}
    assert judge.all([]) == []


def test_a_row_that_the_first_quarter_finds_nothing_in_stays_far_below() -> None:
    row, trees = [0.0], [-0.1] * 96
    assert compiled(trees, 1)(row) == pytest.approx(-9.6)
    hopeless = compiled([-0.5] * 24 + [9.0] * 72, 1)
    assert hopeless(row) == pytest.approx(-12.0)


@pytest.mark.parametrize(
    "tree",
    ["__import__('os')", [0, 1.0, 0.0], [5, 0.0, 0.0, 0.0], [True, 0.0, 0.0, 0.0], [-1, 0.0, 0.0, 0.0], None, True, {}],
)
def test_what_is_no_tree_is_refused(tree: Any) -> None:
    with pytest.raises((TableError, ValueError)):
        compiled([tree], 5)


def test_a_threshold_that_is_no_number_is_refused() -> None:
    with pytest.raises(ValueError, match="could not convert"):
        compiled([[0, "1) or exit(", 0.0, 0.0]], 5)


@pytest.mark.parametrize("raw", [b"", b"[]", b"{}", b'{"names":["x"],"trees":[],"thresholds":[[0.1,1]]}'])
def test_what_is_no_table_is_refused(raw: bytes) -> None:
    with pytest.raises(TableError):
        read_tables(raw)


def test_tables_without_thresholds_are_refused() -> None:
    with pytest.raises(TableError, match="thresholds"):
        read_tables(json.dumps({"names": NAMES, "glance": QUIET, "trees": [], "thresholds": []}).encode())


@pytest.mark.parametrize("tree", ["[0", '[0,"1) or exit(",0,0]', 5, [0, 1.0, 0.0, 0.0]])
def test_a_tree_that_is_none_is_refused(tree: object) -> None:
    with pytest.raises(TableError):
        read_tables(_raw([tree]))
    with pytest.raises(TableError):
        read_tables(_raw(["0.5"], {"below": -2.5, "trees": [tree]}))


def _raw(trees: list[Any], glance: object = QUIET) -> bytes:
    return json.dumps({"names": NAMES, "glance": glance, "trees": trees, "thresholds": [[0.1, 1]]}).encode()


@pytest.mark.parametrize("below", [0.5, 0, float("nan"), float("inf"), float("-inf"), "x", None, [1]])
def test_a_first_glance_that_lets_anything_pass_is_refused(below: object) -> None:
    assert read_tables(_raw(["0.5"])).glance.below == -2.5
    with pytest.raises(TableError):
        read_tables(_raw(["0.5"], {"below": below, "trees": ["-3.5"]}))


def test_a_tree_of_the_first_glance_knows_nothing_of_what_comes_later() -> None:
    late = json.dumps([GLANCED, 0.5, 0.0, 0.0])
    assert read_tables(_raw([late])).judge([0.0] * len(NAMES)) == 0.0
    with pytest.raises(TableError):
        read_tables(_raw(["0.5"], {"below": -2.5, "trees": [late]}))


def test_what_a_first_glance_is_enough_for_is_of_no_interest_to_anybody() -> None:
    tree = json.dumps([0, 0.5, -2.6, [1, 0.5, -2.4, -5.0]])
    glance = read_tables(_raw(["0.5"], {"below": -2.5, "trees": [tree]})).glance
    rows = [[float(a), float(b), *[0.0] * (GLANCED - 2)] for a, b in ((0, 0), (1, 0), (1, 1))]
    assert glance(rows) == [-3.0, -2.4, -5.0]


def test_whoever_makes_tables_rests_between_pieces_and_they_are_the_same() -> None:
    trees, rests = [[0, at / 30, 0.25, at] for at in range(30)], list[int]()
    rested = read_tables(_raw([json.dumps(one) for one in trees]), lambda: rests.append(1))
    assert len(rests) == 3, "once for the first glance, and twice for the trees: strangers have their own"
    row = [0.5] * len(NAMES)
    assert rested.judge(row) == compiled(trees, len(NAMES))(row)


def test_a_smaller_budget_asks_for_more() -> None:
    tables, budgets = shipped(), (0.0001, 0.0005, 0.001, 0.0015, 0.01, 0.05, 0.5)
    known = [tables.threshold(budget) for budget in budgets]
    assert known == sorted(known, reverse=True)
    assert known[0] > known[1] > known[2] == known[3]


def test_the_shipped_tables_judge_any_row() -> None:
    chance = random.Random(1)
    for _ in range(50):
        odds = shipped().judge([chance.uniform(-9, 9) for _ in NAMES])
        assert -50 < odds < 50
