"""The database file: group commit, savepoints, typed errors, migrations, and what happens when the disk says no."""

from __future__ import annotations

import asyncio
import re
import sqlite3
import stat
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.ledger import Ledger

from mailguard.mail.lifecycle import NEXT
from mailguard.store import connection, migrate
from mailguard.store.connection import connect
from mailguard.store.db import Database
from mailguard.store.errors import (
    StoreBusy,
    StoreClosed,
    StoreCorrupt,
    StoreError,
    StoreFull,
    StoreTooNew,
)
from mailguard.store.records import Filter
from mailguard.store.transactions import Transactions
from mailguard.store.writer import Writer

INSERT = "INSERT INTO contact (sender, key, count, first_at, last_at) VALUES (?, 'k', 1, 0, 0)"


def count(c: sqlite3.Connection) -> int:
    return int(c.execute("SELECT count(*) FROM contact").fetchone()[0])


async def add(db: Database, name: str) -> None:
    await db.write(lambda c: c.execute(INSERT, (name,)))


async def test_many_waiters_share_few_commits(ledger: Ledger) -> None:
    before = ledger.db._writer.transactions.commits
    await asyncio.gather(*(add(ledger.db, f"s{n}") for n in range(500)))
    assert await ledger.db.read(count) == 500
    assert ledger.db._writer.transactions.commits - before < 50


