"""What can go wrong with the ledger, typed: the room above answers 451 or 503 and says what to do, never loses a mail.

The words are for the administrator (log, CLI); the public gets a courtesy. No error here names content.
"""

from __future__ import annotations

import errno
import sqlite3

from mailguard.mail.saying import Sentence, reason_of


class StoreError(Exception):
    """The ledger did not do what it was asked; nothing of it was kept."""


class StoreFull(StoreError):
    """The disk (or a quota) is full. Free space; nothing that was acknowledged is lost."""


class StoreBusy(StoreError):
    """Another program holds the database's write lock, or too much is waiting. Try again."""


class StoreCorrupt(StoreError):
    """The database or a body is damaged, or is not ours. Stop and restore from a backup."""


class StoreTooNew(StoreError):
    """A newer mailguard has written this ledger. Run that version; nothing was changed."""


class StoreClosed(StoreError):
    """The ledger is closed: the house is stopping."""


#: Primary result codes of SQLite (sqlite.org/rescode.html) to our types.
_BY_CODE: dict[int, type[StoreError]] = {
    sqlite3.SQLITE_FULL: StoreFull,
    sqlite3.SQLITE_BUSY: StoreBusy,
    sqlite3.SQLITE_LOCKED: StoreBusy,
    sqlite3.SQLITE_CORRUPT: StoreCorrupt,
    sqlite3.SQLITE_NOTADB: StoreCorrupt,
}
_BY_ERRNO: dict[int, type[StoreError]] = {errno.ENOSPC: StoreFull, errno.EDQUOT: StoreFull}
_NOT_OURS = Sentence(
    "。ファイルとそのフォルダーの所有者を、mailguard の実行ユーザーにしてください(chown)。",
    "; it and its folder must belong to the user that mailguard runs as (chown)",
)


def typed(error: BaseException) -> BaseException:
    """The StoreError for an error of SQLite or of the disk; any other error (a refused change, a bug) as it is."""
    if isinstance(error, sqlite3.IntegrityError | sqlite3.ProgrammingError | sqlite3.InterfaceError):
        return error
    if isinstance(error, sqlite3.Error):
        # A database file made of something else raises a bare DatabaseError with SQLITE_NOTADB.
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        not_ours = code in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM)
        said = Sentence("データベース: {error}", "database: {error}", error=error)
        return _BY_CODE.get(code, StoreError)(said + _NOT_OURS if not_ours else said)
    if isinstance(error, OSError):
        return _BY_ERRNO.get(error.errno or 0, StoreError)(
            Sentence("ディスク: {said}", "disk: {said}", said=_said(error))
        )
    return error


def is_without_room(error: BaseException) -> bool:
    """Whether the disk is so full that not even a ledger could be opened: SQLite then speaks of an I/O error."""
    code = getattr(error.__cause__, "sqlite_errorcode", 0) & 0xFF
    return isinstance(error, StoreFull) or code == sqlite3.SQLITE_IOERR


def _said(error: OSError) -> str:
    """What the system says, about which file, and what to do where it is always the same."""
    where = f"{error.filename}: " if isinstance(error.filename, str) else ""
    said = where + reason_of(error)
    return said + _NOT_OURS if isinstance(error, PermissionError) else said
