"""The ledger's shape over time: numbered .sql files, applied in order, each in one transaction.

`PRAGMA user_version` says how many were applied, `application_id` that the file is ours. A ledger of a newer version
is left alone. `schema.sql` shows the shape that all migrations together give; a test compares the two.
"""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from mailguard.mail.saying import Sentence
from mailguard.store.alone import opening
from mailguard.store.connection import connect
from mailguard.store.errors import StoreCorrupt, StoreError, StoreTooNew
from mailguard.store.folders import beside, make, sync

#: "MGRD" in the file's header (sqlite.org/pragma.html#pragma_application_id).
APPLICATION_ID = 0x4D475244
MIGRATIONS = Path(__file__).parent / "migrations"
_CUT = Sentence("移行スクリプトが文の途中で終わっています。", "a migration ends in the middle of a statement")
_NO_WAL = Sentence(
    "この場所ではデータベースの先行書き込みログ(WAL)を使えません。ローカルディスクに置いてください。",
    "the database cannot use a write-ahead log here: put it on a local disk",
)
_NOT_OURS = Sentence(
    "この SQLite ファイルは mailguard の台帳ではありません。store.url に別のファイルを書いてください。",
    "this SQLite file is not a mailguard ledger: name another one in store.url",
)


def migrations() -> list[str]:
    """The SQL of all migrations, first to last. The numbers must run without a gap."""
    found = sorted(MIGRATIONS.glob("[0-9][0-9][0-9][0-9]_*.sql"))
    for expected, path in enumerate(found, start=1):
        if int(path.name[:4]) != expected:
            gap = Sentence(
                "移行スクリプト {number:04} がありません({found} があります)。mailguard "
                "をインストールし直してください。",
                "migration {number:04} is missing: found {found}",
                number=expected, found=path.name,
            )  # fmt: skip
            raise StoreError(gap)
    return [path.read_text("utf-8") for path in found]


def prepare(path: Path) -> None:
    """Make the file ready: created (mode 0600), in WAL mode, of the newest shape.

    Raises StoreTooNew, StoreCorrupt, StoreError, sqlite3.Error, OSError.
    """
    make(path.parent)
    with opening(path):
        _prepare(path)
    sync(path.parent)


def _prepare(path: Path) -> None:
    # SQLite gives its log and index files the mode of the database; mail is nobody else's business.
    try:
        os.close(beside(path, os.O_EXCL))  # the owner of the folder's, too, where a verb that root called is the first
    except FileExistsError:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    connection = connect(path)
    try:
        migrate(connection)
        # The mode is kept in the file. WAL needs shared memory, which network file systems do not have.
        if connection.execute("PRAGMA journal_mode = WAL").fetchone()[0] != "wal":
            raise StoreError(_NO_WAL)
    finally:
        connection.close()


def migrate(connection: sqlite3.Connection) -> None:
    """Apply what is missing. Two processes that start at once do not meet: the first holds the write lock."""
    wanted = migrations()
    while True:
        connection.execute("BEGIN IMMEDIATE")
        try:
            version = _version(connection, len(wanted))
            if version < len(wanted):
                for statement in statements(wanted[version]):
                    connection.execute(statement)
                connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                connection.execute(f"PRAGMA user_version = {version + 1}")
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        if version == len(wanted):
            return


def _version(connection: sqlite3.Connection, known: int) -> int:
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    ours = int(connection.execute("PRAGMA application_id").fetchone()[0]) == APPLICATION_ID
    empty = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0
    if not ours and not (empty and version == 0):
        raise StoreCorrupt(_NOT_OURS)
    if version > known:
        newer = Sentence(
            "台帳はバージョン {version} ですが、このプログラムが扱えるのは {known} までです。"
            "それを書いた新しい mailguard で起動するか、そちらで台帳を戻す(mailguard store downgrade --to {known})か、"
            "更新前のバックアップを復元してください。",
            "the ledger is of version {version}, this program knows up to {known}: "
            "run the newer mailguard that wrote it, or let that one take the ledger back "
            "(mailguard store downgrade --to {known}), or restore the backup made before it",
            version=version, known=known,
        )  # fmt: skip
        raise StoreTooNew(newer)
    return version


def statements(script: str) -> Iterator[str]:
    """The single statements of a script; triggers with their inner semicolons stay whole."""
    pending = ""
    for line in script.splitlines(keepends=True):
        if not pending.strip() and re.fullmatch(r"\s*(--.*)?\n?", line):
            continue
        pending += line
        if sqlite3.complete_statement(pending):
            yield pending.strip()
            pending = ""
    if pending.strip():
        raise StoreError(_CUT)
