"""DATA and BDAT to a Body: the octets are read in blocks, looked over on the way (scan.py), and never held twice.

Messages stay in memory as far as there is room, larger ones go to a file of mode 0600 while they come in; the digest is
taken on the way. What refuses a message is found while it streams; reading goes on to its end, within bounds, so
that the reply is heard. This module trusts nothing, and leaves no file of a message that is not taken.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

from mailguard import events
from mailguard.mail import reply as replies
from mailguard.mail.message import Body, Sheet
from mailguard.mail.reply import Reply
from mailguard.mail.sealing import Sealer, new_key
from mailguard.mail.values import value
from mailguard.smtpd.scan import Scan, plain_message
from mailguard.smtpd.settings import DoorLimits

BLOCK = 256 * 1024
#: Up to here a body stays in memory until it is on its way: a file for each step costs more than the octets do. Up to
#: the second size it does where the door has room for it.
IN_MEMORY, WITH_ROOM = 256 * 1024, 12 * 2**20
#: From here on it lies on a sheet (sheets.py), if there is one.
_ON_A_SHEET = 512 * 1024
#: Memory of WITH_ROOM octets, if there is any.
NewSheet = Callable[[], Sheet | None]
#: Up to here a message is looked at whole as soon as it is there.
_AT_ONCE = IN_MEMORY
#: So much comes in while a block is written, then reading waits for the disk.
_AHEAD = 512 * 1024


class Sink:
    """Takes a body's octets, as a scan gave them out: in memory first, in a file of `folder` when it grows. One writer;
    end with `close` or `discard`.
    """

    def __init__(
        self,
        folder: Path,
        *,
        sealed: bool = False,
        keep: Callable[[int], bool] = lambda _: False,
        sheet: NewSheet | None = None,
    ) -> None:
        """sealed: the file never holds an octet in the clear; its key is in memory alone, and in the Body.

        keep: whether there is room for so many octets more; sheet: memory of WITH_ROOM octets for them, if there is.
        """
        self._folder = folder
        self._keep = keep
        self._new_sheet = sheet
        self._sheet: Sheet | None = None
        self._laid = 0  # octets on it
        self._kept = 0
        self._key = new_key() if sealed else None
        self._sealer = None if self._key is None else Sealer(self._key)
        self._waiting: list[bytes | memoryview] = []
        self._waiting_size = 0
        self._size = 0
        self._digest = hashlib.sha256()
        self._ascii = True
        self._descriptor: int | None = None
        self._path: Path | None = None
        self._writing: asyncio.Future[None] | None = None

    async def write(self, octets: bytes) -> None:
        """Add octets. Raises OSError if the disk did not take these or those before."""
        self._waiting.append(octets)
        self._waiting_size += len(octets)
        self._size += len(octets)
        self._ascii = self._ascii and octets.isascii()  # now, while the processor has them near
        if self._waiting_size <= IN_MEMORY:
            return
        if self._stays():
            self._lay()
        else:
            await self._spill()

    async def close(self) -> Body:
        """The body, whole. Its file is not synced: whoever makes it durable does that. Raises OSError.

        It counts as plain where it is ASCII, since its scan refuses what has a line end alone.
        """
        if self._descriptor is None or self._path is None:
            loop = asyncio.get_running_loop()
            if self._sheet is not None:
                sheet, self._sheet = self._sheet.cut(self._size), None
                return await loop.run_in_executor(None, _on_a_sheet, sheet, self._ascii)
            blocks, self._waiting = self._waiting, []
            if self._size <= IN_MEMORY:
                return _whole(blocks, self._ascii)
            return await loop.run_in_executor(None, _whole, blocks, self._ascii)
        await self._spill(last=True)
        descriptor, self._descriptor = self._descriptor, None
        os.close(descriptor)
        digest, plain = self._digest.hexdigest(), self._ascii
        return Body(size=self._size, sha256=digest, path=self._path, key=self._key, plain=plain)

    def discard(self) -> None:
        """Let go of what was taken and delete the file, also while a block is being written (the client is
        gone).
        """
        self._waiting.clear()
        self._sheet = None
        path, self._path = self._path, None
        descriptor, self._descriptor = self._descriptor, None
        if path is None or descriptor is None:
            return
        path.unlink(missing_ok=True)
        if self._writing is not None and not self._writing.done():
            self._writing.add_done_callback(lambda _: os.close(descriptor))
        else:
            os.close(descriptor)

    def _stays(self) -> bool:
        """Whether what has come so far stays in memory: for good, then, or until more comes."""
        if self._descriptor is not None or self._size > WITH_ROOM or not self._keep(self._size - self._kept):
            return False
        self._kept = self._size
        return True

    def _lay(self) -> None:
        """Put what waits on the sheet, once it is much and if there is one."""
        if self._sheet is None and self._size > _ON_A_SHEET and self._new_sheet is not None:
            self._sheet, self._new_sheet = self._new_sheet(), None
        if self._sheet is None:
            return
        for block in self._waiting:
            self._sheet.view[self._laid : self._laid + len(block)] = block
            self._laid += len(block)
        self._waiting.clear()

    async def _spill(self, *, last: bool = False) -> None:
        if self._sheet is not None:  # it did not stay in memory after all
            laid, self._sheet = self._sheet.view[: self._laid], None
            self._waiting[:0] = [laid[begin : begin + BLOCK] for begin in range(0, len(laid), BLOCK)]
        if self._descriptor is None:
            # mkstemp makes it 0600 and never follows what somebody else put there.
            self._descriptor, name = tempfile.mkstemp(prefix="in-", suffix=".part", dir=self._folder)
            self._path = Path(name)
        if self._writing is not None:
            if not last and not self._writing.done() and self._waiting_size < _AHEAD:
                return
            await asyncio.shield(self._writing)
        blocks, self._waiting, self._waiting_size = self._waiting, [], 0
        # In a thread: hashing lets go of the interpreter's lock, and a slow disk must not stop every other
        # session; what comes in meanwhile is the next to be written. It cannot be cancelled there, so `discard` waits
        # for it before the descriptor is closed and maybe used for something else.
        self._writing = asyncio.get_running_loop().run_in_executor(
            None, self._write_blocks, self._descriptor, blocks, last
        )
        self._writing.add_done_callback(_heard)
        if last:
            await asyncio.shield(self._writing)

    def _write_blocks(self, descriptor: int, blocks: list[bytes | memoryview], last: bool) -> None:
        for block in blocks:
            self._digest.update(block)
            _write(descriptor, block if self._sealer is None else self._sealer.feed(block))
        if last and self._sealer is not None:
            _write(descriptor, self._sealer.end())


def _on_a_sheet(sheet: Sheet, plain: bool) -> Body:
    digest = hashlib.sha256(sheet.view).hexdigest()
    return Body(size=len(sheet.view), sha256=digest, sheet=sheet, plain=plain)


def _whole(blocks: list[bytes | memoryview], plain: bool) -> Body:
    octets = b"".join(blocks)
    blocks.clear()
    return Body.of(octets, plain=plain)


def _heard(writing: asyncio.Future[None]) -> None:
    """A failure is told at the next write, if there is one."""
    if not writing.cancelled():
        writing.exception()


def _write(descriptor: int, octets: bytes | memoryview) -> None:
    left = memoryview(octets)
    while left:
        left = left[os.write(descriptor, left) :]


@value(frozen=True, slots=True)
class Taken:
    """What came of one DATA: a body, or the reply that refuses it. rest: octets read beyond its end
    (pipelined commands).

    cut: the final dot did not come within bounds, so what follows on the line is no command.
    """

    body: Body | None
    refusal: Reply | None
    rest: bytes = b""
    cut: bool = False


def taken_at_once(
    at_hand: bytearray, limits: DoorLimits, room_for: Callable[[int], Reply | None]
) -> tuple[Taken, int] | None:
    """A small message that is all there and has nothing wrong with it: what `take` would make of it, and how many of
    the octets at hand it was. None, and nothing was done: `take` must read it.
    """
    if (found := plain_message(at_hand, limits, _AT_ONCE)) is None:
        return None
    octets, used = found
    refusal = room_for(len(octets))
    return Taken(None if refusal else Body.of(octets, plain=octets.isascii()), refusal), used


async def take(
    read: Callable[[], Awaitable[bytes]],
    limits: DoorLimits,
    folder: Path,
    room_for: Callable[[int], Reply | None],
    keep: Callable[[int], bool] = lambda _: False,
    sheet: NewSheet | None = None,
) -> Taken:
    """Read one message to its final dot. `read` gives the next block and raises when there is none; `room_for`
    hears of octets that came, and its Reply refuses the message: there is no more room. keep, sheet: as in `Sink`.

    A disk that does not take the octets is a refusal for now (TRY_LATER); what `read` raises goes through,
    and nothing is left behind.
    """
    scan, sink, came = Scan(limits), Sink(folder, sealed=limits.sealed, keep=keep, sheet=sheet), 0
    try:
        while True:
            block = await read()
            came += len(block)
            octets, rest = scan.feed(block)
            scan.refusal = scan.refusal or room_for(len(octets)) or await add(sink, octets)
            if scan.refusal is not None:
                sink.discard()
            if rest is not None:
                break
            if came > limits.discard_bytes and scan.refusal is not None:
                return Taken(None, scan.refusal, cut=True)
        if scan.refusal is not None:
            return Taken(None, scan.refusal, rest)
        body = await closed(sink)
        if body is not None and body.in_memory is not None and not scan.dotted:
            body = replace(body, undotted=True)
        return Taken(body, None if body is not None else replies.TRY_LATER, rest)
    except BaseException:
        sink.discard()
        raise


async def add(sink: Sink, octets: bytes) -> Reply | None:
    """Add octets; the refusal if the disk does not take them."""
    try:
        await sink.write(octets)
    except OSError as error:  # the disk is full, or gone: ours, not the client's
        events.fault("smtpd", error)
        return replies.TRY_LATER
    return None


async def closed(sink: Sink) -> Body | None:
    """The body, whole; None if the disk fails in the end."""
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
