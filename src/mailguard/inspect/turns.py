"""Who is read next: places that are given in turn, client by client, so that a flood of one waits behind itself.

A semaphore that goes round its waiters' keys. It knows nothing of mail, and never gives a place twice or loses one.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import OrderedDict, deque
from collections.abc import AsyncIterator


class Turns:
    """So many places. All methods belong to one event loop."""

    def __init__(self, places: int) -> None:
        self._free = places
        self._waiting: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()

    @contextlib.asynccontextmanager
    async def turn(self, key: str) -> AsyncIterator[None]:
        """A place for as long as the block lasts. key: whose turn it is."""
        await self._take(key)
        try:
            yield
        finally:
            self._give()

    async def _take(self, key: str) -> None:
        if self._free > 0:  # then nobody waits
            self._free -= 1
            return
        future = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(key, deque()).append(future)
        try:
            await future
        except asyncio.CancelledError:
            if not future.cancelled():  # the place was given in the same moment
                self._give()
            raise

    def _give(self) -> None:
        while self._waiting:
            key, queue = self._waiting.popitem(last=False)
            future = queue.popleft()
            if queue:
                self._waiting[key] = queue  # behind all others
            if not future.done():
                future.set_result(None)
                return
        self._free += 1
