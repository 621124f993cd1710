"""Office hours and days off: which moment is working time, and when so much of it has passed. Values only.

A moment is an aware datetime; the calendar has a time zone of its own. Nothing here asks a clock. Lengths are measured
in real time: an hour that the clocks skip or repeat (daylight saving) is not counted, or counted twice.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_MINUTES = 24 * 60
#: Days that are looked ahead at most, so that a calendar without a single working day ends.
_DAYS_MOST = 800


@dataclass(frozen=True, slots=True)
class Hours:
    """A part of a day by the clock: minutes after midnight, from `begins` up to but not at `ends` (1440 is midnight).

    One that ends before it begins goes over midnight.
    """

    begins: int
    ends: int

    def has(self, at: time) -> bool:
        """Whether the time of day lies in it."""
        minute = at.hour * 60 + at.minute
        if self.begins < self.ends:
            return self.begins <= minute < self.ends
        return minute >= self.begins or minute < self.ends

    def __str__(self) -> str:
        return f"{self.begins // 60:02}:{self.begins % 60:02}-{self.ends // 60:02}:{self.ends % 60:02}"


def _no_holiday(day: date) -> str:
    del day
    return ""


@dataclass(frozen=True, slots=True)
class Calendar:
    """hours: office hours, none over midnight, in order, on `weekdays` (0 is Monday) that are no day off.

    day_off: the name of a holiday or company day, "" for an ordinary day; pure. worked: days on which people work all
    the same.
    """

    timezone: str = "Asia/Tokyo"
    hours: tuple[Hours, ...] = (Hours(9 * 60, 18 * 60),)
    weekdays: frozenset[int] = frozenset(range(5))
    day_off: Callable[[date], str] = _no_holiday
    worked: frozenset[date] = frozenset()

    def local(self, moment: datetime) -> datetime:
        """The moment on the clocks here."""
        return moment.astimezone(ZoneInfo(self.timezone))

    def at(self, local: datetime) -> datetime:
        """The moment at which the clocks here show that (naive) time; of two, the first."""
        return local.replace(tzinfo=ZoneInfo(self.timezone))

    def is_working_day(self, day: date) -> bool:
        """Whether people work on that day."""
        return day in self.worked or (day.weekday() in self.weekdays and not self.day_off(day))

    def is_office_time(self, moment: datetime) -> bool:
        """Whether people are at work at that moment."""
        here = self.local(moment)
        return self.is_working_day(here.date()) and any(hours.has(here.time()) for hours in self.hours)

    def after(self, moment: datetime, working: timedelta) -> datetime:
        """When so much working time has passed since the moment, in the moment's own zone; not before the next office
        hours, also if nothing has to pass. A calendar without working days counts all time.
        """
        left, first = working, self.local(moment).date()
        for ahead in range(_DAYS_MOST):
            day = first + timedelta(days=ahead)
            if not self.is_working_day(day):
                continue
            for hours in self.hours:
                opens, closes = max(moment, self._clock(day, hours.begins)), self._clock(day, hours.ends)
                if opens >= closes:
                    continue
                # Both in UTC: between two times of one zone Python counts what the clocks show, not what passes.
                if closes - opens >= left:
                    return (opens.astimezone(UTC) + left).astimezone(moment.tzinfo)
                left -= closes - opens
        return (moment.astimezone(UTC) + working).astimezone(moment.tzinfo)

    def _clock(self, day: date, minute: int) -> datetime:
        """When the clocks here show that minute of the day; one that they skip counts as if they had not."""
        midnight = datetime.combine(day, time(), ZoneInfo(self.timezone))
        return (midnight + timedelta(minutes=minute)).astimezone(UTC)
