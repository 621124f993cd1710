"""Bodies that lie encrypted: nothing in the clear on the disk, keys that change, that are wrong, that are gone."""

from __future__ import annotations

import fcntl
import hashlib
import io
import os
import secrets
import shutil
import sqlite3
import stat
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from tests.integration.store.test_lessons import taken
from tests.ledger import BOB, NOON, PREFIX, Ledger, facts, mail, verdict

from mailguard.mail.actor import Actor, Role
from mailguard.mail.address import parse_address
from mailguard.mail.facts import Facts
from mailguard.mail.lifecycle import Event
from mailguard.mail.message import Body, new_message_id
from mailguard.mail.query_text import parse_query
from mailguard.mail.sealing import new_key, seal
from mailguard.mail.verdict import Disposition
from mailguard.store import downgrade, snapshots
from mailguard.store.alone import nothing_is_removed
from mailguard.store.backup import Source, back_up
from mailguard.store.bodies import Bodies
from mailguard.store.db import Database
from mailguard.store.errors import StoreBusy, StoreError
from mailguard.store.keyring import Keyring, add_key
from mailguard.store.lessons import Lessons
from mailguard.store.migrate import migrations
from mailguard.store.records import Filter
from mailguard.store.restore import Place, restore
from mailguard.store.rotate import Rotated, Rotation
from mailguard.store.spool import BodyGone, Retention

CANARY = "kanaria-7f3a"
SMALL = f"Subject: small\r\n\r\n{CANARY}\r\n".encode()
LARGE = b"Subject: large\r\n\r\n" + f"{CANARY} in a line of a mail\r\n".encode() * 8000
ADMIN = Actor("cli-root", Role.ADMINISTRATOR, "cli")


def read_by(subject: str) -> Facts:
    return replace(facts(subject), text=f"the text has a {CANARY} in it")


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    path = tmp_path / "keys"
    add_key(path)
    return path


def text_of(file: Path) -> str:
    return file.read_text()


def only(file: Path, line: str) -> None:
    file.write_text(f"{line}\n")


@asynccontextmanager
async def opened(folder: Path, keys: Path | None) -> AsyncIterator[Ledger]:
    db = await Database.open(folder / "mailguard.db", None if keys is None else Keyring(keys))
    try:
        ledger = Ledger(db, folder / "bodies")
        await ledger.spool.start(NOON)
        yield ledger
    finally:
        await db.close()


async def filled(folder: Path, keys: Path | None) -> dict[str, bytes]:
    """Held mails, small and large, and a letter: their octets by id."""
    async with opened(folder, keys) as ledger:
        known = {}
        for number, octets in enumerate((SMALL, LARGE)):
            record = await ledger.add(Disposition.CONFIRM, octets=octets, known=read_by(f"mail {number}"))
            known[record.id] = octets
        letter = await ledger.spool.add_letter(
            new_message_id(NOON), parse_address("ann@corp.example"), SMALL, about=None, now=NOON
        )
        assert letter is not None
        known[letter.id] = SMALL
    return known


async def all_read(ledger: Ledger, known: dict[str, bytes]) -> None:
    for message_id, octets in known.items():
        body = await ledger.spool.body(message_id)
        assert body.read() == octets
        assert body.sha256 == hashlib.sha256(octets).hexdigest()


def files_with(folder: Path, text: str) -> list[str]:
    """Files below the folder in which the text stands, as UTF-8 or UTF-16."""
    wanted = [text.encode(), text.encode("utf-16-le")]
    found = [path for path in folder.rglob("*") if path.is_file()]
    return [str(path.relative_to(folder)) for path in found if any(one in path.read_bytes() for one in wanted)]


async def search(ledger: Ledger, words: str) -> int:
    query = parse_query(f"text:{words}", NOON, "UTC")
    return await ledger.holds.count(Filter(query=query))


