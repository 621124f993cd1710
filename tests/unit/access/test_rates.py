"""How often somebody may try."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.ledger import NOON

from mailguard.access import rates
from mailguard.access.porter import _digits
from mailguard.access.rates import Delays, Rate, neighbourhood


def test_a_limit_for_each_name_over_a_sliding_hour() -> None:
    rate = Rate(2)
    assert [rate.allows("a", NOON + timedelta(minutes=m)) for m in (0, 30, 59, 60, 61, 90)] == [
        True, True, False, True, False, True,
    ]  # fmt: skip
    assert rate.allows("b", NOON)


def test_a_refused_attempt_does_not_count() -> None:
    rate = Rate(1)
    assert rate.allows("a", NOON)
    assert not any(rate.allows("a", NOON + timedelta(minutes=m)) for m in range(1, 60))
    assert rate.allows("a", NOON + timedelta(minutes=60))


def test_names_are_bounded() -> None:
    rate = Rate(1)
    for number in range(rates._NAMES + 10):
        rate.allows(str(number), NOON)
    assert len(rate._times) == rates._NAMES


def test_asking_does_not_count() -> None:
    rate = Rate(1)
    assert not rate.is_spent("a", NOON)
    assert rate.allows("a", NOON)
    assert rate.is_spent("a", NOON + timedelta(minutes=59))
    assert not rate.is_spent("a", NOON + timedelta(minutes=60))


@pytest.mark.parametrize(
    ("client", "counted"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("", ""),
        ("no address", "no address"),
    ],
)
def test_who_is_counted_together(client: str, counted: str) -> None:
    assert neighbourhood(client) == counted


def test_a_code_as_people_type_it() -> None:
    assert _digits("１２３ 456") == "123456"
    assert _digits("123-456") == "123456"
    assert _digits("²³") == ""


def test_pauses_grow_up_to_a_limit_and_end_with_a_success() -> None:
    delays = Delays(3, timedelta(seconds=2), timedelta(seconds=10))
    seconds, waited = 0, []
    for _ in range(8):
        since = seconds
        while not delays.begin("ann", NOON + timedelta(seconds=seconds)):
            seconds += 1
        waited.append(seconds - since)
    assert waited == [0, 0, 0, 2, 4, 8, 10, 10]
    now = NOON + timedelta(seconds=seconds)
    assert not delays.begin("ann", now)
    assert delays.begin("bob", now), "nobody else waits"
    delays.succeeded("ann")
    assert delays.begin("ann", now)


def test_many_at_once_are_no_more_than_one_after_the_other() -> None:
    delays = Delays(3, timedelta(seconds=2), timedelta(minutes=15))
    assert [delays.begin("ann", NOON) for _ in range(10)] == [True] * 3 + [False] * 7


def test_what_could_not_be_tried_costs_nothing() -> None:
    delays = Delays(3, timedelta(seconds=2), timedelta(minutes=15))
    for _ in range(10):
        assert delays.begin("ann", NOON)
        delays.undone("ann", NOON)
