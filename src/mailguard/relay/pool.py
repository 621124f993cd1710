"""Kept connections to one upstream: at most so many, taken and given back, closed when old, idle or broken; for a while
no more than the server took, where it takes fewer.

It opens through an injected function and knows nothing of mail. The last one given back is taken first, so that a
quiet hour lets the others end.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable, Callable

from mailguard.relay.session import Session

#: Seconds for which a server that took fewer connections is asked for no more.
_NARROW = 300.0


class Pool:
    """All methods belong to one event loop."""

    def __init__(
        self, open_session: Callable[[], Awaitable[Session]], *, size: int, carry: int, idle_seconds: float
    ) -> None:
        """size: connections at a time; carry: transactions for each; idle_seconds: how long one is kept unused."""
        self._open = open_session
        self._set = self._size = size
        self._narrow_until = 0.0
        self._free = size  # places for connections at work, or being opened; below 0 while there are too many
        self._waiting: deque[asyncio.Future[None]] = deque()  # those who wait for a place
        self._carry = carry
        self._idle_seconds = idle_seconds
        self._idle: list[Session] = []
        self._timer: asyncio.TimerHandle | None = None
        self._leaving: set[asyncio.Task[None]] = set()
        self._closed = False

    async def take(self, *, fresh: bool = False) -> Session:
        """A session for one transaction; `fresh`: a new one, giving up what was kept. Raises what opening raises."""
        await self._a_place()
        try:
            if fresh:
                self._dismiss(self._idle)
                self._idle = []
            return self._kept() or await self._open()
        except BaseException:
            self._release()
            raise

    def take_kept(self) -> Session | None:
        """A session for one transaction, if one is kept and a place is free at this moment."""
        if self._free <= 0 or (session := self._kept()) is None:
            return None
        self._free -= 1
        return session

    def give_back(self, session: Session) -> None:
        """Every session that was taken comes back here, whatever became of it."""
        self._release()
        if session.broken or not session.wire.usable:
            session.wire.close()
        elif self._closed or session.carried >= self._carry:
            self._dismiss([session])
        else:
            session.idle_since = session.clock()
            self._idle.append(session)
            self._look_later()

    @property
    def size(self) -> int:
        """How many connections at a time."""
        if self._size < self._set and asyncio.get_running_loop().time() >= self._narrow_until:
            self._resize(self._set)
        return self._size

    def narrow(self) -> bool:
        """The server takes no further connection: for some minutes there are no more than are open, or being opened,
        now. False if there are none: then it takes nobody.
        """
        others = self._size - self._free + len(self._idle)
        self._narrow_until = asyncio.get_running_loop().time() + _NARROW
        self._resize(min(self._size, others) if others else self._set)
        return others > 0

    def _resize(self, size: int) -> None:
        self._free += size - self._size
        self._size = size
        for _ in range(self._free):
            self._call_next()

    async def close(self) -> None:
        """Say QUIT on kept connections. Those in use are closed when they come back."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._dismiss(self._idle)
        self._idle = []
        if self._leaving:
            await asyncio.wait(self._leaving)
        await asyncio.sleep(0)  # transports end in the loop's next round

    @property
    def is_busy(self) -> bool:
        """Whether all connections are at work."""
        return self._free <= 0

    def _kept(self) -> Session | None:
        while self._idle:
            session = self._idle.pop()
            if session.wire.usable:
                return session
            session.wire.close()
        return None

    async def _a_place(self) -> None:
        while self._free <= 0:
            waiter = asyncio.get_running_loop().create_future()
            self._waiting.append(waiter)
            try:
                await waiter
            except BaseException:
                with contextlib.suppress(ValueError):
                    self._waiting.remove(waiter)
                if waiter.done() and not waiter.cancelled():
                    self._call_next()  # it was called, and does not come
                raise
        self._free -= 1

    def _release(self) -> None:
        self._free += 1
        if self._free > 0:
            self._call_next()

    def _call_next(self) -> None:
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_result(None)
                return

    def _dismiss(self, sessions: list[Session]) -> None:
        for session in sessions:
            task = asyncio.get_running_loop().create_task(session.quit())
            self._leaving.add(task)
            task.add_done_callback(self._leaving.discard)

    def _look_later(self) -> None:
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self._idle_seconds, self._end_idle)

    def _end_idle(self) -> None:
        """Dismiss what has been idle for long; a server closes idle connections itself, which looks like a fault."""
        self._timer = None
        limit = asyncio.get_running_loop().time() - self._idle_seconds
        old = [s for s in self._idle if s.idle_since <= limit or not s.wire.usable]
        self._idle = [s for s in self._idle if s not in old]
        self._dismiss(old)
        if self._idle:
            self._look_later()
