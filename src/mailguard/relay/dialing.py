"""A TCP connection to one of a server's addresses: in their order, and none of them at the cost of the others.

It trusts the resolver for where a name leads. It says nothing on the connection, and sends nothing.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Container

from mailguard.mail.saying import Sentence
from mailguard.relay.names import Row, addresses_of
from mailguard.relay.settings import UpstreamSettings

#: Seconds in which an address answers that is well, also where a packet was lost.
_GLANCE = 3.0


async def dial(settings: UpstreamSettings, but: Container[Row]) -> tuple[socket.socket, Row]:
    """A connected TCP socket, and where it leads; the server's addresses, but some, are tried in order, all within one
    deadline. Raises OSError.

    One that is silent (IPv6 without a way out, a machine that is off) must not take it from the others: each has a
    glance, then those that were silent have their share of what is left.
    """
    loop = asyncio.get_running_loop()
    until = loop.time() + settings.deadlines.connect
    async with asyncio.timeout_at(until):
        found = [
            row
            for where in settings.addresses or (settings.host,)
            for row in await addresses_of(where, settings.port)
            if row not in but
        ]
    failure: OSError = OSError(Sentence("その名前にはアドレスがありません。", "the name has no address"))
    for most in (_GLANCE, settings.deadlines.connect) if len(found) > 1 else (settings.deadlines.connect,):
        silent: list[Row] = []
        for tried, row in enumerate(found):
            try:
                async with asyncio.timeout(min(most, (until - loop.time()) / (len(found) - tried))):
                    return await _connected(row), row
            except TimeoutError as error:
                failure = error
                silent.append(row)
            except OSError as error:
                failure = error
        found = silent
    raise failure


async def _connected(row: Row) -> socket.socket:
    family, kind, protocol, _, address = row
    sock = socket.socket(family, kind, protocol)
    try:
        sock.setblocking(False)
        await asyncio.get_running_loop().sock_connect(sock, address)
    except BaseException:
        sock.close()
        raise
    return sock
