"""What the room is given, and what it raises. Values; nothing acts here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path


class MemoryFault(Exception):
    """Nothing was changed: the model's file, or the one that was to be taken in, cannot be read; which, and why."""


class CountedTwice(MemoryFault):
    """Nothing was changed: some of what was to be taken in is known here, and would count twice."""


@dataclass(frozen=True, slots=True)
class MemorySettings:
    """path: of the snapshot. own: the organization's domains; budget: the share of mail that may be asked about;
    silent_for: so long from the first mail learnt nothing follows from what it says; every: how often what was learnt
    is written to disk; overruled: so often a warning must have been, to be given no more, 0: it always is.
    """

    path: Path
    own: tuple[str, ...] = ()
    budget: float = 0.001
    silent_for: timedelta = timedelta(0)
    every: timedelta = timedelta(minutes=10)
    overruled: int = 3

    @property
    def asked_at(self) -> Path:
        """The socket where the process that has the model is asked."""
        return self.path.with_name(self.path.name + ".asked")

    def learning(self, since: float, now: datetime) -> bool:
        """Whether a model only watches yet that learnt its first mail then (seconds since 1970, 0: none)."""
        return bool(self.silent_for) and (not since or now.timestamp() - since < self.silent_for.total_seconds())
