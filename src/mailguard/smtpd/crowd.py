"""How many are at the door, and how patient we are with those who guess passwords: counts by client address,
bounded.

An IPv6 client counts as its /64 network, since it may have all of it. Nothing here speaks or closes; it only
counts and says what the protocol must do.
"""

from __future__ import annotations

import asyncio
import ipaddress
from collections import Counter, OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from mailguard.pressure.shares import fair_share
from mailguard.smtpd.settings import DoorLimits, IPAddress

#: Checks of one address under way at once.
_LOGINS_AT_ONCE = 4


def whose(address: IPAddress) -> str:
    """The key under which an address is counted."""
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)


class Crowd:
    """Connections, in total and by address, over all listeners of a door."""

    def __init__(self, limits: DoorLimits) -> None:
        self._limits = limits
        self._by_address: Counter[str] = Counter()
        self._total = 0

    def __len__(self) -> int:
        return self._total

    def come(self) -> bool:
        """A connection was made. False: one too many; it counts until it `go`es all the same."""
        self._total += 1
        return self._total <= self._limits.connections

    def go(self) -> None:
        """A connection ended."""
        self._total -= 1

    def enter(self, address: IPAddress) -> bool:
        """The connection's address is known. False: too many from there, and it was not counted.

        Too many is also more than a fair share of what is left, so that a few addresses never take every place.
        """
        key = whose(address)
        share = max(1, fair_share(self._limits.connections - self._total + 1))  # its own place is counted already
        if self._by_address[key] >= min(self._limits.connections_per_address, share):
            return False
        self._by_address[key] += 1
        return True

    def leave(self, address: IPAddress) -> None:
        """One that had entered ended."""
        key = whose(address)
        self._by_address[key] -= 1
        if self._by_address[key] <= 0:
            del self._by_address[key]


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
