"""Lines and blocks out of what came in over the wire: taken from its buffer at once where they lie in it whole.

A pipelined group of commands is so read and answered without giving the turn away in between. It trusts nothing: a
line is ended by CRLF alone, one that is too long is read past within bounds, and no octet is read twice or lost.
"""

from __future__ import annotations

from mailguard.mail import reply as replies
from mailguard.smtpd.commands import Refused
from mailguard.smtpd.data import BLOCK
from mailguard.smtpd.waiting import HangUp
from mailguard.smtpd.wire import Wire

_FLUSH_AT = 16 * 1024
_SKIP_MAX = 2**20  # of a command line that does not end


class Lines(Wire):
    """A connection that is read."""

    async def read_line(self, most: int) -> bytes:
        """One line of at most `most` octets with its CRLF, which is taken off. Raises Refused for others,
        after reading past them.
        """
        buffer = self._reader._buffer
        end = buffer.find(b"\n")
        if end < 0 or self._ending is not None or len(self._outgoing) > _FLUSH_AT:
            end = await self._line_end()
        line = bytes(buffer[: end + 1])
        self._used(end + 1)
        if end > self.line_length_limit:
            raise Refused(replies.COMMAND_TOO_LONG)
        if not line.endswith(b"\r\n"):  # nothing else ends a line: RFC 5321 section 2.3.8
            raise Refused(replies.COMMAND_LINE_ENDING)
        if len(line) > most:
            raise Refused(replies.COMMAND_TOO_LONG)
        return line[:-2]

    async def _line_end(self) -> int:
        """Where in the buffer the line ends that is to come, once all replies are out."""
        if not self.sent():
            await self.taken()
        self._go_on()
        buffer, looked, until = self._reader._buffer, 0, self.loop.time() + self._limits.idle_seconds
        while (end := buffer.find(b"\n", looked)) < 0:
            looked = len(buffer)
            if looked > self.line_length_limit:
                await self._skip_line()
                raise Refused(replies.COMMAND_TOO_LONG)
            await self._more(until)
        return int(end)

    async def read_block(self, most: int = BLOCK) -> bytes:
        """Whatever has come in, at most BLOCK octets and at most `most`. Raises EOFError at the end."""
        most = min(most, BLOCK)
        await self.some(most)
        if self._block:
            block, self._block = self._block, b""
            self._used(0)
            return block
        buffer = self._reader._buffer
        block = bytes(memoryview(buffer)[:most])
        self._used(len(block))
        return block

    async def some(self, wanted: int = 0) -> None:
        """Wait until octets of a message are at hand; up to `wanted` of them may come as one block, past the buffer:
        each copy of megabytes costs. Raises EOFError at the end.
        """
        self._go_on()
        while not (self._reader._buffer or self._block):
            self._wanted = wanted
            try:
                await self._more(self.loop.time() + self._limits.data_seconds)
            finally:
                self._wanted = 0

    @property
    def at_hand(self) -> bytearray:
        """What has come in and was not read yet: to look at."""
        buffer: bytearray = self._reader._buffer
        return buffer

    def _used(self, octets: int) -> None:
        """So many octets of the buffer were taken."""
        reader = self._reader
        del reader._buffer[:octets]
        if reader._paused:
            reader._maybe_resume_transport()

    def put_back(self, octets: bytes) -> None:
        """Octets that were read too far: they are the next commands."""
        self._reader._buffer[:0] = octets

    async def _skip_line(self) -> None:
        buffer, skipped, until = self._reader._buffer, 0, self.loop.time() + self._limits.idle_seconds
        while (end := buffer.find(b"\n")) < 0:
            skipped += len(buffer)
            self._used(len(buffer))
            if skipped > _SKIP_MAX:
                raise HangUp(replies.TOO_MANY_ERRORS)
            await self._more(until)
        self._used(end + 1)
