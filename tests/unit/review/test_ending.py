"""When holds that end soon are told of: in office hours, and early enough for what ends out of them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import cast
from zoneinfo import ZoneInfo

import pytest

from mailguard.mail.calendar import Calendar
from mailguard.review.ending import Endings, told_until
from mailguard.store.holds import Holds

TOKYO = ZoneInfo("Asia/Tokyo")
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun", "Next")
BEFORE = timedelta(hours=8)


def at(text: str) -> datetime:
    """A time of the week from Monday, 23 November 2026."""
    day, clock = text.split()
    return datetime.fromisoformat(f"2026-11-{23 + DAYS.index(day)}T{clock}").replace(tzinfo=TOKYO)


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("Tue 10:00", "Tue 18:00"),
        ("Tue 16:59", "Wed 00:59"),
        ("Tue 17:30", "Wed 17:00"),  # the last hour: what falls due before the office opens, too
        ("Fri 17:30", "Next 17:00"),
        ("Fri 19:00", ""),
        ("Sat 11:00", ""),
        ("Tue 08:59", ""),
    ],
)
def test_office_hours(now: str, until: str) -> None:
    assert told_until(at(now), BEFORE, Calendar()) == (at(until) if until else None)


def test_a_calendar_without_working_days_is_told_at_any_time() -> None:
    now = at("Sat 03:00")
    assert told_until(now, BEFORE, Calendar(weekdays=frozenset())) == now + BEFORE


@pytest.mark.parametrize(("before", "held"), [(BEFORE, False), (timedelta(), True), (BEFORE, True)])
async def test_the_calendar_is_asked_where_mail_is_held_only(before: timedelta, held: bool) -> None:
    class Ledger:
        async def next_time(self) -> datetime | None:
            return at("Wed 10:00") if held else None

        async def tell_of_ending(
            self, now: datetime, until: datetime, least: timedelta, since: datetime
        ) -> tuple[int, int]:
            return 0, 0

    asked: list[bool] = []

    def calendar() -> Calendar:
        asked.append(True)
        return Calendar()

    await Endings(cast(Holds, Ledger()), before, calendar, lambda: None, lambda: at("Tue 10:00")).tell()
    assert bool(asked) == (held and bool(before))
