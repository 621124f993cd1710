"""Holds that end soon: when whoever has not decided hears of it once more, and never out of office hours.

What falls due in the evening, over night, on a day off or before the office opens is told in the last hour before the
office closes. A company whose calendar has no working days is told at any time. Who is told, and that it comes once, is
the ledger's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from mailguard import events
from mailguard.mail.calendar import Calendar
from mailguard.store.holds import Holds

_LAST = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Endings:
    """before: so long before the end; nothing: nobody is told. noticed: a letter is owed."""

    holds: Holds
    before: timedelta
    calendar: Callable[[], Calendar]
    noticed: Callable[[], None]
    now: Callable[[], datetime]

    async def tell(self) -> None:
        """Look at what ends, and owe its letters. Raises StoreError."""
        now, told = self.now(), False
        # A calendar fetches the holidays of its country: 45 ms and ten megabytes, for nothing where no mail is held.
        if not self.before or await self.holds.next_time() is None:
            return
        until = await asyncio.to_thread(told_until, now, self.before, self.calendar())
        while until is not None:
            # Whoever had less than twice as long has just heard of it; so has who was told a moment ago of what the
            # last hour of the office, which looks as far as the next one, would tell him again.
            since = now - self.before / 2
            mails, people = await self.holds.tell_of_ending(now, until, 2 * self.before, since)
            if not mails:
                break
            events.ending(mails, people)
            told = True
        if told:  # at last, so that one letter has all of it
            self.noticed()


def told_until(now: datetime, before: timedelta, calendar: Calendar) -> datetime | None:
    """What ends until then is told now; None: nobody is at work."""
    if calendar.after(now, timedelta()) > now:
        return None
    # In the last hour the next one of the office counts: Monday's, on a Friday evening.
    opens = calendar.after(now + _LAST, timedelta())
    return (opens if opens > now + _LAST else now) + before
