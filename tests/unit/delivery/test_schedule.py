"""When a mail is tried again and when it is given up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailguard.delivery.schedule import Schedule

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@given(st.integers(0, 10_000), st.floats(0, 1))
def test_every_wait_is_between_a_minute_and_an_hour_give_or_take_the_jitter(attempts: int, chance: float) -> None:
    wait = Schedule().retry_at(attempts, NOW, chance) - NOW
    assert timedelta(minutes=0.8) <= wait <= timedelta(minutes=72)


def test_waits_grow_and_stay() -> None:
    waits = [Schedule().retry_at(n, NOW, 0.5) - NOW for n in range(10)]
    assert waits == sorted(waits)
    assert waits[0] == timedelta(minutes=1)
    assert waits[-1] == waits[-2] == timedelta(hours=1)


def test_it_is_over_after_three_days() -> None:
    assert not Schedule().is_over(NOW, NOW + timedelta(days=3) - timedelta(seconds=1))
    assert Schedule().is_over(NOW, NOW + timedelta(days=3))


@pytest.mark.parametrize("wrong", [{"waits": ()}, {"waits": (timedelta(0),)}, {"jitter": 1.0}, {"jitter": -0.1}])
def test_schedules_that_cannot_work(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="delivery"):
        Schedule(**wrong)  # type: ignore[arg-type]
