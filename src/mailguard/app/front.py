"""The reception's HTTP server.

uvicorn runs inside our loop: it gets a bound socket from us, no signal handlers, and is told when to end.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket

import uvicorn

from mailguard.app.accounts import Accounts
from mailguard.app.callers import Caller
from mailguard.app.trial import Trials
from mailguard.config.load import Config
from mailguard.console.app import build
from mailguard.console.desk import Desk

_BACKLOG = 256
_STOP_SECONDS = 5


class Reception:
    """Pages and API on their port."""

    def __init__(self, desk: Desk, config: Config, *, trials: Trials, accounts: Accounts) -> None:
        """trials, accounts: what ends with it."""
        self._desk, self._trials, self._accounts = desk, trials, accounts
        self._address = config.settings.console.address
        # Without this, a company behind one TLS proxy would share one address, and so one limit of wrong codes.
        proxies = list(config.settings.console.trusted_proxies)
        self._server = uvicorn.Server(
            uvicorn.Config(
                build(desk),
                http=Caller,
                log_config=None,
                access_log=False,
                lifespan="off",
                server_header=False,
                proxy_headers=bool(proxies),
                forwarded_allow_ips=proxies,
                timeout_graceful_shutdown=_STOP_SECONDS,
                ws="none",
            )
        )
        # Signals are the house's: it closes the doors in order.
        self._server.capture_signals = contextlib.nullcontext  # type: ignore[assignment]
        self._task: asyncio.Task[None] | None = None
        self.port = 0

    async def adopt(self) -> None:
        """Remember since when the rules in force are as they are."""
        if self._desk.rules is not None:
            await self._desk.rules.adopt()

    async def start(self, sock: socket.socket | None = None) -> None:
        """Listen, at this socket if there is one. Raises OSError for an address that cannot be had."""
        if sock is None:
            host, _, port = self._address.rpartition(":")
            family = socket.AF_INET6 if ":" in host.strip("[]") else socket.AF_INET
            sock = socket.create_server((host.strip("[]"), int(port)), family=family, backlog=_BACKLOG)
        else:
            sock.listen(_BACKLOG)
        self.port = sock.getsockname()[1]
        self._accounts.start()
        self._task = asyncio.create_task(self._server.serve(sockets=[sock]), name="reception")
        # The socket takes connections already; uvicorn answers them as soon as its task runs.
        await asyncio.sleep(0)

    @property
    def url(self) -> str:
        """What people open."""
        return self._desk.settings.url

    async def stop(self) -> None:
        """End open streams first, then let requests under way finish."""
        self._desk.live.close()
        await self._trials.stop()
        await self._accounts.stop()
        self._server.should_exit = True
        if self._task is not None:
            await asyncio.wait([self._task], timeout=2 * _STOP_SECONDS)
