"""How often somebody may try: counted in memory over a sliding hour, bounded in size. Forgotten at a restart."""

from __future__ import annotations

from collections import OrderedDict, deque
from datetime import datetime, timedelta

_HOUR = timedelta(hours=1)
#: Names that are remembered; beyond that the ones seen longest ago are forgotten.
_NAMES = 50_000


class Rate:
    """At most `limit` times an hour for each name."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._times: OrderedDict[str, deque[datetime]] = OrderedDict()

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
