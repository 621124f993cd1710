"""What is counted of a mail, and medians out of classes."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailguard.mail.address import parse_address
from mailguard.mail.verdict import Disposition
from mailguard.policy.recorded import Copy
from mailguard.policy.tally import Histogram, Seen, Tally, median, tally_from_json, tally_of, tally_to_json

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
LATER = NOON + timedelta(minutes=3)
ANN = "ann@corp.example"


def copy(
    state: str, disposition: Disposition = Disposition.CONFIRM, by: str = ANN, at: datetime | None = LATER
) -> Copy:
    return Copy(parse_address("bob@x.example"), disposition, state, by, at)


@given(st.lists(st.integers(1, 10**9), min_size=1, max_size=60), st.sampled_from([0.5, 0.9, 1.0]))
def test_a_quantile_is_right_to_two_and_a_half_per_cent(lengths: list[int], part: float) -> None:
    histogram = Histogram()
    for one in lengths:
        histogram.add(timedelta(milliseconds=one))
    exact = sorted(lengths)[max(1, math.ceil(part * len(lengths))) - 1]
    found = histogram.quantile(part)
    assert found is not None
    assert found / timedelta(milliseconds=1) == pytest.approx(exact, rel=0.0251, abs=0.05)


def test_no_lengths_have_no_median_and_a_clock_set_back_is_no_length() -> None:
    assert Histogram().quantile(0.5) is None
    histogram = Histogram()
    histogram.add(timedelta(seconds=-5))
    assert histogram.counts == {0: 1}


def test_the_median_of_an_even_number_is_the_mean_of_the_middle_two() -> None:
    assert median(
        [timedelta(seconds=9), timedelta(seconds=1), timedelta(seconds=4), timedelta(seconds=2)]
    ) == timedelta(seconds=3)
    assert median([timedelta(seconds=9), timedelta(seconds=1), timedelta(seconds=4)]) == timedelta(seconds=4)


@pytest.mark.parametrize(
    ("copies", "counted"),
    [
        ([copy("relayed", Disposition.DELIVER)], {}),
        ([copy("relayed")], {"asked": 1, "released": 1}),
        ([copy("held")], {"asked": 1, "waiting": 1}),
        ([copy("cancelled")], {"asked": 1, "cancelled": 1}),
        ([copy("relayed"), copy("cancelled")], {"asked": 1, "changed": 1}),
        ([copy("relayed"), copy("cancelled", Disposition.DELIVER)], {"asked": 1, "changed": 1}),
        ([copy("rejected", Disposition.APPROVE)], {"asked": 1, "rejected": 1}),
        ([copy("expired", by="mailguard")], {"asked": 1, "expired": 1}),
        ([copy("relayed", by="mailguard")], {"asked": 1, "expired": 1}),
        ([copy("relayed", Disposition.DELAY, "mailguard")], {"delayed": 1}),
        ([copy("cancelled", Disposition.DELAY)], {"delayed": 1, "undone": 1}),
        ([copy("relayed", Disposition.DELAY), copy("cancelled", Disposition.DELAY)], {"delayed": 1, "undone": 1}),
    ],
)
def test_a_mail_counts_for_what_became_of_it(copies: list[Copy], counted: dict[str, int]) -> None:
    said = tally_to_json(tally_of(Seen(NOON, False, copies)))
    said.pop("lengths", None)
    assert said == {"mails": 1, **counted}


def test_a_mail_that_went_to_whoever_was_meant_was_changed_and_not_cancelled() -> None:
    wrong, right = copy("cancelled"), copy("relayed", Disposition.DELIVER)
    assert tally_of(Seen(NOON, True, [wrong, right], corrected=True)).changed == 1
    assert tally_of(Seen(NOON, True, [wrong, right])).cancelled == 1, "one who was not asked about got it anyway"
    stopped = [wrong, copy("cancelled", Disposition.DELIVER)]
    assert tally_of(Seen(NOON, True, stopped, corrected=True)).cancelled == 1, "and then it was stopped as a whole"


def test_stopped_is_what_a_person_took_back_or_changed_and_no_rejection() -> None:
    total = Tally()
    for state in ("cancelled", "rejected", "relayed", "expired"):
        total.merge(tally_of(Seen(NOON, True, [copy(state)])))
    total.merge(tally_of(Seen(NOON, True, [copy("cancelled", Disposition.DELAY)])))
    total.merge(tally_of(Seen(NOON, True, [copy("relayed")], altered=True)))
    assert (total.mails, total.asked, total.stopped, total.rejected, total.changed) == (6, 5, 3, 1, 1)
    assert total.per_hundred == pytest.approx(100 * 5 / 6)
    assert total.unchanged == 1 / 4


@pytest.mark.parametrize(
    ("opened", "state", "seen", "hasty"),
    [
        ({}, "relayed", 0, 0),
        ({ANN: LATER - timedelta(seconds=5)}, "relayed", 1, 1),
        ({ANN: LATER - timedelta(seconds=6)}, "relayed", 1, 0),
        ({ANN: LATER - timedelta(seconds=2)}, "cancelled", 1, 0),  # who stops at once has seen it at once
        ({ANN: LATER + timedelta(seconds=1)}, "relayed", 0, 0),
        ({"boss@corp.example": NOON}, "relayed", 0, 0),
    ],
)
def test_who_decides_without_reading(opened: dict[str, datetime], state: str, seen: int, hasty: int) -> None:
    tally = tally_of(Seen(NOON, False, [copy(state)], opened=opened))
    assert (tally.seen, tally.hasty) == (seen, hasty)


def test_a_delay_is_counted_once_nothing_is_open_any_more() -> None:
    gone = NOON + timedelta(minutes=5)
    assert tally_of(Seen(NOON, False, [copy("relayed"), copy("queued")], gone)).lengths.keys() == {"decide"}
    tally = tally_of(Seen(NOON, False, [copy("relayed")], gone))
    assert tally.lengths.keys() == {"decide", "all", "asked"}
    assert tally_of(Seen(NOON, False, [copy("relayed", Disposition.DELAY)], gone)).lengths.keys() == {"all", "undo"}


def test_what_is_kept_comes_back() -> None:
    tally = tally_of(Seen(NOON, True, [copy("relayed")], LATER, opened={ANN: LATER}))
    assert tally_from_json(tally_to_json(tally)) == tally


@pytest.mark.parametrize(
    ("one", "counted"),
    [
        (copy("cancelled"), [1, 1, 0, 0]),
        (copy("relayed"), [1, 0, 1, 0]),
        (copy("queued"), [1, 0, 1, 0]),
        (copy("held", at=None, by=""), [1, 0, 0, 1]),
        (copy("expired", by="mailguard"), [1, 0, 0, 0]),
        (copy("relayed", by="mailguard"), [1, 0, 0, 0]),
        (copy("rejected"), [1, 0, 0, 0]),
    ],
)
def test_what_people_made_of_an_alarm(one: Copy, counted: list[int]) -> None:
    found = tally_of(Seen(NOON, True, [one], alarm=("bob@x.example", "namesake")))
    assert found.alarms == {"namesake": counted}


def test_an_alarm_that_asked_nobody_is_none_and_others_copies_say_nothing_of_it() -> None:
    assert not tally_of(Seen(NOON, True, [copy("relayed", Disposition.DELAY)], alarm=("bob@x.example", "x"))).alarms
    assert not tally_of(Seen(NOON, True, [copy("cancelled")], alarm=("eve@x.example", "x"))).alarms


def test_alarms_add_up_and_are_kept() -> None:
    right = tally_of(Seen(NOON, True, [copy("cancelled")], alarm=("bob@x.example", "lookalike")))
    wrong = tally_of(Seen(NOON, True, [copy("relayed")], alarm=("bob@x.example", "lookalike")))
    total = Tally()
    for one in (right, wrong, wrong, wrong):
        total.merge(tally_from_json(tally_to_json(one)))
    assert total.alarms == {"lookalike": [4, 1, 3, 0]}
    assert (total.alarmed("alarms"), total.alarms_right) == (4, 0.25)
    assert right.alarms == {"lookalike": [1, 1, 0, 0]}
    only = Tally()
    only.merge(right, alarms=False)
    assert not only.alarms
