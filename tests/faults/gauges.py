"""What a house takes while something is done to it: latency of normal mail, memory, and how late its event loop is.

Latency is measured by clients of this process from the connection's command to the reply of the final dot; memory is
the kernel's; the loop's lag is the house's own metric. It changes nothing.
"""

from __future__ import annotations

import asyncio
import os
import re
import time
import urllib.request
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.load import Line, mail
from tests.faults.site import Site

_LAG = re.compile(r'^mailguard_loop_lag_seconds_bucket\{le="([\d.e+-]+|\+Inf)"\} ([\d.e+]+)$', re.MULTILINE)


@dataclass
class Latency:
    """Seconds of each normal mail, MAIL to the reply of its final dot."""

    taken: list[float] = field(default_factory=list)
    refused: int = 0

    def at(self, part: float) -> float:
        """So that this part of all were as fast, in milliseconds."""
        return sorted(self.taken)[min(len(self.taken) - 1, int(len(self.taken) * part))] * 1000

    @property
    def said(self) -> str:
        return f"normal mail p50 {self.at(0.5):.0f} ms, p99 {self.at(0.99):.0f} ms, longest {self.at(1):.0f} ms"


async def normal_mail(place: Site, latency: Latency, name: str, stop: asyncio.Event, clients: int = 4) -> None:
    """Normal senders, each on a line of its own that is opened anew every ten mails, until told to stop."""

    async def one(number: int) -> None:
        line, count = Line(place.ports["smtp"]), 0
        while not stop.is_set():
            count += 1
            tag = f"{name}-{number}-{count}"
            place.book.sent += 1
            await _one(line, tag)
            if count % 10 == 0:
                line.close()
            await asyncio.sleep(0.02)
        line.close()

    async def _one(line: Line, tag: str) -> None:
        while True:
            began = time.monotonic()
            code, text = await line.hand_in(mail(tag))
            if code == 250:
                place.book.acknowledged[tag] = text.split()[-1]
                latency.taken.append(time.monotonic() - began)
                return
            latency.refused += 1
            place.book.refused(code)
            await asyncio.sleep(0.05)

    await asyncio.gather(*(one(number) for number in range(clients)))


@asynccontextmanager
async def while_mail_flows(place: Site, name: str) -> AsyncIterator[Latency]:
    """Normal mail goes on while the block lasts; the mail under way at its end comes to its own."""
    latency, stop = Latency(), asyncio.Event()
    task = asyncio.create_task(normal_mail(place, latency, name, stop))
    try:
        yield latency
    finally:
        stop.set()
        await asyncio.wait([task], timeout=60)
        task.cancel()


def resident(place: Site, *, children: bool = False) -> int:
    """MB of memory of the house's process now; with its reading processes or without."""
    assert place.house is not None
    pids = [place.house.process.pid]
    if children:
        pids += [int(one) for one in Path(f"/proc/{pids[0]}/task/{pids[0]}/children").read_text().split()]
    pages = [int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in pids]
    return sum(pages) * 4096 // 2**20


@asynccontextmanager
async def most_resident(place: Site) -> AsyncIterator[list[int]]:
    """[before, most] MB of the house's process, looked at twenty times a second."""
    found = [resident(place)] * 2

    async def look() -> None:
        while True:
            found[1] = max(found[1], resident(place))
            await asyncio.sleep(0.05)

    task = asyncio.create_task(look())
    try:
        yield found
    finally:
        task.cancel()
        await asyncio.wait([task])


def load() -> str:
    """How busy the machine is, with us and with others."""
    return f"load average {os.getloadavg()[0]:.0f} on {os.cpu_count()} cores"


async def lag(place: Site) -> dict[str, float]:
    """The house's own count of how late its loop was: upper bound in seconds -> how often so late or less."""
    return {bound: float(count) for bound, count in _LAG.findall(await figures(place))}


async def figures(place: Site) -> str:
    """GET /metrics."""

    def get() -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{place.ports['console']}/metrics", timeout=30) as answer:
            return str(answer.read().decode())

    return await asyncio.to_thread(get)


def late(before: dict[str, float], after: dict[str, float]) -> str:
    """In words: the part of the probes that came more than 20 and 100 ms late, and a bound of the longest."""
    grown = {bound: after[bound] - before.get(bound, 0.0) for bound in after}
    every = grown["+Inf"] or 1.0
    longest = next(bound for bound, count in grown.items() if count >= grown["+Inf"])
    parts = ", ".join(f"> {bound} s {100 * (1 - grown[bound] / every):.1f} %" for bound in ("0.02", "0.1"))
    return f"loop lag {parts}, never > {longest} s"
