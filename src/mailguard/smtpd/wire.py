"""The line to one client: octets in and replies out, each with a deadline; TLS; the end. aiosmtpd's stream
plumbing, made bounded.

It trusts nothing and understands nothing: a line is a line, a block a block. Replies wait until there is
nothing more to read, so that a pipelined group is answered in one piece (RFC 2920 section 3.2). Nothing here
logs what was said (aiosmtpd's `push` would).
"""

from __future__ import annotations

import asyncio
import contextlib
import enum
import ssl
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from aiosmtpd.smtp import SMTP

from mailguard.mail import reply as replies
from mailguard.mail.reply import Reply
from mailguard.smtpd.data import BLOCK
from mailguard.smtpd.settings import DoorLimits

_TLS_SECONDS = 30.0
_LINGER_SECONDS, _LINGER_OCTETS = 1.0, 4 * 2**20
_TICK = 0.002  # the loop's clock has milliseconds, and no timer is more exact
#: From here on octets of a message are not put into a buffer to be taken out again.
_APART = 16 * 1024

T = TypeVar("T")


class Phase(enum.Enum):
    """What a session is doing, for those who want to end it."""

    TALKING = "talking"  # waiting for a command: may be ended at any time
    CHECKING = "checking"  # credentials are being asked about: who goes away meanwhile gives up his place
    BODY = "body"  # octets of a message come in: what follows is no command
    COMMIT = "commit"  # the message is at the table: never interrupted


class HangUp(Exception):
    """Say this, and close."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(str(reply))
        self.reply = reply


class _NoHooks:
    """In place of aiosmtpd's handler, which answers nothing here."""

    def __dir__(self) -> list[str]:
        return []


class Wire(SMTP):
    """A connection. Reading raises EOFError or OSError when the client is gone, HangUp when its time is over."""

    # aiosmtpd and asyncio type these more narrowly than what they hold.
    session: Any
    transport: Any
    _reader: Any
    _writer: Any
    envelope: Any
    _paused: bool
    _connection_lost: bool
    _client_connected_cb: Any

    line_length_limit = 65536  # the stream's buffer: reading stops at twice this until somebody takes it

    def __init__(self, limits: DoorLimits, hostname: str, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(
            _NO_HOOKS,
            data_size_limit=limits.message_bytes,
            enable_SMTPUTF8=True,
            hostname=hostname,
            timeout=limits.session_seconds,
            loop=loop,
        )
        self.phase = Phase.TALKING
        self._limits = limits
        self._outgoing = bytearray()
        self._ending: Reply | None = None
        self._at_once = False
        self._deadline: asyncio.Timeout | None = None
        self._due: float | None = None  # until when octets are waited for; None: they are not
        self._expired = False
        self._wanted = 0  # so many octets are waited for, at most, and nothing in them is looked for
        self._block = b""  # what came of them, and is in no buffer
        self._watch: asyncio.TimerHandle | None = None
        self._watch_at = 0.0
        self._abort_later: asyncio.TimerHandle | None = None

    def __dir__(self) -> list[str]:
        # aiosmtpd looks through all names of a session and of its handler, twice at every connection, for methods to
        # keep: half of what a connection costs, and each of them makes a circle with it. Ours are found by their class.
        return []

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
        if self._watch is not None:
            self._watch.cancel()
        if self._abort_later is not None:  # it would keep all that this session had for half a minute
            self._abort_later.cancel()

    def left_alone(self) -> None:
        """The client is gone while its message is at the table."""

    def _reset_timeout(self, duration: float | None = None) -> None:
        # aiosmtpd's timer, which would also fire inside a commit, becomes the session's: set once. Idle time
        # is `_within`.
        if self._timeout_handle is None:
            self._timeout_handle = self.loop.call_later(self._limits.session_seconds, self._timeout_cb)

    def _timeout_cb(self) -> None:
        self.interrupt(replies.SESSION_TOO_LONG, hard=True)

    async def push(self, status: Any) -> None:
        self._outgoing += status if isinstance(status, bytes) else str(status).encode("ascii", "replace")
        self._outgoing += b"\r\n"

    # Ending

    def interrupt(self, reply: Reply, *, hard: bool = False) -> None:
        """End the session with this reply: at once if it waits for a command (hard: or for a body), after its
        commit otherwise.
        """
        self._ending = self._ending or reply
        self._at_once = self._at_once or hard
        if self._deadline is not None and (hard or self.phase is Phase.TALKING):
            self._deadline.reschedule(self.loop.time())
        if self._due is not None and (hard or self.phase is Phase.TALKING):
            self._wake()

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
            self._outgoing += _READY.get(id(reply)) or _octets(reply)
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

    # Waiting

    def _go_on(self) -> None:
        """Raises HangUp if the session is to end and may end here."""
        if self._ending is not None and (self._at_once or self.phase is Phase.TALKING):
            raise HangUp(self._ending)

    async def _more(self, until: float) -> None:
        """Wait until more has come in. Raises EOFError at the end of it, HangUp when the time is over.

        One timer a session, set anew about as often as it fires: an `asyncio.timeout` for each wait costs more than
        the command that it waits for.
        """
        self._go_on()
        reader = self._reader
        if reader._exception is not None:
            raise reader._exception
        if reader._eof:
            raise EOFError
        self._due = until
        if self._watch is None or self._watch_at > until:
            self._watch_until(until)
        if reader._paused:
            reader._paused = False
            reader._transport.resume_reading()
        # As StreamReader._wait_for_data, without a coroutine of its own: it is waited here four times a mail.
        reader._waiter = self.loop.create_future()
        try:
            await reader._waiter
        finally:
            self._due = reader._waiter = None
        if self._expired:
            raise HangUp(self._ending or replies.IDLE_TOO_LONG)

    def _watch_until(self, until: float) -> None:
        if self._watch is not None:
            self._watch.cancel()
        self._watch, self._watch_at = self.loop.call_at(until, self._look_at_clock), until

    def _look_at_clock(self) -> None:
        self._watch = None
        if self._due is None:
            return
        if self.loop.time() + _TICK >= self._due:
            self._wake()
        else:
            self._watch_until(self._due)

    def _wake(self) -> None:
        """The time of whoever waits is over."""
        self._expired = True
        self._reader._wakeup_waiter()

    async def _within(self, seconds: float, reading: Callable[[], Awaitable[T]]) -> T:
        """Somebody else's way of reading, each octet of it in so many seconds."""
        self._go_on()
        try:
            async with asyncio.timeout(seconds) as self._deadline:
                return await reading()
        except TimeoutError:
            raise HangUp(self._ending or replies.IDLE_TOO_LONG) from None
        finally:
            self._deadline = None

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


_NO_HOOKS = _NoHooks()


def _octets(reply: Reply) -> bytes:
    """A reply as it goes out."""
    text = str(reply)
    if reply.utf8:
        return "".join(filter(str.isprintable, text)).encode("utf-8", "replace") + b"\r\n"
    if not (text.isascii() and text.isprintable()):
        text = "".join(ch for ch in text if " " <= ch <= "~")
    return text.encode("ascii", "replace") + b"\r\n"


#: Those of the catalogue, which stay, and stay as they are.
_CATALOGUE = tuple(one for one in vars(replies).values() if isinstance(one, Reply))
_READY = {id(one): _octets(one) for one in _CATALOGUE}


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
