"""100,000 recipients: over many mails of a thousand, and one mail to all of them.

The cost must grow with the number and no faster, the event loop must not stand still, and each recipient must get his
copy once. The next server of this experiment takes as many recipients as it is given.
"""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from tests.faults.gauges import lag, late, load, most_resident, while_mail_flows
from tests.faults.load import mail
from tests.faults.rows import Row
from tests.faults.site import Site, site

PEOPLE, IN_ONE = 100_000, 1000
MORE_MB = 300


class Talk:
    """One connection that hands in mails to many."""

    def __init__(self, place: Site) -> None:
        self._place = place
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def __aenter__(self) -> Talk:
        self._streams = await asyncio.open_connection("127.0.0.1", self._place.ports["smtp"])
        await self._reply()
        await self._say(b"EHLO pc.corp.example\r\n", 1)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._streams is not None
        self._streams[1].transport.abort()

    async def send(self, tag: str, first: int, count: int) -> tuple[str, float]:
        """The reply to the final dot, and the seconds from it to there."""
        await self._say(b"MAIL FROM:<ann@corp.example>\r\n", 1)
        for begin in range(first, first + count, 500):
            some = range(begin, min(begin + 500, first + count))
            await self._say(b"".join(b"RCPT TO:<p%d@partner.example>\r\n" % one for one in some), len(some))
        await self._say(b"DATA\r\n", 1)
        began = time.monotonic()
        return await self._say(mail(tag) + b".\r\n", 1), time.monotonic() - began

    async def _say(self, octets: bytes, replies: int) -> str:
        assert self._streams is not None
        self._streams[1].write(octets)
        said = ""
        for _ in range(replies):
            said = await self._reply()
            assert said[:1] in "23", said
        return said

    async def _reply(self) -> str:
        assert self._streams is not None
        while (line := (await self._streams[0].readuntil(b"\r\n")).decode())[3:4] == "-":
            pass
        return line.strip()


async def run(folder: Path, size: float = 1.0) -> list[Row]:
    people = max(2000, round(PEOPLE * size))
    return [
        await _measured(folder / "mails", "100,000 recipients in many mails", people, IN_ONE),
        await _measured(folder / "one", "100,000 recipients in one mail", people, people),
    ]


async def _measured(folder: Path, name: str, people: int, in_one: int) -> Row:
    async with site(folder, limits={"recipients": people, "session": "1h"}) as place:
        place.sink.count_recipients = True
        await place.open()
        async with Talk(place) as talk:  # a tenth first: what the rest may cost
            began = time.monotonic()
            await talk.send("warm", people, max(100, in_one // 10))
            tenth = time.monotonic() - began
        slow = await lag(place)
        async with most_resident(place) as memory, while_mail_flows(place, "beside") as beside, Talk(place) as talk:
            began, dots = time.monotonic(), []
            for number, first in enumerate(range(0, people, in_one)):
                reply, dot = await talk.send(f"many-{number}", first, min(in_one, people - first))
                dots.append(dot)
                place.book.sent += 1
                place.book.acknowledged[f"many-{number}"] = reply.split()[-1]
            taken = time.monotonic() - began
            await place.until(lambda: len(place.sink.reached) >= people, 240, "everybody has his copy")
            out = time.monotonic() - began
        lagged = late(slow, await lag(place))
        count = await place.settled()
        status = await place.stop()
    reached = [place.sink.reached[f"p{one}@partner.example"] for one in range(people)]
    twice, none = sum(times > 1 for times in reached), sum(times == 0 for times in reached)
    wrong = [f"exit status {status}"] if status else []
    wrong += [f"{none} recipients without a copy"] if none else []
    wrong += [f"{twice} recipients with two"] if twice else []
    wrong += [f"{memory[1] - memory[0]} MB more memory"] if memory[1] - memory[0] > MORE_MB else []
    said = (
        f"{people:,} recipients, {in_one:,} a mail; taken in {taken:.1f} s (a tenth of one mail: {tenth:.1f} s), final"
        f" dot at most {max(dots):.1f} s, all outside after {out:.1f} s; {beside.said}; RSS {memory[0]} MB, at most"
        f" {memory[1]} MB; {lagged}; {load()}"
    )
    sent = len(place.book.acknowledged)
    lost = (len(count.lost), len(count.leaked), count.duplicates)
    return Row(name, 1, sent, sent, *lost, said=said, wrong=tuple(wrong))
