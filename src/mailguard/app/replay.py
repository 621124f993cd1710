"""Recorded mail before two policies: on as many processors as there are, or in this process with the mails read again.

Each part of the time is read by one child over a connection of its own that cannot write. The children are forked
before anything here has a thread, so that the compiled rules are theirs too.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from mailguard.app.given import mails_in, recorded
from mailguard.app.rooms import ledger_path, open_rooms
from mailguard.config.load import Config
from mailguard.config.rooms import organization, reading_limits
from mailguard.inspect.workers import Readers
from mailguard.policy.recorded import Recorded
from mailguard.policy.report import Report
from mailguard.policy.rule import Policy
from mailguard.policy.simulate import Simulation
from mailguard.store.migrate import prepare
from mailguard.store.recorded import replay
from mailguard.store.spool import BodyGone, Spool

Progress = Callable[[float, int], None]

#: Parts for each processor: the last one to end does not keep the others waiting long.
_PARTS = 8
_JOBS_MOST = 8


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be simulated. changes: mails to be named; only: a rule that they must be about; jobs: processes."""

    base: Policy
    new: Policy
    since: datetime
    until: datetime
    changes: int = 50
    only: str = ""
    jobs: int = 0

    def simulation(self, timezone: str) -> Simulation:
        """A fresh count."""
        return Simulation(self.base, self.new, changes=self.changes, timezone=timezone, only=self.only)


def simulate(config: Config, asked: Asked, told: Progress | None = None) -> Report:
    """The report over all recorded mail of the time asked. told: how much is done, 0..1, and mails so far.

    Raises StoreError, sqlite3.Error, OSError.
    """
    path = ledger_path(config)
    prepare(path)  # an older ledger lacks the columns
    parts = list(_parts(asked))
    jobs = min(asked.jobs or len(os.sched_getaffinity(0)), _JOBS_MOST)
    work = _Part(config, path, asked)
    whole = asked.simulation(config.settings.organization.timezone).report
    if jobs == 1:
        found: Iterator[Report] = map(work, parts)
        return _added(whole, found, len(parts), told)
    _WORK.append(work)
    try:
        with multiprocessing.get_context("fork").Pool(jobs) as pool:
            return _added(whole, pool.imap_unordered(_run, parts), len(parts), told)
    finally:
        _WORK.clear()


def _added(whole: Report, found: Iterator[Report], parts: int, told: Progress | None) -> Report:
    for done, report in enumerate(found, start=1):
        whole.merge(report)
        if told is not None:
            told(done / parts, whole.mails)
    return whole


def _parts(asked: Asked) -> Iterator[tuple[datetime, datetime]]:
    """The time asked in equal parts."""
    count = _PARTS * _JOBS_MOST
    step = (asked.until - asked.since) / count
    for number in range(count):
        end = asked.until if number == count - 1 else asked.since + step * (number + 1)
        yield asked.since + step * number, end


@dataclass(frozen=True, slots=True)
class _Part:
    """Looks at one part of the time."""

    config: Config
    path: Path
    asked: Asked

    def __call__(self, part: tuple[datetime, datetime]) -> Report:
        simulation = self.asked.simulation(self.config.settings.organization.timezone)
        for mail in replay(self.path, organization(self.config), *part):
            simulation.look(mail)
        return simulation.report


#: What a forked child finds here: compiled patterns cannot be sent to it.
_WORK: list[_Part] = []


def _run(part: tuple[datetime, datetime]) -> Report:
    return _WORK[0](part)


async def simulate_with_bodies(config: Config, asked: Asked, told: Progress | None = None) -> Report:
    """The same in this process; a mail whose text some rule needs is read again in a worker, where it is still there.

    Raises StoreError, ReadersDead, sqlite3.Error, OSError.
    """
    simulation = asked.simulation(config.settings.organization.timezone)
    readers = Readers(reading_limits(config), count=1)
    parts = list(_parts(asked))
    async with open_rooms(config) as rooms:
        await readers.start()
        try:
            for done, part in enumerate(parts, start=1):
                for mail in replay(ledger_path(config), organization(config), *part):
                    await _look(simulation, mail, readers, rooms.spool)
                if told is not None:
                    told(done / len(parts), simulation.report.mails)
        finally:
            await readers.stop()
    return simulation.report


async def _look(simulation: Simulation, mail: Recorded | None, readers: Readers, spool: Spool) -> None:
    weighed = None if mail is None else simulation.weigh(mail)
    if mail is None or weighed is None:
        simulation.look(None)
        return
    if weighed.undecided and mail.has_body:
        with contextlib.suppress(BodyGone, OSError):  # gone meanwhile: it stays undecided
            weighed = simulation.weigh(mail.with_texts(await readers.read(await spool.body(mail.id))))
    simulation.count(weighed)


async def simulate_given(config: Config, asked: Asked, files: Sequence[Path], told: Progress | None = None) -> Report:
    """The report over the mails of these files, with what the ledger knows of their recipients.

    Raises StoreError, ReadersDead, OSError.
    """
    simulation = asked.simulation(config.settings.organization.timezone)
    readers = Readers(reading_limits(config), count=1)
    async with AsyncExitStack() as stack:
        await readers.start()
        stack.push_async_callback(readers.stop)
        known = ledger_path(config).exists()
        history = (await stack.enter_async_context(open_rooms(config))).history if known else None
        for done, file in enumerate(files, start=1):
            for octets in mails_in(file):
                mail = None
                if octets is not None:
                    mail = await recorded(octets, config, asked.base, readers, history, asked.until)
                simulation.look(mail)
                if told is not None:
                    told((done - 0.5) / len(files), simulation.report.mails)
    return simulation.report
