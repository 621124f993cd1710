"""Whoever looks is noted: openings of held mail, against decisions that nobody read for, and contents that somebody
sees whose mail it is not.

An opening waits for nobody. A reading is on disk before the contents are shown: a look that left no trace would be
worth more to whoever abuses it than to us. Both are remembered here for a while, so that a page costs the disk once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Any

from mailguard import events
from mailguard.mail.actor import Actor
from mailguard.store.holds import Holds
from mailguard.store.looks import AGAIN, Reading
from mailguard.store.records import MessageRecord

_REMEMBERED = 10_000


class Looks:
    """Notes who looked at what."""

    def __init__(self, holds: Holds, now: Callable[[], datetime]) -> None:
        self._holds, self._now = holds, now
        self._opened: dict[tuple[str, str], None] = {}
        self._read: dict[tuple[str, str, str], datetime] = {}
        self._under_way: set[asyncio.Task[None]] = set()

    def opened(self, actor: Actor, message_id: str) -> None:
        """Note an opening; the page does not wait for it. What the person decides next is written behind it."""
        key = (actor.address, message_id)
        if key in self._opened:
            return
        _bounded(self._opened)
        self._opened[key] = None
        task = asyncio.get_running_loop().create_task(self._open(actor.address, message_id), name="opened")
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def settled(self) -> None:
        """All openings so far are written."""
        if self._under_way:
            await asyncio.wait(self._under_way)

    async def read(self, actor: Actor, record: MessageRecord, what: Reading) -> None:
        """Note that contents are about to be shown to somebody who is neither owner nor approver. Returns when it is
        on disk. Raises StoreError: then nothing may be shown.
        """
        if actor.address in record.people:
            return
        key, now = (actor.address, record.id, what), self._now()
        last = self._read.get(key)
        if last is not None and now - last < AGAIN:
            return
        written = await self._holds.read(record.id, actor, what, now)
        _bounded(self._read)
        self._read[key] = written

    async def _open(self, person: str, message_id: str) -> None:
        try:
            await self._holds.opened(message_id, person, self._now())
        except Exception as error:  # an observation that is lost harms no mail
            events.fault("review", error, message_id=message_id)


def _bounded(kept: dict[Any, Any]) -> None:
    while len(kept) >= _REMEMBERED:
        kept.pop(next(iter(kept)))
