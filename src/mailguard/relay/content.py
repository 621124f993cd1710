"""The octets that go out: checked against the digest that the judge saw, read in blocks, dots stuffed on the way.

It trusts neither the disk nor whoever wrote the body: changed octets are never sent to their end, and neither are bare
CR or LF, which a server might take for the end of the mail (RFC 5321 section 2.3.8): not even of a file that changes on
its way. What the door saw of a file a moment ago holds for octets of the same digest: they are checked on the way only.
It never changes an octet but for the stuffing (section 4.5.2), and never holds more than two blocks of a file. Files
are read in threads.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import IO, NamedTuple

from mailguard.mail.lines import LineEnds, dotted, have_lone
from mailguard.mail.message import Body

#: Octets read and written at a time.
BLOCK = 512 * 1024
CRLF = b"\r\n"
#: From here on octets are not copied to have something in front.
_APART = 64 * 1024
#: Up to here octets in memory are looked over on the event loop, and given out whole.
_AT_ONCE = 2 * 2**20


class BodyCorrupt(Exception):
    """The stored octets are not those that were judged (style rule 2). They must not be sent."""


class BareLineEnding(Exception):
    """A CR without LF or a LF without CR: no mail that came through the door has one."""


class Seen(NamedTuple):
    """What decides about the words in which a mail is offered: octets beyond ASCII, in its text and in its header."""

    eight_bit: bool = False
    eight_bit_header: bool = False


_PLAIN = Seen()


@dataclass(slots=True)
class Scan:
    """What one pass over the octets tells. Feed prefix and blocks in order; `finish` at the end."""

    eight_bit: bool = False
    eight_bit_header: bool = False
    size: int = 0
    _digest: hashlib._Hash = field(default_factory=hashlib.sha256)
    _ends: LineEnds = field(default_factory=LineEnds)
    _tail: bytes = CRLF  # the last octets of the header so far
    _in_header: bool = True

    def feed(self, block: bytes) -> None:
        """Look at the next octets of the body."""
        self._digest.update(block)
        self.size += len(block)
        self._ends.feed(block)
        if not block.isascii():
            self.eight_bit = True
            self._look_at_header(block)
        if self._in_header:
            self._in_header = CRLF + CRLF not in self._tail + block
        self._tail = (self._tail + block[-4:])[-4:]

    def _look_at_header(self, block: bytes) -> None:
        if self._in_header:
            header = (self._tail + block).partition(CRLF + CRLF)[0]
            self.eight_bit_header = self.eight_bit_header or not header.isascii()

    def finish(self, body: Body) -> Seen:
        """What was seen. Raises BodyCorrupt or BareLineEnding."""
        if self.size != body.size or self._digest.hexdigest() != body.sha256:
            raise BodyCorrupt("stored octets differ from the digest that was taken at the door")
        self._ends.end()
        if self._ends.alone:
            raise BareLineEnding("bare CR or LF in the stored octets")
        return Seen(self.eight_bit, self.eight_bit_header)


def seen_in(octets: bytes, *, plain: bool = False) -> Seen:
    """What `Scan` sees in octets whose digest is known to be right; plain: as the door saw them. Raises
    BareLineEnding.
    """
    if plain:
        return _PLAIN
    if have_lone(octets):
        raise BareLineEnding("bare CR or LF in the octets")
    if octets.isascii():
        return _PLAIN
    header = octets[:2] if octets.startswith(CRLF) else octets.partition(CRLF + CRLF)[0]
    return Seen(True, not header.isascii())


def is_as_judged(body: Body) -> bool:
    """Whether octets in memory are those that were digested at the door."""
    octets = body.octets
    return octets is not None and len(octets) == body.size and hashlib.sha256(octets).hexdigest() == body.sha256


def scan_octets(body: Body) -> Seen:
    """One pass over all octets; blocks on a file (call it in a thread). Raises BodyCorrupt, BareLineEnding or
    OSError.
    """
    if body.octets is not None:
        if not is_as_judged(body):
            raise BodyCorrupt("octets differ from the digest that was taken at the door")
        return seen_in(body.octets)
    scan = Scan()
    with body.open() as file:
        while block := file.read(BLOCK):
            scan.feed(block)
    return scan.finish(body)


async def checked(body: Body) -> Seen:
    """`scan_octets`, off the event loop where the octets are in a file; at once where the door saw them a moment ago:
    `blocks` gives none out to their end that differ.
    """
    if body.plain and body.path is not None:
        return _PLAIN
    if body.octets is not None and body.size <= _AT_ONCE:
        return scan_octets(body)
    return await asyncio.to_thread(scan_octets, body)


async def known(body: Body) -> Seen:
    """`seen_in` for octets in memory, off the event loop where they are many. Raises BareLineEnding."""
    if body.plain:
        return _PLAIN
    if body.size <= _AT_ONCE:
        return seen_in(body.read())
    return await asyncio.to_thread(lambda: seen_in(body.read()))


async def blocks(body: Body) -> AsyncIterator[bytes]:
    """The octets in order, checked once more on the way: raises BodyCorrupt *before* the last block is given out.

    So a file that changes after `checked` never goes out whole: the final dot cannot be reached, and no server can see
    an end in what was put into it, for a block with a CR or LF alone is not given out either.
    """
    if body.octets is not None:  # immutable, and checked a moment ago
        yield body.octets
        return
    if body.sheet is not None:
        for begin in range(0, body.size, BLOCK):
            yield bytes(body.sheet.view[begin : begin + BLOCK])
        return
    digest, ends, size = hashlib.sha256(), LineEnds(), 0
    file = await asyncio.to_thread(body.open)
    try:
        block = await asyncio.to_thread(_read, file, digest, ends)
        if not block and body.size:
            raise BodyCorrupt("stored octets were taken away")
        while block:
            size += len(block)
            following = await asyncio.to_thread(_read, file, digest, ends)
            if not following and (size != body.size or digest.hexdigest() != body.sha256):
                raise BodyCorrupt("stored octets changed while they were sent")
            yield block
            block = following
    finally:
        file.close()


async def text(prefix: bytes, body: Body) -> AsyncIterator[bytes | memoryview]:
    """The prefix and what `blocks` gives, as they go out: dots doubled, and the final dot last. No copy is made of
    octets in memory that have no dots to be doubled, and of others not of all at once, which would stop everything for
    as long as it takes: they come in pieces, since each has its own time to be taken.
    """
    stuffer = DotStuffer()
    yield stuffer.feed(prefix)
    if body.sheet is not None and body.undotted:  # as it was digested: nobody writes to a sheet that has a mail
        view = body.sheet.view
        for begin in range(0, len(view), BLOCK):
            yield view[begin : begin + BLOCK]
        stuffer.passed(bytes(view[-2:]))
        yield stuffer.end()
        return
    async for block in blocks(body):
        starts = range(0, len(block), BLOCK)
        if len(starts) > 1 and not body.undotted and dotted(block) >= 0:
            for begin in starts:
                yield stuffer.feed(block[begin : begin + BLOCK])
            continue
        stuffed = memoryview(stuffer.feed(block, undotted=body.undotted))
        for begin in range(0, len(stuffed), BLOCK):
            yield stuffed[begin : begin + BLOCK]
    yield stuffer.end()


def _read(file: IO[bytes], digest: hashlib._Hash, ends: LineEnds) -> bytes:
    block = file.read(BLOCK)
    if block:
        digest.update(block)
        ends.feed(block)
        if ends.alone:
            raise BodyCorrupt("stored octets changed while they were sent: bare CR or LF")
    return block


def stuffed(octets: bytes) -> bytes:
    """A whole text as it goes out: its dots doubled, and the final dot."""
    if dotted(octets) >= 0:
        octets = octets.replace(b"\r\n.", b"\r\n..")
    if octets.startswith(b"."):
        octets = b"." + octets
    return octets + (b".\r\n" if octets.endswith(CRLF) or not octets else b"\r\n.\r\n")


def in_pieces(prefix: bytes, octets: bytes) -> list[bytes]:
    """`stuffed` for both together, without a copy of large octets that have no dots to be doubled."""
    if len(octets) < _APART:
        return [stuffed(prefix + octets)]
    stuffer = DotStuffer()
    return [stuffer.feed(prefix), stuffer.feed(octets), stuffer.end()]


@dataclass(slots=True)
class DotStuffer:
    """RFC 5321 section 4.5.2: a line that begins with a dot gets one more, wherever the blocks are cut."""

    tail: bytes = CRLF  # the beginning of the text is the beginning of a line

    def feed(self, block: bytes, *, undotted: bool = False) -> bytes:
        """The block with its dots doubled. undotted: nothing is to be doubled inside of it."""
        stuffed = block if undotted or dotted(block) < 0 else block.replace(b"\r\n.", b"\r\n..")
        if self.tail == CRLF and block.startswith(b"."):
            stuffed = b"." + stuffed
        elif self.tail[-1:] == b"\r" and block.startswith(b"\n."):
            stuffed = b"\n." + stuffed[1:]
        self.tail = (self.tail + block[-2:])[-2:]
        return stuffed

    def passed(self, octets: bytes) -> None:
        """These were the last of what went out as it is."""
        self.tail = (self.tail + octets)[-2:]

    def end(self) -> bytes:
        """The final dot, after a CRLF only if the text does not end with one (section 4.1.1.4)."""
        return b".\r\n" if self.tail == CRLF else b"\r\n.\r\n"
