"""Mail of text alone, read in the server's own process: a small text costs less than a trip to a worker.

What runs here is `reader.read_letter`: headers, transfer encodings, charsets and plain text of a bounded size, in pure
Python that takes time in proportion to it. Files, HTML, armour, parts and whatever is odd are the workers', and so is a
mail in which anything fails. The loop belongs to others after a few milliseconds, and a client whose mail takes long
all the same is read by the workers for a while. The reader is loaded by `start`; until then all mail is the workers'.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable

from mailguard.inspect.limits import ReadingLimits
from mailguard.mail.facts import Facts
from mailguard.mail.message import Body

#: Mails of so many octets are read here: some milliseconds at worst.
MOST = 16 * 1024
#: Seconds of reading in one turn of the event loop, after which the next mail waits for another.
_TURN = 0.002
#: Seconds of processor time that a mail may take; after one that took longer so many mails of its client go to workers.
_LONG, _AWAY = 0.02, 1000
_MOST_AWAY = 1000
#: What loads the lists of names and places, so that no mail has to.
_FIRST = "\r\n".join(
    ["From: a@x.example", "Content-Type: text/plain; charset=utf-8", "", "Taro Yamada", "山田 太郎", "ヤマダ タロウ",
     "東京都千代田区千代田1-1", "03-1234-5678", ""]
).encode()  # fmt: skip


class Letters:
    """Reads in the process that it is in. All methods belong to one event loop."""

    def __init__(self, limits: ReadingLimits, most: int) -> None:
        """most: of how many octets a mail is read here; 0: none is."""
        self._limits = limits
        self._most = most
        self._reader: Callable[[bytes, ReadingLimits], Facts | None] | None = None
        self._spent = 0.0  # in this turn of the loop
        self._away: OrderedDict[str, int] = OrderedDict()

    async def start(self) -> None:
        """Load what reading needs, in a thread."""
        if self._most:
            self._reader = await asyncio.to_thread(_reader)

    async def read(self, body: Body, whose: str) -> Facts | None:
        """The Facts of a mail; None where it is the workers' to read. Never raises for what is in it."""
        octets, reader = body.octets, self._reader
        if reader is None or octets is None or len(octets) > self._most or (self._away and self._is_away(whose)):
            return None
        while self._spent > _TURN:  # noqa: ASYNC110 (a turn, not a thing to wait for; another may have read in it)
            await asyncio.sleep(0)
        begun = time.thread_time()
        facts = reader(octets, self._limits)
        took = time.thread_time() - begun
        if not self._spent:
            asyncio.get_running_loop().call_soon(self._next_turn)
        self._spent += took
        if took > _LONG:
            self._send_away(whose)
        return facts

    def _next_turn(self) -> None:
        self._spent = 0.0

    def _send_away(self, whose: str) -> None:
        self._away[whose] = _AWAY
        if len(self._away) > _MOST_AWAY:
            self._away.popitem(last=False)

    def _is_away(self, whose: str) -> bool:
        left = self._away.pop(whose, 0)
        if left > 1:
            self._away[whose] = left - 1
        return left > 0


def _reader() -> Callable[[bytes, ReadingLimits], Facts | None]:
    """What reads, with its lists. A quarter of a second of libraries and patterns: nothing that a banner waits for."""
    from mailguard.inspect.reader import read_letter, read_mail

    read_mail(_FIRST)
    return read_letter
