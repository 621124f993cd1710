"""uvicorn's connection, made patient only so long: a request that does not come is not waited for.

uvicorn bounds neither how long a request may take to arrive nor how many connections there are. Both doors share one
supply of file descriptors, so that whoever opens connections here and says nothing would close the SMTP door too. It
trusts nothing and reads nothing: it counts connections and seconds. What is answered slowly (a stream of events) is not
its business.
"""

from __future__ import annotations

import asyncio

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol


class Caller(H11Protocol):
    """One connection. seconds: for a request to arrive whole, its body too; most: connections at once."""

    seconds = 30.0
    most = 1000
    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > self.most:
            transport.abort()
            return
        self._watch()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._watch()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        self._forget()
        super().connection_lost(exc)

    def _watch(self) -> None:
        """The clock runs while a request is still to come, and is not set back by single octets of it."""
        if self.conn.their_state not in (h11.IDLE, h11.SEND_BODY):
            self._forget()
        elif self._late is None and not self.transport.is_closing():
            self._late = self.loop.call_later(self.seconds, self.transport.abort)

    def _forget(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None
