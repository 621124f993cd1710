"""What the supervisor of the process (systemd) is told: ready, stopping, still alive. Without one, nothing is said.

The protocol of sd_notify(3): a datagram with lines of `NAME=value` to the socket that the environment names. It trusts
nothing and reads nothing back, and no mail ever waits for it: what cannot be sent is dropped.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator, MutableMapping

#: Signs of life in each span after which the supervisor loses patience.
_BEATS = 3


class Supervisor:
    """Whoever started us and wants to know how we are. address: of its socket, "" if nobody does."""

    def __init__(self, address: str = "", patience: float = 0.0) -> None:
        """patience: seconds without a sign of life after which it ends us; 0: it does not look."""
        self._address = f"\0{address[1:]}" if address.startswith("@") else address
        self.patience = patience

    @classmethod
    def of(cls, environment: MutableMapping[str, str]) -> Supervisor:
        """The supervisor that the environment names. It is taken out there: our children must not speak for us."""
        address = environment.pop("NOTIFY_SOCKET", "")
        span, process = environment.pop("WATCHDOG_USEC", ""), environment.pop("WATCHDOG_PID", "")
        looks = span.isascii() and span.isdigit() and process in ("", str(os.getpid()))
        return cls(address if address[:1] in ("/", "@") else "", int(span) / 1e6 if looks else 0.0)

    def say(self, state: str) -> None:
        """One line, such as `READY=1`."""
        if not self._address:
            return
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
            sock.setblocking(False)
            sock.sendto(state.encode(), self._address)

    @contextlib.asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        """We are ready while the block lasts, and alive as long as the event loop turns."""
        self.say("READY=1")
        beating = asyncio.create_task(self._beat(), name="signs of life")
        try:
            yield
        finally:
            beating.cancel()
            self.say("STOPPING=1")

    async def _beat(self) -> None:
        while self.patience > 0:
            self.say("WATCHDOG=1")
            await asyncio.sleep(self.patience / _BEATS)
