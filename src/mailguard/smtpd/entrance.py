"""What the sessions at one listener share, and how it is found out who stands there.

A client's address is the socket's, or what a proxy says of it - but only a proxy that is one, since whoever
may say it chooses the address that is trusted. Nothing here reads or speaks SMTP.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from aiosmtpd.proxy_protocol import ProxyData

from mailguard import events
from mailguard.mail.reply import Reply
from mailguard.smtpd.admission import Admission
from mailguard.smtpd.crowd import Crowd
from mailguard.smtpd.handler import Handler
from mailguard.smtpd.settings import DoorLimits, IPAddress, ListenerSettings, client_address


class Session(Protocol):
    """A session, as far as others may touch it."""

    @property
    def task(self) -> asyncio.Task[None] | None:
        """What ends with the session."""

    def interrupt(self, reply: Reply, *, hard: bool = False) -> None:
        """End it with this reply as soon as may be."""

    def close(self) -> None:
        """Close it without a word."""


@dataclass(slots=True)
class Entrance:
    """One listener with all that its sessions need; from `crowd` to `commits` but for the names it is the whole door's.

    commits: the sessions whose message is at the table while their client has left.

    tls: swapped when certificates are reloaded; None without TLS.
    """

    listener: ListenerSettings
    limits: DoorLimits
    handler: Handler
    crowd: Crowd
    admission: Admission
    hostname: str
    spool_folder: Path
    sessions: set[Session] = field(repr=False)
    commits: set[asyncio.Task[None]] = field(repr=False)
    tls: ssl.SSLContext | None = None


async def who_is_it(
    listener: ListenerSettings, peer: Any, proxy_header: Callable[[], Awaitable[ProxyData]]
) -> tuple[IPAddress, bool]:
    """The client's address, and whether it is surely that; if not, it opens nothing. Raises ConnectionError where there
    is none to be had.

    peer: the socket's (host, port, ...), None if it is gone already; proxy_header: reads the header where the
    listener asks for one.
    """
    address = client_address(peer[0]) if peer else None
    if address is None:
        raise ConnectionResetError("no peer address")
    if not listener.proxy_protocol:
        return address, True
    if not listener.is_proxy(address):
        events.door_refused("not_a_proxy", str(address))
        raise ConnectionAbortedError("not a proxy")
    header = await proxy_header()
    if not header.valid:
        events.door_refused("proxy_header", str(address))
        raise ConnectionAbortedError("no PROXY header")
    said = client_address(str(header.src_addr)) if header.src_addr else None
    # The proxy itself asks (LOCAL, UNKNOWN): it may look whether we are there, but its address opens nothing.
    return (said, True) if said is not None else (address, False)
