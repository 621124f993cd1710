"""Mail that teaches, and what is remembered of it, for tests of the model's room."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.ledger import ANN, BOB, PREFIX, Ledger, facts, mail, verdict

from mailguard.insight.lesson import read
from mailguard.insight.words import Letter
from mailguard.mail.outcome import Outcome, Result
from mailguard.mail.verdict import Disposition
from mailguard.memory.settings import MemorySettings
from mailguard.store.records import MessageRecord
from mailguard.store.snapshots import snapshot_path

OK, LATER = Outcome(Result.RELAYED, 250, "ok"), Outcome(Result.DEFERRED, 451, "later")


def letter(to: tuple[str, ...] = (BOB,), *, sender: str = ANN, at: float = 1_795_000_000.0, body: str = "") -> Letter:
    return Letter(at, sender, to, subject="quotation", body=body or "Dear Bob,\nhere is what you asked for.\n")


def settings(
    folder: Path, every: timedelta = timedelta(minutes=10), silent: timedelta = timedelta(0)
) -> MemorySettings:
    return MemorySettings(snapshot_path(folder / "mailguard.db"), ("corp.example",), silent_for=silent, every=every)


async def taken(
    ledger: Ledger,
    to: tuple[str, ...] = (BOB,),
    disposition: Disposition = Disposition.DELIVER,
    *,
    sender: str = ANN,
    lesson: bytes | None = None,
) -> MessageRecord:
    """A mail with the lesson of its letter."""
    at = ledger.clock()
    message = mail(to, sender=sender, at=at)
    until = at + timedelta(minutes=15) if disposition is Disposition.DELIVER else None
    known = replace(facts(), headers=replace(facts().headers, message_id=""))
    octets = read(letter(to, sender=sender, at=at.timestamp())).to_bytes() if lesson is None else lesson
    judged = verdict(message, disposition)
    return await ledger.spool.add(message, known, judged, PREFIX, lease_until=until, lesson=octets)


async def sent(ledger: Ledger, to: tuple[str, ...] = (BOB,), *, sender: str = ANN) -> MessageRecord:
    """A mail that is out as a whole."""
    record = await taken(ledger, to, sender=sender)
    outcomes = {copy.address: OK for copy in record.recipients}
    await ledger.queue.record(record.id, outcomes, ledger.clock(), None, give_up=False)
    return record


@asynccontextmanager
async def running(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """It runs while the block lasts."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
