"""The queue of an administrator at its worst: `.venv/bin/python bench/waiting.py [--act] [FOLDER]`; --act: the act.

A ledger of 100,000 mails, in turn all of them held and one in ten: the time of a page of 50 in every order and with the
usual filters, of its count, of what stands above the list, and what acting on 10,000 mails at once costs those who hand
mail in meanwhile. A thousand mails enter as mail does; the others are copies of their rows, so that it is ready soon.
"""

from __future__ import annotations

import asyncio
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.ledger import Ledger, facts, opened

from grown import copy_held
from mailguard.mail.actor import Actor, Role
from mailguard.mail.lifecycle import State
from mailguard.mail.organization import Organization
from mailguard.mail.query import Sort
from mailguard.mail.query_text import parse_query
from mailguard.mail.verdict import Disposition
from mailguard.notify.live import Live
from mailguard.review import Act, Bulk, Review
from mailguard.store.bulk import BulkJobs
from mailguard.store.records import Filter
from mailguard.store.tallies import Tallies

FIRST, TIMES = 1000, 100
TEXT = "株式会社の見積書をお送りします。ご確認のほど、よろしくお願いいたします。"


async def fill(ledger: Ledger) -> None:
    """100,000 held mails of a hundred senders."""
    chance = random.Random(1)
    for number in range(FIRST):
        names = ["見積書.pdf", "一覧.xlsx"][: chance.randrange(3)]
        text = "".join(chance.sample(TEXT, len(TEXT)) * 1)
        known = replace(facts(f"お見積りの件 {number}", names), text=(TEXT + text) * 20)
        await ledger.add(
            Disposition.CONFIRM,
            tuple(f"p{chance.randrange(5000)}@d{chance.randrange(700)}.example" for _ in range(1 + number % 3)),
            sender=f"s{number % 100}@corp.example",
            known=known,
            rule=f"rule-{number % 20}",
            octets=b"Subject: x\r\n\r\n" + b"x" * chance.randrange(2000),
        )
        ledger.clock.forward(milliseconds=10)
    for turn in range(1, TIMES):
        await ledger.db.write(partial(copy_held, by=turn * FIRST, first=FIRST))


async def let_nine_of_ten_go(ledger: Ledger) -> None:
    """The same ledger with 10,000 held mails among 90,000 that are out."""
    for sql in (
        "UPDATE recipient SET state = 'queued', event = 'release' WHERE message % 10 > 0",
        "UPDATE recipient SET state = 'relayed', event = 'relay', due_at = NULL WHERE message % 10 > 0",
        "UPDATE message SET state = 'relayed', ended_at = 0 WHERE number % 10 > 0",
    ):
        await ledger.db.write(lambda c, sql=sql: c.execute(sql))  # type: ignore[misc]


async def timed(work: Callable[[], Awaitable[Any]]) -> tuple[float, Any]:
    """Median of five, in ms; and the answer."""
    times = []
    for _ in range(5):
        start = time.perf_counter()
        answer = await work()
        times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times), answer


async def pages(ledger: Ledger, name: str) -> None:
    print(f"\n## {name}\n\n| filter | order | page, ms | second page, ms | count | ms |\n|---|---|--:|--:|--:|--:|")
    queries = [
        "", "state:held", "state:held from:s7@corp.example", "state:held to:d77.example", "state:held rule:rule-3",
        "state:held has:attachment", "state:held older:1d", "state:held 見積", "state:held 契約",
        "state:held text:確認",
        "state:held -from:s7@corp.example subject:見積", "見積", "契約", "larger:1KB", "to:d77.example 見積",
    ]  # fmt: skip
    for text in queries:
        for sort in Sort:
            query = parse_query(text, ledger.clock(), "Asia/Tokyo")
            chosen = Filter(query=query, sort=sort)
            first, found = await timed(lambda chosen=chosen: ledger.holds.page(chosen, 51))  # type: ignore[misc]
            behind = chosen
            if found:
                last = found[-1]
                behind = replace(chosen, before=last.id, before_ends=last.expires_at)
            second, _ = await timed(lambda chosen=behind: ledger.holds.page(chosen, 51))  # type: ignore[misc]
            counting, count = await timed(lambda chosen=chosen: ledger.holds.count(chosen, 10_001))  # type: ignore[misc]
            print(f"| `{text}` | {sort} | {first:.1f} | {second:.1f} | {count} | {counting:.1f} |", flush=True)


