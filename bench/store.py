"""What the ledger does for one relayed mail: processor time of each step, its statements, and how both grow.

The house's own calls in their order (what is known, the same again, entry, octets, outcome) from ten sessions at once,
each step by itself and all as one way; processor time is the process's own, of all its threads. `--held` and
`--contacts` fill the ledger first. No network, no reading, no judging.

    python bench/store.py [--mails 1000] [--rounds 3] [--held 100000] [--contacts 1000000] [--statements] [--plain]
        [--lesson 600]

`--lesson`: octets of what each mail teaches (store.lessons); 0: none is kept.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sqlite3
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

from mailguard.inspect.reader import read_mail
from mailguard.mail.address import ReversePath, parse_address
from mailguard.mail.envelope import Client, Envelope
from mailguard.mail.facts import Facts
from mailguard.mail.message import Body, Message, new_message_id
from mailguard.mail.organization import Organization
from mailguard.mail.outcome import Outcome, Result
from mailguard.mail.verdict import Disposition, HoldTerms, RecipientVerdict, Verdict
from mailguard.policy.case import Case, Known
from mailguard.policy.case_json import case_to_json
from mailguard.policy.loader import load_policy
from mailguard.policy.question import Question, question
from mailguard.store import db as db_module
from mailguard.store import transactions as transactions_module
from mailguard.store.connection import connect
from mailguard.store.db import Database
from mailguard.store.history import History
from mailguard.store.keyring import Keyring, add_key
from mailguard.store.queue import Queue
from mailguard.store.spool import Spool

ROOT = Path(__file__).parent.parent
COMPANY = Organization(("corp.example",), "Corp")
LINE = "Dear colleagues, this is a line of an ordinary letter with some words in it.\r\n"
PREFIX = b"Received: from pc.corp.example ([192.0.2.7])\r\n\tby mail.corp.example with ESMTP id X;\r\n" * 2
STEPS = ("known", "again", "entry", "octets", "outcome", "all")
TAKEN = Outcome(Result.RELAYED, 250, "2.0.0 Ok: queued as 4F1Z", mta="next.corp.example")


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail as intake has it: read, asked about and judged."""

    message: Message
    facts: Facts
    verdict: Verdict
    asked: Question


class Bench:
    """One ledger, and what was measured of it."""

    def __init__(self, db: Database, folder: Path, sessions: int, lesson: int) -> None:
        self.db, self.sessions = db, sessions
        self.lesson = os.urandom(lesson)
        self.spool = Spool(db, folder / "bodies", resent_within=timedelta(minutes=10))
        self.queue, self.history = Queue(db), History(db)
        self.policy = load_policy([ROOT / "policies"], COMPANY)
        self.knows: dict[str, Known] = {}
        self.made = time.time_ns()

    def mail(self, disposition: Disposition = Disposition.DELIVER) -> Mail:
        """2 KB of one of a hundred people to somebody outside."""
        self.made += 1
        number, now = self.made, datetime.now(UTC)
        sender, to = f"s{number % 100}@corp.example", f"p{number % 5000}@d{number % 700}.example"
        head = f"Message-ID: <{number}@pc.corp.example>\r\nFrom: Ann <{sender}>\r\nTo: Bob <{to}>\r\n"
        octets = f"{head}Subject: quotation {number}\r\nMIME-Version: 1.0\r\n\r\n{LINE * 23}".encode()
        copy, client = parse_address(to), Client("192.0.2.7", "pc", trusted=True)
        envelope = Envelope(ReversePath(parse_address(sender)), (copy,), client)
        facts = read_mail(octets)
        terms = None if disposition is Disposition.DELIVER else HoldTerms()
        verdict = Verdict((RecipientVerdict(copy, True, disposition, terms=terms),), (), self.policy.hash)
        message = Message(new_message_id(now), envelope, Body.of(octets), now)
        return Mail(message, facts, verdict, question(self.policy, facts, now, sender))

    async def known(self, mail: Mail) -> None:
        envelope = mail.message.envelope
        self.knows[mail.message.id] = await self.history.known(envelope.sender, envelope.recipients, mail.asked)

    async def again(self, mail: Mail) -> None:
        """Somebody writes to the same people as just before."""
        envelope = mail.message.envelope
        if self.history.at_hand(envelope.sender, envelope.recipients, mail.asked) is None:
            await self.known(mail)

    async def entry(self, mail: Mail) -> None:
        message = mail.message
        known = self.knows.pop(message.id, Known())
        case = Case(message.envelope, mail.facts, COMPANY, known, message.body.size, message.received_at)
        lease = datetime.now(UTC) + timedelta(minutes=15)
        await self.spool.add(
            message,
            mail.facts,
            mail.verdict,
            PREFIX,
            lease_until=lease,
            circumstances=case_to_json(case),
            lesson=self.lesson,
        )

    async def octets(self, mail: Mail) -> None:
        await self.spool.body(mail.message.id)

    async def outcome(self, mail: Mail) -> None:
        now = datetime.now(UTC)
        outcomes = dict.fromkeys(mail.message.envelope.recipients, TAKEN)
        await self.queue.record(mail.message.id, outcomes, now, now + timedelta(minutes=1), give_up=False)

    async def all(self, mail: Mail) -> None:
        for step in (self.known, self.entry, self.octets, self.outcome):
            await step(mail)

    async def measured(self, step: Callable[[Mail], Awaitable[None]], mails: list[Mail]) -> float:
        """Microseconds of processor time for each mail."""
        waiting = iter(mails)

        async def session() -> None:
            for mail in waiting:
                await step(mail)

        begun = time.process_time()
        async with asyncio.TaskGroup() as group:
            for _ in range(self.sessions):
                group.create_task(session())
        return (time.process_time() - begun) / len(mails) * 1e6

    async def fill(self, held: int, contacts: int) -> None:
        """Mail that waits for people, and habits of many."""
        for _ in range(0, held, 1000):
            await self.measured(self.entry, [self.mail(Disposition.CONFIRM) for _ in range(min(1000, held))])
        for begin in range(0, contacts, 50_000):
            rows = [
                (f"s{n % 5000}@corp.example", f"x{n // 5000}.example", n % 9, n, n)
                for n in range(begin, min(begin + 50_000, contacts))
            ]
            people = [(who, f"a@{key}", "", "", count, at) for who, key, count, at, _ in rows]
            await self.db.write(lambda c, rows=rows, people=people: _habits(c, rows, people))  # type: ignore[misc]


