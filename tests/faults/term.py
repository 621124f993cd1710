"""SIGTERM under load: what was acknowledged is kept, everybody who is in hears 421, and the house ends in time."""

from __future__ import annotations

import asyncio
import signal
import time
from pathlib import Path

from tests.faults.book import row_of
from tests.faults.load import Line
from tests.faults.rows import Row
from tests.faults.site import Site, site

IDLE, ROUNDS = 100, 5
#: docs/operations.md: bodies under way may end within 20 s, tries at the next server within 30 s.
LONGEST = 50.0


async def run(folder: Path, size: float = 1.0) -> Row:
    rounds = max(1, round(ROUNDS * size))
    wrong: list[str] = []
    longest = 0.0
    async with site(folder) as place:
        for number in range(rounds):
            await place.open()
            longest = max(longest, await _round(place, number, wrong))
        await place.open()
        count = await place.settled(60)
        whole = await asyncio.to_thread(place.audit_is_whole)
        await place.stop()
    wrong += [] if whole else ["audit chain broken"]
    wrong += ["duplicates"] if count.duplicates else []
    wrong += [f"it took {longest:.1f} s to end"] if longest > LONGEST else []
    in_session = {how: n for how, n in place.book.cut.items() if "in a session" in how}
    wrong += [f"cut without 421: {in_session}"] if in_session else []
    said = f"{IDLE} idle and 12 busy clients each time: all hear 421 or their reply; ends after {longest:.1f} s at most"
    return row_of("SIGTERM under load", rounds, place.book, count, said=said, wrong=tuple(wrong))


async def _round(place: Site, number: int, wrong: list[str]) -> float:
    idle = [Line(place.ports["smtp"]) for _ in range(IDLE)]
    for line in idle:
        await line.greet()
    load = place.load(10**9, name=f"t{number}", clients=12, sizes=(0, 0, 90_000, 2_000_000), pause=0.2)
    sending = asyncio.create_task(load.run())
    before = len(place.book.acknowledged)
    await place.until(lambda: len(place.book.acknowledged) > before + 100, 60)
    assert place.house is not None
    began = time.monotonic()
    place.house.process.send_signal(signal.SIGTERM)
    goodbyes = await asyncio.gather(*(line.goodbye(LONGEST) for line in idle))
    status = await asyncio.to_thread(place.house.process.wait, LONGEST + 20)
    took = time.monotonic() - began
    load.stop.set()
    await sending
    for line in idle:
        line.close()
    wrong += [f"exit status {status}"] if status else []
    unsaid = sum(1 for said in goodbyes if not said.startswith("421 4.3.2"))
    wrong += [f"{unsaid} idle clients heard no 421"] if unsaid else []
    return took
