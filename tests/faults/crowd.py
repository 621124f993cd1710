"""2,000 idle connections and 300 slow-lorises while normal mail goes on.

The crowd is in processes of its own and comes from many addresses. Normal mail must keep p99 below 200 ms; what was
acknowledged is recounted.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.faults.attack import attack
from tests.faults.book import row_of
from tests.faults.gauges import lag, late, load, most_resident, resident, while_mail_flows
from tests.faults.rows import Row
from tests.faults.site import site

IDLE, LORISES, SECONDS = 2000, 300, 60.0
#: Milliseconds.
P99, P99_SHORT = 200.0, 3000.0


async def run(folder: Path, size: float = 1.0) -> Row:
    idle, lorises = max(60, round(IDLE * size)), max(30, round(LORISES * size))
    async with site(folder, limits={"connections": 4000}) as place:
        await place.open()
        async with while_mail_flows(place, "before") as quiet:
            await asyncio.sleep(max(3.0, 10 * size))
        before, slow = resident(place), await lag(place)
        async with (
            attack("idle", idle, place.ports["smtp"]) as end_idle,
            attack("loris", lorises, place.ports["smtp"], place.ports["smtps"]) as end_loris,
            most_resident(place) as memory,
            while_mail_flows(place, "under") as under,
        ):
            await asyncio.sleep(max(4.0, SECONDS * size))
            seen = (await end_idle(), await end_loris())
            lagged = late(slow, await lag(place))
        count = await place.settled()
        status = await place.stop()
    wrong = [f"exit status {status}"] if status else []
    # A short run shares its machine with other tests: what that costs is seen before.
    most = P99 if size >= 1 else max(P99_SHORT, 5 * quiet.at(0.99))
    wrong += [f"p99 {under.at(0.99):.0f} ms"] if under.at(0.99) > most else []
    wrong += [f"{under.refused} normal mails refused"] if under.refused else []
    wrong += [f"{count.duplicates} duplicates"] if count.duplicates else []
    came = seen[0].get("came", 0), seen[1].get("came", 0)
    said = (
        f"{idle:,} idle, {lorises} lorises ({came[0]:,} and {came[1]:,} connections); {under.said}"
        f" (before: p99 {quiet.at(0.99):.0f} ms); RSS {before} MB, then {memory[1]} MB; {lagged}; {load()}"
    )
    return row_of("idle connections and slow-lorises", 1, place.book, count, said=said, wrong=tuple(wrong))
