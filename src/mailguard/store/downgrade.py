"""The way back: the newer program takes a ledger's shape back, so that the older one can open it.

Each migration from 0016 on has a file of the same name under migrations/down. Its first line says what is lost, for
people, and behind "Refused:" what they must do if the script cannot be. It never runs beside another program, and
never by itself.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from mailguard.mail.saying import Sentence, sentence_of
from mailguard.mail.verdict import Because
from mailguard.store.alone import alone
from mailguard.store.errors import StoreCorrupt, StoreError, StoreTooNew
from mailguard.store.migrate import APPLICATION_ID, MIGRATIONS, migrations, statements

DOWN = MIGRATIONS / "down"
_NOT_A_LEDGER = Sentence(
    "この SQLite ファイルは mailguard の台帳ではありません。", "this SQLite file is not a mailguard ledger"
)
_ORPHANS = Sentence(
    "属する先のない行が残るため戻せません。何も変更していません。",
    "rows would be left without what they belong to; nothing was changed",
)
_REFUSED, _NOTHING = Sentence("不可: ", " Refused: "), "Nothing."


def way_back(to: int) -> dict[int, str]:
    """The scripts by the version that each takes back, as far as `to`, newest first. Raises StoreError."""
    newest = len(migrations())
    if not 0 < to <= newest:
        unknown = Sentence(
            "バージョン {to} はありません。このプログラムが扱えるのは 1 から {newest} までです。",
            "there is no version {to}: this program knows 1 to {newest}",
            to=to, newest=newest,
        )  # fmt: skip
        raise StoreError(unknown)
    scripts: dict[int, str] = {}
    for version in range(newest, to, -1):
        found = sorted(DOWN.glob(f"{version:04}_*.sql"))
        if not found:
            stuck = Sentence(
                "バージョン {version} からは戻せません。更新前に取ったバックアップを復元してください。",
                "there is no way back from version {version}; restore the backup made before it",
                version=version,
            )
            raise StoreError(stuck)
        scripts[version] = found[0].read_text("utf-8")
    return scripts


def loss_of(script: str) -> str:
    """What a step back loses, in its own words."""
    return _words(script, 0)


def _words(script: str, part: int) -> Sentence:
    """What its first two lines say, English and Japanese: 0: what is lost; 2: why it is refused, "" if it never is."""
    en, ja = (line.removeprefix("--").strip() for line in (*script.split("\n", 2), "", "")[:2])
    said = Because(ja.partition(_REFUSED.ja)[part], en.partition(_REFUSED)[part])
    return sentence_of(said if ja else Because(said.en, said.en))


def version_of(connection: sqlite3.Connection) -> int:
    """The version of a ledger. Raises StoreCorrupt if the file is none."""
    if int(connection.execute("PRAGMA application_id").fetchone()[0]) != APPLICATION_ID:
        raise StoreCorrupt(_NOT_A_LEDGER)
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def losses(path: Path, to: int) -> list[str]:
    """What taking this ledger back to a version loses, step by step. Raises StoreError and its kinds."""
    with alone(path) as connection:
        version = version_of(connection)
    lost = [loss_of(script) for number, script in way_back(to).items() if number <= version]
    return [one for one in lost if one != _NOTHING]


def downgrade(path: Path, to: int) -> int:
    """Take the ledger back, all steps in one transaction. Returns the version that it had. Raises StoreError."""
    scripts = way_back(to)
    with alone(path) as connection:
        version = version_of(connection)
        if version > len(migrations()):
            newer = Sentence(
                "台帳はバージョン {version} です。戻せるのは、それを書いたプログラムだけです。",
                "the ledger is of version {version}: only the program that wrote it can take it back",
                version=version,
            )
            raise StoreTooNew(newer)
        connection.execute("PRAGMA foreign_keys = OFF")  # sqlite.org/lang_altertable.html#otheralter
        connection.execute("BEGIN IMMEDIATE")
        try:
            for number in range(version, to, -1):
                _step(connection, scripts[number])
            if version > to:
                connection.execute(f"PRAGMA user_version = {to}")
            if connection.execute("PRAGMA foreign_key_check").fetchone() is not None:
                raise StoreError(_ORPHANS)
            connection.execute("COMMIT")
        except BaseException:
            connection.execute("ROLLBACK")
            raise
    return version


def _step(connection: sqlite3.Connection, script: str) -> None:
    """One version back. Raises StoreError where the script itself says that it cannot be."""
    for statement in statements(script):
        try:
            connection.execute(statement)
        except sqlite3.IntegrityError:
            why = _words(script, 2) or loss_of(script)
            raise StoreError(Sentence("{why}。何も変更していません。", "{why}; nothing was changed", why=why)) from None
