"""Whether an upstream can be reached, and how long it is left in peace when not. Pure: time comes in as seconds.

One failure to connect makes it sick; connections that break off in mid-transaction do so only when several follow
each other (one mail that a server chokes on must not stop the others). While sick nothing is tried; then one try
decides.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

#: So many broken transactions in a row, with none between that was answered, mean that it is the server.
_BREAKS = 3
_NEVER = float("-inf")


@dataclass(slots=True)
class Health:
    """first and limit: seconds of peace after the first failure, doubling up to the limit."""

    first: float
    limit: float
    _failures: int = 0
    _breaks: int = 0
    _failed_at: float = _NEVER
    _rest_until: float = _NEVER

    @property
    def is_well(self) -> bool:
        """No failure since the last answer."""
        return self._failures == 0

    @property
    def rests(self) -> bool:
        """Whether it is, or was until it answers again, left in peace."""
        return self._rest_until != _NEVER

    def ready_in(self, now: float) -> float:
        """Seconds of peace that are left."""
        return max(0.0, self._rest_until - now)

    def answered(self) -> None:
        """The server talked sense: all is forgotten."""
        self._failures = self._breaks = 0
        self._rest_until = _NEVER

    def unreachable(self, began: float, now: float) -> None:
        """No session could be had. Tries that began before the last failure was known tell nothing new."""
        if began < self._failed_at:
            return
        rest = min(self.limit, self.first * 2.0 ** min(self._failures, 30))
        self._failures += 1
        self._failed_at = now
        # Up to a fifth sooner, so that several nodes do not knock in the same moment.
        self._rest_until = now + rest * random.uniform(0.8, 1.0)  # noqa: S311 - not a secret

    def broke_off(self, began: float, now: float) -> None:
        """A session ended in mid-transaction."""
        self._breaks += 1
        if self._breaks >= _BREAKS:
            self.unreachable(began, now)
