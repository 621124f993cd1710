"""Several processes at the same SMTP ports: who takes the next connection.

The first process opens the sockets, and the others are given them; each says in memory that they share how many
sessions it has, and whoever has more to do than another steps aside for a moment. So a mail server that keeps ten
connections to us has them where there is time for them, and no connection is lost with a process that dies: it waits in
the one queue that the kernel has for all. Nothing here reads or speaks SMTP.
"""

from __future__ import annotations

import asyncio
import contextlib
import mmap
import os
import select
import socket
import tempfile
from collections.abc import Callable, Collection, Sequence

from mailguard import events

#: Seconds for which whoever has more sessions steps aside, and how often for one connection: another process may be at
#: work, or dead.
_MOMENT, _OFTEN = 0.002, 8
#: Seconds without a descriptor or memory for a connection, before the next try.
_PAUSE = 1.0
_NOT_HERE = 2**64 - 1
_WORD = 8


class Abreast:
    """The sockets of one house, by listener, and the numbers of sessions of its processes. number: which of them this
    is, from 0; only its own number is written, but for that of the dead.
    """

    def __init__(self, number: int, descriptor: int, sockets: Sequence[Sequence[socket.socket]] = ()) -> None:
        """descriptor: a file of a word for each process; it is ours from now on. Raises OSError, ValueError."""
        self._descriptor, self._number = descriptor, number
        self._told, self._over = 0, False
        self._map = mmap.mmap(descriptor, 0)
        self._sessions = memoryview(self._map).cast("Q")
        if not 0 <= number < len(self._sessions):
            raise ValueError(f"no place {number} among {len(self._sessions)}")
        self.sockets = [list(some) for some in sockets]

    @classmethod
    def first(cls, among: int) -> Abreast:
        """Of the first of so many processes. Raises OSError."""
        with tempfile.TemporaryFile() as file:
            file.write(_NOT_HERE.to_bytes(_WORD, "little") * among)
            file.flush()
            return cls(0, os.dup(file.fileno()))

    @classmethod
    def given(cls, text: str) -> Abreast:
        """What `for_child` wrote, in the child. Raises ValueError, OSError."""
        number, counts, *listeners = text.split("/")
        sockets = [[socket.socket(fileno=int(one)) for one in some.split(",") if one] for some in listeners]
        return cls(int(number), int(counts), sockets)

    def for_child(self, number: int) -> tuple[str, tuple[int, ...]]:
        """How another process is told, and the descriptors that it must inherit under the same numbers."""
        numbers = [[one.fileno() for one in some] for some in self.sockets]
        listeners = [",".join(map(str, some)) for some in numbers]
        text = "/".join([str(number), str(self._descriptor), *listeners])
        return text, (self._descriptor, *(one for some in numbers for one in some))

    def counted(self, sessions: int) -> None:
        """So many sessions are here now. Those that end after `ended` change nothing: nobody steps aside for it."""
        self._told = sessions
        if not self._over:
            self._sessions[self._number] = sessions

    def ended(self, number: int | None = None) -> None:
        """A process (None: this one) takes no more connections."""
        if number is None:
            self._over, number = True, self._number
        self._sessions[number] = _NOT_HERE

    @property
    def others_first(self) -> bool:
        """Whether another process has less to do."""
        return self._sessions[self._number] > min(self._sessions)

    def came(self) -> None:
        """A connection was taken; its session is counted when it begins."""
        self._sessions[self._number] += 1

    def lost(self) -> None:
        """A connection that was taken is gone before its session began."""
        self.counted(self._told)

    def shut(self) -> None:
        """No connection waits for this process any more: where it was the last one, clients are refused at once and go
        elsewhere.
        """
        self.ended()
        for some in self.sockets:
            for one in some:
                one.close()
        self.sockets.clear()

    def close(self) -> None:
        """Everything that is open here."""
        self.shut()
        self._sessions.release()
        self._map.close()
        os.close(self._descriptor)


class Taking:
    """Connections from one socket, one at a time, as it is this process's turn."""

    def __init__(self, sock: socket.socket, session: Callable[[], asyncio.Protocol], abreast: Abreast) -> None:
        """session: the protocol of one connection."""
        sock.setblocking(False)
        self._sock, self._session, self._abreast = sock, session, abreast
        self._loop = asyncio.get_running_loop()
        self._aside = 0
        self._later: asyncio.TimerHandle | None = None
        self._beginning: set[asyncio.Task[object]] = set()
        self._loop.add_reader(sock, self._knock)

    def stop(self) -> Collection[asyncio.Task[object]]:
        """Take none any more. Returns what begins the sessions of those that were just taken."""
        self._loop.remove_reader(self._sock)
        if self._later is not None:
            self._later.cancel()
        return self._beginning

    def _knock(self) -> None:
        if self._aside < _OFTEN and self._abreast.others_first:
            self._aside += 1
            self._rest(_MOMENT)
            return
        self._aside = 0
        try:
            connection, _ = self._sock.accept()
        except (BlockingIOError, InterruptedError, ConnectionError):
            return  # another process was faster, or the client is gone
        except OSError as error:
            events.fault("smtpd", error)
            self._rest(_PAUSE)
            return
        self._abreast.came()
        task = self._loop.create_task(self._begin(connection))
        self._beginning.add(task)
        task.add_done_callback(self._beginning.discard)

    async def _begin(self, connection: socket.socket) -> None:
        connection.setblocking(False)
        try:
            await self._loop.connect_accepted_socket(self._session, connection)
        except OSError:  # the client is gone
            connection.close()
            self._abreast.lost()

    def _rest(self, seconds: float) -> None:
        self._loop.remove_reader(self._sock)
        self._later = self._loop.call_later(seconds, self._again)

    def _again(self) -> None:
        waiting = select.poll()
        waiting.register(self._sock, select.POLLIN)
        if not waiting.poll(0):
            self._aside = 0  # another process took it
        self._loop.add_reader(self._sock, self._knock)


async def opened(host: str, port: int, backlog: int) -> list[socket.socket]:
    """Sockets that listen there, as asyncio opens them. Raises OSError."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(asyncio.Protocol, host, port, reuse_address=True, start_serving=False)
    with contextlib.ExitStack() as stack:
        found = [stack.enter_context(socket.socket(fileno=os.dup(one.fileno()))) for one in server.sockets]
        server.close()
        for one in found:
            one.listen(backlog)
        stack.pop_all()
    return found


async def listen_at(sockets: Sequence[socket.socket], host: str, port: int) -> bool:
    """Whether these are what `opened` gives for this address: settings may have changed since, and one listener lets
    in whom another must not. Raises OSError for a name that cannot be found.
    """
    asked = asyncio.get_running_loop().getaddrinfo
    found = await asked(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    places = {name[0] for *_, name in found}
    names = [one.getsockname() for one in sockets]
    return bool(names) and all(name[0] in places and port in (0, name[1]) for name in names)