async def test_what_is_in_no_hurry_rides_with_the_next_change(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mailguard.store.writer._RIDES", 3600.0)
    before = ledger.db._writer.transactions.commits
    riding = [asyncio.ensure_future(ledger.db.write(lambda c, n=n: c.execute(INSERT, (f"r{n}",)), rides=True))  # type: ignore[misc]
              for n in range(3)]  # fmt: skip
    await asyncio.sleep(0.05)
    assert not any(one.done() for one in riding)
    await add(ledger.db, "s")
    assert all(one.done() for one in riding)
    assert ledger.db._writer.transactions.commits == before + 1
    assert await ledger.db.read(count) == 4


async def test_it_does_not_wait_for_ever(ledger: Ledger) -> None:
    async with asyncio.timeout(60):
        await ledger.db.write(lambda c: c.execute(INSERT, ("r",)), rides=True)
    assert await ledger.db.read(count) == 1


async def test_so_many_and_no_more_ride(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mailguard.store.writer._RIDES", 3600.0)
    monkeypatch.setattr("mailguard.store.writer._RIDERS", 5)
    writes = [ledger.db.write(lambda c, n=n: c.execute(INSERT, (f"r{n}",)), rides=True) for n in range(6)]  # type: ignore[misc]
    async with asyncio.timeout(60):
        await asyncio.gather(*writes)
    assert await ledger.db.read(count) == 6


async def test_a_failing_change_takes_nothing_along(ledger: Ledger) -> None:
    def half(c: sqlite3.Connection) -> None:
        c.execute(INSERT, ("half",))
        raise RuntimeError("a bug")

    results = await asyncio.gather(
        add(ledger.db, "a"), ledger.db.write(half), add(ledger.db, "a"), add(ledger.db, "b"), return_exceptions=True
    )
    assert [type(result) for result in results] == [type(None), RuntimeError, sqlite3.IntegrityError, type(None)]
    assert await ledger.db.read(count) == 2


async def test_what_fails_together_takes_nothing_along(ledger: Ledger) -> None:
    def in_vain(c: sqlite3.Connection, names: Sequence[str]) -> Sequence[None]:
        every(c, names)
        raise RuntimeError("a bug")

    def every(c: sqlite3.Connection, names: Sequence[str]) -> Sequence[None]:
        c.executemany(INSERT, [(name,) for name in names])
        return [None] * len(names)

    def failing(c: sqlite3.Connection) -> None:
        in_vain(c, ["c"])

    def alone(c: sqlite3.Connection) -> None:
        every(c, ["d"])

    results = await asyncio.gather(
        ledger.db.write(lambda c: None, every, "a"),
        ledger.db.write(lambda c: None, every, "b"),
        ledger.db.write(failing, in_vain, "c"),
        ledger.db.write(alone, in_vain, "d"),
        return_exceptions=True,
    )
    assert [type(result) for result in results] == [type(None), type(None), RuntimeError, type(None)]
    rows = await ledger.db.read(lambda c: [row[0] for row in c.execute("SELECT sender FROM contact ORDER BY sender")])
    assert rows == ["a", "b", "d"]


async def test_whatever_goes_wrong_nobody_waits_for_ever(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(wanted: object) -> None:
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr(Transactions, "_under_savepoint", staticmethod(broken))
        with pytest.raises(StoreError):
            await add(ledger.db, "a")
    await add(ledger.db, "b")
    assert await ledger.db.read(count) == 1


async def test_the_writer_outlives_what_fails_around_a_commit(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_memory(*_: object) -> None:
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr(Writer, "_commit", no_memory)
        with pytest.raises(StoreError, match="MemoryError"):
            await asyncio.wait_for(add(ledger.db, "a"), 10)
    await asyncio.wait_for(add(ledger.db, "b"), 10)
    assert await ledger.db.read(count) == 1


async def test_a_transaction_that_cannot_be_ended_is_left_behind(ledger: Ledger) -> None:
    class Stuck(sqlite3.Connection):
        def execute(self, sql: str, *rest: object) -> sqlite3.Cursor:
            if sql in ("COMMIT", "ROLLBACK"):
                raise sqlite3.OperationalError("disk I/O error")
            return super().execute(sql, *rest)  # type: ignore[arg-type]

    transactions = Transactions(ledger.db.path)
    stuck = sqlite3.connect(ledger.db.path, isolation_level=None, check_same_thread=False, factory=Stuck)
    stuck.execute("BEGIN IMMEDIATE")
    transactions._connection = stuck
    transactions.mend()
    assert transactions._connection is not stuck
    assert not transactions._connection.in_transaction
    transactions.close()
    await asyncio.wait_for(add(ledger.db, "b"), 10)
    assert await ledger.db.read(count) == 1


async def test_a_caller_that_gives_up_does_not_undo_its_change(ledger: Ledger) -> None:
    blocker = threading.Event()
    first = asyncio.ensure_future(ledger.db.write(lambda c: blocker.wait(10)))
    second = asyncio.ensure_future(add(ledger.db, "given up"))
    await asyncio.sleep(0)
    second.cancel()
    blocker.set()
    await first
    await ledger.db.write(count)  # a later commit: the earlier one is over
    assert await ledger.db.read(count) == 1


async def test_a_reader_cannot_write(ledger: Ledger) -> None:
    with pytest.raises(StoreError, match="readonly"):
        await ledger.db.read(lambda c: c.execute(INSERT, ("x",)))


async def test_a_reader_sees_one_snapshot(ledger: Ledger) -> None:
    loop = asyncio.get_running_loop()

    def query(c: sqlite3.Connection) -> tuple[int, int]:
        first = count(c)
        asyncio.run_coroutine_threadsafe(add(ledger.db, "between"), loop).result(10)
        return first, count(c)

    assert await ledger.db.read(query) == (0, 0)
    assert await ledger.db.read(count) == 1


async def test_closing_finishes_what_waits(tmp_path: Path) -> None:
    db = await Database.open(tmp_path / "l.db")
    waiting = [asyncio.ensure_future(add(db, f"s{n}")) for n in range(300)]
    await asyncio.sleep(0)
    await db.close()
    await asyncio.gather(*waiting)
    with pytest.raises(StoreClosed):
        await add(db, "late")
    with pytest.raises(StoreClosed):
        await db.read(count)
    again = await Database.open(tmp_path / "l.db")
    assert await again.read(count) == 300
    await again.close()


async def test_closing_takes_along_what_rides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mailguard.store.writer._RIDES", 3600.0)
    db = await Database.open(tmp_path / "l.db")
    riding = asyncio.ensure_future(db.write(lambda c: c.execute(INSERT, ("r",)), rides=True))
    await asyncio.sleep(0)
    await db.close()
    await riding
    again = await Database.open(tmp_path / "l.db")
    assert await again.read(count) == 1
    await again.close()


async def test_the_event_loop_goes_on_while_the_disk_is_slow(ledger: Ledger) -> None:
    turning = threading.Event()
    # Neither the writer nor the reader answers before the loop has turned.
    both = asyncio.gather(
        ledger.db.write(lambda c: turning.wait(10)), ledger.db.read(lambda c: turning.wait(10)), return_exceptions=False
    )
    asyncio.get_running_loop().call_later(0.01, turning.set)
    assert list(await both) == [True, True]


async def test_a_locked_database_is_busy(ledger: Ledger, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(connection, "BUSY_SECONDS", 0.05)
    other = await Database.open(tmp_path / "mailguard.db")
    holder = connect(tmp_path / "mailguard.db")
    holder.execute("BEGIN IMMEDIATE")
    try:
        with pytest.raises(StoreBusy):
            await add(other, "x")
        assert await other.read(count) == 0  # readers do not wait
    finally:
        holder.execute("ROLLBACK")
        holder.close()
    await add(other, "x")
    await other.close()


async def test_a_full_disk_is_full_and_nothing_is_half_there(ledger: Ledger) -> None:
    await add(ledger.db, "before")
    await ledger.db.write(
        lambda c: c.execute(f"PRAGMA max_page_count = {c.execute('PRAGMA page_count').fetchone()[0] + 2}")
    )
    results = await asyncio.gather(*(ledger.add(octets=b"x" * 30_000) for _ in range(8)), return_exceptions=True)
    failed = [result for result in results if isinstance(result, BaseException)]
    assert failed
    assert {type(error) for error in failed} == {StoreFull}
    await ledger.db.write(lambda c: c.execute("PRAGMA max_page_count = 1000000"))
    kept = {record.id for record in await ledger.holds.page(Filter())}
    assert kept == {result.id for result in results if not isinstance(result, BaseException)}
    await ledger.add()
    assert await ledger.audit.verify() is None


async def test_a_file_that_is_no_database_is_corrupt(tmp_path: Path) -> None:
    (tmp_path / "l.db").write_bytes(b"this is not a database at all" * 1000)
    with pytest.raises(StoreCorrupt):
        await Database.open(tmp_path / "l.db")


async def test_somebody_elses_database_is_left_alone(tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "l.db")
    other.execute("CREATE TABLE theirs (a)")
    other.close()
    with pytest.raises(StoreCorrupt, match="not a mailguard ledger"):
        await Database.open(tmp_path / "l.db")


async def read_all(path: Path) -> None:
    damaged = await Database.open(path)
    try:
        await damaged.read(lambda c: c.execute("SELECT * FROM contact").fetchall())
    finally:
        await damaged.close()


async def test_a_damaged_page_is_corrupt(tmp_path: Path) -> None:
    path = tmp_path / "l.db"
    db = await Database.open(path)
    await asyncio.gather(*(add(db, f"sender{n}" * 20) for n in range(500)))
    await db.close()
    with path.open("r+b") as file:
        for page in range(1, path.stat().st_size // 4096):
            file.seek(page * 4096)
            file.write(b"\xff" * 2000)
    with pytest.raises(StoreCorrupt):
        await read_all(path)


async def test_a_newer_ledger_is_refused_and_unchanged(tmp_path: Path) -> None:
    path = tmp_path / "l.db"
    await (await Database.open(path)).close()
    newer = sqlite3.connect(path)
    newer.execute("PRAGMA user_version = 999")
    newer.close()
    before = path.read_bytes()
    with pytest.raises(StoreTooNew, match="version 999"):
        await Database.open(path)
    assert path.read_bytes() == before


async def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError):
        await Database.open(tmp_path / "file" / "l.db")


async def test_nobody_else_can_read_the_ledger(ledger: Ledger, tmp_path: Path) -> None:
    await add(ledger.db, "x")
    modes = [stat.S_IMODE((tmp_path / f"mailguard.db{more}").stat().st_mode) for more in ("", "-wal", "-shm")]
    assert modes == [0o600] * 3
    assert stat.S_IMODE((tmp_path / "bodies").stat().st_mode) == 0o700


async def test_durability_is_what_was_promised(ledger: Ledger) -> None:
    settings = await ledger.db.write(
        lambda c: [
            c.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous", "foreign_keys")
        ]
    )
    assert settings == ["wal", 2, 1]


def shape(c: sqlite3.Connection) -> list[tuple[str, ...]]:
    """Everything in the database, without comments and blanks: a column that was added later is just a column."""

    def bare(value: object) -> str:
        return re.sub(r"\s*([(),])\s*", r"\1", " ".join(re.sub(r"--[^\n]*", "", str(value)).split()))

    rows = c.execute("SELECT type, name, tbl_name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'")
    return sorted(tuple(map(bare, row)) for row in rows)


def test_all_migrations_together_are_the_schema() -> None:
    migrated, described = (sqlite3.connect(":memory:", isolation_level=None) for _ in range(2))
    migrate.migrate(migrated)
    described.executescript((migrate.MIGRATIONS.parent / "schema.sql").read_text("utf-8"))
    assert shape(migrated) == shape(described)
    assert len(shape(migrated)) > 20
    sql = "SELECT state, event, next FROM transition"
    assert set(migrated.execute(sql)) == set(described.execute(sql))
    migrated.close()
    described.close()


def test_migrating_again_changes_nothing() -> None:
    db = sqlite3.connect(":memory:", isolation_level=None)
    migrate.migrate(db)
    before = shape(db)
    migrate.migrate(db)
    assert shape(db) == before
    db.close()


def test_a_migration_that_fails_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    db = sqlite3.connect(":memory:", isolation_level=None)
    first = migrate.migrations()
    broken = "CREATE TABLE more (a);\nINSERT INTO nowhere VALUES (1);\n"
    monkeypatch.setattr(migrate, "migrations", lambda: [*first, broken])
    with pytest.raises(sqlite3.OperationalError):
        migrate.migrate(db)
    assert not db.in_transaction
    assert "more" not in {row[1] for row in shape(db)}
    assert db.execute("PRAGMA user_version").fetchone()[0] == len(first)
    db.close()


def test_the_databases_table_of_states_is_the_programs() -> None:
    db = sqlite3.connect(":memory:", isolation_level=None)
    migrate.migrate(db)
    rows = db.execute("SELECT state, event, next FROM transition").fetchall()
    assert {(state, event): after for state, event, after in rows} == {
        (str(state), str(event)): str(after) for (state, event), after in NEXT.items()
    }
    db.close()


async def test_a_damaged_page_is_remembered(tmp_path: Path) -> None:
    path = tmp_path / "l.db"
    db = await Database.open(path)
    await asyncio.gather(*(add(db, f"sender-{n:05}" + "x" * 500) for n in range(200)))
    await db.close()
    octets = bytearray(path.read_bytes())
    page = octets.index(b"sender-00100") // 4096 * 4096
    octets[page : page + 16] = b"\xff" * 16
    path.write_bytes(octets)
    db = await Database.open(path)
    assert not db.damaged
    with pytest.raises(StoreCorrupt):
        await db.read(lambda c: c.execute("SELECT sum(length(sender)) FROM contact").fetchone())
    assert db.damaged
    await db.close()
