"""The ledger is killed while it works, at random moments and at named ones, again and again; then all is recounted.

Nothing that was acknowledged is lost, nothing is half there, nothing went out that was not released, no letter is owed
or written twice. SIGKILL takes the process, not the machine: that fsync keeps its word is the disk's promise.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import random
import signal
import subprocess
import sys
import threading
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.crash.ledger_that_dies import POINTS
from tests.ledger import DEPUTY, Ledger, opened

from mailguard.mail.lifecycle import FINAL, State, message_state
from mailguard.store.bodies import Bodies
from mailguard.store.records import Filter, MessageRecord

ROOT = Path(__file__).parents[2]
CHILD = Path(__file__).parent / "ledger_that_dies.py"
PATIENCE = 60.0


@dataclass
class Acknowledged:
    """What the parent was told, over all lives of the ledger."""

    added: dict[str, tuple[str, str]] = field(default_factory=dict)  # id -> digest, disposition
    released: set[str] = field(default_factory=set)
    cancelled: set[str] = field(default_factory=set)
    chosen: set[str] = field(default_factory=set)
    reminded: set[str] = field(default_factory=set)
    out: Counter[tuple[str, str]] = field(default_factory=Counter)
    relayed: set[tuple[str, str]] = field(default_factory=set)
    letters: dict[str, str] = field(default_factory=dict)  # notice -> letter

    def hear(self, line: str) -> None:
        word, *rest = line.split()
        match word:
            case "add":
                self.added[rest[0]] = (rest[1], rest[2])
            case "release":
                self.released.add(rest[0])
            case "choose":
                self.chosen.add(rest[0])
            case "remind":
                self.reminded.add(rest[0])
            case "cancel":
                self.cancelled.add(rest[0])
            case "out":
                self.out.update((rest[0], address) for address in rest[1:])
            case "relay":
                self.relayed.update((rest[0], address) for address in rest[1:])
            case "letter":
                assert rest[1] not in self.letters, "one notice, two letters"
                self.letters[rest[1]] = rest[0]


def live_and_die(folder: Path, seed: int, told: Acknowledged, *, lines: int | None, point: str = "") -> None:
    """Run the child until it said so many lines, or until it dies at its point."""
    arguments = [sys.executable, str(CHILD), str(folder), str(seed), *([point] if point else [])]
    child = subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)})
    assert child.stdout is not None
    overdue = threading.Event()

    def give_up() -> None:
        overdue.set()
        child.kill()

    alarm = threading.Timer(PATIENCE * 2, give_up)
    alarm.start()
    try:
        for heard, line in enumerate(child.stdout, start=1):
            if line.endswith("\n"):
                told.hear(line)
            if lines is not None and heard > lines:
                child.kill()
                break
        for line in child.stdout:  # what was on its way when it was killed
            if line.endswith("\n"):
                told.hear(line)
        assert child.wait(PATIENCE) == -signal.SIGKILL, "it was to be killed, and ended by itself"
        assert not overdue.is_set(), "it never came to the point at which it was to die"
    finally:
        alarm.cancel()
        child.stdout.close()
        with contextlib.suppress(ProcessLookupError):
            child.kill()
        child.wait(PATIENCE)


async def everything(ledger: Ledger) -> list[MessageRecord]:
    records: list[MessageRecord] = []
    chosen = Filter(kinds=("mail", "letter"))
    while page := await ledger.holds.page(chosen, 500):
        records += page
        chosen = Filter(kinds=("mail", "letter"), before=page[-1].id)
    return records


async def recount(folder: Path, told: Acknowledged) -> None:
    async with opened(folder) as ledger:
        assert await ledger.db.read(lambda c: c.execute("PRAGMA integrity_check").fetchone()[0]) == "ok"
        assert await ledger.db.read(lambda c: c.execute("PRAGMA foreign_key_check").fetchall()) == []
        assert await ledger.audit.verify() is None
        records = {record.id: record for record in await everything(ledger)}
        await whole(ledger, records)
        await kept(ledger, records, told)
        decided(records, told)
        await letters(ledger, records, told)
        await due_again(ledger, records)
    rubbish(folder, records)


async def whole(ledger: Ledger, records: dict[str, MessageRecord]) -> None:
    """Nothing is half there: states agree with copies, lines with states, octets with digests."""
    for record in records.values():
        assert record.recipients
        stored = await ledger.db.read(
            lambda c, one=record.id: c.execute(  # type: ignore[misc]
                "SELECT state, ended_at IS NOT NULL FROM message WHERE id = ?", (one,)
            ).fetchone()
        )
        state = message_state(copy.state for copy in record.recipients)
        assert stored == (str(state), int(state in FINAL))
        events = [line.event for line in await ledger.audit.history_of(record.id)]
        assert events[0] == "accept"
        assert events.count("accept") == 1
        for copy in record.recipients:
            if copy.state is State.RELAYED:
                assert "relay" in events
            if copy.state is State.CANCELLED:
                assert "cancel" in events or "remove" in events
        choice_is_whole(record, events)
        if record.has_body:
            body = await ledger.spool.body(record.id)
            octets = await asyncio.to_thread(body.read)
            assert hashlib.sha256(octets).hexdigest() == record.sha256


def choice_is_whole(record: MessageRecord, events: list[str]) -> None:
    """A recipient off, a file out of what the other gets, and let go: all three or none."""
    assert events.count("remove") == events.count("alter") <= 1
    altered = [copy for copy in record.recipients if copy.recipe]
    assert len(altered) == events.count("alter")
    if altered:
        assert "release" in events
        assert all(copy.state is not State.HELD for copy in record.recipients)


async def kept(ledger: Ledger, records: dict[str, MessageRecord], told: Acknowledged) -> None:
    """Nothing acknowledged is lost."""
    for message_id, (digest, _) in told.added.items():
        assert records[message_id].sha256 == digest
        assert records[message_id].has_body
    for message_id, address in told.relayed:
        copy = next(one for one in records[message_id].recipients if str(one.address) == address)
        assert copy.state is State.RELAYED


def decided(records: dict[str, MessageRecord], told: Acknowledged) -> None:
    """Decisions stand, and nothing unreleased is out."""
    for message_id in told.cancelled:
        states = {copy.state for copy in records[message_id].recipients}
        assert State.CANCELLED in states or message_id in told.released
        assert State.HELD not in states
    for message_id in told.chosen:
        (altered,) = (copy for copy in records[message_id].recipients if copy.recipe)
        assert altered.decided_by
    for message_id in told.released:
        assert State.HELD not in {copy.state for copy in records[message_id].recipients}
    for message_id, _ in told.out:
        record = records[message_id]
        for copy in record.recipients:
            held_once = copy.disposition.word != "deliver"
            assert not held_once or copy.decided_by, "it went out and nobody let it go"
            assert copy.state in (State.RELAYED, State.QUEUED, State.CANCELLED)


async def letters(ledger: Ledger, records: dict[str, MessageRecord], told: Acknowledged) -> None:
    """Each notice was answered by one letter or is still owed; each held mail and each cancellation has its notice."""
    rows = await ledger.db.read(
        lambda c: c.execute("SELECT id, message_id, kind, ended, letter_id FROM notice").fetchall()
    )
    written = {record.id for record in records.values() if record.kind == "letter"}
    ended = [row[4] for row in rows if row[3]]
    assert sorted(ended) == sorted(written)
    for notice, letter in told.letters.items():
        assert (int(notice), letter) in {(row[0], row[4]) for row in rows}
    owed = Counter((row[1], row[2]) for row in rows)
    for record in records.values():
        if record.kind == "mail" and record.verdict.disposition.word == "confirm":
            assert owed[record.id, "held"] == 1
        assert owed[record.id, "sent"] <= 1
        # Asked again once, and others once: all of it with its audit lines, or none of it.
        lines = [line.event for line in await ledger.audit.history_of(record.id)]
        assert owed[record.id, "reminder"] == owed[record.id, "escalated"] == lines.count("remind")
        assert lines.count("remind") == lines.count("escalate") <= 1
        assert record.id not in told.reminded or lines.count("remind") == 1
        if record.kind == "mail" and lines.count("escalate"):
            assert all(DEPUTY in copy.approvers for copy in record.recipients if copy.state is State.HELD)


async def due_again(ledger: Ledger, records: dict[str, MessageRecord]) -> None:
    """After a restart every queued copy is claimed exactly once."""
    await ledger.queue.release_leases()
    later = datetime.now(UTC) + timedelta(minutes=1)
    claimed: list[tuple[str, str]] = []
    while jobs := await ledger.queue.claim(later, timedelta(days=1), 100):
        claimed += [(job.record.id, str(address)) for job in jobs for address in job.recipients]
    queued = [
        (record.id, str(copy.address))
        for record in records.values()
        for copy in record.recipients
        if copy.state is State.QUEUED
    ]
    assert sorted(claimed) == sorted(queued)


def rubbish(folder: Path, records: dict[str, MessageRecord]) -> None:
    """Files that no row speaks of are removed once they are old, the others never."""
    bodies = Bodies(folder / "bodies")
    large = {record.id for record in records.values() if record.size > 65536}

    bodies.sweep(datetime.now(UTC).timestamp() + 3600, lambda ids: large.intersection(ids))
    left = {path.name for path in bodies.root.rglob("*") if path.is_file()}
    assert left == large


@pytest.mark.parametrize("run", range(3))
async def test_killed_at_random_moments(tmp_path: Path, run: int) -> None:
    told = Acknowledged()
    chance = random.Random()
    for _ in range(4):
        seed = chance.getrandbits(32)
        print(f"run {run} seed {seed}")
        await asyncio.to_thread(live_and_die, tmp_path, seed, told, lines=chance.randint(1, 150))
        await recount(tmp_path, told)
    assert told.added


@pytest.mark.parametrize("point", POINTS)
async def test_killed_at_a_named_point(tmp_path: Path, point: str) -> None:
    told = Acknowledged()
    seed = random.Random().getrandbits(32)
    print(f"seed {seed}")
    await asyncio.to_thread(live_and_die, tmp_path, seed, told, lines=None, point=point)
    await recount(tmp_path, told)
    # And it lives on: the same ledger works, and is killed once more.
    await asyncio.to_thread(live_and_die, tmp_path, seed + 1, told, lines=40)
    await recount(tmp_path, told)
