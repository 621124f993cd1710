"""The SQLite file: one writer thread that commits everything waiting in one transaction, and readers apart.

A write returns when its transaction is on disk (WAL, synchronous=FULL), so what was acknowledged survives the power
cut. Each write runs under a savepoint of its own: one that fails takes nothing along. It trusts the disk to keep what
fsync promised and nothing else. No SQL and no fsync ever runs on the event loop.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")


class Database:
    """The opened ledger. All methods belong to the event loop that opened it."""

    @classmethod
    async def open(cls, path: Path) -> Database:
        """Open (and create or migrate) the ledger at `path`.

        Raises StoreTooNew, StoreCorrupt, StoreBusy, StoreFull, StoreError.
        """
        raise NotImplementedError

    async def write(self, change: Callable[[sqlite3.Connection], T]) -> T:
        """Run `change` in the writer thread; return its value once it is on disk.

        What `change` raises is raised here and undoes only itself. A caller that is cancelled does not undo it.
        Raises StoreFull, StoreBusy, StoreCorrupt, StoreClosed, StoreError.
        """
        raise NotImplementedError

    async def read(self, query: Callable[[sqlite3.Connection], T]) -> T:
        """Run `query` in a reader thread, on one snapshot, unable to write."""
        raise NotImplementedError

    async def close(self) -> None:
        """Finish what is waiting, then close. Nothing can be written afterwards (StoreClosed)."""
        raise NotImplementedError
