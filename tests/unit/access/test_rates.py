"""How often somebody may try."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.ledger import NOON

from mailguard.access import rates
from mailguard.access.porter import _digits
from mailguard.access.rates import Rate, neighbourhood


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
