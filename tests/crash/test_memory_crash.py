"""The model's file, and the lessons that wait for it, are killed between any two steps; then all is recounted.

Each mail that went out is learnt once: it is in the file or in the feed, never in neither and never in both.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.crash.memory_that_dies import ARCHIVE, POINTS
from tests.ledger import Ledger, opened
from tests.remembering import sent, settings

from mailguard.insight.model import Insight
from mailguard.mail.lifecycle import State
from mailguard.memory import aside, room
from mailguard.memory.room import Memory
from mailguard.store.lessons import Lessons
from mailguard.store.records import Filter

ROOT = Path(__file__).parents[2]
CHILD = Path(__file__).parent / "memory_that_dies.py"
WITH_ARCHIVE = ("an archive is learnt", "the lessons of a person")


async def known(ledger: Ledger, folder: Path) -> Insight:
    return await aside.recall(Lessons(ledger.db), settings(folder))


@pytest.fixture(scope="module")
def lives(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folders of all lives, each ended at its point."""
    folder = tmp_path_factory.mktemp("lives")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, str(CHILD), str(folder)], env=environment, timeout=120, check=True)
    return folder


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The next life looks without waiting."""
    monkeypatch.setattr(room, "_PAUSE", 0.01)


@pytest.mark.parametrize("point", POINTS)
async def test_each_mail_is_learnt_once_wherever_it_is_killed(lives: Path, point: str) -> None:
    folder = lives / str(list(POINTS).index(point))
    archived = ARCHIVE if point.startswith(WITH_ARCHIVE) else 0
    async with opened(folder) as ledger:
        out = await ledger.holds.count(Filter(state=State.RELAYED))
        learned = out + archived
        if "person" in point:  # the lesson of the mail to her is gone
            learned -= 1
            assert "forgotten" in [one.what for one in await Lessons(ledger.db).after(0, 100)]
        assert out >= 2
        assert (await known(ledger, folder)).learned == learned
        await goes_on(ledger, folder, learned)


async def goes_on(ledger: Ledger, folder: Path, before: int) -> None:
    """The next life takes over, learns, and keeps."""
    memory = Memory(Lessons(ledger.db), settings(folder), now=ledger.clock)
    running = asyncio.create_task(memory.run())
    ledger.clock.forward(hours=1)
    await sent(ledger)
    async with asyncio.timeout(120):
        while memory._model is None or memory._model.learned < before + 1 or memory._unsaved:
            ledger.clock.forward(minutes=11)
            await asyncio.sleep(0.01)
    running.cancel()
    left = await asyncio.to_thread(os.listdir, folder)
    assert [name for name in left if name.endswith((".new", ".broken"))] == []
    assert memory._model.learned == before + 1
