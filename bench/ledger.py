"""What the ledger alone can do on this machine: `.venv/bin/python bench/ledger.py [FOLDER]`.

Durable adds a second with many waiters at once (2 KB mails, two recipients), and the time of a page of 50 out of
100,000 messages for the filters that people use. No network, no reading, no judging.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
import time
from datetime import timedelta
from operator import methodcaller
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.ledger import BOB, CAROL, Ledger, facts, opened

from mailguard.mail.lifecycle import State
from mailguard.mail.verdict import Disposition
from mailguard.store.records import Filter

OCTETS = b"Subject: hello\r\n\r\n" + b"x" * 78 * 26
MESSAGES = 100_000


async def adds(folder: Path, waiters: int, total: int) -> None:
    async with opened(folder / f"adds-{waiters}") as ledger:

        async def one() -> None:
            for _ in range(total // waiters):
                await ledger.add(Disposition.DELIVER, (BOB, CAROL), octets=OCTETS)

        wall, cpu = time.perf_counter(), time.process_time()
        await asyncio.gather(*(one() for _ in range(waiters)))
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        commits = ledger.db._writer.transactions.commits
        shared, each = f"{total / commits:5.1f} a commit", f"{cpu / total * 1e6:4.0f} µs CPU each"
        print(f"{waiters:4} waiters: {total / wall:6.0f} adds/s, {shared}, {each}")


async def fill(ledger: Ledger) -> None:
    """MESSAGES mails of a hundred senders, one in two hundred held."""
    known = facts("見積書の件 quotation", ["見積書.pdf"])

    async def some(start: int) -> None:
        for number in range(start, MESSAGES, 200):
            held = Disposition.CONFIRM if number % 200 == 0 else Disposition.DELIVER
            to = (f"p{number % 5000}@d{number % 700}.example",)
            await ledger.add(held, to, sender=f"s{number % 100}@corp.example", known=known, rule=f"rule-{number % 20}")

    await asyncio.gather(*(some(start) for start in range(200)))
    # All that is queued went out long ago.
    for sql in (
        "UPDATE recipient SET state = 'relayed', event = 'relay', due_at = NULL WHERE state = 'queued'",
        "UPDATE message SET state = 'relayed', ended_at = 0 WHERE state = 'queued'",
    ):
        await ledger.db.write(methodcaller("execute", sql))


async def pages(folder: Path) -> None:
    async with opened(folder / "pages") as ledger:
        start = time.perf_counter()
        await fill(ledger)
        print(f"filled with {MESSAGES} messages in {time.perf_counter() - start:.0f} s")
        middle = (await ledger.holds.ids(Filter(), MESSAGES))[MESSAGES // 2]
        filters = {
            "newest": Filter(),
            "from the middle": Filter(before=middle),
            "held": Filter(state=State.HELD),
            "relayed": Filter(state=State.RELAYED),
            "a person's": Filter(owner="s7@corp.example"),
            "a person's held": Filter(owner="s0@corp.example", state=State.HELD),
            "a sender": Filter(sender="s7@corp.example"),
            "a recipient": Filter(recipient="p77@d77.example"),
            "a domain": Filter(recipient="d77.example"),
            "a rule": Filter(rule="rule-0"),
            "two characters, often": Filter(q="見積"),
            "two characters, never": Filter(q="契約"),
            "older than a day": Filter(older=ledger.clock() - timedelta(days=1), state=State.HELD),
        }
        for name, chosen in filters.items():
            times = []
            for _ in range(7):
                start = time.perf_counter()
                found = await ledger.holds.page(chosen, 50)
                times.append((time.perf_counter() - start) * 1000)
            start = time.perf_counter()
            count = await ledger.holds.count(chosen)
            counting = (time.perf_counter() - start) * 1000
            median = statistics.median(times)
            print(f"{name:24} {len(found):3} found in {median:6.1f} ms, count {count:6} in {counting:6.1f} ms")


async def main(folder: Path) -> None:
    for waiters, total in ((1, 1000), (50, 10_000), (500, 10_000)):
        await adds(folder, waiters, total)
    await pages(folder)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(dir=sys.argv[1] if len(sys.argv) > 1 else None) as made:
        asyncio.run(main(Path(made)))
