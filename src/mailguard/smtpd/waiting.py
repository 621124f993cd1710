"""Waiting for a client: each wait has its end, and whoever wants to end the session is heard in it.

It looks at no octet, and is built on aiosmtpd's session: of that it takes the stream and leaves hooks and timers alone.
"""

from __future__ import annotations

import asyncio
import enum
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from aiosmtpd.smtp import SMTP

from mailguard.mail import reply as replies
from mailguard.mail.reply import Reply
from mailguard.smtpd.settings import DoorLimits

_TICK = 0.002  # the loop's clock has milliseconds, and no timer is more exact

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


_NO_HOOKS = _NoHooks()


class Waiting(SMTP):
    """aiosmtpd's session, as far as it waits for octets, and for its end."""

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
        self._ending: Reply | None = None
        self._at_once = False
        self._deadline: asyncio.Timeout | None = None
        self._due: float | None = None  # until when octets are waited for; None: they are not
        self._expired = False
        self._watch: asyncio.TimerHandle | None = None
        self._watch_at = 0.0

    def __dir__(self) -> list[str]:
        # aiosmtpd looks through all names of a session and of its handler, twice at every connection, for methods to
        # keep: half of what a connection costs, and each of them makes a circle with it. Ours are found by their class.
        return []

    def _reset_timeout(self, duration: float | None = None) -> None:
        # aiosmtpd's timer, which would also fire inside a commit, becomes the session's: set once. Idle time
        # is `_within`.
        if self._timeout_handle is None:
            self._timeout_handle = self.loop.call_later(self._limits.session_seconds, self._timeout_cb)

    def _timeout_cb(self) -> None:
        self.interrupt(replies.SESSION_TOO_LONG, hard=True)

    def interrupt(self, reply: Reply, *, hard: bool = False) -> None:
        """End the session with this reply: at once if it waits for a command (hard: or for a body), after its
        commit otherwise.
        """
        self._ending = self._ending or reply
        self._at_once = self._at_once or hard
        if hard or self.phase is Phase.TALKING:
            if self._deadline is not None:
                self._deadline.reschedule(self.loop.time())
            if self._due is not None:
                self._wake()

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

    def _nobody_waits(self) -> None:
        """No clock is looked at any more."""
        if self._watch is not None:
            self._watch.cancel()

    def _watch_until(self, until: float) -> None:
        self._nobody_waits()
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
