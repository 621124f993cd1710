"""One connection once it is open: commands out, replies in, strictly in step. An asyncio.Protocol, no policy.

aiosmtplib opens the connection (TCP, greeting, EHLO, STARTTLS, AUTH); then this protocol takes over its transport
(`set_protocol`), because aiosmtplib neither pipelines nor streams and drops what a server says out of turn. It trusts
the server for nothing: replies are bounded, must be well formed (RFC 5321 section 4.2) and asked for. A reply that
nobody asked for (a 421 while idle, a 552 amid the data) ends the connection and is kept as the cause. It never waits
without a deadline.
"""

from __future__ import annotations

import asyncio
import collections
import re
from dataclasses import dataclass
from typing import cast

#: A whole reply may not be longer (an EHLO reply of a few KB is the longest honest one).
REPLY_MAX = 32 * 1024
_LINE = re.compile(rb"([2-5][0-9]{2})(?:([ -])([^\r\n]*))?\r?\n")


@dataclass(frozen=True, slots=True)
class WireReply:
    """A reply: its code and its words, lines joined by a blank."""

    code: int
    text: str


class WireError(Exception):
    """The connection can no longer be used; the message says why."""


class Lost(WireError):
    """The server (or the network) ended the connection, or was silent beyond a deadline."""


class Garbage(WireError):
    """What came is no SMTP reply, or never ends."""


class Unasked(WireError):
    """The server spoke out of turn; `reply` is what it said."""

    def __init__(self, reply: WireReply) -> None:
        super().__init__(f"unexpected reply {reply.code} {reply.text}")
        self.reply = reply


class Wire(asyncio.Protocol):
    """Sends octets and gives out the replies that were asked for, in order."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray()
        self._replies: collections.deque[WireReply] = collections.deque()
        self._asked = 0  # replies that are still to come
        self._failure: WireError | None = None
        self._paused = False
        self._waiter: asyncio.Future[None] | None = None

    # What asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's are not subclasses

    def data_received(self, data: bytes) -> None:
        if self._failure is None:
            self._buffer += data
            try:
                self._parse()
            except WireError as error:
                self.fail(error)
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        self.fail(Lost(f"connection lost ({type(exc).__name__})" if exc else "connection closed by the server"))

    def pause_writing(self) -> None:
        self._paused = True

    def resume_writing(self) -> None:
        self._paused = False
        self._wake()

    # What a session calls

    @property
    def usable(self) -> bool:
        """Whether a command may be sent: open, nothing owed, nothing said out of turn."""
        return self._failure is None and self._asked == 0 and not self._replies and not self._closing()

    def send(self, octets: bytes, *, replies: int = 0) -> None:
        """Write; `replies` more answers are then expected. Raises WireError if the connection is gone."""
        if self._failure is not None:
            raise self._failure
        if self._transport is None or self._closing():
            raise Lost("connection closed")
        self._asked += replies
        self._transport.write(octets)

    async def drain(self, seconds: float) -> None:
        """Wait until the server has taken most of what was written. Raises WireError, also for a reply out of turn."""
        until = asyncio.get_running_loop().time() + seconds
        while self._failure is None and self._paused:
            await self._woken(until, f"the server did not read for {seconds:g} s")
        if self._failure is not None:
            raise self._failure

    async def reply(self, seconds: float) -> WireReply:
        """The next reply that was asked for. Raises WireError."""
        until = asyncio.get_running_loop().time() + seconds  # for the whole reply: a tarpit drips
        while not self._replies:
            if self._failure is not None:
                raise self._failure
            await self._woken(until, f"no reply within {seconds:g} s")
        return self._replies.popleft()

    def fail(self, error: WireError) -> None:
        """End the connection at once; the first cause stands."""
        if self._failure is None:
            self._failure = error
        self._wake()
        if self._transport is not None:
            self._transport.abort()

    def close(self) -> None:
        """End the connection. All was said by QUIT, so it does not linger for TLS's own farewell."""
        self.fail(Lost("connection closed by us"))

    # Inside

    def _closing(self) -> bool:
        return self._transport is None or self._transport.is_closing()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def _woken(self, until: float, what: str) -> None:
        """Until something happened. A deadline that passes ends the connection: a late reply would pass for another."""
        self._waiter = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout_at(until):
                await self._waiter
        except TimeoutError:
            self.fail(Lost(what))
        finally:
            self._waiter = None

    def _parse(self) -> None:
        """Move whole replies from the buffer into the queue. Raises Garbage or Unasked."""
        while (found := _take_reply(self._buffer)) is not None:
            reply, length = found
            del self._buffer[:length]
            if self._asked == 0:
                raise Unasked(reply)
            self._asked -= 1
            self._replies.append(reply)
        if len(self._buffer) > REPLY_MAX:
            raise Garbage("a reply that does not end")


def _take_reply(buffer: bytearray) -> tuple[WireReply, int] | None:
    """The first whole reply in the buffer and its length; None if it is not all there yet. Raises Garbage."""
    position, codes, texts = 0, set(), []
    while (end := buffer.find(b"\n", position)) >= 0:
        line = _LINE.fullmatch(buffer, position, end + 1)
        if line is None:
            raise Garbage("not an SMTP reply")
        position = end + 1
        if position > REPLY_MAX:
            raise Garbage("a reply that is too long")
        codes.add(line[1])
        texts.append((line[3] or b"").decode("utf-8", "replace").strip())
        if line[2] != b"-":
            if len(codes) > 1:
                raise Garbage("a reply with two codes")
            return WireReply(int(line[1]), " ".join(texts)), position
    return None
