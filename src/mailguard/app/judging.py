"""A judge for the verbs of the command line, as `serve` has one: for a held mail whose recipient is replaced.

It reads the mail in a worker process, knows the policy of the configuration, and asks the model as it would be now.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from mailguard.app.accepting import intake_room
from mailguard.app.people import policy_of
from mailguard.app.remembering import Recalled
from mailguard.app.rooms import Rooms, house_key, utc_now
from mailguard.app.sorting import Elsewhere
from mailguard.config.rooms import reading_limits
from mailguard.inspect.workers import Readers


@asynccontextmanager
async def judging(rooms: Rooms) -> AsyncIterator[None]:
    """These rooms judge mail anew while the block lasts. Raises Problems, MemoryFault, ReadersDead, StoreError."""
    policy, memory = await asyncio.to_thread(policy_of, rooms.config), await Recalled.of(rooms, utc_now())
    readers = Readers(reading_limits(rooms.config), count=1)
    await readers.start()
    try:
        rooms.hints.judges = intake_room(
            rooms,
            readers,
            house_key(rooms.config),
            policy=lambda: policy,
            delivery=Elsewhere(),
            noticed=lambda _record: None,
            memory=memory,
        ).judge_anew
        yield
    finally:
        await readers.stop()
