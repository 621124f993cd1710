"""The clock of the house: slewed with the wall, and in its old time where the wall's was set, until it goes over."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from mailguard.app.wallclock import WallClock

NOON = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)


class Hands:
    """A wall clock and a steady one, by hand."""

    def __init__(self) -> None:
        self.at, self.steady = NOON.timestamp(), 100.0

    def pass_by(self, seconds: float) -> None:
        self.at += seconds
        self.steady += seconds


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture
def clock(hands: Hands) -> WallClock:
    clock = WallClock(lambda: hands.at, lambda: hands.steady)
    clock.kept = True
    return clock


def test_it_is_the_wall_clock_and_small_steps_are_followed(hands: Hands, clock: WallClock) -> None:
    for _ in range(10):
        hands.pass_by(1)
        hands.at += 0.9
        assert clock().timestamp() == pytest.approx(hands.at, abs=0.001)
    assert clock.jump() is None


@pytest.mark.parametrize("by", [timedelta(days=3), timedelta(hours=-5)])
def test_a_jump_is_not_seen_before_the_deadlines_have_seen_it(hands: Hands, clock: WallClock, by: timedelta) -> None:
    hands.at += by.total_seconds()
    assert clock() == NOON
    hands.pass_by(2)
    assert clock() == NOON + timedelta(seconds=2)
    assert clock.jump() == by
    clock.go_over()
    assert clock() == NOON + by + timedelta(seconds=2)
    assert clock.jump() is None


def test_a_process_that_moves_no_deadlines_follows_at_once(hands: Hands, clock: WallClock) -> None:
    clock.kept = False
    hands.at += 3600
    assert clock() == NOON + timedelta(hours=1)
    assert clock.jump() is None
