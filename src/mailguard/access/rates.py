"""How often somebody may try, and how soon again: counted in memory, bounded in size, forgotten at a restart."""

from __future__ import annotations

import ipaddress
from collections import OrderedDict, deque
from datetime import datetime, timedelta

_HOUR = timedelta(hours=1)
#: Names that are remembered; beyond that the ones seen longest ago are forgotten.
_NAMES = 50_000


def neighbourhood(client: str) -> str:
    """The name by which a client's address is counted: IPv6 by /64, since one host can use all of it."""
    try:
        address = ipaddress.ip_address(client)
    except ValueError:
        return client
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is None:
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(getattr(address, "ipv4_mapped", None) or address)


class Rate:
    """At most `limit` times an hour for each name."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._times: OrderedDict[str, deque[datetime]] = OrderedDict()

    def is_spent(self, name: str, now: datetime) -> bool:
        """Whether another attempt would be one too many; counts nothing."""
        return sum(time > now - _HOUR for time in self._times.get(name, ())) >= self._limit

    def allows(self, name: str, now: datetime) -> bool:
        """Count one attempt of this name, unless it is one too many: then False and not counted."""
        times = self._times.setdefault(name, deque())
        self._times.move_to_end(name)
        while times and times[0] <= now - _HOUR:
            times.popleft()
        if len(self._times) > _NAMES:
            self._times.popitem(last=False)
        if len(times) >= self._limit:
            return False
        times.append(now)
        return True


class Delays:
    """A pause after each failure of a name, longer each time: none for the first few, then doubling up to a limit.

    An attempt counts as failed from its beginning, so that many at once are not more than one after the other.
    """

    def __init__(self, free: int, first: timedelta, longest: timedelta) -> None:
        self._free, self._first, self._longest = free, first, longest
        self._failed: OrderedDict[str, tuple[int, datetime]] = OrderedDict()

    def begin(self, name: str, now: datetime) -> bool:
        """Whether an attempt may be made now; it counts as failed until `succeeded` or `undone`."""
        count, until = self._failed.get(name, (0, now))
        if now < until:
            return False
        count += 1
        pause = timedelta() if count < self._free else self._first * 2 ** min(count - self._free, 20)
        self._failed[name] = (count, now + min(pause, self._longest))
        self._failed.move_to_end(name)
        if len(self._failed) > _NAMES:
            self._failed.popitem(last=False)
        return True

    def succeeded(self, name: str) -> None:
        """The attempt was right: the slate is clean."""
        self._failed.pop(name, None)

    def undone(self, name: str, now: datetime) -> None:
        """The attempt could not be made after all."""
        count, _ = self._failed.get(name, (1, now))
        self._failed[name] = (count - 1, now)
