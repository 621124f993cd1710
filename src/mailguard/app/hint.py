"""A tap on the shoulder between processes on one ledger: "look now". The ledger is the truth; a hint may be lost.

A datagram on a Unix socket beside the ledger, without content. Whoever works listens; whoever changed something taps.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable
from pathlib import Path


class _Listening(asyncio.DatagramProtocol):
    def __init__(self, tapped: Callable[[], None]) -> None:
        self._tapped = tapped

    def datagram_received(self, data: bytes, addr: object) -> None:
        self._tapped()


def hint_path(ledger: Path) -> Path:
    """Where the socket stands."""
    return ledger.with_suffix(".hint")


@contextlib.asynccontextmanager
async def listening(ledger: Path, tapped: Callable[[], None]) -> AsyncIterator[None]:
    """Hear taps while the block lasts. Where no socket can be had (a path too long), polling has to do."""
    path = hint_path(ledger)
    loop = asyncio.get_running_loop()
    transport: asyncio.DatagramTransport | None = None
    with contextlib.suppress(OSError):
        path.unlink(missing_ok=True)
        transport, _ = await loop.create_datagram_endpoint(
            lambda: _Listening(tapped), local_addr=str(path), family=socket.AF_UNIX
        )
    try:
        yield
    finally:
        if transport is not None:
            transport.close()
            path.unlink(missing_ok=True)


def tap(ledger: Path) -> None:
    """Tell whoever works on this ledger to look. Never blocks, never fails."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.setblocking(False)
        sock.sendto(b"", str(hint_path(ledger)))
