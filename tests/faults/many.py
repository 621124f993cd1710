"""Start after a crash with 100,000 held mails: how long until the door speaks, until mail goes through, until all is
ready.

`python -m tests.faults.many FOLDER COUNT` fills a ledger through the spool, as the door would, and kills itself: the
log of the database is left as it was.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.faults.book import states
from tests.faults.load import Line, mail
from tests.faults.rows import Row
from tests.faults.site import Site, site
from tests.ledger import facts, opened

from mailguard.mail.verdict import Disposition

HELD, BANNER = 100_000, 3.0
_AT_ONCE = 500
#: The field by which the next server knows a mail.
_PREFIX = "UPDATE message SET prefix = CAST('Received: from test id ' || id || char(13, 10) AS BLOB)"


async def fill(folder: Path, count: int) -> None:
    """So many held mails, with their letters told already."""
    async with opened(folder) as ledger:
        ledger.clock.time = datetime.now(UTC) - timedelta(hours=1)
        known = facts("holdme")
        for begin in range(0, count, _AT_ONCE):
            some = range(begin, min(count, begin + _AT_ONCE))
            await asyncio.gather(*(_add(ledger, known, number) for number in some))
            await ledger.db.write(lambda c: c.execute("UPDATE notice SET ended = 1"))
        await ledger.db.write(lambda c: c.execute(_PREFIX))
        os.kill(os.getpid(), signal.SIGKILL)


async def _add(ledger, known, number: int) -> None:  # type: ignore[no-untyped-def]
    own = replace(known, headers=replace(known.headers, message_id=f"<{number}@corp.example>"))
    await ledger.add(
        Disposition.CONFIRM, known=own, sender=f"person{number % 500}@corp.example", octets=mail(f"held-{number}")
    )


async def run(folder: Path, size: float = 1.0) -> Row:
    count = max(500, round(HELD * size))
    async with site(folder) as place:
        words = [sys.executable, "-m", "tests.faults.many", str(place.folder / "var"), str(count)]
        filling = await asyncio.create_subprocess_exec(*words)
        assert await filling.wait() == -signal.SIGKILL
        place.book.acknowledged = {one: one for one in await asyncio.to_thread(states, place.ledger)}
        place.book.held = set(place.book.acknowledged)
        place.book.sent = len(place.book.acknowledged)
        wrong = [] if place.book.sent == count else [f"{place.book.sent} of {count} are there"]
        started = [await _start(place) for _ in range(3)]
        banner, through, ready = (max(times) for times in zip(*started, strict=True))
        people = await place.people()
        one = next(iter(place.book.held))
        wrong += [] if await people.decide(one, "release") == 200 else ["a held mail cannot be released"]
        count_now = await place.settled(30)
        whole = await asyncio.to_thread(place.audit_is_whole)
        await place.kill()
    wrong += [] if banner <= BANNER else [f"banner after {banner:.1f} s"]
    wrong += [] if whole else ["audit chain broken"]
    processor = max(place.processor)
    said = (
        f"banner after {banner:.1f} s ({processor:.1f} s of processor time), a new mail through after {through:.1f} s,"
        f" console ready after {ready:.1f} s"
    )
    return Row(
        "start after a crash with 100,000 held" if size >= 1 else f"start after a crash with {count:,} held",
        len(started),
        place.book.sent,
        len(place.book.acknowledged),
        len(count_now.lost),
        len(count_now.leaked),
        count_now.duplicates,
        ready,
        said,
        tuple(wrong),
    )


async def _start(place: Site) -> tuple[float, float, float]:
    """Killed (if it runs) and started: seconds to the banner, to a mail that went through, to the console."""
    if place.alive:
        await place.kill()
    began = time.monotonic()
    await place.open()
    banner = time.monotonic() - began
    tag = f"new-{len(place.banners)}"
    line, before = Line(place.ports["smtp"]), len(place.sink.taken)
    place.book.sent += 1
    code, text = await line.hand_in(mail(tag))
    assert code == 250, text
    place.book.acknowledged[tag] = text.split()[-1]
    await place.until(lambda: len(place.sink.taken) > before, 40)
    through = time.monotonic() - began
    await place.until(lambda: place.answers("/readyz"), 60)
    return banner, through, time.monotonic() - began


if __name__ == "__main__":
    asyncio.run(fill(Path(sys.argv[1]), int(sys.argv[2])))
