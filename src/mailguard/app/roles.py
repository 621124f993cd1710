"""What processes of other roles count (`serve --role`), told to the one with the console: its `/metrics` has it all.

They are units of their own on one machine: each says its figures over a Unix socket beside the ledger, a line of JSON
now and then (`events.whole`). Only the house's own user can reach it. Nothing of a mail depends on it: a figure that is
not heard is late, and nothing else.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import socket
from collections.abc import AsyncIterator
from pathlib import Path

from mailguard import events
from mailguard.events.whole import WHOLE, said
from mailguard.memory import wire

#: Seconds between two lines, and between tries to find the console.
_SAYS = 1.0
#: Octets of one line; processes that are heard.
_LINE, _MOST = 2**22, 16


def figures_path(ledger: Path) -> Path:
    """Where the socket stands."""
    return ledger.with_suffix(".figures")


@contextlib.asynccontextmanager
async def hearing(ledger: Path) -> AsyncIterator[None]:
    """Processes of other roles are heard while the block lasts. Where no socket can be had, the figures are this
    process's alone.
    """
    path = figures_path(ledger)
    heard: set[asyncio.StreamReader] = set()

    async def hear(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if len(heard) < _MOST and wire.is_ours(writer.get_extra_info("socket")):
                heard.add(reader)
                await _heard(reader)
        finally:
            heard.discard(reader)
            writer.close()

    server = None
    with contextlib.suppress(OSError):
        server = await asyncio.start_unix_server(hear, sock=_bound(path), limit=_LINE)
    try:
        yield
    finally:
        if server is not None:
            server.close()
            path.unlink(missing_ok=True)


def _bound(path: Path) -> socket.socket:
    """A socket of the house's own user. Raises OSError."""
    path.unlink(missing_ok=True)
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        os.fchmod(sock.fileno(), 0o600)  # which the file has from its beginning
        with wire.name_of(path) as name:
            sock.bind(name)
    except BaseException:
        sock.close()
        raise
    return sock


async def _heard(reader: asyncio.StreamReader) -> None:
    with contextlib.suppress(ValueError, OSError):  # a line without end
        owner = (await reader.readline()).decode("ascii")
        try:
            while line := await reader.readline():
                WHOLE.hear(owner, line, role=True)
        finally:
            WHOLE.ended(owner)


async def tell(ledger: Path) -> None:
    """Say what is counted here, again and again, until cancelled. First its name, by which it is known again where the
    connection broke off: it would be counted twice.
    """
    path, owner = figures_path(ledger), secrets.token_hex(8)
    while True:
        try:
            with wire.name_of(path) as name:
                _, writer = await asyncio.open_unix_connection(name)
            try:
                writer.write(f"{owner}\n".encode())
                while True:
                    writer.write(said(WHOLE).encode())
                    await writer.drain()
                    await asyncio.sleep(_SAYS)
            finally:
                writer.close()
        except OSError:  # no console runs now
            await asyncio.sleep(_SAYS)
        except Exception as error:  # a figure is not worth a mail
            events.fault("events", error)
            await asyncio.sleep(_SAYS)
