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
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple, Protocol, cast

#: A whole reply may not be longer (an EHLO reply of a few KB is the longest honest one).
REPLY_MAX = 32 * 1024
_LINE = re.compile(rb"([2-5][0-9]{2})(?:([ -])([^\r\n]*))?\r?\n")
_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3} ")
_NEVER = float("inf")
#: Octets that may be unsent without being a text's: TLS has words of its own.
_TLS_OWN = 512
#: A reply that is looked up among those that came last: of so many octets at most, so many of them.
_SHORT, _REMEMBERED = 512, 256


class WireReply(NamedTuple):
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


class Amid(Unasked):
    """The server replied to a text before it had its end; it may take what is still to come for commands."""


class Ear(Protocol):
    """Who is told of each reply at once, instead of asking for it."""

    def heard(self, reply: WireReply) -> None: ...

    def waits(self) -> None:
        """All replies that have come were told, and there were some."""

    def broke(self, error: WireError) -> None: ...


class Wire(asyncio.Protocol):
    """Sends octets and gives out the replies that were asked for, in order."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._buffer = b""
        self._replies: collections.deque[WireReply] = collections.deque()
        self._asked = 0  # replies that are still to come
        self._text = False  # the next one is to a text
        self._failure: WireError | None = None
        self._paused = False
        self._waiter: asyncio.Future[None] | None = None
        self._ear: Ear | None = None
        # One timer for all deadlines: it looks when it rings whether the deadline has moved on.
        self._until, self._what, self._seconds = _NEVER, "", 0.0
        self._timer: asyncio.TimerHandle | None = None

    # What asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's are not subclasses

    def data_received(self, data: bytes) -> None:
        if self._failure is None:
            self._buffer = self._buffer + data if self._buffer else bytes(data)
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
        transport = self._open()
        self._asked += replies
        transport.write(octets)

    def send_end(self, pieces: Sequence[bytes | memoryview]) -> None:
        """The end of a text, or all of it: one more answer is expected, and not before all of it is out."""
        self._open()
        self._asked += 1
        self._text = True
        self.send_pieces(pieces)

    def send_pieces(self, pieces: Sequence[bytes | memoryview]) -> None:
        """Write, without a copy where the transport needs none. Raises WireError."""
        transport = self._open()
        if len(pieces) == 1:
            transport.write(pieces[0])
        else:
            transport.writelines(pieces)

    def _open(self) -> asyncio.Transport:
        if self._failure is not None:
            raise self._failure
        if self._transport is None or self._closing():
            raise Lost("connection closed")
        return self._transport

    async def drain(self, seconds: float) -> None:
        """Wait until the server has taken most of what was written. Raises WireError, also for a reply out of turn."""
        until = asyncio.get_running_loop().time() + seconds
        while self._failure is None and self._paused:
            await self._woken(until, "the server did not read for", seconds)
        if self._failure is not None:
            raise self._failure

    async def reply(self, seconds: float) -> WireReply:
        """The next reply that was asked for. Raises WireError."""
        until = asyncio.get_running_loop().time() + seconds  # for the whole reply: a tarpit drips
        while not self._replies:
            if self._failure is not None:
                raise self._failure
            await self._woken(until, "no reply within", seconds)
        return self._replies.popleft()

    def listen(self, ear: Ear | None) -> None:
        """Tell `ear` of each reply, and of the end, as they come; None: they are asked for again."""
        self._ear = ear
        self._until = _NEVER

    def watch(self, until: float, what: str, seconds: float) -> None:
        """End the connection at `until` (the loop's clock), because of `what` for so many seconds, unless another
        deadline is set before.
        """
        self._until, self._what, self._seconds = until, what, seconds
        timer = self._timer
        if timer is None or timer.when() > until:
            if timer is not None:
                timer.cancel()
            self._timer = asyncio.get_running_loop().call_at(until, self._ring)

    def fail(self, error: WireError) -> None:
        """End the connection at once; the first cause stands."""
        if self._failure is None:
            self._failure = error
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._transport is not None:
            self._transport.abort()
        self._wake()

    def close(self) -> None:
        """End the connection. All was said by QUIT, so it does not linger for TLS's own farewell."""
        self.fail(Lost("connection closed by us"))

    # Inside

    def _closing(self) -> bool:
        return self._transport is None or self._transport.is_closing()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
        told = False
        while self._ear is not None and self._replies:
            told = True
            self._ear.heard(self._replies.popleft())
        if self._ear is not None:
            if self._failure is not None:
                self._ear.broke(self._failure)
            elif told:  # each deadline is for a whole reply: a tarpit drips
                self._ear.waits()

    def _ring(self) -> None:
        """A deadline that passed ends the connection: a late reply would pass for another."""
        self._timer = None
        if self._until == _NEVER:
            return
        if asyncio.get_running_loop().time() < self._until:
            self.watch(self._until, self._what, self._seconds)
        else:
            self.fail(Lost(f"{self._what} {self._seconds:g} s"))

    async def _woken(self, until: float, what: str, seconds: float) -> None:
        """Until something happened, or the deadline did."""
        self._waiter = asyncio.get_running_loop().create_future()
        self.watch(until, what, seconds)
        try:
            await self._waiter
        finally:
            self._waiter = None
            self._until = _NEVER

    def _parse(self) -> None:
        """Move whole replies from the buffer into the queue. Raises Garbage or Unasked."""
        buffer, position = self._buffer, 0
        size = len(buffer)
        try:
            while position < size and (found := _take_reply(buffer, position)) is not None:
                reply, position = found
                if self._asked == 0:
                    raise Unasked(reply)
                if self._text:
                    if self._transport is not None and self._transport.get_write_buffer_size() > _TLS_OWN:
                        raise Amid(reply)
                    self._text = False
                self._asked -= 1
                self._replies.append(reply)
        finally:
            self._buffer = buffer[position:]
        if len(self._buffer) > REPLY_MAX:
            raise Garbage("a reply that does not end")


def _take_reply(buffer: bytes, start: int) -> tuple[WireReply, int] | None:
    """The first whole reply from `start` on, and where it ends; None if it is not all there yet. Raises Garbage."""
    first = buffer.find(b"\n", start) + 1
    if 0 < first <= start + _SHORT and (known := _short_reply(buffer[start:first])) is not None:
        return known, first  # nearly all
    position, codes, texts = start, set(), []
    while (end := buffer.find(b"\n", position)) >= 0:
        line = _LINE.fullmatch(buffer, position, end + 1)
        if line is None:
            raise Garbage("not an SMTP reply")
        position = end + 1
        if position - start > REPLY_MAX:
            raise Garbage("a reply that is too long")
        codes.add(line[1])
        texts.append((line[3] or b"").decode("utf-8", "replace").strip())
        if line[2] != b"-":
            if len(codes) > 1:
                raise Garbage("a reply with two codes")
            return WireReply(int(line[1]), _joined(texts)), position
    return None


def _joined(lines: list[str]) -> str:
    """The lines of a reply as a sentence: each one begins with the same status (RFC 2034 section 4), which people need
    once.
    """
    status = _STATUS.match(lines[0])
    said = lines if status is None else [lines[0], *(line.removeprefix(status[0]).lstrip() for line in lines[1:])]
    return " ".join(said)


@lru_cache(_REMEMBERED)
def _short_reply(line: bytes) -> WireReply | None:
    """A reply of one line, None if the line is none: a server has few words for all but the last reply of a mail."""
    found = _LINE.fullmatch(line)
    if found is None or found[2] == b"-":
        return None
    return WireReply(int(found[1]), (found[3] or b"").decode("utf-8", "replace").strip())
