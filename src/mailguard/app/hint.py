"""A tap on the shoulder between processes on one ledger: "look now". The ledger is the truth; a hint may be lost.

A datagram on a Unix socket beside the ledger, with a word on what to look at and nothing of any mail. Whoever works
listens; whoever changed something taps.
"""

from __future__ import annotations

import asyncio
import contextlib
import enum
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

#: Taps that are taken from the socket in one turn of the loop.
_AT_ONCE = 64
#: Seconds of rest after a tap that was sent or heard: what comes meanwhile is one more at their end.
SENT_REST, HEARD_REST = 0.02, 0.05


class About(enum.IntFlag):
    """What there may be something new of, beside open pages, which always hear of it. Each is a look into the ledger,
    and a busy door taps all the time.
    """

    PAGES = 0
    LETTERS = 1
    QUEUE = 2
    CLOCKS = 4


ALL = About.LETTERS | About.QUEUE | About.CLOCKS


class Calmed:
    """Does it at once, and then not again before a rest is over: then once for all who asked meanwhile."""

    def __init__(self, act: Callable[[About], None], rest: float) -> None:
        self._act = act
        self._rest = rest
        self._resting = False
        self._asked: About | None = None

    def __call__(self, about: About = ALL) -> None:
        if self._resting:
            self._asked = about | (self._asked or About.PAGES)
            return
        self._resting = True
        asyncio.get_running_loop().call_later(self._rest, self._rested)
        self._act(about)

    def _rested(self) -> None:
        self._resting = False
        asked, self._asked = self._asked, None
        if asked is not None:
            self(asked)


def hint_path(ledger: Path) -> Path:
    """Where the socket stands."""
    return ledger.with_suffix(".hint")


@contextlib.asynccontextmanager
async def listening(ledger: Path, tapped: Callable[[About], None]) -> AsyncIterator[None]:
    """Hear taps while the block lasts. Where no socket can be had (a path too long), polling has to do."""
    path = hint_path(ledger)
    with contextlib.ExitStack() as kept:
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)
            kept.enter_context(_heard(path, tapped))
        yield


@contextlib.contextmanager
def _heard(path: Path, tapped: Callable[[About], None]) -> Iterator[None]:
    # Not by a transport: uvloop has none for datagrams of a Unix socket.
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.setblocking(False)
        sock.bind(str(path))
        loop.add_reader(sock, _drain, sock, Calmed(tapped, HEARD_REST))
        try:
            yield
        finally:
            loop.remove_reader(sock)
            path.unlink(missing_ok=True)


def _drain(sock: socket.socket, tapped: Callable[[About], None]) -> None:
    """However many taps there are, they are one. One without a word is about everything."""
    about = About.PAGES
    with contextlib.suppress(OSError):
        for _ in range(_AT_ONCE):
            said = sock.recv(1)
            about |= About(said[0]) if said else ALL
    tapped(about)


def tap(ledger: Path, about: About = ALL) -> None:
    """Tell whoever works on this ledger to look. Never blocks, never fails."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.setblocking(False)
        sock.sendto(bytes([about]), str(hint_path(ledger)))
