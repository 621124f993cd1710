"""BDAT: a message that comes in chunks whose sizes are told beforehand (RFC 3030 section 2).

The octets of a chunk are on the line whether the chunk is taken or not, so each is read to its end, within bounds, and
never as commands. What is judged is the message that DATA would have brought: the same scan, the same limits, the same
sink. This module speaks no SMTP; it leaves no file of a message that does not come to its end.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

from mailguard.mail import reply as replies
from mailguard.mail.reply import Reply
from mailguard.smtpd.data import NewSheet, Sink, Taken, add, closed
from mailguard.smtpd.scan import ChunkScan
from mailguard.smtpd.settings import DoorLimits

#: Gives the next octets, at most so many; raises when there are none.
Read = Callable[[int], Awaitable[bytes]]


class Chunks:
    """A message under way by BDAT. After a refusal nothing of it is kept; ends with `close` or `discard`."""

    def __init__(
        self,
        limits: DoorLimits,
        folder: Path,
        room_for: Callable[[int], Reply | None],
        keep: Callable[[int], bool] = lambda _: False,
        sheet: NewSheet | None = None,
    ) -> None:
        """room_for: hears of octets that came; its Reply refuses the message: there is no more room. keep: whether so
        many more may stay in memory; sheet: memory for them, if there is.
        """
        self._limits = limits
        self._scan = ChunkScan(limits)
        self._sink = Sink(folder, sealed=limits.sealed, keep=keep, sheet=sheet)
        self._room_for = room_for
        self._told = 0

    async def take(self, read: Read, size: int) -> Reply | None:
        """Read one chunk to its end. Returns why the message is refused, None if it may go on.

        A message that is too large is known by what its chunks are told to be, before they are read.
        """
        self._told += size
        if self._told > self._limits.message_bytes:
            self.refuse(replies.TOO_LARGE)
        left = size
        while left > 0:
            block = await read(left)
            left -= len(block)
            if self._scan.refusal is None:
                self.refuse(self._room_for(len(block)) or await add(self._sink, self._scan.feed(block)))
        return self._scan.refusal

    async def close(self) -> Taken:
        """The last chunk was taken: the whole message, or why it is refused."""
        if self._scan.refusal is None:
            self.refuse(await add(self._sink, self._scan.end()))
        if self._scan.refusal is not None:
            return Taken(None, self._scan.refusal)
        body = await closed(self._sink)
        return Taken(body, None if body is not None else replies.TRY_LATER)

    def discard(self) -> None:
        """The message does not come to its end."""
        self._sink.discard()

    def refuse(self, reply: Reply | None) -> None:
        """The message is not taken; the first reason stands. None: it may go on."""
        self._scan.refusal = self._scan.refusal or reply
        if self._scan.refusal is not None:
            self._sink.discard()


async def pass_over(read: Read, size: int) -> None:
    """Read past the octets of a chunk that belongs to nothing."""
    while size > 0:
        size -= len(await read(size))
