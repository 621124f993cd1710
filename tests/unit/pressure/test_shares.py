"""Who floods finds no more places first; who comes later always finds one."""

from __future__ import annotations

import pytest

from mailguard.pressure.shares import Shares


def fill(shares: Shares, key: str) -> int:
    count = 0
    while shares.take(key):
        count += 1
    return count


@pytest.mark.parametrize(("clients", "each"), [(1, 75), (2, 43), (3, 30), (11, 9)])
def test_everybody_gets_about_the_same_and_some_places_stay_free(clients: int, each: int) -> None:
    shares = Shares(100)
    got = dict.fromkeys(map(str, range(clients)), 0)
    for _ in range(100):
        for key in got:
            got[key] += shares.take(key)
    assert set(got.values()) <= {each - 1, each, each + 1}
    assert shares.take("newcomer")


def test_a_flood_does_not_shut_others_out() -> None:
    shares = Shares(100)
    assert fill(shares, "flood") == 75
    assert fill(shares, "honest") >= 15


def test_places_that_are_given_back_can_be_taken_again() -> None:
    shares = Shares(4)
    assert fill(shares, "a") == 3
    shares.give("a")
    assert len(shares) == 2
    assert fill(shares, "a") == 1
    for _ in range(3):
        shares.give("a")
    assert len(shares) == 0
    assert not shares._held


def test_one_place_is_one_place() -> None:
    shares = Shares(1)
    assert shares.take("a")
    assert not shares.take("b")
