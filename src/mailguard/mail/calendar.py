"""Office hours and days off: which moment is working time, and when so much of it has passed. Values only.

A moment is an aware datetime; the calendar has a time zone of its own. Nothing here asks a clock.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
#: Days that are looked ahead at most, so that a calendar without a single working day ends.
_DAYS_MOST = 800


def _no_holiday(day: date) -> str:
    del day
    return ""


@dataclass(frozen=True, slots=True)
class Calendar:
    """begins, ends: office hours on `weekdays` (0 is Monday) that are no day off.

    day_off: the name of a holiday or company day, "" for an ordinary day; pure.
    """

    timezone: str = "Asia/Tokyo"
    begins: time = time(9)
    ends: time = time(18)
    weekdays: frozenset[int] = frozenset(range(5))
    day_off: Callable[[date], str] = _no_holiday

    def local(self, moment: datetime) -> datetime:
        """The moment on the clocks here."""
        return moment.astimezone(ZoneInfo(self.timezone))

    def is_working_day(self, day: date) -> bool:
        """Whether people work on that day."""
        return day.weekday() in self.weekdays and not self.day_off(day)

    def is_office_time(self, moment: datetime) -> bool:
        """Whether people are at work at that moment."""
        here = self.local(moment)
        return self.is_working_day(here.date()) and self.begins <= here.time() < self.ends

    def after(self, moment: datetime, working: timedelta) -> datetime:
        """When so much working time has passed since the moment. A calendar without working days counts all time."""
        here, left = self.local(moment), working
        for ahead in range(_DAYS_MOST):
            day = here.date() + timedelta(days=ahead)
            if not self.is_working_day(day):
                continue
            opens = max(here, datetime.combine(day, self.begins, here.tzinfo))
            closes = datetime.combine(day, self.ends, here.tzinfo)
            if opens >= closes:
                continue
            if closes - opens >= left:
                return (opens + left).astimezone(moment.tzinfo)
            left -= closes - opens
        return moment + working
