"""`time`: the moment at which the mail came in, by the clock, the week and the days off of the company's calendar.

The moment is a value of the case; where nobody knows it, the answer stays open. Nothing here asks a clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from mailguard.mail.calendar import WEEKDAYS, Hours
from mailguard.mail.verdict import Because
from mailguard.policy.result import Result, Told, Truth, bounded
from mailguard.policy.view import View

_JA = "月火水木金土日"


@dataclass(frozen=True, slots=True)
class CameIn:
    """All that is asked must hold of the moment. asked: as it was written."""

    within: tuple[Hours, ...] = ()
    weekdays: frozenset[int] = frozenset()
    holiday: bool | None = None
    office_hours: bool | None = None
    asked: str = ""

    def look(self, view: View) -> Result:
        moment = view.case.moment
        if moment is None:
            return Result(Truth.UNKNOWN, self._nobody_knows, unread=("time",))
        here = view.calendar.local(moment)
        name = view.calendar.day_off(here.date())
        working = view.calendar.is_office_time(moment)
        holds = (
            (not self.within or any(hours.has(here.time()) for hours in self.within))
            and (not self.weekdays or here.weekday() in self.weekdays)
            and (self.holiday is None or bool(name) is self.holiday)
            and (self.office_hours is None or working is self.office_hours)
        )
        return Result(
            Truth.YES if holds else Truth.NO,
            lambda: self._say(here, name, working),
            lambda: Told(bounded([_shown(here), *([name] if name and self.holiday else [])])),
        )

    def _say(self, here: datetime, name: str, working: bool) -> Because:
        when = f"{here:%Y-%m-%d} ({_JA[here.weekday()]}) {here:%H:%M}"
        off = f"休日「{name}」・" if name else ""
        off_en = f", a day off ({name})" if name else ""
        return Because(
            f"受付は{when}（{off}{'勤務時間内' if working else '勤務時間外'}）です（条件: {self.asked}）",
            f"the mail came in at {_shown(here)}{off_en}, {'within' if working else 'outside'} office hours"
            f" [asked: {self.asked}]",
        )

    def _nobody_knows(self) -> Because:
        return Because(
            f"受付の日時が分かりません（条件: {self.asked}）", f"nobody knows when it came in [asked: {self.asked}]"
        )


def _shown(here: datetime) -> str:
    return f"{here:%Y-%m-%d %H:%M} {WEEKDAYS[here.weekday()]} {here:%Z}"
