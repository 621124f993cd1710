"""Who else is at the ledger: nobody, while its file is exchanged or its shape taken back; no purge, while it is copied.

All are locks of the kernel, which end with the process that has them, however it ends. They trust that the ledger lies
on a local disk, as SQLite's own log does.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

from mailguard.mail.saying import Sentence
from mailguard.store.connection import connect
from mailguard.store.errors import StoreBusy
from mailguard.store.folders import beside, locked

#: A purge removes files in batches; one that takes longer has much to do, and the copy can be made afterwards.
_PATIENCE = 120.0
_AGAIN = 0.2
_OPEN = Sentence(
    "この台帳は稼働中の mailguard が開いています。先に停止してください。",
    "a mailguard has this ledger open; stop it first",
)
_REMOVING = Sentence(
    "保存期間の過ぎた本文を削除中です。数分後にもう一度お試しください。",
    "bodies are being removed after their time; try again in some minutes",
)


@contextlib.contextmanager
def alone(path: Path) -> Iterator[sqlite3.Connection]:
    """The only connection to a ledger, any version of it. Raises StoreBusy if some program has it open."""
    connection = connect(path)
    try:
        connection.execute("PRAGMA busy_timeout = 500")
        # In WAL mode every open connection holds a lock on the file (sqlite.org/wal.html#noshm): this one fails then.
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        try:
            connection.execute("BEGIN EXCLUSIVE")
            connection.execute("COMMIT")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                raise
            raise StoreBusy(f"{path}: " + _OPEN) from None
        yield connection
    finally:
        connection.close()


@contextlib.contextmanager
def opening(ledger: Path) -> Iterator[None]:
    """The files of a ledger are not exchanged while the block lasts, at whose end it is open; several may open it at
    once. Waits for an exchange under way: in the middle of it a ledger would be made anew, or the old one opened under
    its new name, and what is taken in there would be lost. Blocks. Raises OSError.
    """
    with locked(ledger.parent, shared=True):
        yield


@contextlib.contextmanager
def exchanging(ledger: Path) -> Iterator[None]:
    """Nobody opens a ledger while the block lasts; who has it open is seen by `alone`. Blocks. Raises OSError."""
    with locked(ledger.parent):
        yield


@contextlib.contextmanager
def nothing_is_removed(ledger: Path) -> Iterator[None]:
    """No body is removed while the block lasts; several may copy at once. Waits for a purge under way, then StoreBusy.

    Blocks.
    """
    descriptor = _lock_file(ledger)
    try:
        end = time.monotonic() + _PATIENCE
        while not _locked(descriptor, fcntl.LOCK_SH):
            if time.monotonic() > end:
                raise StoreBusy(_REMOVING)
            time.sleep(_AGAIN)
        yield
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def may_remove(ledger: Path) -> Iterator[bool]:
    """Whether bodies may be removed now: False while a backup reads them; nobody begins one while the block lasts."""
    descriptor = _lock_file(ledger)
    try:
        yield _locked(descriptor, fcntl.LOCK_EX)
    finally:
        os.close(descriptor)


def _lock_file(ledger: Path) -> int:
    return beside(ledger.with_suffix(".removing"))


def _locked(descriptor: int, how: int) -> bool:
    try:
        fcntl.flock(descriptor, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
