"""The clock of the house: the wall clock as long as it runs on, and what it would say if somebody had not set it.

Deadlines are wall times, so a clock that is set forward would end all undo windows at once, and one that is set back
would keep mail for as long. Where it jumps, the house goes on in its old time until the ledger's deadlines were moved
by as much, and then goes over to the new one: no room sees a jump that its deadlines have not seen. A process that
moves no deadlines follows the wall clock. It trusts the steady clock of the kernel; it decides nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

#: Less is no jump: clocks are slewed and stepped by fractions of a second all the time.
_JUMP = 2.0


class WallClock:
    """Call it for the time. wall, steady: seconds."""

    def __init__(self, wall: Callable[[], float] = time.time, steady: Callable[[], float] = time.monotonic) -> None:
        self._wall, self._steady = wall, steady
        self._base = (wall(), steady())
        #: Whether somebody moves deadlines (`jump`, then `go_over`); else a jump is followed at once.
        self.kept = False

    def __call__(self) -> datetime:
        return datetime.fromtimestamp(self._now(), UTC)

    def jump(self) -> timedelta | None:
        """How far the wall clock is from the time of the house; None if it was not set."""
        by = self._wall() - self._now()
        return timedelta(seconds=by) if abs(by) >= _JUMP else None

    def go_over(self) -> None:
        """The deadlines were moved: from now on it is the time of the wall."""
        self._base = (self._wall(), self._steady())

    def _now(self) -> float:
        wall, steady = self._wall(), self._steady()
        base_wall, base_steady = self._base
        kept = base_wall + steady - base_steady
        if self.kept and abs(wall - kept) >= _JUMP:
            return kept
        self._base = (wall, steady)
        return wall
