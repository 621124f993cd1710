"""What sorting and the back door cost for one small mail: a real lane over a real ledger, a next server beside it.

Two ways: *handed on* in memory as intake does, and *claimed* from a queue, a short one and one ten times as long.
Processor time of the event loop's thread (lane, relay, and what the ledger asks of the loop) and of the whole process
(the ledger's threads too), least of the rounds. No reading, no judging, no front door.

    python bench/relay.py [--mails 2000] [--rounds 3] [--at-once 20] [--profile FILE] [--only handed]
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import logging
import os
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.ledger import BOB, Ledger, mail, opened, verdict

from blast import Sink
from mailguard import log
from mailguard.app.rooms import utc_now
from mailguard.delivery import Bounces, BounceSettings, Delivery, DeliverySettings
from mailguard.mail.address import parse_address
from mailguard.mail.facts import Facts
from mailguard.mail.message import Body
from mailguard.notify.live import Live
from mailguard.relay.settings import UpstreamSettings
from mailguard.relay.smtp import SmtpUpstream
from mailguard.store.records import Job, MessageRecord
from mailguard.workshop import Workshop

OCTETS = b"From: ann@corp.example\r\nSubject: hello\r\n\r\n" + (b"x" * 76 + b"\r\n") * 26
PREFIX = b"Received: from pc ([192.0.2.1])\r\n\tby mg.corp.example; today\r\nX-Mailguard-Processed: mark\r\n"


@dataclass
class Desk:
    """A lane over a ledger."""

    ledger: Ledger
    delivery: Delivery


def desk(ledger: Ledger, port: int) -> Desk:
    upstream = SmtpUpstream(UpstreamSettings("smtp", "127.0.0.1", port, tls="none", hostname="mg.corp.example"))
    settings = BounceSettings("mg.corp.example", parse_address("mailguard@corp.example"))
    bounces = Bounces(ledger.outbox, ledger.spool, ledger.holds.find, settings, now=utc_now)
    delivery = Delivery(
        ledger.queue, ledger.spool, {"": upstream}, bounces, DeliverySettings(),
        workshop=Workshop(), now=utc_now, live=Live(),
    )  # fmt: skip
    return Desk(ledger, delivery)


async def put(ledger: Ledger, number: int, *, leased: bool) -> list[tuple[MessageRecord, Body]]:
    """So many mails taken in, as intake does."""

    async def one() -> tuple[MessageRecord, Body]:
        message = mail((BOB,), octets=OCTETS, at=utc_now())
        until = utc_now() + timedelta(minutes=15) if leased else None
        record = await ledger.spool.add(message, Facts(), verdict(message), PREFIX, lease_until=until)
        return record, message.body

    found: list[tuple[MessageRecord, Body]] = []
    for start in range(0, number, 500):
        found += await asyncio.gather(*(one() for _ in range(min(500, number - start))))
    return found


async def relayed(ledger: Ledger) -> int:
    sql = "SELECT count(*) FROM message WHERE state = 'relayed'"
    return int((await ledger.db.read(lambda c: c.execute(sql).fetchone()))[0])


async def until_relayed(ledger: Ledger, wanted: int) -> None:
    async with asyncio.timeout(120):
        while await relayed(ledger) < wanted:
            await asyncio.sleep(0.05)


async def handed(folder: Path, port: int, options: argparse.Namespace) -> tuple[float, float]:
    """Mails handed on in memory, so many under way at a time."""
    async with opened(folder) as ledger:
        one = desk(ledger, port)
        await one.delivery.start()
        mails = await put(ledger, options.mails + 100, leased=True)
        lane = one.delivery._lanes[""]

        def more() -> None:
            while mails and lane.under_way + len(lane._backlog) < options.at_once:
                one.delivery.hand_on(*mails.pop())

        recording = one.delivery._recording
        honest: Callable[..., None] = recording._tell

        def told(*done: object) -> None:
            honest(*done)
            more()

        recording._tell = told  # type: ignore[method-assign,assignment]
        todo, mails = mails[100:], mails[:100]
        more()
        await until_relayed(ledger, 100)  # connections are open, caches warm
        mails = todo
        cost = await _cost(more, lambda: until_relayed(ledger, options.mails + 100), options)
        await one.delivery.stop()
        return cost


async def claimed(folder: Path, port: int, options: argparse.Namespace, queue: int) -> tuple[float, float]:
    """The first of a queue of so many, claimed and tried."""
    async with opened(folder) as ledger:
        await put(ledger, queue, leased=False)
        one = desk(ledger, port)
        done = asyncio.Event()
        began: list[tuple[float, float]] = []
        count = 0

        def note(way: str, job: Job, *rest: object) -> None:
            nonlocal count
            count += 1
            if count == 100:
                began.append((time.thread_time(), time.process_time()))
            if count == 100 + options.mails:
                done.set()
            honest(way, job, *rest)

        recording = one.delivery._recording
        honest: Callable[..., None] = recording.note
        recording.note = note  # type: ignore[method-assign,assignment]
        await one.delivery.start()
        async with asyncio.timeout(120):
            await done.wait()
        end = time.thread_time(), time.process_time()
        lanes = one.delivery._lanes.values()
        for lane in lanes:
            lane._stopping = True
        await one.delivery.stop()
        return tuple((b - a) / options.mails * 1e6 for a, b in zip(began[0], end, strict=True))  # type: ignore[return-value]


async def _cost(begin: Callable[[], None], end: Callable, options: argparse.Namespace) -> tuple[float, float]:
    loop, whole = time.thread_time(), time.process_time()
    profile = cProfile.Profile() if options.profile else None
    if profile:
        profile.enable()
    begin()
    await end()
    if profile:
        profile.disable()
        profile.dump_stats(options.profile)
    return (time.thread_time() - loop) / options.mails * 1e6, (time.process_time() - whole) / options.mails * 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mails", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--at-once", type=int, default=20)
    parser.add_argument("--profile")
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 2)
    log.set_up(level=logging.INFO)
    n = options.mails
    ways = {
        "handed on": lambda folder, port: handed(folder, port, options),
        f"claimed, queue of {2 * n:,}": lambda folder, port: claimed(folder, port, options, 2 * n),
        f"claimed, queue of {20 * n:,}": lambda folder, port: claimed(folder, port, options, 20 * n),
    }
    for name, way in ways.items():
        if not name.startswith(options.only):
            continue
        costs = []
        for _ in range(options.rounds):
            sink = Sink()
            with tempfile.TemporaryDirectory() as folder:
                costs.append(asyncio.run(way(Path(folder) / "ledger", sink.port)))
            sink.close()
        loop, whole = (min(cost[n] for cost in costs) for n in (0, 1))
        print(f"{name:26} loop {loop:5.0f} µs/mail, process {whole:5.0f} µs/mail", flush=True)


if __name__ == "__main__":
    main()
