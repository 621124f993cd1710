"""When guessing at passwords has to be told of: so many failures of one address, or at one account, within a time.

It counts and says; who is told and how is the house's business. Bounded: of the newest addresses and accounts only so
many are counted, and one report names only so many. An account's name never goes into a log.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from mailguard import events
from mailguard.smtpd.patience import Latest

#: Once told, so long nothing more; what came meanwhile is told then.
_PAUSE = 3600.0
_COUNTED, _NAMED = 10_000, 50


@dataclass(frozen=True, slots=True)
class Guessing:
    """Who was seen: an address that guesses, or an account that is guessed at."""

    by: Literal["address", "account"]
    name: str
    failures: int


class Alarm:
    """failures within so many seconds; clock: seconds that only grow."""

    def __init__(self, failures: int, within: float, clock: Callable[[], float]) -> None:
        self._failures, self._within, self._clock = failures, within, clock
        self._counts: Latest[tuple[Literal["address", "account"], str], tuple[float, int]] = Latest(_COUNTED)
        self._seen: dict[tuple[Literal["address", "account"], str], int] = {}
        self._told_at: float | None = None

    @property
    def within(self) -> float:
        """Seconds within which failures are counted together."""
        return self._within

    def failed(self, address: str, account: str) -> None:
        """A login failed."""
        self._count("address", address)
        if account:
            self._count("account", account)

    def due(self) -> list[Guessing]:
        """What is to be told now, the worst first; empty if nothing, or if the last time is not long enough ago."""
        now = self._clock()
        if not self._seen or (self._told_at is not None and now - self._told_at < _PAUSE):
            return []
        found = [Guessing(by, name, failures) for (by, name), failures in self._seen.items()]
        self._seen.clear()
        self._told_at = now
        return sorted(found, key=lambda one: -one.failures)

    def _count(self, by: Literal["address", "account"], name: str) -> None:
        now, key = self._clock(), (by, name)
        since, count = self._counts.get(key, (now, 0))
        if now - since > self._within:
            since, count = now, 0
        self._counts.keep(key, (since, count + 1))
        if count + 1 == self._failures:
            events.guessing(by, name if by == "address" else "")
        if count + 1 >= self._failures and (key in self._seen or len(self._seen) < _NAMED):
            self._seen[key] = count + 1
