"""The ledger's write-ahead log, emptied: what was removed from the ledger may still stand in it until then."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from mailguard.store.connection import connect

_PATIENCE_MS = 2000


def truncate_log(path: Path) -> bool:
    """Write the log back and cut it to nothing. False: somebody reads an older state; the next time, then. Blocks."""
    with closing(connect(path)) as connection:
        connection.execute(f"PRAGMA busy_timeout = {_PATIENCE_MS}")
        try:
            return bool(connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0)
        except sqlite3.OperationalError:  # the writer was busy for all that time
            return False
