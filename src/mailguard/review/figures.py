"""Figures for those who look after the house and those who pay for it: what was stopped, what was held, what it cost.

Days are counted once they can no longer change; until then every few minutes, today's when somebody looks. It decides
nothing about mail; who may see figures is the door's to ask.
"""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from mailguard.mail.address import Address
from mailguard.mail.directory import NOBODY, Directory
from mailguard.mail.organization import Organization
from mailguard.mail.saying import Sentence
from mailguard.policy.readiness import CRITERIA
from mailguard.policy.tally import Tally
from mailguard.store.day_figures import Day, DayFigures, GroupsOf
from mailguard.store.db import Database

#: Looking back further than this is not offered; metadata is kept for 400 days.
DAYS_MOST = 400
_FRESH = timedelta(minutes=1)
#: A day that can still change is counted again after so long.
_AGAIN = timedelta(minutes=10)
_GROUPS_MOST = 5
_SUMS_MOST = 16


@dataclass(slots=True)
class Figures:
    """The figures of some days, both ends included. at: as of when; missing: days that are not counted yet."""

    first: date
    last: date
    at: datetime
    all: Tally = field(default_factory=Tally)
    days: dict[date, Tally] = field(default_factory=dict)
    rules: dict[str, Tally] = field(default_factory=dict)
    groups: dict[str, Tally] = field(default_factory=dict)
    missing: int = 0


class FigureReview:
    """Counts days, and adds them up."""

    def __init__(
        self,
        db: Database,
        *,
        directory: Callable[[], Directory] = lambda: NOBODY,
        organization: Organization,
        now: Callable[[], datetime],
        kept: timedelta = timedelta(days=DAYS_MOST),
    ) -> None:
        """directory: the groups of senders; kept: how long mails are known: older days cannot be counted again."""
        self._days = DayFigures(db)
        self._directory, self._organization, self._now, self._kept = directory, organization, now, kept
        self._zone = ZoneInfo(organization.timezone)
        self._told: dict[tuple[date, date], Figures] = {}
        self._sums: dict[tuple[date, date], tuple[Figures, frozenset[date]]] = {}
        self._counting = asyncio.Lock()

    @property
    def today(self) -> date:
        """The day that it is for the organisation."""
        return self._now().astimezone(self._zone).date()

    async def roll(self, most: int = 3) -> int:
        """Count up to `most` days that are not, or may have changed, newest first. Returns how many are left."""
        async with self._counting:
            due = await self._due(_AGAIN)
            for day in due[:most]:
                await self._count(day)
            return max(0, len(due) - most)

    async def figures(self, first: date, last: date) -> Figures:
        """The figures of these days; today's at most a minute old, those of other open days ten."""
        async with self._counting:
            kept = self._told.get((first, last))
            if kept is not None and self._now() - kept.at < _FRESH:
                return kept
            if first <= self.today <= last:
                await self._count(self.today)
            self._told[first, last] = found = await self._added(first, last)
            _shorten(self._told)
            return found

    async def settle(self, first: date, last: date) -> None:
        """Count whatever of these days is not counted, or may have changed."""
        async with self._counting:
            for day in await self._due(timedelta()):
                if first <= day <= last:
                    await self._count(day)
            self._told.clear()

    async def _added(self, first: date, last: date) -> Figures:
        """Days that are settled are added up once, and kept as a sum; the others each time."""
        known = {day: settled for day, (_, settled) in (await self._days.days()).items() if first <= day <= last}
        settled = {day for day, stands in known.items() if stands}
        base, done = self._sums.get((first, last), (Figures(first, last, self._now()), frozenset()))
        if done - settled:
            base, done = Figures(first, last, self._now()), frozenset()
        await self._add(base, settled - done)
        self._sums[first, last] = (base, frozenset(settled))
        _shorten(self._sums)
        found = copy.deepcopy(base)
        await self._add(found, known.keys() - settled)
        found.days = dict(sorted(found.days.items()))
        found.at = self._now()
        found.missing = sum(first <= day <= last for day in await self._uncounted())
        return found

    async def _add(self, found: Figures, days: Iterable[date]) -> None:
        for day, kind, name, tally in await self._days.of(days):
            if kind == "all":
                found.all.merge(tally)
                found.days[day] = tally
            else:
                (found.rules if kind == "rule" else found.groups).setdefault(name, Tally()).merge(tally)

    async def _due(self, age: timedelta) -> list[date]:
        """Days to be counted, newest first: those never counted, and those that may have changed since."""
        known, now = await self._days.days(), self._now()
        changing = [
            day for day, (at, settled) in known.items()
            if not settled and now - at >= age and self._begin(day) > now - self._kept
        ]  # fmt: skip
        return sorted({*changing, *(await self._uncounted(known))}, reverse=True)

    async def _uncounted(self, known: dict[date, tuple[datetime, bool]] | None = None) -> list[date]:
        oldest = await self._days.first_mail()
        if oldest is None:
            return []
        counted = await self._days.days() if known is None else known
        begin = max(oldest.astimezone(self._zone).date(), self.today - timedelta(days=DAYS_MOST))
        return [day for day in _between(begin, self.today) if day not in counted]

    async def _count(self, date_: date) -> None:
        day = Day(date_, self._begin(date_), self._begin(date_ + timedelta(days=1)))
        found = await self._days.count(day, self._groups())
        await self._days.keep(day, found, self._now())

    def _begin(self, day: date) -> datetime:
        return datetime(day.year, day.month, day.day, tzinfo=self._zone)

    def _groups(self) -> GroupsOf:
        """The groups of the policy's directory; whoever is in none counts for his own domain, a stranger for ""."""
        directory, organization, found = self._directory(), self._organization, dict[str, tuple[str, ...]]()

        def groups_of(key: str) -> tuple[str, ...]:
            if key not in found:
                local, _, domain = key.rpartition("@")
                own = bool(local) and organization.is_internal(Address(local, domain))
                found[key] = tuple(sorted(directory.groups_of(key))[:_GROUPS_MOST]) or ((domain,) if own else ("",))
            return found[key]

        return groups_of


def _shorten(kept: dict[Any, Any]) -> None:
    while len(kept) > _SUMS_MOST:
        kept.pop(next(iter(kept)))


def _between(first: date, last: date) -> Iterator[date]:
    for number in range((last - first).days + 1):
        yield first + timedelta(days=number)


def noisy(figures: Figures) -> list[tuple[str, int, int]]:
    """The rules whose holds are waved through, most asked first: rule, decided, sent unchanged."""
    found = [
        (name, tally.decided, tally.released)
        for name, tally in figures.rules.items()
        if tally.decided >= CRITERIA.decided and (tally.unchanged or 0.0) > CRITERIA.stamped
    ]
    return sorted(found, key=lambda one: (-one[1], one[0]))


def month_of(text: str) -> tuple[date, date]:
    """`2026-10` to its first and last day. Raises ValueError."""
    year, dash, month = text.partition("-")
    if not (dash and len(year) == 4 and len(month) == 2 and year.isdecimal() and month.isdecimal()):
        raise ValueError(Sentence("2026-10 のように月を書いてください。", "write a month such as 2026-10"))
    first = date(int(year), int(month), 1)
    return first, (first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def month_before(day: date) -> str:
    """The month before the one of a day: `2026-10`."""
    return (day.replace(day=1) - timedelta(days=1)).strftime("%Y-%m")
