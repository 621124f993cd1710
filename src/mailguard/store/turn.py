"""Whose turn it is to write: a lock of the kernel in front of SQLite's own, for the processes on one ledger.

SQLite's waiters sleep and look again, up to a tenth of a second each time, and whoever comes by meanwhile goes first.
Here a waiter sleeps in the kernel and is woken when the one before has committed. It ends with the process that has it,
however it ends; one that is stopped while it has it keeps the others' threads here, and who waits for those is told
(store.writer). It protects nothing: SQLite's lock is the truth, and where there is no such file everybody goes on
without.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from pathlib import Path

from mailguard.store.folders import beside


class Turn:
    """One thread's place in the line of a ledger. Blocks: not for the event loop."""

    def __init__(self, ledger: Path) -> None:
        self._descriptor = -1
        with contextlib.suppress(OSError):
            self._descriptor = beside(turn_path(ledger))
        self._taken = False

    def take(self) -> None:
        """Wait for it. Not nested."""
        if self._descriptor >= 0:
            with contextlib.suppress(OSError):
                fcntl.flock(self._descriptor, fcntl.LOCK_EX)
                self._taken = True

    def leave(self) -> None:
        """Let the next one write; nothing, if it was not taken."""
        if self._taken:
            self._taken = False
            with contextlib.suppress(OSError):
                fcntl.flock(self._descriptor, fcntl.LOCK_UN)

    def close(self) -> None:
        """Leave the line."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def turn_path(ledger: Path) -> Path:
    """Where the lock lies."""
    return ledger.with_suffix(".turn")
