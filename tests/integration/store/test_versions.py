"""Up and down by one version with mail in the ledger, and a ledger that is too new for the program.

The ledgers under ledgers/ were written by the programs of their version; `sqlite3` reads them in.
"""

from __future__ import annotations

import asyncio
import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest
from tests.integration.store.test_db import shape
from tests.ledger import Ledger, opened

from mailguard.mail.actor import Actor, Role
from mailguard.mail.lifecycle import Event, State
from mailguard.mail.saying import in_language
from mailguard.store import downgrade, migrate
from mailguard.store.errors import StoreBusy, StoreError, StoreTooNew
from mailguard.store.records import Filter

LEDGERS = sorted((Path(__file__).parent / "ledgers").glob("*.sql"))
FIRST_WITH_A_WAY_BACK = 16


def written_before(folder: Path, dump: Path) -> Path:
    path = folder / "mailguard.db"
    connection = sqlite3.connect(path)
    connection.executescript(dump.read_text("utf-8"))
    connection.execute("PRAGMA journal_mode = WAL")
    connection.close()
    return path


async def look_and_go_on(ledger: Ledger) -> None:
    """What was held is held, can be let go, and goes out; what was under way is tried again; the audit log is whole."""
    held = await ledger.holds.page(Filter(state=State.HELD))
    assert {record.verdict.disposition.word for record in held} == {"delay", "confirm", "approve"}
    assert all(record.facts.headers.subject == "hello" for record in held)
    for record in held:
        assert (await ledger.spool.body(record.id)).read().startswith(b"Subject: ")
    actor = Actor("admin@corp.example", Role.ADMINISTRATOR, "cli")
    for record in held:
        assert (await ledger.holds.apply(record.id, Event.RELEASE, actor, ledger.clock())).changed
    await ledger.queue.release_leases()
    jobs = await ledger.queue.claim(ledger.clock(), timedelta(minutes=15), 100)
    assert sorted(len(job.recipients) for job in jobs) == [1, 1, 1, 1, 2]
    assert await ledger.audit.verify() is None


@pytest.mark.parametrize("dump", LEDGERS, ids=lambda dump: dump.stem)
async def test_a_ledger_of_an_older_version_goes_on(tmp_path: Path, dump: Path) -> None:
    written_before(tmp_path, dump)
    async with opened(tmp_path) as ledger:
        ledger.clock.forward(minutes=1)
        await look_and_go_on(ledger)
        await ledger.add()


@pytest.mark.parametrize("version", range(FIRST_WITH_A_WAY_BACK, len(migrate.migrations()) + 1))
async def test_one_version_back_and_forth_with_mail_in_it(tmp_path: Path, version: int) -> None:
    path = written_before(tmp_path, LEDGERS[-1])
    await asyncio.to_thread(migrate.prepare, path)
    assert downgrade.downgrade(path, version - 1) == len(migrate.migrations())
    older = sqlite3.connect(":memory:", isolation_level=None)
    for script in migrate.migrations()[: version - 1]:
        older.executescript(script)
    with sqlite3.connect(path) as connection:
        assert shape(connection) == shape(older)
        assert connection.execute("PRAGMA user_version").fetchone()[0] == version - 1
        assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    connection.close()
    older.close()
    async with opened(tmp_path) as ledger:  # and the newer program takes it over again
        ledger.clock.forward(minutes=1)
        await look_and_go_on(ledger)


async def test_the_version_before_owes_no_letter_that_it_does_not_know(tmp_path: Path) -> None:
    async with opened(tmp_path) as ledger:
        await ledger.outbox.add("incident_due", "admin@corp.example", ledger.clock(), incident="x")
        await ledger.outbox.add("monthly", "admin@corp.example", ledger.clock(), month="2026-10")
    await asyncio.to_thread(downgrade.downgrade, ledger.db.path, 22)
    with sqlite3.connect(ledger.db.path) as connection:
        assert connection.execute("SELECT kind FROM notice WHERE ended = 0").fetchall() == [("monthly",)]
    connection.close()


def test_each_way_back_says_what_is_lost() -> None:
    scripts = downgrade.way_back(FIRST_WITH_A_WAY_BACK - 1)
    assert len(scripts) == len(migrate.migrations()) - FIRST_WITH_A_WAY_BACK + 1
    for script in scripts.values():
        assert script.startswith("-- ")
        assert downgrade.loss_of(script).endswith(".")
        assert in_language(downgrade.loss_of(script), "ja").endswith("。")


def test_there_is_no_way_back_without_a_script() -> None:
    with pytest.raises(StoreError, match="no way back"):
        downgrade.way_back(FIRST_WITH_A_WAY_BACK - 2)


async def test_a_ledger_that_is_open_is_not_taken_back(tmp_path: Path) -> None:
    async with opened(tmp_path) as ledger:
        await ledger.add()
        with pytest.raises(StoreBusy, match="stop it first"):
            await asyncio.to_thread(downgrade.downgrade, ledger.db.path, len(migrate.migrations()) - 1)


async def test_a_step_that_fails_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written_before(tmp_path, LEDGERS[-1])
    await asyncio.to_thread(migrate.prepare, path)
    newest = len(migrate.migrations())
    broken = {newest: "-- Nothing.\nDELETE FROM reply_ticket;\nDELETE FROM nowhere;\n"}
    monkeypatch.setattr(downgrade, "way_back", lambda to: broken)
    with pytest.raises(sqlite3.OperationalError):
        downgrade.downgrade(path, newest - 1)
    async with opened(tmp_path) as ledger:
        ledger.clock.forward(minutes=1)
        await look_and_go_on(ledger)


async def test_a_step_that_cannot_be_says_what_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written_before(tmp_path, LEDGERS[-1])
    await asyncio.to_thread(migrate.prepare, path)
    newest = len(migrate.migrations())
    script = "-- Nothing. Refused: stand on one leg first\n-- なし。不可: まず片足で立ってください\n"
    script += "CREATE TEMP TABLE t (n CHECK (n = 0));\n"
    script += "INSERT INTO t VALUES (1);\n"
    monkeypatch.setattr(downgrade, "way_back", lambda to: {newest: script})
    assert downgrade.losses(path, newest - 1) == []
    with pytest.raises(StoreError, match="stand on one leg first; nothing was changed") as caught:
        downgrade.downgrade(path, newest - 1)
    assert in_language(caught.value, "ja") == "まず片足で立ってください。何も変更していません。"


async def test_a_newer_ledger_is_refused_and_the_way_out_is_named(tmp_path: Path) -> None:
    path = written_before(tmp_path, LEDGERS[-1])
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 999")
    connection.close()
    with pytest.raises(StoreTooNew, match=f"store downgrade --to {len(migrate.migrations())}"):
        async with opened(tmp_path):
            pass
    with pytest.raises(StoreTooNew):
        downgrade.downgrade(path, len(migrate.migrations()))
