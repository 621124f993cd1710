"""Mail of text, read in the server's own process: a small text costs less than a trip to a worker.

What runs here is `reader.read_letter`: headers, transfer encodings, charsets and plain text of a bounded size, in pure
Python that takes time in proportion to it. Files behind a text are decoded and digested, and must be of no known kind:
none is opened. Other files, HTML, armour and whatever is odd are the workers', and so is a mail in which anything
fails. The loop belongs to others after a few milliseconds, and a client several of whose mails take long all the same
is read by the workers for a while. The reader is loaded by `start`; until then all mail is the workers'.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable

from mailguard.inspect.limits import HERE_TEXT, ReadingLimits
from mailguard.inspect.overtime import Overtime, bounded
from mailguard.mail.facts import Facts
from mailguard.mail.message import Body

#: Mails of so many octets are read here: a millisecond or two, and some ten for what is written to take long.
MOST = HERE_TEXT
#: And of so many, if files come behind a text: half a millisecond for 100 KB of which nothing is known.
_MOST_WITH_FILES = 2 * 2**20
#: So much of a mail shows whether it has files.
_SHOWN = 8 * 1024
#: What stands before the text in a mail that has files, and more than a text before them.
_FILES, _MORE = b"multipart/mixed", (b"multipart/", b"text/html")
#: Seconds of reading in one turn of the event loop, after which the next mail waits for another.
_TURN = 0.002
#: Seconds of processor time that a mail may take. Where so many of a client's mails within so many of its last ones
#: took longer, so many of its next go to workers; one alone may be the machine's doing.
_LONG, _TIMES, _WITHIN, _AWAY = 0.02, 3, 200, 1000
#: Clients of whom this is known.
_MOST_KNOWN = 1000
#: What loads the lists of names and places, so that no mail has to.
_FIRST = "\r\n".join(
    ["From: a@x.example", "Content-Type: text/plain; charset=utf-8", "", "Taro Yamada", "山田 太郎", "ヤマダ タロウ",
     "東京都千代田区千代田1-1", "03-1234-5678", ""]
).encode()  # fmt: skip


class Letters:
    """Reads in the process that it is in. All methods belong to one event loop."""

    def __init__(self, limits: ReadingLimits, most: int, ended: Callable[[str], object] = bool) -> None:
        """most: of how many octets a mail is read here; 0: none is. ended: told of a mail that took too long."""
        self._ended = ended
        self._limits = limits
        self._most = most
        self._reader: Callable[[bytes, ReadingLimits], Facts | None] | None = None
        self._spent = 0.0  # in this turn of the loop
        self._slow: OrderedDict[str, tuple[int, int]] = OrderedDict()  # how many took long, and mails until forgotten
        self._away: OrderedDict[str, int] = OrderedDict()  # how many mails go to workers

    async def start(self) -> None:
        """Load what reading needs, in a thread."""
        if self._most:
            self._reader = await asyncio.to_thread(_reader)

    async def read(self, body: Body, whose: str) -> Facts | None:
        """The Facts of a mail; None where it is the workers' to read. Never raises for what is in it."""
        octets, reader = body.in_memory, self._reader
        if reader is None or octets is None or not self._is_for_here(octets) or (self._away and self._is_away(whose)):
            return None
        while self._spent > _TURN:  # noqa: ASYNC110 (a turn, not a thing to wait for; another may have read in it)
            await asyncio.sleep(0)
        begun = time.thread_time()
        try:
            facts = bounded(reader, bytes(octets), self._limits)
        except Overtime:
            facts = None
            self._ended("took too long in the server's own process")
        took = time.thread_time() - begun
        if not self._spent:
            asyncio.get_running_loop().call_soon(self._next_turn)
        self._spent += took
        if took > _LONG or whose in self._slow:
            self._note(whose, took > _LONG)
        return facts

    def _is_for_here(self, octets: bytes | memoryview) -> bool:
        """Whether it may be worth a try, by size and by how it begins."""
        if len(octets) <= self._most:
            return True
        if not self._most or len(octets) > _MOST_WITH_FILES:
            return False
        _, found, behind = bytes(octets[:_SHOWN]).lower().partition(_FILES)
        return bool(found) and not any(one in behind for one in _MORE)

    def _next_turn(self) -> None:
        self._spent = 0.0

    def _note(self, whose: str, slow: bool) -> None:
        """Count a mail of a client of whom one took long."""
        times, left = self._slow.pop(whose, (0, _WITHIN))
        times, left = times + slow, left - 1
        if times >= _TIMES:
            self._away[whose] = _AWAY
        elif left > 0:
            self._slow[whose] = times, left
        for known in (self._slow, self._away):
            if len(known) > _MOST_KNOWN:
                known.popitem(last=False)

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