def _habits(connection: sqlite3.Connection, rows: list[Any], people: list[Any]) -> None:
    connection.executemany("INSERT OR IGNORE INTO contact VALUES (?, ?, ?, ?, ?)", rows)
    connection.executemany("INSERT OR IGNORE INTO contact VALUES ('', ?, ?, ?, ?)", [row[1:] for row in rows])
    connection.executemany("INSERT OR IGNORE INTO correspondent VALUES (?, ?, ?, ?, ?, ?)", people)


def traced(seen: Counter[str]) -> None:
    """From now on count the statements of every connection that is opened."""

    def opened(*arguments: Any, **named: Any) -> sqlite3.Connection:
        connection = connect(*arguments, **named)
        connection.set_trace_callback(lambda sql: seen.update([" ".join(sql.split())[:70]]))
        return connection

    db_module.connect = transactions_module.connect = opened  # type: ignore[attr-defined]


async def main(options: argparse.Namespace, folder: Path) -> None:
    seen: Counter[str] = Counter()
    if options.statements:
        traced(seen)
    keys = None
    if not options.plain:
        add_key(folder / "keys")
        keys = Keyring(folder / "keys")
    db = await Database.open(folder / "mailguard.db", keys)
    try:
        bench = Bench(db, folder, options.sessions, options.lesson)
        await bench.fill(options.held, options.contacts)
        await bench.measured(bench.all, [bench.mail() for _ in range(300)])  # warm
        found: dict[str, list[float]] = {step: [] for step in STEPS}
        seen.clear()
        for _ in range(options.rounds):
            mails, others = ([bench.mail() for _ in range(options.mails)] for _ in range(2))
            for step in STEPS:
                found[step].append(await bench.measured(getattr(bench, step), others if step == "all" else mails))
                if options.statements:
                    print(f"{step}: {sum(seen.values()) / options.mails:.1f} statements a mail")
                    for sql, count in seen.most_common(40):
                        print(f"  {count / options.mails:6.2f}  {sql}")
                    seen.clear()
        print("   ".join(f"{step} {statistics.median(each):.0f} µs" for step, each in found.items()))
    finally:
        await db.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    for name, usual in (
        ("mails", 1000),
        ("rounds", 3),
        ("sessions", 10),
        ("held", 0),
        ("contacts", 0),
        ("lesson", 600),
    ):
        parser.add_argument(f"--{name}", type=int, default=usual)
    parser.add_argument("--statements", action="store_true", help="print them; slows everything down")
    parser.add_argument("--plain", action="store_true", help="bodies lie in the clear")
    with tempfile.TemporaryDirectory() as made:
        asyncio.run(main(parser.parse_args(), Path(made)))
