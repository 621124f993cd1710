"""DATA to a Body: the octets are read in blocks, looked over on the way, and never held twice.

Small messages stay in memory, larger ones go to a file of mode 0600 while they come in; the digest is taken
on the way. A message ends at CRLF . CRLF and nowhere else (RFC 5321 section 4.1.1.4), and bare CR or LF
refuses it: no two servers can disagree on where it ends. What refuses a message is found while it streams;
reading goes on to the final dot, within bounds, so that the reply is heard. This module trusts nothing,
parses no header but counts one, and never changes an octet except for taking away the dots that were stuffed.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from mailguard import events
from mailguard.mail import reply as replies
from mailguard.mail.message import Body
from mailguard.mail.reply import Reply
from mailguard.smtpd.settings import DoorLimits

BLOCK = 256 * 1024
#: Up to here a body stays in memory; `store` keeps such a body in its row.
IN_MEMORY = 64 * 1024

_END = b"\r\n.\r\n"
_RECEIVED = re.compile(rb"\r\nReceived[ \t]*:", re.IGNORECASE)
_NAME_MAX = 64  # of a field's name with the CRLF before it and white space behind, across two blocks


class Scan:
    """What is found in a message while it streams by: where it ends, its true octets, and why it must be
    refused.

    `feed` any blocks, cut anywhere: the results together are the same. `size` is in octets without stuffed
    dots (RFC 1870 section 3).
    """

    def __init__(self, limits: DoorLimits) -> None:
        self._limits = limits
        # The CRLF of the DATA command counts: an empty message ends by ".CRLF" alone.
        self._carry = b"\r\n"
        self._skip = 2
        self._line = 0  # octets of the line that is not finished yet
        self._fields = b"\r\n"  # the start of the header line that is not finished yet; b"" in its middle
        self._in_header = True
        self.received = 0
        self.size = 0
        self.refusal: Reply | None = None

    def feed(self, block: bytes) -> tuple[bytes, bytes | None]:
        """(octets of the message, what follows its end). The second is None until the end was seen."""
        seen = self._carry + block
        end = seen.find(_END)
        if end >= 0:
            return self._look_at(seen[: end + 2]), seen[end + len(_END) :]
        # What may be the start of the end, or of a stuffed dot, waits for the next block; so no CRLF is ever
        # cut in two.
        held = next((n for n in (4, 3, 2, 1) if seen.endswith(_END[:n])), 0)
        self._carry = seen[len(seen) - held :]
        return self._look_at(seen[: len(seen) - held]), None

    def _look_at(self, stuffed: bytes) -> bytes:
        octets = stuffed.replace(b"\r\n.", b"\r\n")  # RFC 5321 section 4.5.2
        if self._skip and octets:
            octets, self._skip = octets[self._skip :], 0
        self.size += len(octets)
        if self._in_header:
            self._count_received(octets)
        if self.refusal is None:
            self.refusal = self._fault_in(octets)
        return octets

    def _fault_in(self, octets: bytes) -> Reply | None:
        """The first thing wrong with these octets. Counts only, since this sees every octet of every mail."""
        if self.size > self._limits.message_bytes:
            return replies.TOO_LARGE
        pairs = octets.count(b"\r\n")
        if octets.count(b"\r") != pairs or octets.count(b"\n") != pairs:
            return replies.BARE_LINE_ENDING
        if self._has_long_line(octets):
            return replies.LINE_TOO_LONG
        if self.received > self._limits.received:
            return replies.LOOP
        return None

    def _has_long_line(self, octets: bytes) -> bool:
        """Jumps from line end to line end, as far apart as a line may be long."""
        limit, start, begun = self._limits.line_bytes, 0, self._line
        while len(octets) - start + begun > limit:
            end = octets.rfind(b"\r\n", start, start + limit - begun + 2)
            if end < 0:
                return True
            start, begun = end + 2, 0
        last = octets.rfind(b"\r\n", start)
        self._line = len(octets) - last - 2 if last >= 0 else begun + len(octets) - start
        return False

    def _count_received(self, octets: bytes) -> None:
        """Count Received fields up to the empty line (RFC 5321 section 6.3); lines may be cut by blocks."""
        seen = self._fields + octets
        end = seen.find(b"\r\n\r\n")
        self._in_header = end < 0
        self.received += len(_RECEIVED.findall(seen if end < 0 else seen[:end]))
        last = seen[max(seen.rfind(b"\r\n"), 0) :][:_NAME_MAX] if b"\r\n" in seen else b""
        self._fields = b"" if _RECEIVED.match(last) or len(last) == _NAME_MAX else last


class Sink:
    """Takes a body's octets: in memory first, in a file of `folder` when it grows. One writer; end with
    `close` or `discard`.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._waiting: list[bytes] = []
        self._waiting_size = 0
        self._size = 0
        self._digest = hashlib.sha256()
        self._descriptor: int | None = None
        self._path: Path | None = None
        self._writing: asyncio.Future[None] | None = None

    async def write(self, octets: bytes) -> None:
        """Add octets. Raises OSError if the disk does not take them."""
        self._waiting.append(octets)
        self._waiting_size += len(octets)
        self._size += len(octets)
        if self._waiting_size > IN_MEMORY:
            await self._spill()

    async def close(self) -> Body:
        """The body, whole. Its file is not synced: whoever makes it durable does that. Raises OSError."""
        if self._descriptor is None or self._path is None:
            return Body.of(b"".join(self._waiting))
        await self._spill()
        descriptor, self._descriptor = self._descriptor, None
        os.close(descriptor)
        return Body(size=self._size, sha256=self._digest.hexdigest(), path=self._path)

    def discard(self) -> None:
        """Let go of what was taken and delete the file, also while a block is being written (the client is
        gone).
        """
        self._waiting.clear()
        path, self._path = self._path, None
        descriptor, self._descriptor = self._descriptor, None
        if path is None or descriptor is None:
            return
        path.unlink(missing_ok=True)
        if self._writing is not None and not self._writing.done():
            self._writing.add_done_callback(lambda _: os.close(descriptor))
        else:
            os.close(descriptor)

    async def _spill(self) -> None:
        if self._descriptor is None:
            # mkstemp makes it 0600 and never follows what somebody else put there.
            self._descriptor, name = tempfile.mkstemp(prefix="in-", suffix=".part", dir=self._folder)
            self._path = Path(name)
        blocks, self._waiting, self._waiting_size = self._waiting, [], 0
        # In a thread: hashing lets go of the interpreter's lock, and a slow disk must not stop every other
        # session. It cannot be cancelled there, so `discard` waits for it before the descriptor is closed and
        # maybe used for something else.
        self._writing = asyncio.get_running_loop().run_in_executor(None, self._write_blocks, self._descriptor, blocks)
        await asyncio.shield(self._writing)

    def _write_blocks(self, descriptor: int, blocks: list[bytes]) -> None:
        for block in blocks:
            self._digest.update(block)
            left = memoryview(block)
            while left:
                left = left[os.write(descriptor, left) :]


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of one DATA: a body, or the reply that refuses it. rest: octets read beyond its end
    (pipelined commands).

    cut: the final dot did not come within bounds, so what follows on the line is no command.
    """

    body: Body | None
    refusal: Reply | None
    rest: bytes = b""
    cut: bool = False


async def take(read: Callable[[], Awaitable[bytes]], limits: DoorLimits, folder: Path) -> Taken:
    """Read one message to its final dot. `read` gives the next block and raises when there is none.

    A disk that does not take the octets is a refusal for now (TRY_LATER); what `read` raises goes through,
    and nothing is left behind.
    """
    scan, sink, came = Scan(limits), Sink(folder), 0
    try:
        while True:
            block = await read()
            came += len(block)
            octets, rest = scan.feed(block)
            scan.refusal = scan.refusal or await _keep(sink, octets)
            if scan.refusal is not None:
                sink.discard()
            if rest is not None:
                break
            if came > limits.discard_bytes and scan.refusal is not None:
                return Taken(None, scan.refusal, cut=True)
        if scan.refusal is not None:
            return Taken(None, scan.refusal, rest)
        body = await _closed(sink)
        return Taken(body, None if body is not None else replies.TRY_LATER, rest)
    except BaseException:
        sink.discard()
        raise


async def _keep(sink: Sink, octets: bytes) -> Reply | None:
    try:
        await sink.write(octets)
    except OSError as error:  # the disk is full, or gone: ours, not the client's
        events.fault("smtpd", error)
        return replies.TRY_LATER
    return None


async def _closed(sink: Sink) -> Body | None:
    try:
        return await sink.close()
    except OSError as error:
        events.fault("smtpd", error)
        sink.discard()
        return None


def discard(body: Body) -> None:
    """Delete the body's file, if it has one and nobody adopted it."""
    if body.path is not None:
        body.path.unlink(missing_ok=True)
