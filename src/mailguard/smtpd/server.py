"""The front door: listeners, the sessions at them, and their orderly end.

It puts the pieces of this package together and owns what must outlive one session: the counts, the set of
sessions, and the messages that are at the table. Stopping never cuts a commit: who waits for a command is
told 421, who sends a body may finish within the time of grace, and every message that reached `accept` is
waited for. It trusts its settings; it never looks at what is said.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from mailguard.mail import reply as replies
from mailguard.mail.address import Address
from mailguard.pressure import Pressure
from mailguard.smtpd.abreast import Abreast, Taking, listen_at, opened
from mailguard.smtpd.admission import Admission
from mailguard.smtpd.alarm import Alarm
from mailguard.smtpd.crowd import Crowd
from mailguard.smtpd.entrance import Entrance, Session
from mailguard.smtpd.handler import Accept, Handler
from mailguard.smtpd.logins import Checker, Logins
from mailguard.smtpd.patience import Patience
from mailguard.smtpd.protocol import Conversation
from mailguard.smtpd.senders import Senders
from mailguard.smtpd.settings import DoorLimits, ListenerSettings
from mailguard.smtpd.tls import context_for

#: An SMTP server speaks first, so who waits in a short queue waits long: 100 (asyncio's default) stalled 300
#: clients for 10 s.
_BACKLOG = 2048
#: asyncio takes in as many as its backlog in one turn of the loop: 2,000 at once would stall all others for a second.
_AT_ONCE = 32


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Door:
    """All listeners of the house.

    accept: the room behind the door; it must answer with a complete Reply, and what it raises becomes 451.
    checker: whoever keeps the passwords; None: AUTH is not offered. senders: what logins may send as;
    alarm: what counts failed logins.
    spool_folder: where large bodies are put (0600), on the file system of the store. Files of bodies that
    nobody adopted are deleted after `accept`. abreast: other processes take connections at the same ports; closed
    with the door. pressure: of the house, None: there is always room. postmaster:
    see Handler.
    """

    def __init__(
        self,
        listeners: Sequence[ListenerSettings],
        limits: DoorLimits,
        hostname: str,
        accept: Accept,
        checker: Checker | None,
        spool_folder: Path,
        now: Callable[[], datetime] = _utc_now,
        abreast: Abreast | None = None,
        senders: Senders | None = None,
        alarm: Alarm | None = None,
        pressure: Pressure | None = None,
        postmaster: Address | None = None,
    ) -> None:
        self._limits = limits
        self._abreast = abreast
        self._commits: set[asyncio.Task[None]] = set()
        self._sessions: set[Session] = set()
        self._servers: list[asyncio.Server] = []
        self._takings: list[Taking] = []
        patience = Patience(time.monotonic, asyncio.sleep)
        crowd = Crowd(limits) if abreast is None else Crowd(limits, abreast.counted)
        rights = senders or Senders()

        def rules(listener: ListenerSettings) -> Handler:
            logins = Logins(listener, checker, patience, rights, alarm)
            return Handler(listener, limits, accept, logins, now, postmaster)

        admission = Admission(pressure or Pressure(), limits.messages)
        self._entrances = [
            Entrance(
                listener=listener,
                limits=limits,
                handler=rules(listener),
                crowd=crowd,
                admission=admission,
                hostname=hostname,
                spool_folder=spool_folder,
                sessions=self._sessions,
                commits=self._commits,
            )
            for listener in listeners
        ]

    async def start(self) -> None:
        """Listen. Raises CertificateError, or OSError for an address that cannot be had; then nothing
        listens.
        """
        self.reload_certificates()
        try:
            if self._abreast is not None:
                await self._listen_abreast(self._abreast)
                return
            for entrance in self._entrances:
                self._servers.append(await self._listen(entrance))
        except OSError:
            self._close_servers()
            raise

    @property
    def addresses(self) -> list[tuple[str, int]]:
        """(host, port) of every socket, in the order of the listeners; real ports where 0 was asked for."""
        if self._abreast is not None:
            names = [sock.getsockname() for some in self._abreast.sockets for sock in some]
        else:
            names = [sock.getsockname() for server in self._servers for sock in server.sockets]
        return [(name[0], name[1]) for name in names]

    @property
    def connections(self) -> int:
        """Sessions under way."""
        return len(self._sessions)

    def reload_certificates(self) -> None:
        """Read all certificates again, for new handshakes. Raises CertificateError, and then none is changed."""
        contexts = [context_for(entrance.listener) for entrance in self._entrances]
        for entrance, context in zip(self._entrances, contexts, strict=True):
            entrance.tls = context

    async def stop(self, grace_seconds: float) -> None:
        """Stop accepting, say 421 to idle clients, let bodies and commits finish. Returns after about twice
        the grace at most.
        """
        await _ended(self._close_servers(), grace_seconds)
        self._interrupt(hard=False)
        await _ended(self._tasks(), grace_seconds)
        self._interrupt(hard=True)
        await _ended([*self._tasks(), *self._commits], grace_seconds)
        for session in list(self._sessions):
            session.close()

    async def _listen(self, entrance: Entrance) -> asyncio.Server:
        loop = asyncio.get_running_loop()
        listener = entrance.listener
        server = await loop.create_server(
            lambda: Conversation(entrance, loop),
            listener.host,
            listener.port,
            backlog=_AT_ONCE,
            reuse_address=True,
        )
        for sock in server.sockets:
            with socket.socket(fileno=os.dup(sock.fileno())) as same:
                same.listen(_BACKLOG)
                _reply_at_once(same)
        return server

    async def _listen_abreast(self, abreast: Abreast) -> None:
        if not abreast.sockets:
            for entrance in self._entrances:
                found = await opened(entrance.listener.host, entrance.listener.port, _BACKLOG)
                abreast.sockets.append(found)
        elif not await self._are_ours(abreast.sockets):
            raise OSError("the listeners are not those that mailguard was started with: restart it")
        loop = asyncio.get_running_loop()
        abreast.counted(0)
        for entrance, sockets in zip(self._entrances, abreast.sockets, strict=True):
            for sock in sockets:
                _reply_at_once(sock)
                self._takings.append(Taking(sock, partial(Conversation, entrance, loop), abreast))

    async def _are_ours(self, inherited: Sequence[Sequence[socket.socket]]) -> bool:
        """Whether each listener finds its own sockets at its place, also if the configuration was edited meanwhile."""
        if len(inherited) != len(self._entrances):
            return False
        for entrance, sockets in zip(self._entrances, inherited, strict=True):
            if not await listen_at(sockets, entrance.listener.host, entrance.listener.port):
                return False
        return True

    def _close_servers(self) -> list[asyncio.Task[object]]:
        """Returns what is still to become a session."""
        beginning = [task for taking in self._takings for task in taking.stop()]
        self._takings.clear()
        if self._abreast is not None:
            self._abreast.shut()
        # Not wait_closed(): from Python 3.12 on it waits for all clients, whom we must tell first.
        for server in self._servers:
            server.close()
        self._servers.clear()
        return beginning

    def _interrupt(self, *, hard: bool) -> None:
        for session in list(self._sessions):
            session.interrupt(replies.SHUTTING_DOWN, hard=hard)

    def _tasks(self) -> list[asyncio.Task[None]]:
        return [session.task for session in self._sessions if session.task is not None]


def _reply_at_once(listening: socket.socket) -> None:
    # Replies are small and waited for. asyncio sets this on each connection too; uvloop inherits it.
    with contextlib.suppress(OSError):
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


async def _ended(tasks: Iterable[asyncio.Future[Any]], seconds: float) -> None:
    waiting = list(tasks)
    if waiting:
        await asyncio.wait(waiting, timeout=seconds)
