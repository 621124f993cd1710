"""The house itself: the disk, the ledger, the bodies, the readers' walls, the clock. Works beside a running server.

The ledger is opened for reading only and in any version: a doctor migrates nothing.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

from mailguard.app.doctor.check import AS_ITS_USER, Check, failing, good, warning
from mailguard.app.rooms import keyring, ledger_path, utc_now
from mailguard.config.load import Config
from mailguard.config.rooms import reading_limits
from mailguard.inspect.workers import Readers
from mailguard.mail.saying import Sentence
from mailguard.pressure import disk_mark, gauges
from mailguard.store import audit
from mailguard.store.backup import files_of
from mailguard.store.bodies import Bodies
from mailguard.store.connection import connect
from mailguard.store.downgrade import version_of
from mailguard.store.errors import StoreError
from mailguard.store.migrate import migrations
from mailguard.store.rows import to_moment

#: So many times the mark at which no mail is taken any more, it is time to look.
_SOON = 3
_FEW_FILES = 1000
_SAMPLE = 500
_AUDIT_TAIL = 2000
_NTP = Sentence("NTP で時刻を合わせてください。", "use NTP")


def disk(config: Config) -> Iterator[Check]:
    """Room where the ledger and the bodies lie."""
    places = {ledger_path(config).parent, config.path(config.settings.store.bodies)}
    for place in sorted({_existing(path) for path in places}):
        free, whole, files = gauges.disk(place)
        mark = disk_mark(config.settings.limits.disk_free, whole)
        said = Sentence(
            "{place}: 空き {free:,} MiB(全体 {whole:,} MiB)。{mark:,} MiB を下回るとメールを受け付けません。",
            "{place}: {free:,} MiB free of {whole:,}; no mail is taken below {mark:,} MiB",
            place=place, free=free // 2**20, whole=whole // 2**20, mark=mark // 2**20,
        )  # fmt: skip
        full = Sentence("{place}: これ以上ファイルを作れません。", "{place}: no more files can be made", place=place)
        remedy = Sentence(
            "空き容量を増やす、store.retention を短くする、より大きなディスクに移す、limits.disk_free を下げる、"
            "のいずれかを行ってください。",
            "free space, shorten store.retention, move the store to a larger disk, or lower limits.disk_free",
        )
        if free < mark or files < _FEW_FILES:
            yield failing("disk", said if free < mark else full, remedy)
        elif free < _SOON * mark:
            yield warning("disk", said, remedy)
        else:
            yield good("disk", said)
        if not os.access(place, os.W_OK | os.X_OK):
            said = Sentence(
                "{place}: このユーザーでは書き込めません。", "{place}: not writable for this user", place=place
            )
            yield failing("disk", said, AS_ITS_USER)


def ledger(config: Config) -> Iterator[Check]:
    """Whether the ledger is whole, of our version, and its log a chain; whether its bodies are there."""
    path = ledger_path(config)
    if not path.exists():
        said = Sentence("{path}: まだありません。", "{path}: not there yet", path=path)
        remedy = Sentence(
            "`mailguard serve` を起動すると作られます。またはバックアップを復元してください。",
            "`mailguard serve` makes it, or restore a backup",
        )
        yield warning("ledger", said, remedy)
        return
    try:
        connection = connect(path, read_only=True)
    except sqlite3.Error as error:
        remedy = Sentence(
            "ファイルの所有者を確認するか、バックアップを復元してください。",
            "look at the file's owner; restore a backup",
        )
        yield failing(
            "ledger", Sentence("{path}: 開けません: {error}", "{path}: {error}", path=path, error=error), remedy
        )
        return
    try:
        connection.execute("BEGIN")
        yield _version(path, version_of(connection))
        said = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        if said != "ok":
            first = said.splitlines()[0]
            damaged = Sentence("{path} は破損しています: {said}", "{path} is damaged: {said}", path=path, said=first)
            remedy = Sentence(
                "停止し、`mailguard restore` でバックアップを復元してください。", "stop; `mailguard restore` a backup"
            )
            yield failing("ledger", damaged, remedy)
            return
        yield _audit_tail(connection)
        yield _bodies(config, connection)
    except (sqlite3.Error, StoreError) as error:
        remedy = Sentence(
            "サーバーを停止し、`mailguard restore` でバックアップを復元してください。",
            "stop the server; `mailguard restore` a backup",
        )
        yield failing("ledger", f"{path}: " + str(error), remedy)
    finally:
        connection.close()


def keys(config: Config) -> Iterator[Check]:
    """Whether bodies lie encrypted, and all keys that they need are there."""
    remedy = Sentence(
        "その鍵を現在の鍵の下に書き戻してください。`mailguard store rotate` の後は不要になります。",
        "put the key back below the current one; `mailguard store rotate` makes it dispensable",
    )
    try:
        ring = keyring(config)
    except StoreError as error:
        again = Sentence(
            "鍵ファイルを控えから戻してください。新しい鍵が必要なのは、新しく導入するときだけです。",
            "bring the file back from its copy; only a new house needs a new one",
        )
        yield failing("encryption", str(error), again)
        return
    path = ledger_path(config)
    if not path.exists():
        return
    try:
        connection = connect(path, read_only=True)
    except sqlite3.Error:
        return  # said already
    with closing(connection):
        if version_of(connection) < len(migrations()):
            return  # said already
        sql = "SELECT count(*), count(k.message) FROM message m LEFT JOIN body_key k ON k.message = m.number"
        bodies, sealed = connection.execute(f"{sql} WHERE m.body <> 'gone'").fetchone()
        used = {row[0] for row in connection.execute("SELECT DISTINCT wrapped_by FROM body_key")}
    missing = sorted(used - (frozenset() if ring is None else ring.names))
    if missing:
        said = Sentence(
            "本文を暗号化した鍵 {keys} がありません。",
            "bodies are encrypted with {keys}, which is not there",
            keys=", ".join(missing),
        )
        yield failing("encryption", said, remedy)
    elif ring is not None and (sealed < bodies or used - {ring.current}):
        said = Sentence(
            "暗号化されていない本文が {clear:,} 件、使われている古い鍵が {older} 個あります。",
            "{clear:,} bodies are in the clear, {older} older keys are in use",
            clear=bodies - sealed, older=len(used - {ring.current}),
        )  # fmt: skip
        remedy = Sentence(
            "`mailguard store rotate` を実行してください(サーバーの稼働中も可)。",
            "`mailguard store rotate`, also while the server runs",
        )
        yield warning("encryption", said, remedy)
    elif ring is not None:
        said = Sentence(
            "本文 {n:,} 件はすべて現在の鍵で暗号化されています。",
            "{n:,} bodies, all encrypted with the current key",
            n=sealed,
        )
        yield good("encryption", said)


def _version(path: Path, version: int) -> Check:
    known = len(migrations())
    if version > known:
        said = Sentence(
            "{path} はバージョン {version} ですが、このプログラムが扱えるのは {known} までです。",
            "{path} is of version {version}, this program knows {known}",
            path=path, version=version, known=known,
        )  # fmt: skip
        remedy = Sentence(
            "新しい方のプログラムで起動するか、それで `mailguard store downgrade --to {known}` を実行してください。",
            "run the newer program, or with it `mailguard store downgrade --to {known}`",
            known=known,
        )
        return failing("ledger", said, remedy)
    if version < known:
        said = Sentence(
            "{path} はバージョン {version} で、このプログラムの {known} より古いものです。",
            "{path} is of version {version}, older than this program's {known}",
            path=path, version=version, known=known,
        )  # fmt: skip
        remedy = Sentence(
            "`mailguard serve` を起動すると更新されます。その前にバックアップを取ってください。",
            "`mailguard serve` brings it up to date; make a backup before",
        )
        return warning("ledger", said, remedy)
    said = Sentence(
        "{path} は正常です(バージョン {version})。", "{path} is whole, version {version}", path=path, version=version
    )
    return good("ledger", said)


def _audit_tail(connection: sqlite3.Connection) -> Check:
    """The last lines of the log; `audit verify` checks all."""
    sql = f"SELECT {audit.COLUMNS} FROM audit ORDER BY number DESC LIMIT {_AUDIT_TAIL}"  # noqa: S608
    lines = list(connection.execute(sql))[::-1]
    for before, line in pairwise(lines):
        if line[0] != before[0] + 1 or audit.chained(before[-1], line[:-1]) != line[-1]:
            detail = Sentence(
                "{n} 行目が改変されているか、それより前の行が欠けています。",
                "line {n} was altered, or lines before it are missing",
                n=line[0],
            )
            remedy = Sentence(
                "`mailguard audit verify` を実行し、書き出しておいた控えと比べてください。",
                "`mailguard audit verify`; compare with an exported copy",
            )
            return failing("audit", detail, remedy)
    seq = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'audit'").fetchone()
    if seq and (not lines or lines[-1][0] != seq[0]):
        detail = Sentence("末尾の行が欠けています。", "lines at its end are missing")
        return failing(
            "audit", detail, Sentence("`mailguard audit verify` を実行してください。", "`mailguard audit verify`")
        )
    if lines and to_moment(lines[-1][1]) > utc_now() + timedelta(minutes=5):
        detail = Sentence(
            "監査ログに未来の行があります(このマシンの時計が戻されました)。",
            "the audit log has lines of the future: this machine's clock was set back",
        )
        return warning("clock", detail, _NTP)
    return good(
        "audit", Sentence("最新の {n:,} 行は連続しています。", "the last {n:,} lines are a chain", n=len(lines))
    )


def _bodies(config: Config, connection: sqlite3.Connection) -> Check:
    """Whether the files of the newest mails are there."""
    bodies = Bodies(config.path(config.settings.store.bodies))
    rows = files_of(connection, newest=_SAMPLE)
    lost = [message_id for message_id, sealed in rows if not bodies.path_of(message_id, sealed=sealed).is_file()]
    if lost:
        named = ", ".join(lost[:3]) + (" ..." if len(lost) > 3 else "")
        detail = Sentence(
            "{all} 個中 {lost} 個のファイルがありません: {named}", "{lost} of {all} files are missing: {named}",
            lost=len(lost), all=len(rows), named=named,
        )  # fmt: skip
        return failing("bodies", detail, Sentence("バックアップから復元してください。", "restore them from a backup"))
    detail = Sentence(
        "最新の大きな本文 {n:,} 件はすべてあります。", "{n:,} of the newest large bodies are there", n=len(rows)
    )
    return good("bodies", detail)


async def readers(config: Config) -> list[Check]:
    """Whether a reading process starts, and how high its walls are."""
    folder = config.path(config.settings.store.bodies)
    pool = Readers(reading_limits(config), 1, folder=folder)
    try:
        await pool.start()
        walls = await asyncio.to_thread(_walls, pool.pids[0])
    finally:
        await pool.stop()
    if walls:
        remedy = Sentence(
            "seccomp のある Linux カーネル(5.13 以降は Landlock も)が必要です。コンテナーでは両方を許可してください。",
            "a Linux kernel with seccomp (5.13 or newer: Landlock too); in containers allow both",
        )
        said = Sentence(
            "読み取りプロセスは起動しますが、{walls} による隔離がありません。",
            "a reading process starts, without {walls}",
            walls=_and(walls),
        )  # fmt: skip
        return [warning("readers", said, remedy)]
    said = Sentence(
        "読み取りプロセスは、すべての隔離のもとで起動します。", "a reading process starts, behind all its walls"
    )
    return [good("readers", said)]


def _and(names: Sequence[str]) -> str:
    if len(names) == 1:
        return names[0]
    return Sentence("{first} と {second}", "{first} and {second}", first=names[0], second=names[1])


def _walls(pid: int) -> list[str]:
    """The walls that are missing, as the kernel says (proc(5)); Landlock as far as the kernel offers it."""
    status = dict(
        line.split(":\t", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines() if ":\t" in line
    )
    missing = [] if status.get("Seccomp", "0").strip() == "2" else ["seccomp"]
    modules = Path("/sys/kernel/security/lsm")
    try:
        offered = "landlock" in modules.read_text()
    except OSError:
        return missing  # the kernel does not say
    return missing if offered else [*missing, "Landlock"]


def clock() -> Iterator[Check]:
    """Whether the clock can be right: it is not before this program was made."""
    now = datetime.now(UTC)
    made = datetime.fromtimestamp(Path(__file__).stat().st_mtime, UTC)
    if now < made - timedelta(days=1):
        said = Sentence(
            "このマシンの時計は {now:%Y-%m-%d %H:%M}Z で、このプログラムが作られた日より前です。",
            "this machine's clock says {now:%Y-%m-%d %H:%M}Z, before this program was made",
            now=now,
        )
        yield failing("clock", said, _NTP)
    else:
        yield good("clock", f"{now:%Y-%m-%d %H:%M:%S}Z")


def _existing(path: Path) -> Path:
    while not path.exists():
        path = path.parent
    return path
