"""The letter of the month: due once a month, written from figures, owed once whatever crashes in between."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from mailguard.mail.actor import HOUSE, Actor
from mailguard.notify.monthly import Month
from mailguard.policy.tally import Length, Tally
from mailguard.review.figures import FigureReview, Figures, month_before, month_of, noisy
from mailguard.store.db import Database
from mailguard.store.months import Months

#: From this hour on, so that it does not come in the middle of the night.
_HOUR = 8


class MonthlyReview:
    """Says what happened in a month, and owes the letter about it."""

    def __init__(
        self,
        db: Database,
        figures: FigureReview,
        *,
        people: tuple[str, ...],
        day: int,
        timezone: str,
        now: Callable[[], datetime],
        noticed: Callable[[], None] = lambda: None,
    ) -> None:
        """people: who gets it, nobody: none is written; day: of the month; noticed: a letter is owed."""
        self._months, self._figures = Months(db), figures
        self._people, self._day, self._zone = people, day, ZoneInfo(timezone)
        self._now, self._noticed = now, noticed

    async def write_due(self) -> bool:
        """Owe the letter about last month, if its day has come, mail came in then, and nobody did before."""
        local = self._now().astimezone(self._zone)
        month = month_before(local.date())
        if not self._people or local.day < self._day or local.hour < _HOUR or await self._months.told(month):
            return False
        detail = await self.summary(month)
        return bool(detail["now"]["mails"]) and await self._owe(month, detail, HOUSE, again=False)

    async def send(self, month: str, by: Actor, *, again: bool = False) -> bool:
        """Owe the letter about a month now. False if that was done before. Raises ValueError: no month."""
        return await self._owe(month, await self.summary(month), by, again=again)

    async def summary(self, month: str) -> dict[str, Any]:
        """What the letter says, as JSON: month, now, before (None without mail), noisy. Raises ValueError: no month."""
        first, last = month_of(month)
        now = await self._of(month)
        before = await self._of(month_before(first))
        return {
            "month": month,
            "first": first.isoformat(),
            "last": last.isoformat(),
            "now": asdict(_month(now.all)),
            "before": asdict(_month(before.all)) if before.all.mails else None,
            "noisy": noisy(now),
        }

    async def _of(self, month: str) -> Figures:
        first, last = month_of(month)
        await self._figures.settle(first, last)
        return await self._figures.figures(first, last)

    async def _owe(self, month: str, detail: dict[str, Any], by: Actor, *, again: bool) -> bool:
        done = await self._months.owe(month, self._people, detail, by, self._now(), again=again)
        if done:
            self._noticed()
        return done


def _month(tally: Tally) -> Month:
    def seconds(length: Length, part: float) -> float | None:
        found = tally.quantile(length, part)
        return None if found is None else round(found.total_seconds(), 3)

    return Month(
        mails=tally.mails,
        asked=tally.asked,
        stopped=tally.stopped,
        cancelled=tally.cancelled,
        changed=tally.changed,
        undone=tally.undone,
        rejected=tally.rejected,
        per_hundred=None if tally.per_hundred is None else round(tally.per_hundred, 3),
        delay_median=seconds("asked", 0.5),
        delay_p90=seconds("asked", 0.9),
        all_median=seconds("all", 0.5),
        all_p90=seconds("all", 0.9),
        alarms=tally.alarmed("alarms"),
        alarms_right=tally.alarmed("right"),
        alarms_wrong=tally.alarmed("wrong"),
    )
