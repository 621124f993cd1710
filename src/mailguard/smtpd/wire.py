"""The line to one client: octets in and replies out; TLS; the end. aiosmtpd's stream plumbing, made bounded (each wait
has its end: smtpd.waiting).

It trusts nothing and understands nothing: a line is a line, a block a block. Replies wait until there is
nothing more to read, so that a pipelined group is answered in one piece (RFC 2920 section 3.2). Nothing here
logs what was said (aiosmtpd's `push` would).
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from typing import Any

from mailguard.mail.reply import Reply
from mailguard.smtpd.data import BLOCK
from mailguard.smtpd.said import READY, as_octets
from mailguard.smtpd.settings import DoorLimits
from mailguard.smtpd.waiting import Phase, Waiting

_TLS_SECONDS = 30.0
_LINGER_SECONDS, _LINGER_OCTETS = 1.0, 4 * 2**20
#: From here on octets of a message are not put into a buffer to be taken out again.
_APART = 16 * 1024


class Wire(Waiting):
    """A connection. Reading raises EOFError or OSError when the client is gone, HangUp when its time is over."""

    def __init__(self, limits: DoorLimits, hostname: str, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(limits, hostname, loop)
        self._outgoing = bytearray()
        self._wanted = 0  # so many octets are waited for, at most, and nothing in them is looked for
        self._block = b""  # what came of them, and is in no buffer
        self._abort_later: asyncio.TimerHandle | None = None

    # What asyncio and aiosmtpd call

    def data_received(self, data: bytes) -> None:
        # asyncio's reader, for what is no reason to stop reading, without the four calls that it takes to get there.
        reader = self._reader
        buffer = reader._buffer
        if _APART <= len(data) <= self._wanted and not buffer and not reader._eof:
            self._block, self._wanted = bytes(data), 0
            if not reader._paused:  # as asyncio's reader at so many octets
                reader._paused = True
                reader._transport.pause_reading()
        elif reader._eof or len(buffer) + len(data) > self.line_length_limit:
            super().data_received(data)
            return
        else:
            buffer += data
        waiter, reader._waiter = reader._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    def eof_received(self) -> bool | None:
        # aiosmtpd cancels the session here. A client that has only shut down its sending side still gets its
        # replies.
        if self.phase is Phase.CHECKING and self._handler_coroutine is not None:
            self._handler_coroutine.cancel()
        return asyncio.StreamReaderProtocol.eof_received(self)

    def connection_lost(self, error: Exception | None) -> None:
        if self.phase is Phase.COMMIT and self._timeout_handle is not None:
            # aiosmtpd cancels the session here. What is at the table goes on to its end, without a client.
            self._timeout_handle.cancel()
            self._reader._buffer.clear()  # what was pipelined behind it: nobody would hear what became of it
            self.left_alone()
            asyncio.StreamReaderProtocol.connection_lost(self, error)
            self.transport = None
        else:
            super().connection_lost(error)
        self._nobody_waits()
        if self._abort_later is not None:  # it would keep all that this session had for half a minute
            self._abort_later.cancel()

    def left_alone(self) -> None:
        """The client is gone while its message is at the table."""

    async def push(self, status: Any) -> None:
        self._outgoing += status if isinstance(status, bytes) else str(status).encode("ascii", "replace")
        self._outgoing += b"\r\n"

    # Ending

    async def hang_up(self, reply: Reply) -> None:
        """Say the last word and close, so that it is heard."""
        self.say(reply)
        await self.flush()
        await self._linger()

    def close(self) -> None:
        """Close without a word; whatever cannot be sent within seconds is dropped."""
        transport = self.transport
        if transport is not None and not transport.is_closing():
            transport.close()
            self._abort_later = self.loop.call_later(_TLS_SECONDS, _abort, transport)

    async def _linger(self) -> None:
        """Read on for a moment: closing with octets unread resets the connection, and the reply would be lost
        with it.
        """
        if self.transport is None or not self.transport.can_write_eof():
            return
        self.transport.write_eof()
        left = _LINGER_OCTETS
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LINGER_SECONDS):
                while left > 0 and (block := await self._reader.read(BLOCK)):
                    left -= len(block)

    # Writing

    def say(self, reply: Reply | str) -> None:
        """Add a reply; it goes out when there is nothing more to read."""
        if isinstance(reply, Reply):
            self._outgoing += READY.get(id(reply)) or as_octets(reply)
        else:
            self._outgoing += reply.encode("ascii", "replace") + b"\r\n"

    async def flush(self) -> None:
        """Send all replies. Raises OSError if the client is gone or does not read them."""
        if not self.sent():
            await self.taken()

    async def taken(self) -> None:
        """Wait for a client that does not read what was sent. Raises OSError."""
        try:
            async with asyncio.timeout(self._limits.idle_seconds):
                await self._writer.drain()
        except TimeoutError:
            self._abort()
            raise ConnectionAbortedError("the client does not read our replies") from None

    def sent(self) -> bool:
        """Send all replies. Whether that was all; if not, `taken` is to be waited for."""
        transport = self.transport
        if not self._outgoing or transport is None:
            return True
        out, self._outgoing = bytes(self._outgoing), bytearray()
        transport.write(out)
        # Both are asyncio's FlowControlMixin: the client reads our replies, so there is nothing to wait for.
        return not (self._paused or self._connection_lost or transport.is_closing())

    def _abort(self) -> None:
        if self.transport is not None:
            _abort(self.transport)

    # TLS

    async def start_tls(self, context: ssl.SSLContext, *, keep: bool = False) -> str | None:
        """Take the server's part of a TLS handshake; the protocol version. Raises OSError if it fails.

        What came in before is dropped (RFC 3207 section 4.2; else a man in the middle could put commands
        there) - but for `keep`, where the octets behind a PROXY header are the client's hello.
        """
        early = bytes(self._reader._buffer)
        self._reader._buffer.clear()
        if early and keep:
            # After start_tls has put its protocol under the transport: two turns of the loop from here.
            self.loop.call_soon(self.loop.call_soon, _feed, self.transport, early)
        self._over_ssl = True  # from here on, the end of what comes in is the end: TLS knows no half
        transport = await self.loop.start_tls(
            self.transport, self, context, server_side=True, ssl_handshake_timeout=_TLS_SECONDS
        )
        if transport is None or self.transport is None:
            raise ConnectionResetError("the client went away during the TLS handshake")
        # asyncio's StreamWriter.start_tls leaves the reader on the old transport; all four must agree.
        self.transport = self._transport = transport
        self._reader._transport = self._writer._transport = transport
        self._reader._paused = False
        session = transport.get_extra_info("ssl_object")
        return session.version() if session is not None else None


def _feed(transport: Any, octets: bytes) -> None:
    """Give octets to the transport's (buffered) protocol as if they had just come."""
    protocol = transport.get_protocol()
    while octets:
        buffer = protocol.get_buffer(len(octets))
        count = min(len(buffer), len(octets))
        buffer[:count] = octets[:count]
        protocol.buffer_updated(count)
        octets = octets[count:]


def _abort(transport: Any) -> None:
    with contextlib.suppress(AttributeError, OSError):
        transport.abort()
