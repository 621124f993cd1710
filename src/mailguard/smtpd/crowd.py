"""How many are at the door: counts by client address, bounded.

An IPv6 client counts as its /64 network, since it may have all of it. Nothing here speaks or closes; it only
counts and says what the protocol must do.
"""

from __future__ import annotations

import ipaddress
from collections import Counter
from collections.abc import Callable

from mailguard.pressure.shares import fair_share
from mailguard.smtpd.settings import DoorLimits, IPAddress


def whose(address: IPAddress) -> str:
    """The key under which an address is counted."""
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)


class Crowd:
    """Connections, in total and by address, over all listeners of a door. tell: is told the total as it changes."""

    def __init__(self, limits: DoorLimits, tell: Callable[[int], object] = int) -> None:
        self._limits, self._tell = limits, tell
        self._by_address: Counter[str] = Counter()
        self._total = 0

    def __len__(self) -> int:
        return self._total

    def come(self) -> bool:
        """A connection was made. False: one too many; it counts until it `go`es all the same."""
        self._total += 1
        self._tell(self._total)
        return self._total <= self._limits.connections

    def go(self) -> None:
        """A connection ended."""
        self._total -= 1
        self._tell(self._total)

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
