"""The small notations: what they mean, and that what has two meanings is refused."""

from __future__ import annotations

from datetime import timedelta

import pytest

from mailguard.policy.result import Truth, decide
from mailguard.policy.values import parse_comparison, parse_duration, parse_size_comparison


@pytest.mark.parametrize(
    ("text", "yes", "no"),
    [(">= 10", 10, 9), ("> 10", 11, 10), ("<= 3", 3, 4), ("< 3", 2, 3), ("== 0", 0, 1), ("= 2", 2, 3), (">=1", 1, 0)],
)
def test_comparisons(text: str, yes: int, no: int) -> None:
    assert parse_comparison(text).holds(yes)
    assert not parse_comparison(text).holds(no)


@pytest.mark.parametrize("text", ["10", 10, "=> 10", ">= ten", ">= -1", "", None, True, ">= 1.5", "10 >="])
def test_what_is_no_comparison(text: object) -> None:
    with pytest.raises(ValueError, match=">= 10"):
        parse_comparison(text)


@pytest.mark.parametrize(
    ("text", "octets"),
    [(">= 10 MB", 10 * 2**20), ("> 1KB", 1024), ("< 2 GiB", 2**31), (">= 7", 7), (">= 1.5 kb", 1536)],
)
def test_sizes(text: str, octets: int) -> None:
    assert parse_size_comparison(text).bound == octets


@pytest.mark.parametrize("text", [">= 10 TB", "10 MB", ">= MB", 5])
def test_what_is_no_size(text: object) -> None:
    with pytest.raises(ValueError, match="10 MB"):
        parse_size_comparison(text)


@pytest.mark.parametrize(
    ("text", "seconds"), [("60s", 60), ("5m", 300), ("4h", 14400), ("3d", 259200), ("90d", 7776000)]
)
def test_durations(text: str, seconds: int) -> None:
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["60", 60, "1:30", "5 min", "-1s", "0s", "91d", "", None])
def test_what_is_no_duration(text: object) -> None:
    with pytest.raises(ValueError):
        parse_duration(text)


@pytest.mark.parametrize(
    ("asked", "counted", "truth"),
    [
        (">= 3", 3, Truth.YES),
        (">= 3", 2, Truth.UNKNOWN),
        ("< 3", 2, Truth.UNKNOWN),
        ("< 3", 4, Truth.NO),
        ("== 3", 2, Truth.UNKNOWN),
        ("== 3", 4, Truth.NO),
        ("<= 3", 3, Truth.UNKNOWN),
    ],
)
def test_a_count_with_gaps_is_a_lower_bound(asked: str, counted: int, truth: Truth) -> None:
    assert decide(parse_comparison(asked), counted, incomplete=True) is truth
