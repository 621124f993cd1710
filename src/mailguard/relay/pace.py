"""So many mails a minute and no more, for a next server that counts them: an upstream around another one.

What was not used is saved up for ten seconds at most, so that a quiet hour is followed by no flood.
"""

from __future__ import annotations

import asyncio

from mailguard.mail.address import Address
from mailguard.mail.outcome import Outcome
from mailguard.relay.upstream import Outgoing, Upstream

_SAVED = 10.0


class Paced:
    """An `Upstream` (relay/upstream.py) that is not hurried. All methods belong to one event loop."""

    def __init__(self, inner: Upstream, a_minute: int) -> None:
        self._inner = inner
        self._each = 60.0 / a_minute  # seconds that a mail costs
        self._most = max(1.0, _SAVED / self._each)
        self._saved = self._most  # mails that may go at once
        self._looked = float("-inf")
        self._under_way = 0

    @property
    def name(self) -> str:
        return self._inner.name

    async def relay(self, outgoing: Outgoing) -> dict[Address, Outcome]:
        """One try, counted whatever becomes of it. Whoever asked `capacity` before finds a place."""
        self._look()
        self._saved -= 1.0
        self._under_way += 1
        try:
            return await self._inner.relay(outgoing)
        finally:
            self._under_way -= 1

    @property
    def is_well(self) -> bool:
        return self._inner.is_well

    def ready_in(self) -> float:
        self._look()
        return max(self._inner.ready_in(), (1.0 - self._saved) * self._each, 0.0)

    def capacity(self) -> int:
        self._look()
        return min(self._inner.capacity(), self._under_way + max(0, int(self._saved)))

    async def probe(self) -> str | None:
        return await self._inner.probe()

    async def close(self) -> None:
        await self._inner.close()

    def _look(self) -> None:
        now = asyncio.get_running_loop().time()
        if self._looked > float("-inf"):
            self._saved = min(self._most, self._saved + (now - self._looked) / self._each)
        self._looked = now
