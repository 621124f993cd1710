"""The wall clock is set forward and back by hours, and over a change to summer time, while mail waits.

An undo window may not end because of it and not be stretched by it; what waits for a person stays; what is queued and
new mail go on.
"""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from tests.faults.book import Book, row_of, states
from tests.faults.load import Line, mail
from tests.faults.rows import Row
from tests.faults.shim import Shim
from tests.faults.site import POLICY, Site, site

_HOUR = 3600
#: Forward by so many hours, from there back to the true time, then back by hours; and an hour as at a change of DST.
JUMPS = (
    ("set forward by 4 days", 96 * _HOUR),
    ("set back by 4 days", 0),
    ("set back by 5 hours", -5 * _HOUR),
    ("set forward by 1 hour", -4 * _HOUR),
)


async def run(folder: Path, size: float = 1.0) -> list[Row]:
    window = 20 if size >= 1 else 12
    policy = POLICY.replace("delay: 60s", f"delay: {window}s")
    async with site(folder, policy) as place:
        shim = Shim(place.folder, folder / "shim")
        place.environment = shim.environment
        await place.open()
        rows = [await _jump(place, shim, name, to, window) for name, to in (JUMPS if size >= 1 else JUMPS[:2])]
        await place.stop()
    return rows


async def _jump(place: Site, shim: Shim, name: str, to: int, window: int) -> Row:
    place.book, wrong = Book(), list[str]()
    label = "".join(filter(str.isalnum, name))
    await place.load(40, name=label, sizes=(0,), held=0.5).run()
    began = time.monotonic()
    undoable = await _hand_in(place, f"{label}-undo", "undoable")
    await asyncio.sleep(2)
    shim.jump(to)
    jumped = time.monotonic()
    new = await _hand_in(place, f"{label}-new", "")
    later = await _hand_in(place, f"{label}-later", "undoable")
    handed = time.monotonic()
    await place.until(lambda: place.sink.taken[new], 30, "new mail goes out")
    recovery = time.monotonic() - jumped
    gone: dict[str, float] = {}
    while time.monotonic() < handed + window + 8 and len(gone) < 2:
        gone.update({one: time.monotonic() for one in (undoable, later) if place.sink.taken[one] and one not in gone})
        await asyncio.sleep(0.05)
    for one, since in ((undoable, began), (later, handed)):
        waited = gone.get(one, since) - since
        wrong += [] if window - 1 <= waited <= window + 8 else [f"an undo window of {window} s lasted {waited:.1f} s"]
    found = await asyncio.to_thread(states, place.ledger)
    held = {one for tag, one in place.book.acknowledged.items() if tag in place.book.held}
    wrong += (
        [f"{sum(found[one] != 'held' for one in held)} held mails ended"]
        if any(found[one] != "held" for one in held)
        else []
    )
    place.book.release_asked |= {undoable, later}
    count = await place.settled(30)
    wrong += ["duplicates"] if count.duplicates else []
    lasted = f"{gone.get(undoable, began) - began:.1f} and {gone.get(later, handed) - handed:.1f}"
    said = f"undo windows of {window} s lasted {lasted} s; {len(held)} held mails wait on"
    return row_of(f"clock {name}", 1, place.book, count, recovery=recovery, said=said, wrong=tuple(wrong))


async def _hand_in(place: Site, tag: str, word: str) -> str:
    line = Line(place.ports["smtp"])
    place.book.sent += 1
    code, text = await line.hand_in(mail(tag, subject=word))
    line.close()
    assert code == 250, text
    place.book.acknowledged[tag] = text.split()[-1]
    return place.book.acknowledged[tag]
