"""The clock of the accounts: days are counted, the audit log is followed, once a month the management is written to.

It runs where the console runs, for it needs the groups of the policy. A fault in one round is reported, and the next
round tries again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta

from mailguard import events
from mailguard.app.rooms import Rooms, utc_now
from mailguard.config.rooms import organization
from mailguard.mail.directory import Directory
from mailguard.review.audits import AuditReview
from mailguard.review.figures import FigureReview
from mailguard.review.monthly import MonthlyReview

_ROUND = 30.0
#: While days from before are still to be counted: soon again, but mail comes first.
_BACKLOG = 1.0
_FOLLOW = 3600.0
#: What the page of figures shows; their sums are made before anybody waits for them.
_RANGES = (7, 30, 90, 365)


def figure_room(rooms: Rooms, directory: Callable[[], Directory]) -> FigureReview:
    """The figures. directory: the people of the policy in force, with their groups."""
    kept = timedelta(seconds=rooms.config.settings.store.retention.metadata)
    return FigureReview(rooms.db, directory=directory, organization=organization(rooms.config), now=utc_now, kept=kept)


def monthly_room(rooms: Rooms, figures: FigureReview) -> MonthlyReview:
    """The letter of the month, by the settings."""
    section = rooms.config.settings.notify.monthly
    return MonthlyReview(
        rooms.db,
        figures,
        people=section.to if section else (),
        day=section.day if section else 1,
        timezone=rooms.config.settings.organization.timezone,
        now=utc_now,
        noticed=lambda: rooms.hints.noticed(),
    )


class Accounts:
    """Keeps the figures and the audit log's check up to date."""

    def __init__(self, figures: FigureReview, audits: AuditReview, monthly: MonthlyReview) -> None:
        self._figures, self._audits, self._monthly = figures, audits, monthly
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin."""
        self._task = asyncio.create_task(self._work(), name="accounts")

    async def stop(self) -> None:
        """End, between two pieces of work."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
        await self._audits.stop()

    async def _work(self) -> None:
        loop, followed, warm = asyncio.get_running_loop(), -_FOLLOW, None
        while True:
            wait = _ROUND
            try:
                if await self._figures.roll():
                    wait = _BACKLOG
                else:
                    await self._monthly.write_due()
                if wait == _ROUND and warm != self._figures.today:
                    warm = self._figures.today
                    for days in _RANGES:
                        await self._figures.figures(warm - timedelta(days=days - 1), warm)
                if loop.time() - followed >= _FOLLOW:
                    followed = loop.time()
                    await self._audits.follow()
            except Exception as error:
                events.fault("review", error)
            await asyncio.sleep(wait)
