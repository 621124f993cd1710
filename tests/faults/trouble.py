"""One fault while mail flows: it begins, lasts some seconds, ends by itself; then everything is recounted.

Clients and people go on all the time. While the fault lasts a client may be refused for now (4xx) or find nobody; a
refusal for good, or a mail that vanishes, breaks the promise. Recovery is from the end of the fault until mail comes
in and goes out again.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tests.faults.book import Book, row_of
from tests.faults.rows import Row
from tests.faults.site import Site

Act = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Trouble:
    """begin, end: may block, run in a thread. stops: whether no mail can be taken in meanwhile, which is then looked
    at; sizes, clients: of the mails and who sends them.
    """

    name: str
    begin: Act
    end: Act
    seconds: float = 6.0
    stops: bool = False
    sizes: tuple[int, ...] = (0, 0, 2000, 90_000)
    clients: int = 8
    before: float = 1.5
    decides: bool = True


async def through(place: Site, trouble: Trouble) -> Row:
    """Go through it. The house runs before and must run after."""
    place.book = Book()
    load = place.load(
        10**9, name="".join(filter(str.isalnum, trouble.name)), sizes=trouble.sizes, clients=trouble.clients, pause=0.1
    )
    people = await place.people() if trouble.decides else None
    tasks = [asyncio.create_task(load.run())]
    if people is not None:
        tasks.append(asyncio.create_task(people.run()))
    await asyncio.sleep(trouble.before)
    await asyncio.to_thread(trouble.begin)
    before, tries = len(place.book.acknowledged), dict(place.book.refusals)
    await asyncio.sleep(trouble.seconds)
    if trouble.stops:  # on a busy machine it takes its time until somebody comes and is refused
        with contextlib.suppress(AssertionError):
            await place.until(lambda: place.book.refusals != tries, 60)
    taken = len(place.book.acknowledged) - before
    wrong = [] if place.alive else ["the house ended"]
    wrong += ["nothing was refused"] if trouble.stops and place.book.refusals == tries else []
    await asyncio.to_thread(trouble.end)
    recovery = await _service(place, load.mark, lambda: load.first_250)
    await asyncio.sleep(1.0)
    load.stop.set()
    if people is not None:
        people.stop.set()
    await asyncio.gather(*tasks)
    count = await place.settled(60)
    wrong += [] if await asyncio.to_thread(place.audit_is_whole) else ["audit chain broken"]
    wrong += [f"refused for good: {code}" for code in place.book.refusals if code >= 500]
    wrong += ["duplicates"] if count.duplicates > place.allowed_duplicates else []
    refusals = ", ".join(f"{code or 'no answer'}: {n:,}" for code, n in sorted(place.book.refusals.items()))
    said = f"{trouble.seconds:g} s; taken in meanwhile {taken:,}; refused {refusals or 'none'}"
    place.allowed_duplicates = count.duplicates
    return row_of(trouble.name, 1, place.book, count, recovery=recovery, said=said, wrong=tuple(wrong))


async def _service(place: Site, mark: Act, first: Callable[[], float | None]) -> float:
    began = time.monotonic()
    mark()
    place.sink.mark()

    def normal() -> bool:
        return first() is not None and place.sink.first_since is not None

    await place.until(normal, 90, "mail comes in and goes out again")
    return max(first() or began, place.sink.first_since or began) - began


async def series(
    place: Site, troubles: list[Trouble], each: Callable[[Trouble], Awaitable[object]] | None = None
) -> list[Row]:
    """One after another in the same house."""
    rows = []
    for trouble in troubles:
        if each is not None:
            await each(trouble)
        rows.append(await through(place, trouble))
    return rows
