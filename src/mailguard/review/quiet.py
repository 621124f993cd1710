"""Peace from letters: a person says for how long he wants no letters about his own held mail.

Nothing is lost by it: what is held is seen on his page, what ends is told as ever, and what still waits when the time
is over is told in one letter. What others ask of him is never held back.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Literal, get_args
from zoneinfo import ZoneInfo

from mailguard.mail.actor import Actor
from mailguard.store.mutes import Mutes

#: For how long: so many hours, or until the day is over.
Length = Literal["1h", "4h", "today"]
LENGTHS: tuple[Length, ...] = get_args(Length)


class Quiet:
    """One person's wish, kept in the ledger."""

    def __init__(
        self,
        mutes: Mutes,
        *,
        timezone: str,
        now: Callable[[], datetime],
        noticed: Callable[[], None] = lambda: None,
    ) -> None:
        """timezone: IANA name, for when a day ends; noticed: letters may be owed at once."""
        self._mutes, self._zone = mutes, ZoneInfo(timezone)
        self._now, self._noticed = now, noticed

    async def until(self, actor: Actor) -> datetime | None:
        """Until when this person has peace; None if he has not."""
        return await self._mutes.of(actor.address, self._now())

    async def begin(self, actor: Actor, length: Length) -> datetime:
        """No letters about his own held mail for so long. Returns until when."""
        now = self._now()
        until = self._midnight(now) if length == "today" else now + timedelta(hours=int(length[:-1]))
        await self._mutes.set(actor, until, now)
        return until

    async def end(self, actor: Actor) -> None:
        """Letters again; what still waits is told now."""
        if await self._mutes.end(actor, self._now()):
            self._noticed()

    def _midnight(self, now: datetime) -> datetime:
        tomorrow = now.astimezone(self._zone).date() + timedelta(days=1)
        return datetime.combine(tomorrow, time(), self._zone).astimezone(now.tzinfo)