def test_of_two_keys_that_are_made_at_once_none_is_lost(keys: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bodies may lie sealed with either of them at once."""
    first, came, real_lock, real_token = keys.read_text(), threading.Event(), fcntl.flock, secrets.token_hex
    names: list[str] = []

    def second() -> None:
        names.append(add_key(keys))
        came.set()

    other = threading.Thread(target=second)

    def flock(file: int, how: int) -> None:
        if threading.current_thread() is other:
            came.set()  # he waits, or goes on at once
        real_lock(file, how)

    def token_hex(octets: int) -> str:
        if not other.ident:  # the first one has read the file, and has not written it
            other.start()
            assert came.wait(60)
        return real_token(octets)

    monkeypatch.setattr(fcntl, "flock", flock)
    monkeypatch.setattr(secrets, "token_hex", token_hex)
    names.append(add_key(keys))
    other.join(60)
    assert (set(names) < Keyring(keys).names, len(Keyring(keys).names)) == (True, 3)
    assert keys.read_text().endswith(first)


def test_a_new_key_is_on_disk_for_good(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[tuple[bool, bool]] = []
    real = os.fsync

    def fsync(descriptor: int) -> None:
        synced.append((stat.S_ISDIR(os.fstat(descriptor).st_mode), (tmp_path / "keys").exists()))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    add_key(tmp_path / "keys")
    assert synced == [(False, False), (True, True)], "the octets, then the name"


async def test_nothing_of_a_body_stands_on_the_disk(tmp_path: Path, keys: Path) -> None:
    known = await filled(tmp_path / "var", keys)
    assert files_with(tmp_path / "var", CANARY) == []
    assert len(list((tmp_path / "var" / "bodies").glob("1*/*.sealed"))) == 1
    async with opened(tmp_path / "var", keys) as ledger:
        await all_read(ledger, known)
        assert files_with(tmp_path / "var", CANARY) == []
        assert await search(ledger, CANARY) == 2
        assert await search(ledger, "nothing-of-it") == 0


async def test_without_keys_it_stands_there(tmp_path: Path) -> None:
    """The test above can fail."""
    await filled(tmp_path / "var", None)
    assert len(files_with(tmp_path / "var", CANARY)) == 2


async def test_what_the_door_sealed_is_adopted_as_it_is(tmp_path: Path, keys: Path) -> None:
    async with opened(tmp_path / "var", keys) as ledger:
        key = new_key()
        file = ledger.spool.incoming / "in-1.part"
        file.write_bytes(seal(key, LARGE))
        inode = file.stat().st_ino
        body = Body(len(LARGE), hashlib.sha256(LARGE).hexdigest(), path=file, key=key)
        message = mail(body=body)
        record = await ledger.spool.add(message, facts(), verdict(message), PREFIX)
        kept = await ledger.spool.body(record.id)
        assert kept.path is not None
        assert kept.path.stat().st_ino == inode
        assert kept.read() == LARGE


async def test_what_a_door_without_keys_wrote_is_sealed(tmp_path: Path, keys: Path) -> None:
    async with opened(tmp_path / "var", keys) as ledger:
        file = ledger.spool.incoming / "in-1.part"
        file.write_bytes(LARGE)
        message = mail(body=Body(len(LARGE), hashlib.sha256(LARGE).hexdigest(), path=file))
        record = await ledger.spool.add(message, facts(), verdict(message), PREFIX)
        assert (await ledger.spool.body(record.id)).read() == LARGE
        assert files_with(tmp_path / "var", CANARY) == []


async def rotate(ledger: Ledger, *, decrypt: bool = False) -> Rotated:
    return await Rotation(ledger.db, Bodies(ledger.bodies)).run(decrypt=decrypt)


async def test_a_key_is_changed_while_the_ledger_is_open(tmp_path: Path, keys: Path) -> None:
    known = await filled(tmp_path / "var", keys)
    (sealed,) = (tmp_path / "var" / "bodies").glob("1*/*.sealed")
    before = sealed.stat()
    async with opened(tmp_path / "var", keys) as ledger, opened(tmp_path / "var", keys) as beside:
        first = Keyring(keys).current
        assert add_key(keys) != first
        assert await rotate(beside) == Rotated(wrapped=3)
        await all_read(ledger, known)
        lines = text_of(keys).splitlines()
        assert len(lines) == 2
        only(keys, lines[0])
        await all_read(ledger, known)
        record = await ledger.add(octets=SMALL)
        assert (await ledger.spool.body(record.id)).read() == SMALL
        assert await rotate(ledger) == Rotated()
    assert (sealed.stat().st_ino, sealed.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    async with opened(tmp_path / "var", keys) as ledger:
        await all_read(ledger, known)


async def test_bodies_from_before_are_readable_and_can_be_sealed(tmp_path: Path, keys: Path) -> None:
    known = await filled(tmp_path / "var", None)
    async with opened(tmp_path / "var", keys) as ledger:
        await all_read(ledger, known)
        await ledger.add(octets=SMALL)  # a mixed store
        assert await search(ledger, CANARY) == 2
        assert await rotate(ledger) == Rotated(sealed=3)
        await all_read(ledger, known)
        assert await search(ledger, CANARY) == 2
        assert files_with(tmp_path / "var", CANARY) == []
        assert await rotate(ledger) == Rotated()


async def test_the_way_back_to_the_clear_and_to_the_older_version(tmp_path: Path, keys: Path) -> None:
    known = await filled(tmp_path / "var", keys)
    path = tmp_path / "var" / "mailguard.db"
    with pytest.raises(StoreError, match="rotate --decrypt` comes first"):
        downgrade.downgrade(path, 16)
    async with opened(tmp_path / "var", keys) as ledger:
        assert await rotate(ledger, decrypt=True) == Rotated(opened=3)
        assert not list((tmp_path / "var" / "bodies").rglob("*.sealed"))
    async with opened(tmp_path / "var", None) as ledger:
        await all_read(ledger, known)
        assert await search(ledger, CANARY) == 2
    assert downgrade.downgrade(path, 16) == len(migrations())


async def test_a_lesson_lies_sealed_and_is_learnt_all_the_same(tmp_path: Path, keys: Path) -> None:
    lesson = f'["{CANARY}"]'.encode()

    async def learnt(ledger: Ledger) -> list[bytes | None]:
        return [one.lesson for one in await Lessons(ledger.db).after(0, 10)]

    async with opened(tmp_path, None) as ledger:  # before there was a key
        await taken(ledger, asked=(BOB,), confirmed=("who",), lesson=lesson)
    model = snapshots.snapshot_path(tmp_path / "mailguard.db")
    snapshots.write(model, snapshots.Mark(7), partial(shutil.copyfileobj, io.BytesIO(lesson)))
    async with opened(tmp_path, keys) as ledger:
        await taken(ledger, asked=(BOB,), confirmed=("who",), lesson=lesson)
        assert await learnt(ledger) == [lesson, lesson]
        assert (await rotate(ledger)).sealed == 1
        assert await learnt(ledger) == [lesson, lesson]
    assert files_with(tmp_path, CANARY) == []
    add_key(keys)
    async with opened(tmp_path, keys) as ledger:
        await rotate(ledger)
        only(keys, text_of(keys).splitlines()[0])
        assert await learnt(ledger) == [lesson, lesson]
        assert snapshots.read(model, lambda file: file.read(), ledger.db.keys)[0] == lesson
        assert (await rotate(ledger, decrypt=True)).opened == 2
        assert snapshots.read(model, lambda file: file.read())[0] == lesson
        await taken(ledger, asked=(BOB,), confirmed=("who",), lesson=lesson)
        await ledger.db.write(lambda c: c.execute("UPDATE body_key SET wrapped = x'00'"))
        assert await learnt(ledger) == [lesson, lesson, None]


async def test_keys_that_are_missing_are_told_at_the_start(tmp_path: Path, keys: Path) -> None:
    known = await filled(tmp_path / "var", keys)
    right, other = text_of(keys), tmp_path / "other"
    add_key(other)
    with pytest.raises(StoreError, match=r"set store\.encryption_key_file"):
        await Database.open(tmp_path / "var" / "mailguard.db")
    with pytest.raises(StoreError, match="lacks key"):
        await Database.open(tmp_path / "var" / "mailguard.db", Keyring(other))
    other.write_text(other.read_text() + right)
    async with opened(tmp_path / "var", other) as ledger:
        await all_read(ledger, known)


@pytest.mark.parametrize(
    ("text", "mode", "said"),
    [
        ("", 0o600, "no key in it"),
        ("0" * 63, 0o600, "hexadecimal"),
        ("ff" * 32, 0o640, "chmod 600"),
        ("ff" * 32, 0o604, "chmod"),
    ],
)
def test_a_key_file_that_cannot_be_used(tmp_path: Path, text: str, mode: int, said: str) -> None:
    file = tmp_path / "keys"
    file.write_text(text)
    file.chmod(mode)
    with pytest.raises(StoreError, match=said):
        Keyring(file)
    with pytest.raises(StoreError, match="new-key"):
        Keyring(tmp_path / "nowhere")


def test_a_key_file_that_breaks_later_changes_nothing(tmp_path: Path, keys: Path) -> None:
    ring = Keyring(keys)
    wrapped = ring.wrap(b"k" * 32, 1)
    keys.write_text("nonsense")
    assert ring.unwrap(wrapped, 1) == b"k" * 32
    keys.unlink()
    assert ring.unwrap(wrapped, 1) == b"k" * 32
    assert "k" * 8 not in repr(ring.__dict__)


async def test_a_damaged_body_is_a_fact_and_no_crash(tmp_path: Path, keys: Path) -> None:
    known = await filled(tmp_path / "var", keys)
    (sealed,) = (tmp_path / "var" / "bodies").glob("1*/*.sealed")
    sealed.write_bytes(sealed.read_bytes()[:-100])
    with sqlite3.connect(tmp_path / "var" / "mailguard.db") as connection:
        connection.execute("UPDATE body SET octets = zeroblob(length(octets))")
        connection.execute("UPDATE mail_text SET sealed = x'00'")
    connection.close()
    async with opened(tmp_path / "var", keys) as ledger:
        for message_id in known:
            with pytest.raises(OSError, match="cannot be opened"):
                (await ledger.spool.body(message_id)).read()
        assert await search(ledger, CANARY) == 0
        add_key(keys)
        assert await rotate(ledger) == Rotated(wrapped=3)


async def test_a_row_does_not_open_with_the_key_of_another(tmp_path: Path, keys: Path) -> None:
    known = await filled(tmp_path / "var", keys)
    with sqlite3.connect(tmp_path / "var" / "mailguard.db") as connection:
        connection.execute("UPDATE body_key SET wrapped = (SELECT wrapped FROM body_key WHERE message = 1)")
    connection.close()
    async with opened(tmp_path / "var", keys) as ledger:
        with pytest.raises(OSError, match="cannot be opened"):
            await ledger.spool.body(list(known)[1])


async def test_no_key_is_changed_while_a_backup_reads(tmp_path: Path, keys: Path) -> None:
    await filled(tmp_path / "var", None)
    async with opened(tmp_path / "var", keys) as ledger:
        with nothing_is_removed(ledger.db.path), pytest.raises(StoreBusy, match="backup"):
            await rotate(ledger)


async def test_a_backup_of_sealed_bodies_needs_its_keys(tmp_path: Path, keys: Path) -> None:
    known = await filled(tmp_path / "var", keys)
    back_up(Source(tmp_path / "var" / "mailguard.db", tmp_path / "var" / "bodies"), tmp_path / "copy.tar", "test", NOON)
    assert CANARY.encode() not in (tmp_path / "copy.tar").read_bytes()
    assert text_of(keys).strip().encode() not in (tmp_path / "copy.tar").read_bytes()
    place = Place(tmp_path / "new" / "mailguard.db", tmp_path / "new" / "bodies")
    restore(tmp_path / "copy.tar", place, ADMIN, NOON, release=False, force=False)
    async with opened(tmp_path / "new", keys) as ledger:
        await all_read(ledger, known)
        assert await ledger.audit.verify() is None


@pytest.mark.parametrize("sealed", [False, True])
async def test_what_retention_erases_is_nowhere_any_more(tmp_path: Path, keys: Path, sealed: bool) -> None:
    """Octets after their days, names and subjects with the metadata; the audit log counts both."""
    var, ring = tmp_path / "var", keys if sealed else None
    known = await filled(var, ring)
    async with opened(var, ring) as ledger:
        for number in range(50):  # others around them, so that pages are freed and not merely cut off
            await ledger.add(octets=b"Subject: other\r\n\r\nother\r\n" * 100, known=facts(f"other {number}"))
        marked = await ledger.add(Disposition.CONFIRM, octets=LARGE, known=facts(f"about {CANARY}", [f"{CANARY}.pdf"]))
        for message_id in [*known, marked.id]:
            await ledger.holds.apply(message_id, Event.CANCEL, ADMIN, NOON)
        await ledger.queue.release_leases()
        purged = await ledger.spool.purge(NOON + timedelta(days=8), Retention())
        assert purged.bodies == 4
        with pytest.raises(BodyGone):
            await ledger.spool.body(marked.id)
        left = files_with(var, CANARY)
        assert left == ["mailguard.db"], "only the subject and the name of the file, which are metadata"
        assert _rows_with(var / "mailguard.db", CANARY) <= {"message", "words", "audit"}
        await ledger.spool.purge(NOON + timedelta(days=401), Retention())
        assert files_with(var, CANARY) == []
        lines = [line for line in await ledger.audit.latest(1000) if line.event == "purge"]
        octets = [line.detail for line in lines if line.detail["what"] == "octets"]
        assert sum(one["count"] for one in octets) == 4
        assert {one["kept_seconds"] for one in octets} == {7 * 86400}
        assert sum(line.detail["count"] for line in lines if line.detail["what"] == "metadata") == 4
        assert await ledger.audit.verify() is None


def _rows_with(path: Path, text: str) -> set[str]:
    connection = sqlite3.connect(path)
    tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    found = {name for name in tables if any(text in str(row) for row in connection.execute(f"SELECT * FROM {name}"))}
    connection.close()
    return found


async def test_an_erased_key_takes_copies_of_its_body_along(tmp_path: Path, keys: Path) -> None:
    """Whoever kept the file, and even the keys, has nothing: its own key went with the row."""
    known = await filled(tmp_path / "var", keys)
    async with opened(tmp_path / "var", keys) as ledger:
        wrapped = await ledger.db.read(lambda c: [row[0] for row in c.execute("SELECT wrapped FROM body_key")])
        for message_id in known:
            await ledger.holds.apply(message_id, Event.CANCEL, ADMIN, NOON)
        await ledger.spool.purge(NOON + timedelta(days=8), Retention())
    everything = b"".join(path.read_bytes() for path in (tmp_path / "var").rglob("*") if path.is_file())
    assert not [one for one in wrapped if one in everything]


async def test_a_letter_that_is_out_takes_its_key_along(tmp_path: Path, keys: Path) -> None:
    async with opened(tmp_path / "var", keys) as ledger:
        to = parse_address("ann@corp.example")
        letter = await ledger.spool.add_letter(new_message_id(NOON), to, SMALL, about=None, now=NOON)
        assert letter is not None
        await ledger.relay(letter)
        count = "SELECT count(*) FROM body_key"
        assert await ledger.db.read(lambda c: c.execute(count).fetchone()[0]) == 0


async def test_files_that_no_row_speaks_of_go_and_others_stay(tmp_path: Path, keys: Path) -> None:
    known = await filled(tmp_path / "var", keys)
    async with opened(tmp_path / "var", keys) as ledger:
        (sealed,) = (tmp_path / "var" / "bodies").glob("1*/*.sealed")
        stray = sealed.with_name(sealed.name.removesuffix(".sealed"))
        other = sealed.with_name(f"{new_message_id(NOON)}.sealed")
        for path in (stray, other):
            path.write_bytes(b"left by a rotation that was killed")
        for path in (stray, other, sealed):
            os.utime(path, (0, 0))
        await ledger.spool.start(NOON)
        assert sealed.exists()
        assert not stray.exists()
        assert not other.exists()
        await all_read(ledger, known)