async def above(ledger: Ledger) -> None:
    """What stands above the list: reasons, and what an act would reach."""
    tallies = Tallies(ledger.db)
    reasons, _ = await timed(tallies.reasons)
    reach, found = await timed(lambda: tallies.reach([Filter(state=State.HELD)], 100_001))
    print(f"\nreasons: {reasons:.0f} ms; what an act over {found.count:,} would reach: {reach:.0f} ms")


async def acting(ledger: Ledger) -> None:
    """10,000 mails are cancelled by one act, while 20 mails a second are handed in."""
    live, administrators = Live(), frozenset({"admin@corp.example"})
    review = Review(
        ledger.holds, ledger.spool, ledger.audit, organization=Organization(("corp.example",)),
        administrators=administrators, live=live, released=lambda: None, now=ledger.clock,
    )  # fmt: skip
    bulk = Bulk(review, ledger.holds, BulkJobs(ledger.db), live=live, administrators=administrators, now=ledger.clock)
    admin = Actor("admin@corp.example", Role.ADMINISTRATOR, "console")
    quiet = await handed_in(ledger, asyncio.create_task(asyncio.sleep(10)))
    chosen = Filter(ids=tuple(await ledger.holds.ids(Filter(state=State.HELD), 10_000)))
    start = time.perf_counter()
    job = await bulk.schedule(admin, chosen, Act.CANCEL, timedelta())
    fixed = time.perf_counter() - start
    assert job is not None
    start = time.perf_counter()
    during = await handed_in(ledger, asyncio.create_task(bulk.run_due()))
    took = time.perf_counter() - start
    done = await bulk.find(admin, job.id)
    print(f"\nan act over {job.total:,} mails: fixed in {fixed:.2f} s, {done.done:,} done in {took:.1f} s")
    for name, times in (("nothing else", quiet), ("the act", during)):
        ordered = sorted(times)
        p99 = ordered[len(ordered) * 99 // 100]
        print(
            f"mail handed in beside {name}: p50 {statistics.median(ordered):.1f} ms, p99 {p99:.1f} ms of {len(ordered)}"
        )


async def handed_in(ledger: Ledger, until: asyncio.Task[Any]) -> list[float]:
    """How long the ledger takes for each of 20 mails a second, in ms, until the task ends."""
    times: list[float] = []

    async def one() -> None:
        start = time.perf_counter()
        await ledger.add(Disposition.DELIVER, ("new@d1.example",), sender="s1@corp.example")
        times.append((time.perf_counter() - start) * 1000)

    under_way = set()
    while not until.done():
        task = asyncio.create_task(one())
        under_way.add(task)
        task.add_done_callback(under_way.discard)
        await asyncio.sleep(0.05)
    await asyncio.gather(*under_way)
    return times


async def main(folder: Path) -> None:
    async with opened(folder / "queue") as ledger:
        start = time.perf_counter()
        await fill(ledger)
        print(f"filled in {time.perf_counter() - start:.0f} s")
        await above(ledger)
        if "--act" in sys.argv:
            await acting(ledger)
            return
        await pages(ledger, "100,000 held mails")
        await let_nine_of_ten_go(ledger)
        await pages(ledger, "10,000 held mails among 90,000 that are out")
        await above(ledger)
        await acting(ledger)


if __name__ == "__main__":
    folders = [one for one in sys.argv[1:] if not one.startswith("-")]
    with tempfile.TemporaryDirectory(dir=folders[0] if folders else None) as made:
        asyncio.run(main(Path(made)))
