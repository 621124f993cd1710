"""Tables from one process to another: they say the same, and whatever is not whole is refused."""

from __future__ import annotations

import marshal
import random
import sys

import pytest

from mailguard.insight import packing
from mailguard.insight.rows import GLANCED, NAMES, STRANGER
from mailguard.insight.tree_code import TableError
from mailguard.insight.trees import Tables, shipped
from mailguard.memory import tables as aside

PIECES = list(packing.packed(shipped()))


def same(one: Tables, other: Tables) -> bool:
    chance = random.Random(5)
    rows = [[chance.uniform(-2, 9) for _ in NAMES] for _ in range(30)]
    for row in rows[::3]:
        for name, known in STRANGER.items():
            row[NAMES.index(name)] = known
    first, second = (
        repr((tables.judge.all(rows), tables.glance([row[:GLANCED] for row in rows]), tables.thresholds))
        for tables in (one, other)
    )
    return first == second


def test_what_was_packed_says_the_same_to_the_bit() -> None:
    rests: list[int] = []
    unpacked = packing.unpacked(b"".join(PIECES), lambda: rests.append(1))
    assert same(unpacked, shipped())
    assert len(rests) == len(PIECES) - 1, "after each function"


@pytest.mark.parametrize(
    "octets",
    [b"", PIECES[0], b"".join(PIECES[:-1]), b"".join(PIECES)[:-9], b"\0\0\0\1N", b"Traceback (most recent call last):"],
)
def test_tables_that_are_not_whole_are_refused(octets: bytes) -> None:
    with pytest.raises(TableError):
        packing.unpacked(octets, int)


def test_tables_of_another_version_are_refused() -> None:
    head = marshal.dumps(marshal.loads(PIECES[0][4:]) | {"names": NAMES[:-1]})
    with pytest.raises(TableError, match="other features"):
        packing.unpacked(len(head).to_bytes(4, "big") + head + b"".join(PIECES[1:]), int)


def test_a_process_of_its_own_makes_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aside, "made", None)
    assert same(aside.made_aside(int), shipped())


@pytest.mark.parametrize("code", ["import sys; sys.exit(3)", "print('no tables')"])
def test_where_there_is_none_they_are_made_here(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    monkeypatch.setattr(aside, "_COMMAND", (sys.executable, "-c", code))
    rests: list[int] = []
    assert same(aside.made_aside(lambda: rests.append(1)), shipped())
    assert rests
