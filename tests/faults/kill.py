"""SIGKILL at a random moment of 1,000 sends, twenty times, while people decide; after each the house is started anew.
Size 5 has 5,000 sends each time, and takes a quarter of an hour by itself.

Everything acknowledged is recounted after each kill. Twice outside is allowed only for what was under way when the
house died, so duplicates are counted for each kill.
"""

from __future__ import annotations

import asyncio
import random
import time
from pathlib import Path

from tests.faults.book import recount, row_of
from tests.faults.rows import Row
from tests.faults.site import Site, site

ROUNDS, SENDS = 20, 1000
#: Copies that can be between the upstream's answer and our commit when the house dies.
_UNDER_WAY = 40


async def run(folder: Path, size: float = 1.0) -> Row:
    rounds, sends = max(2, round(ROUNDS * min(1.0, size * 4))), max(60, round(SENDS * size))
    async with site(folder) as place:
        await place.open()
        people = await place.people()
        deciding = asyncio.create_task(people.run())
        lost = leaked = 0
        for number in range(rounds):
            await _round(place, number, sends)
            count = await asyncio.to_thread(recount, place.book, place.ledger, place.sink)
            lost, leaked = lost + len(count.lost), leaked + len(count.leaked)
        people.stop.set()
        await deciding
        count = await place.settled(240)
        whole = await asyncio.to_thread(place.audit_is_whole)
        status = await place.stop()
    wrong = [] if whole else ["audit chain broken"]
    wrong += [f"exit status {status}"] if status else []
    wrong += ["lost or leaked after a kill"] if lost or leaked else []
    wrong += ["more duplicates than copies under way"] if count.duplicates > rounds * _UNDER_WAY else []
    book = place.book
    said = (
        f"{len(book.released):,} released and {len(book.cancelled):,} cancelled meanwhile;"
        f" {count.duplicates / rounds:.1f} duplicates a kill; banner after {max(place.banners[1:]):.1f} s at most;"
        f" {book.refusals.get(0, 0):,} tries found nobody or were cut, and were made again"
    )
    recovery = max(place.recoveries)
    return row_of("SIGKILL at random", rounds, book, count, recovery=recovery, said=said, wrong=tuple(wrong))


async def _round(place: Site, number: int, sends: int) -> None:
    """One kill among so many sends, and a new start while the clients go on."""
    load = place.load(sends, name=f"k{number}")
    before = len(place.book.acknowledged)
    sending = asyncio.create_task(load.run())
    # So many are left that some come after the kill, however quick the house is.
    at = before + random.randrange(sends // 20, sends - max(sends // 20, _UNDER_WAY))
    await place.until(lambda: len(place.book.acknowledged) >= at, 300)
    await asyncio.sleep(random.random() * 0.05)
    await place.kill()
    killed = time.monotonic()
    load.mark()
    place.sink.mark()
    await place.open()
    await place.until(lambda: load.first_250 and place.sink.first_since, 60, "mail comes in and goes out again")
    assert load.first_250 is not None
    assert place.sink.first_since is not None
    place.recoveries.append(max(load.first_250, place.sink.first_since) - killed)
    await sending
