"""The small notations: what they mean, and that what has two meanings is refused."""

from __future__ import annotations

from datetime import timedelta

import pytest

from mailguard.policy.result import Truth, decide
from mailguard.policy.values import parse_age, parse_comparison, parse_duration, parse_size_comparison, parse_text


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
    [
        (">= 10 MB", 10 * 2**20),
        (">= 1 MiB", 2**20),
        ("> 1KB", 1024),
        ("> 3 KiB", 3072),
        ("< 2 GiB", 2**31),
        ("< 1 GB", 2**30),
        (">= 7", 7),
        (">= 7 B", 7),
        (">= 1.5 kb", 1536),
    ],
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


@pytest.mark.parametrize(("text", "hours"), [("1h", 1), ("60m", 1), ("3600s", 1), ("3650d", 87600), ("180d", 4320)])
def test_ages(text: str, hours: int) -> None:
    assert parse_age(text) == timedelta(hours=hours)


@pytest.mark.parametrize("text", ["3599s", "59m", "3651d", "87601h", "180", "", None, 3600])
def test_what_is_no_age(text: object) -> None:
    with pytest.raises(ValueError, match="between 1h and 3650d"):
        parse_age(text)


@pytest.mark.parametrize(
    ("text", "always", "never", "least"),
    [
        (">= 0", True, False, 0),
        (">= 1", False, False, 1),
        ("> 0", False, False, 1),
        ("> 4", False, False, 5),
        ("== 0", False, False, 0),
        ("== 3", False, False, 3),
        ("< 0", False, True, 0),
        ("< 1", False, False, 0),
        ("<= 0", False, False, 0),
        ("<= 999999999999", False, False, 0),
    ],
)
def test_what_a_comparison_can_ever_say(text: str, always: bool, never: bool, least: int) -> None:
    found = parse_comparison(text)
    assert (found.always, found.never, found.least) == (always, never, least)


@pytest.mark.parametrize("text", [5, True, None, [], " ", ""])
def test_what_is_no_text(text: object) -> None:
    with pytest.raises(ValueError, match="text"):
        parse_text(text)


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
