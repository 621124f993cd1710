"""A backup put back: read into a place aside, examined whole, and only then moved to where it belongs.

What was sent after the backup was made stands in it as not sent. So that nothing goes out twice, all mail that is not
at its end is held, its clocks stopped, until somebody says otherwise; sessions and ways in of then are ended. Whatever
lay there before is moved aside, never removed. It trusts nothing in the archive; everything here blocks.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from mailguard.mail.actor import Actor
from mailguard.mail.lifecycle import Event
from mailguard.mail.saying import Sentence
from mailguard.store import audit, deciding
from mailguard.store.alone import alone, exchanging
from mailguard.store.archive import INSIGHT, KEY, LEDGER, PEOPLE, unpack
from mailguard.store.backup import files_of
from mailguard.store.bodies import Bodies
from mailguard.store.connection import connect
from mailguard.store.downgrade import version_of
from mailguard.store.errors import StoreCorrupt, StoreError, typed
from mailguard.store.folders import give, sync
from mailguard.store.migrate import migrate
from mailguard.store.snapshots import snapshot_path
from mailguard.store.wish import Wish

#: Said in the history of each mail that is held by it, to whoever reads it: in both languages.
COMMENT = (
    "バックアップから復元しました。その後に送信済みの可能性があります"
    " / restored from a backup: it may have been sent since"
)
#: So old, a folder aside is nobody's any more.
_LEFT_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class Place:
    """Where the ledger and its bodies belong."""

    ledger: Path
    bodies: Path

    @property
    def files(self) -> dict[str, Path]:
        """The members of an archive beside the bodies, and where each belongs."""
        return {
            LEDGER: self.ledger,
            KEY: self.ledger.with_suffix(".key"),
            PEOPLE: self.ledger.with_suffix(".people.json"),
            INSIGHT: snapshot_path(self.ledger),
        }


@dataclass(frozen=True, slots=True)
class Restored:
    """What was put back. held: mails that wait for somebody's word; missing: bodies that the backup had not either.

    aside: where what lay there before lies now; nothing lay there: None.
    """

    manifest: dict[str, Any]
    held: int
    missing: tuple[str, ...]
    aside: Path | None
    key: bool


def restore(archive: Path, place: Place, actor: Actor, now: datetime, *, release: bool, force: bool) -> Restored:
    """Put a backup back. release: queued mail goes out as it stands in it. force: what lies there is moved aside.

    Raises StoreError and its kinds; then nothing was changed.
    """
    try:
        return _restore(archive, place, actor, now, release, force)
    except (sqlite3.Error, OSError) as error:
        raise typed(error) from error


def _restore(archive: Path, place: Place, actor: Actor, now: datetime, release: bool, force: bool) -> Restored:
    _present(place, force)  # before anything is unpacked
    with _staged(place.ledger.parent) as rows, _staged(place.bodies.parent) as files:
        staged = Place(rows / place.ledger.name, files / "bodies")
        staged.bodies.mkdir(mode=0o700)
        manifest = unpack(archive, staged.files, staged.bodies, None)
        missing = _examined(staged, manifest)
        held = _settle(staged.ledger, actor, now, manifest, release)
        for root in (rows, files):
            _give_tree(root, place.ledger.parent.stat())
        _sync_tree(rows, files)
        with exchanging(place.ledger):
            present = _present(place, force)  # what somebody made meanwhile is not written over
            aside = _move_aside(place, present, now) if present else None
            # The ledger comes last: a restore that is killed here leaves none, and can be done again.
            staged.bodies.rename(place.bodies)
            for name in (INSIGHT, PEOPLE, KEY, LEDGER):
                if staged.files[name].exists():
                    staged.files[name].rename(place.files[name])
        _sync_tree(place.bodies.parent, place.ledger.parent)
    return Restored(manifest, held, missing, aside, place.files[KEY].exists())


def _present(place: Place, force: bool) -> list[Path]:
    """What is to be moved aside. Raises StoreError if that was not asked for."""
    present = [path for path in _old(place) if path.exists() or path.is_symlink()]
    if present and not force:
        there = Sentence(
            "{path} がすでにあります。--force で別の場所に移すか、--to で別のフォルダーに復元してください。",
            "{path} is there already: --force moves it aside, --to restores into another folder",
            path=present[0],
        )
        raise StoreError(there)
    return present


def _old(place: Place) -> list[Path]:
    logs = [place.ledger.with_name(place.ledger.name + end) for end in ("-wal", "-shm")]
    bodies = [place.bodies] if place.bodies.is_dir() and any(place.bodies.rglob("*")) else []
    return [*place.files.values(), *logs, *bodies]


def _examined(staged: Place, manifest: dict[str, Any]) -> tuple[str, ...]:
    """Whether the ledger is whole and each body that it speaks of is there. Returns those that the backup had not."""
    if not staged.ledger.exists():
        raise StoreCorrupt(Sentence("バックアップに台帳がありません。", "the backup has no ledger"))
    missing = set(manifest.get("missing", ()))
    connection = connect(staged.ledger)
    try:
        version_of(connection)
        if (said := connection.execute("PRAGMA integrity_check").fetchone()[0]) != "ok":
            damaged = Sentence(
                "バックアップ内の台帳が破損しています: {said}",
                "the ledger in the backup is damaged: {said}",
                said=said.splitlines()[0],
            )
            raise StoreCorrupt(damaged)
        migrate(connection)  # refuses a newer one
        if (broken := audit.first_broken(connection)) is not None:
            altered = Sentence(
                "バックアップ内の監査ログが {line} 行目で途切れています。改変されています。",
                "the audit log in the backup is broken at line {line}: it was altered",
                line=broken,
            )
            raise StoreCorrupt(altered)
        bodies = Bodies(staged.bodies)
        for message_id, sealed in files_of(connection):
            if not bodies.path_of(message_id, sealed=sealed).exists() and message_id not in missing:
                lost = Sentence(
                    "バックアップにあるはずのメール {id} の本文がありません。",
                    "the backup speaks of mail {id} and does not have it",
                    id=message_id,
                )
                raise StoreCorrupt(lost)
    finally:
        connection.close()
    return tuple(sorted(missing))


def _settle(ledger: Path, actor: Actor, now: datetime, manifest: dict[str, Any], release: bool) -> int:
    """Make it safe to open: nothing is under way, nobody is logged in, and unless `release`, nothing goes by itself."""
    with alone(ledger) as connection:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("DELETE FROM session")
        connection.execute("DELETE FROM ticket")
        connection.execute("UPDATE bulk SET state = 'stopped' WHERE state IN ('preparing', 'waiting', 'running')")
        connection.execute("UPDATE recipient SET lease = NULL, due_at = 0 WHERE state = 'queued' AND lease IS NOT NULL")
        held = 0 if release else _hold_all(connection, actor, now)
        detail = {"made_at": str(manifest.get("made_at", "")), "held": held}
        audit.append(connection, now, actor, "restore", detail=detail)
        connection.execute("COMMIT")
        return held


def _hold_all(connection: sqlite3.Connection, actor: Actor, now: datetime) -> int:
    sql = "SELECT id FROM message WHERE kind = 'mail' AND state IN ('held', 'queued') ORDER BY id"
    wish = Wish(Event.HOLD, actor, now, comment=COMMENT)
    ids = [row[0] for row in connection.execute(sql)]
    return sum(bool(deciding.apply(connection, message_id, wish).changed) for message_id in ids)


@contextlib.contextmanager
def _staged(parent: Path) -> Iterator[Path]:
    """A folder aside, on the same file system, that is gone afterwards. What a killed restore left goes with it."""
    parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    for left in parent.glob(".restore-*"):
        if time.time() - left.stat().st_mtime > _LEFT_SECONDS:
            shutil.rmtree(left, ignore_errors=True)
    folder = parent / f".restore-{secrets.token_hex(4)}"
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _move_aside(place: Place, present: list[Path], now: datetime) -> Path:
    """Move what lies there into a folder beside it, and away from where a server would look."""
    if place.ledger.exists():
        with alone(place.ledger):  # no program has it open; its log is written back into it when this ends
            pass
    name = f"before-restore-{now:%Y%m%dT%H%M%S}-{secrets.token_hex(2)}"
    for parent in {path.parent for path in present}:
        (parent / name).mkdir(mode=0o700)
    for path in present:
        with contextlib.suppress(FileNotFoundError):  # the log went when the ledger was closed
            path.rename(path.parent / name / path.name)
    return place.ledger.parent / name


def _give_tree(root: Path, owner: os.stat_result) -> None:
    """Root puts back what is another user's: whoever has the folder. Nobody else can look in here yet."""
    for folder, _, names in os.walk(root):
        if Path(folder) != root:
            give(Path(folder), owner)
        for name in names:
            give(Path(folder, name), owner)


def _sync_tree(*roots: Path) -> None:
    """fsync of each folder: files were synced when they were written, their names are durable only now."""
    for root in roots:
        for folder, _, _ in os.walk(root):
            sync(Path(folder))
