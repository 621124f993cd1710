"""Kept connections to one upstream: at most so many, taken and given back, closed when old, idle or broken.

It opens through an injected function and knows nothing of mail. The last one given back is taken first, so that a
quiet hour lets the others end.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from mailguard.relay.session import Session


class Pool:
    """All methods belong to one event loop."""

    def __init__(
        self, open_session: Callable[[], Awaitable[Session]], *, size: int, carry: int, idle_seconds: float
    ) -> None:
        """size: connections at a time; carry: transactions for each; idle_seconds: how long one is kept unused."""
        self._open = open_session
        self._places = asyncio.Semaphore(size)
        self._carry = carry
        self._idle_seconds = idle_seconds
        self._idle: list[Session] = []
        self._timer: asyncio.TimerHandle | None = None
        self._leaving: set[asyncio.Task[None]] = set()
        self._closed = False

    async def take(self, *, fresh: bool = False) -> Session:
        """A session for one transaction; `fresh`: a new one, giving up what was kept. Raises what opening raises."""
        await self._places.acquire()
        try:
            if fresh:
                self._dismiss(self._idle)
                self._idle = []
            while self._idle:
                session = self._idle.pop()
                if session.wire.usable:
                    return session
                session.wire.close()
            return await self._open()
        except BaseException:
            self._places.release()
            raise

    def give_back(self, session: Session) -> None:
        """Every session that was taken comes back here, whatever became of it."""
        self._places.release()
        if session.broken or not session.wire.usable:
            session.wire.close()
        elif self._closed or session.carried >= self._carry:
            self._dismiss([session])
        else:
            session.idle_since = asyncio.get_running_loop().time()
            self._idle.append(session)
            self._look_later()

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
        return self._places.locked()

    @property
    def kept(self) -> int:
        """Connections that wait for work."""
        return len(self._idle)

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
