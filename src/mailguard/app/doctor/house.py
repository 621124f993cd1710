"""The house itself: the disk, the ledger, the bodies, the readers' walls, the clock. Works beside a running server.

The ledger is opened for reading only and in any version: a doctor migrates nothing.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

from mailguard.app.doctor.check import Check, failing, good, warning
from mailguard.app.rooms import keyring, ledger_path, utc_now
from mailguard.config.load import Config
from mailguard.config.rooms import reading_limits
from mailguard.inspect.workers import Readers
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


def disk(config: Config) -> Iterator[Check]:
    """Room where the ledger and the bodies lie."""
    places = {ledger_path(config).parent, config.path(config.settings.store.bodies)}
    for place in sorted({_existing(path) for path in places}):
        free, whole, files = gauges.disk(place)
        mark = disk_mark(config.settings.limits.disk_free, whole)
        said = (
            f"{place}: {free // 2**20:,} MiB free of {whole // 2**20:,}; no mail is taken below {mark // 2**20:,} MiB"
        )
        remedy = "free space, shorten store.retention, move the store to a larger disk, or lower limits.disk_free"
        if free < mark or files < _FEW_FILES:
            yield failing("disk", said if free < mark else f"{place}: no more files can be made", remedy)
        elif free < _SOON * mark:
            yield warning("disk", said, remedy)
        else:
            yield good("disk", said)
        if not os.access(place, os.W_OK | os.X_OK):
            yield failing("disk", f"{place}: not writable for this user", "run doctor as mailguard's user; chown it")


def ledger(config: Config) -> Iterator[Check]:
    """Whether the ledger is whole, of our version, and its log a chain; whether its bodies are there."""
    path = ledger_path(config)
    if not path.exists():
        yield warning("ledger", f"{path}: not there yet", "`mailguard serve` makes it, or restore a backup")
        return
    try:
        connection = connect(path, read_only=True)
    except sqlite3.Error as error:
        yield failing("ledger", f"{path}: {error}", "look at the file's owner; restore a backup")
        return
    try:
        connection.execute("BEGIN")
        yield _version(path, version_of(connection))
        said = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        if said != "ok":
            yield failing("ledger", f"{path} is damaged: {said.splitlines()[0]}", "stop; `mailguard restore` a backup")
            return
        yield _audit_tail(connection)
        yield _bodies(config, connection)
    except (sqlite3.Error, StoreError) as error:
        yield failing("ledger", f"{path}: {error}", "stop the server; `mailguard restore` a backup")
    finally:
        connection.close()


def keys(config: Config) -> Iterator[Check]:
    """Whether bodies lie encrypted, and all keys that they need are there."""
    remedy = "put the key back below the current one; `mailguard store rotate` makes it dispensable"
    try:
        ring = keyring(config)
    except StoreError as error:
        yield failing("encryption", str(error), "bring the file back from its copy; only a new house needs a new one")
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
        yield failing("encryption", f"bodies are encrypted with {', '.join(missing)}, which is not there", remedy)
    elif ring is not None and (sealed < bodies or used - {ring.current}):
        said = f"{bodies - sealed:,} bodies are in the clear, {len(used - {ring.current})} older keys are in use"
        yield warning("encryption", said, "`mailguard store rotate`, also while the server runs")
    elif ring is not None:
        yield good("encryption", f"{sealed:,} bodies, all encrypted with the current key")


def _version(path: Path, version: int) -> Check:
    known = len(migrations())
    if version > known:
        remedy = f"run the newer program, or with it `mailguard store downgrade --to {known}`"
        return failing("ledger", f"{path} is of version {version}, this program knows {known}", remedy)
    if version < known:
        remedy = "`mailguard serve` brings it up to date; make a backup before"
        return warning("ledger", f"{path} is of version {version}, older than this program's {known}", remedy)
    return good("ledger", f"{path} is whole, version {version}")


def _audit_tail(connection: sqlite3.Connection) -> Check:
    """The last lines of the log; `audit verify` checks all."""
    sql = f"SELECT {audit.COLUMNS} FROM audit ORDER BY number DESC LIMIT {_AUDIT_TAIL}"  # noqa: S608
    lines = list(connection.execute(sql))[::-1]
    for before, line in pairwise(lines):
        if line[0] != before[0] + 1 or audit.chained(before[-1], line[:-1]) != line[-1]:
            detail = f"line {line[0]} was altered, or lines before it are missing"
            return failing("audit", detail, "`mailguard audit verify`; compare with an exported copy")
    seq = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'audit'").fetchone()
    if seq and (not lines or lines[-1][0] != seq[0]):
        return failing("audit", "lines at its end are missing", "`mailguard audit verify`")
    if lines and to_moment(lines[-1][1]) > utc_now() + timedelta(minutes=5):
        return warning("clock", "the audit log has lines of the future: this machine's clock was set back", "use NTP")
    return good("audit", f"the last {len(lines):,} lines are a chain")


def _bodies(config: Config, connection: sqlite3.Connection) -> Check:
    """Whether the files of the newest mails are there."""
    bodies = Bodies(config.path(config.settings.store.bodies))
    rows = files_of(connection, newest=_SAMPLE)
    lost = [message_id for message_id, sealed in rows if not bodies.path_of(message_id, sealed=sealed).is_file()]
    if lost:
        named = ", ".join(lost[:3]) + (" ..." if len(lost) > 3 else "")
        return failing("bodies", f"{len(lost)} of {len(rows)} files are missing: {named}", "restore them from a backup")
    return good("bodies", f"{len(rows):,} of the newest large bodies are there")


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
        remedy = "a Linux kernel with seccomp (5.13 or newer: Landlock too); in containers allow both"
        return [warning("readers", f"a reading process starts, without {' and '.join(walls)}", remedy)]
    return [good("readers", "a reading process starts, behind all its walls")]


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
        yield failing(
            "clock", f"this machine's clock says {now:%Y-%m-%d %H:%M}Z, before this program was made", "use NTP"
        )
    else:
        yield good("clock", f"{now:%Y-%m-%d %H:%M:%S}Z")


def _existing(path: Path) -> Path:
    while not path.exists():
        path = path.parent
    return path
