"""Host names to addresses, by the system's resolver, in threads of their own.

The system's resolver blocks, for half a minute and longer where DNS is dead, and cannot be interrupted. In the event
loop's own threads that would stop whatever else needs one (bodies on their way to disk, the judge); and an exit would
wait for it. So each name has one thread at most, that nobody waits for; who asks for it too gets the same answer.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from typing import Any

#: family, kind, protocol, canonical name, socket address: as socket.getaddrinfo has it.
Row = tuple[int, int, int, str, Any]
#: Names that are looked up at once; beyond, who asks is told so.
_MOST = 32
_Key = tuple[asyncio.AbstractEventLoop, str, int]
_pending: dict[_Key, asyncio.Future[list[Row]]] = {}


async def addresses_of(host: str, port: int) -> list[Row]:
    """The addresses of a host, in the order to be tried. Raises OSError, UnicodeError. No deadline: the caller's."""
    with contextlib.suppress(socket.gaierror):  # an address needs no resolver
        return _rows(host, port, socket.AI_NUMERICHOST)
    key = (asyncio.get_running_loop(), host, port)
    future = _pending.get(key)
    if future is None:
        if len(_pending) >= _MOST:
            raise OSError("too many names are being looked up; is the resolver away?")
        future = _pending[key] = key[0].create_future()
        future.add_done_callback(lambda done: done.cancelled() or done.exception())  # also if nobody waits any more
        threading.Thread(target=_look_up, args=(key, future), name="name", daemon=True).start()
    return await asyncio.shield(future)


def _look_up(key: _Key, future: asyncio.Future[list[Row]]) -> None:
    loop, host, port = key
    found: list[Row] | BaseException
    try:
        found = _rows(host, port, 0)
    except (OSError, UnicodeError) as error:
        found = error
    _pending.pop(key, None)
    with contextlib.suppress(RuntimeError):  # the loop is closed: nobody wants to know
        loop.call_soon_threadsafe(_tell, future, found)


def _tell(future: asyncio.Future[list[Row]], found: list[Row] | BaseException) -> None:
    if not future.done():
        future.set_exception(found) if isinstance(found, BaseException) else future.set_result(found)


def _rows(host: str, port: int, flags: int) -> list[Row]:
    return list(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=flags))
