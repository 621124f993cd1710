"""How patient we are with those who guess passwords: counts of failures by client address, bounded.

Nothing here checks a password or speaks; it says how long an answer takes.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

#: Checks of one address under way at once.
_LOGINS_AT_ONCE = 4


@dataclass(slots=True)
class _Guesser:
    failures: int = 0
    last: float = 0.0
    slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_LOGINS_AT_ONCE))


class Patience:
    """The slow-down of failed logins by client address: the answer to each failure takes longer, up to a
    limit.

    Few logins of one address are under way at once, and an attempt keeps its place while it waits, so
    guessing over many connections is no faster. Forgotten after a quiet quarter of an hour; of the newest
    addresses only so many are remembered.
    """

    FIRST, LONGEST, QUIET, REMEMBERED = 0.25, 8.0, 900.0, 10_000

    def __init__(self, clock: Callable[[], float], sleep: Callable[[float], Awaitable[None]]) -> None:
        self._clock = clock
        self._sleep = sleep
        self._guessers: OrderedDict[str, _Guesser] = OrderedDict()

    @asynccontextmanager
    async def attempt(self, address: str) -> AsyncIterator[Callable[[], None]]:
        """Around one check of a password. Call what is given when it failed: leaving then takes its time."""
        guesser = self._guesser(address)
        async with guesser.slots:
            failed = False

            def fail() -> None:
                nonlocal failed
                failed = True

            yield fail
            if failed:
                guesser.failures += 1
                guesser.last = self._clock()
                await self._sleep(self.delay(address))

    def delay(self, address: str) -> float:
        """Seconds that the answer to a failure takes now: doubling with every failure of this address."""
        guesser = self._guessers.get(address)
        if guesser is None or guesser.failures == 0:
            return 0.0
        return float(min(self.FIRST * 2 ** min(guesser.failures - 1, 10), self.LONGEST))

    def _guesser(self, address: str) -> _Guesser:
        guesser = self._guessers.pop(address, None)
        if guesser is None or (guesser.failures and self._clock() - guesser.last > self.QUIET):
            guesser = _Guesser()
        self._guessers[address] = guesser
        while len(self._guessers) > self.REMEMBERED:
            self._guessers.popitem(last=False)
        return guesser
