"""Processes on one ledger write in turn: whoever waits sleeps in the kernel, and nobody waits for one that is dead."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from mailguard.store import writer
from mailguard.store.db import Database
from mailguard.store.errors import StoreBusy
from mailguard.store.turn import Turn

_HOLDER = """
import sys
from pathlib import Path
from mailguard.store.turn import Turn
Turn(Path(sys.argv[1])).take()
print("mine", flush=True)
sys.stdin.read()
"""


def _count(connection: object) -> int:
    return 1


async def test_a_write_waits_for_its_turn_and_for_no_dead_process(tmp_path: Path) -> None:
    ledger = tmp_path / "mailguard.db"
    db = await Database.open(ledger)
    holder = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _HOLDER, str(ledger), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        assert holder.stdout is not None
        assert await holder.stdout.readline() == b"mine\n"
        writing = asyncio.create_task(db.write(_count))
        await asyncio.sleep(0.1)
        assert not writing.done()
        assert await db.read(_count) == 1, "reading waits for nobody"
    finally:
        holder.kill()
        await holder.wait()
    assert await writing == 1
    await db.close()


async def test_a_turn_ends_with_the_commit(tmp_path: Path) -> None:
    ledger = tmp_path / "mailguard.db"
    one, two = await Database.open(ledger), await Database.open(ledger)
    both = (db.write(_count) for _ in range(200) for db in (one, two))
    assert await asyncio.gather(*both) == [1] * 400
    other = Turn(ledger)
    await asyncio.to_thread(other.take)
    other.leave()
    other.close()
    await one.close()
    await two.close()


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Turn]:
    """A turn that somebody has and keeps, as a process does that was stopped; waiters are told soon."""
    monkeypatch.setattr(writer, "BUSY_SECONDS", 0.3)
    monkeypatch.setattr(writer, "_LOOKS", 0.1)
    other = Turn(tmp_path / "mailguard.db")
    yield other
    other.close()


async def test_a_turn_that_does_not_come_is_told_and_nothing_of_it_is_done(tmp_path: Path, kept: Turn) -> None:
    db = await Database.open(tmp_path / "mailguard.db")
    done: list[int] = []

    def change(number: int, connection: object) -> None:
        done.append(number)

    await asyncio.to_thread(kept.take)
    writes = [asyncio.create_task(db.write(partial(change, number))) for number in range(3)]
    for write in writes:
        with pytest.raises(StoreBusy):
            await asyncio.wait_for(write, 20)
    kept.leave()
    await asyncio.wait_for(db.write(partial(change, 9)), 20)
    assert done == [9]
    await db.close()


async def test_a_turn_that_does_not_come_keeps_no_house_from_ending(tmp_path: Path, kept: Turn) -> None:
    db = await Database.open(tmp_path / "mailguard.db")
    await asyncio.to_thread(kept.take)
    writing = asyncio.create_task(db.write(_count))
    await asyncio.sleep(0)
    await asyncio.wait_for(db.close(), 20)
    with pytest.raises(StoreBusy):
        await writing
    kept.leave()
