"""Office hours: what is working time, and when so much of it has passed, also over changes of the clocks."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from mailguard.mail.calendar import Calendar, Hours

TOKYO = ZoneInfo("Asia/Tokyo")
BREAK = (Hours(9 * 60, 12 * 60), Hours(13 * 60, 18 * 60))


def off(day: date) -> str:
    """New Year's days, and Coming of Age Day of 2026."""
    return "休" if (day.month, day.day) in {(12, 31), (1, 1), (1, 2)} or day == date(2026, 1, 12) else ""


OFFICE = Calendar(day_off=off, worked=frozenset({date(2026, 1, 17)}))


def at(text: str, zone: ZoneInfo = TOKYO) -> datetime:
    return datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=zone)


@pytest.mark.parametrize(
    ("moment", "works"),
    [
        ("2026-01-14 08:59", False),
        ("2026-01-14 09:00", True),
        ("2026-01-14 17:59", True),
        ("2026-01-14 18:00", False),
        ("2026-01-10 10:00", False),  # Saturday
        ("2026-01-17 10:00", True),  # a Saturday that is worked
        ("2026-01-12 10:00", False),  # holiday
        ("2025-12-31 10:00", False),
    ],
)
def test_office_time(moment: str, works: bool) -> None:
    assert OFFICE.is_office_time(at(moment)) is works
    assert OFFICE.is_office_time(at(moment).astimezone(UTC)) is works


@pytest.mark.parametrize(
    ("moment", "hours", "ends"),
    [
        ("2026-01-14 10:00", 2, "2026-01-14 12:00"),
        ("2026-01-14 10:00", 8, "2026-01-14 18:00"),  # to the last minute of the day, not the first of the next
        ("2026-01-14 07:00", 1, "2026-01-14 10:00"),
        ("2026-01-14 17:00", 2, "2026-01-15 10:00"),
        ("2026-01-14 23:00", 1, "2026-01-15 10:00"),
        ("2026-01-09 17:00", 2, "2026-01-13 10:00"),  # Friday, over the weekend and a holiday
        ("2026-01-16 17:00", 2, "2026-01-17 10:00"),  # Friday, and the Saturday is worked
        ("2025-12-30 17:00", 2, "2026-01-05 10:00"),
        ("2026-01-14 10:00", 72, "2026-01-23 10:00"),  # eight working days of nine hours
        ("2026-01-10 10:00", 0, "2026-01-13 09:00"),
        ("2026-01-14 10:00", 0, "2026-01-14 10:00"),
    ],
)
def test_when_working_time_has_passed(moment: str, hours: int, ends: str) -> None:
    assert OFFICE.after(at(moment), timedelta(hours=hours)) == at(ends)


def test_the_answer_is_in_the_zone_of_the_question() -> None:
    found = OFFICE.after(datetime(2026, 1, 14, 8, tzinfo=UTC), timedelta(hours=2))
    assert (found, found.tzinfo) == (datetime(2026, 1, 15, 1, tzinfo=UTC), UTC)


@pytest.mark.parametrize(
    ("moment", "minutes", "ends"),
    [
        ("2026-01-14 11:30", 60, "2026-01-14 13:30"),
        ("2026-01-14 12:15", 60, "2026-01-14 14:00"),
        ("2026-01-14 11:30", 30, "2026-01-14 12:00"),
        ("2026-01-14 17:30", 9 * 60, "2026-01-16 09:30"),
    ],
)
def test_a_break_stops_the_clock(moment: str, minutes: int, ends: str) -> None:
    calendar = Calendar(hours=BREAK)
    assert calendar.after(at(moment), timedelta(minutes=minutes)) == at(ends)
    assert not calendar.is_office_time(at("2026-01-14 12:30"))


@pytest.mark.parametrize(("weekdays", "day_off"), [(frozenset[int](), off), (frozenset(range(7)), lambda _day: "休")])
def test_without_a_working_day_all_time_counts(weekdays: frozenset[int], day_off: object) -> None:
    never = Calendar(weekdays=weekdays, day_off=day_off)  # type: ignore[arg-type]
    assert never.after(at("2026-01-14 10:00"), timedelta(hours=72)) == at("2026-01-17 10:00")


@pytest.mark.parametrize(
    ("moment", "hours", "ends"),
    [
        # The clocks go from 02:00 to 03:00 on 29 March 2026: 00:00-12:00 has eleven hours.
        ("2026-03-29 00:00", 11, "2026-03-29 12:00"),
        ("2026-03-29 01:00", 2, "2026-03-29 04:00"),
        ("2026-03-28 11:00", 2, "2026-03-29 01:00"),
        # They go back from 03:00 to 02:00 on 25 October 2026: thirteen hours.
        ("2026-10-25 00:00", 13, "2026-10-25 12:00"),
        ("2026-10-25 01:00", 4, "2026-10-25 04:00"),
    ],
)
def test_hours_that_the_clocks_skip_or_repeat(moment: str, hours: int, ends: str) -> None:
    berlin = ZoneInfo("Europe/Berlin")
    calendar = Calendar("Europe/Berlin", (Hours(0, 12 * 60),), frozenset(range(7)))
    assert calendar.after(at(moment, berlin), timedelta(hours=hours)).astimezone(UTC) == at(ends, berlin).astimezone(
        UTC
    )


def test_no_working_days_over_a_change_of_clocks() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    found = Calendar("Europe/Berlin", weekdays=frozenset()).after(at("2026-03-28 12:00", berlin), timedelta(hours=24))
    assert found == at("2026-03-29 13:00", berlin)


@pytest.mark.parametrize(
    ("hours", "inside", "outside"),
    [
        (Hours(22 * 60, 5 * 60), [time(22), time(23, 59, 59), time(0), time(4, 59, 59)], [time(5), time(21, 59, 59)]),
        (Hours(22 * 60, 0), [time(22), time(23, 59)], [time(0), time(21)]),
        (Hours(0, 1440), [time(0), time(23, 59, 59)], []),
        (Hours(9 * 60, 18 * 60), [time(9), time(17, 59)], [time(18), time(8, 59)]),
    ],
)
def test_hours_of_the_day(hours: Hours, inside: list[time], outside: list[time]) -> None:
    assert [one for one in inside if not hours.has(one)] == []
    assert [one for one in outside if hours.has(one)] == []
