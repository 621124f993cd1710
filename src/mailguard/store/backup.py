"""A copy of everything that the ledger needs, made while mail flows: consistent, whole or not there at all.

The ledger is copied as of one instant (sqlite.org/backup.html). Bodies are never changed once written, and none is
removed while they are copied, so each body that a row of the copy speaks of is in the archive. It appears under its
name only when it is whole and on disk; what a killed backup leaves is removed by the next one. Everything here blocks.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from mailguard.mail.actor import Actor
from mailguard.mail.saying import Sentence
from mailguard.store import audit
from mailguard.store.alone import nothing_is_removed
from mailguard.store.archive import INSIGHT, KEY, LEDGER, PEOPLE, ArchiveWriter, body_name, setting_name
from mailguard.store.bodies import Bodies
from mailguard.store.connection import connect
from mailguard.store.downgrade import version_of
from mailguard.store.errors import StoreCorrupt, typed
from mailguard.store.folders import sync
from mailguard.store.snapshots import snapshot_path

_OPEN_STATES = ("held", "queued")


@dataclass(frozen=True, slots=True)
class Source:
    """What is copied. settings: files of the configuration, each with the path that it has below its folder."""

    ledger: Path
    bodies: Path
    keys: bool = True
    settings: Mapping[Path, Path] | None = None


@dataclass(frozen=True, slots=True)
class Copied:
    """What a backup holds. missing: messages whose body was gone from the disk already: damage from before."""

    size: int
    version: int
    messages: int
    open: int
    bodies: int
    missing: tuple[str, ...]


def back_up(source: Source, target: Path, program: str, now: datetime) -> Copied:
    """Write the archive. Raises StoreError and its kinds, OSError; then there is no such file, or still the old one."""
    try:
        with _aside(target) as aside:
            copied = _write(source, aside, target, program, now)
            aside.replace(target)
            sync(target.parent)
            return copied
    except (sqlite3.Error, OSError) as error:
        raise typed(error) from error


def note(ledger: Path, actor: Actor, now: datetime, event: str, detail: dict[str, Any]) -> None:
    """A line in the audit log of the ledger, of whatever version it is. Raises sqlite3.Error."""
    connection = connect(ledger)
    try:
        connection.execute("BEGIN IMMEDIATE")
        audit.append(connection, now, actor, event, detail=detail)
        connection.execute("COMMIT")
    finally:
        connection.close()


def _write(source: Source, aside: Path, target: Path, program: str, now: datetime) -> Copied:
    snapshot = aside.with_suffix(".ledger")
    try:
        with nothing_is_removed(source.ledger), aside.open("r+b") as out:
            facts = _snapshot(source.ledger, snapshot)
            with contextlib.closing(ArchiveWriter(out, packed=target.name.endswith((".gz", ".tgz")))) as writer:
                _add_files(writer, source, snapshot)
                count, missing = _add_bodies(writer, snapshot, Bodies(source.bodies))
                facts |= {"program": program, "made_at": now.isoformat(timespec="seconds"), "bodies": count}
                writer.end({**facts, "keys": source.keys, "missing": missing})
            out.flush()
            os.fsync(out.fileno())
            size = os.fstat(out.fileno()).st_size
        return Copied(size, facts["schema"], facts["messages"], facts["open"], count, tuple(missing))
    finally:
        for path in (snapshot, Path(f"{snapshot}-journal")):
            path.unlink(missing_ok=True)


def _snapshot(ledger: Path, to: Path) -> dict[str, Any]:
    """Copy the ledger as it is at one instant. Returns what the manifest says of it."""
    os.close(os.open(to, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    live, copy = connect(ledger, read_only=True), sqlite3.connect(to, isolation_level=None)
    try:
        version_of(live)
        live.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")  # one file, with no log beside it
        if (said := copy.execute("PRAGMA quick_check").fetchone()[0]) != "ok":
            damaged = Sentence(
                "{ledger} は破損しています({said})。以前のバックアップを復元してください。",
                "{ledger} is damaged ({said}): restore an earlier backup",
                ledger=ledger, said=said.splitlines()[0],
            )  # fmt: skip
            raise StoreCorrupt(damaged)
        last = copy.execute("SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1").fetchone()
        states = json.dumps(_OPEN_STATES)
        sql = "SELECT count(*), count(*) FILTER (WHERE state IN (SELECT value FROM json_each(?))) FROM message"
        messages, waiting = copy.execute(sql, (states,)).fetchone()
        line = {"number": last[0], "hash": last[1].hex()} if last else None
        return {"schema": version_of(copy), "messages": messages, "open": waiting, "audit": line}
    finally:
        live.close()
        copy.close()


def _add_files(writer: ArchiveWriter, source: Source, snapshot: Path) -> None:
    writer.add(LEDGER, snapshot)
    if source.keys and (key := source.ledger.with_suffix(".key")).exists():
        writer.add(KEY, key)
    if (people := source.ledger.with_suffix(".people.json")).exists():
        writer.add(PEOPLE, people)
    # After the ledger: what that has not any more, the model has learnt. It may be exchanged meanwhile, never changed.
    with contextlib.suppress(FileNotFoundError):
        writer.add(INSIGHT, snapshot_path(source.ledger))
    for relative, path in sorted((source.settings or {}).items()):
        writer.add(setting_name(relative), path)


def _add_bodies(writer: ArchiveWriter, snapshot: Path, bodies: Bodies) -> tuple[int, list[str]]:
    """The bodies that the copy of the ledger speaks of. Returns how many, and which are not there."""
    count, missing = 0, []
    connection = sqlite3.connect(snapshot)
    try:
        for message_id, sealed in files_of(connection):
            path = bodies.path_of(message_id, sealed=sealed)
            try:
                writer.add(body_name(path), path)
                count += 1
            except FileNotFoundError:
                missing.append(message_id)
        return count, missing
    finally:
        connection.close()


def files_of(connection: sqlite3.Connection, newest: int = -1) -> list[tuple[str, bool]]:
    """The messages whose body is a file, and whether it lies sealed; of a ledger of any version. newest: so many."""
    keys = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'body_key'").fetchone()
    sealed = "EXISTS (SELECT 1 FROM body_key k WHERE k.message = m.number)" if keys else "0"
    sql = f"SELECT m.id, {sealed} FROM message m WHERE m.body = 'file' ORDER BY m.number DESC LIMIT ?"  # noqa: S608
    return [(message_id, bool(found)) for message_id, found in connection.execute(sql, (newest,))]


@contextlib.contextmanager
def _aside(target: Path) -> Iterator[Path]:
    """An empty file beside the target, locked as long as we live; what earlier ones left there is removed."""
    prefix = f".{target.name}."
    for left in target.parent.glob(f"{prefix}*.part"):
        _remove_if_left(left)
    path = target.parent / f"{prefix}{secrets.token_hex(4)}.part"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield path
    finally:
        os.close(descriptor)
        path.unlink(missing_ok=True)


def _remove_if_left(path: Path) -> None:
    with contextlib.suppress(OSError):
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            for one in (path.with_suffix(".ledger"), Path(f"{path.with_suffix('.ledger')}-journal"), path):
                one.unlink(missing_ok=True)
        finally:
            os.close(descriptor)
