"""One connection to the ledger's file, with every setting that durability depends on, in one place."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

from mailguard.mail.query import fold

#: Seconds to wait for another process that holds the write lock (`mailguard queue` beside `mailguard serve`).
BUSY_SECONDS = 5.0


#: Sealed text, who wrapped its key, the wrapped key and the row's number to the text: SQL's `opened`.
Opener = Callable[[bytes, str, bytes, int], str]


def connect(
    path: Path, *, read_only: bool = False, opened: Opener | None = None, alone: bool = False
) -> sqlite3.Connection:
    """Open the file. Transactions are begun and ended by hand (isolation_level None). Raises sqlite3.Error.

    opened: what opens sealed text for a search; without it a search finds nothing in such text.
    alone: nobody else has the file open. What connections share then lies in memory and not in a file beside it, for
    which a full disk has no room (sqlite.org/wal.html#noshm).
    """
    connection = sqlite3.connect(
        path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False, cached_statements=512
    )
    try:
        if alone:
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        # FULL: in WAL mode every COMMIT is followed by an fsync of the log (sqlite.org/pragma.html#pragma_synchronous).
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA temp_store = MEMORY")
        connection.execute("PRAGMA cache_size = -16000")  # KiB, for each connection
        connection.execute("PRAGMA journal_size_limit = 67108864")
        # For the few columns that are searched as they stand; what is searched often is kept folded.
        connection.create_function("folded", 1, lambda text: fold(text or ""), deterministic=True)
        connection.create_function("opened", 4, opened or (lambda *_: ""), deterministic=True)
        # What is removed is overwritten, not left in free pages (sqlite.org/pragma.html#pragma_secure_delete).
        connection.execute("PRAGMA secure_delete = ON")
        if read_only:
            connection.execute("PRAGMA query_only = ON")
    except BaseException:
        connection.close()
        raise
    return connection
