"""The relay that one would write in an afternoon: aiosmtpd takes a mail, a pool of aiosmtplib's clients passes it on.

It judges nothing and keeps nothing: the mail is answered once the next server has it. A yardstick, not a model.

    python bench/naive.py PORT NEXT_PORT
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys

import aiosmtplib
from aiosmtpd import smtp

_CLIENTS = 50


class Relay:
    """Passes every mail on by a client that is free, or by a new one."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._free: list[aiosmtplib.SMTP] = []
        self._most = asyncio.Semaphore(_CLIENTS)

    async def handle_DATA(  # noqa: N802 - aiosmtpd's word
        self, server: smtp.SMTP, session: smtp.Session, envelope: smtp.Envelope
    ) -> str:
        async with self._most:
            client = self._free.pop() if self._free else await self._connected()
            octets = envelope.content
            assert isinstance(octets, bytes)
            await client.sendmail(envelope.mail_from or "", envelope.rcpt_tos, octets)
            self._free.append(client)
        return "250 2.0.0 passed on"

    async def _connected(self) -> aiosmtplib.SMTP:
        client = aiosmtplib.SMTP(hostname="127.0.0.1", port=self._port, start_tls=False)
        await client.connect()
        return client


async def main() -> None:
    port, behind = map(int, sys.argv[1:])
    loop = asyncio.get_running_loop()
    relay = Relay(behind)
    server = await loop.create_server(
        lambda: smtp.SMTP(relay, data_size_limit=100 * 2**20, loop=loop), "127.0.0.1", port, backlog=512
    )
    ended = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, ended.set)
    await ended.wait()
    server.close()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(main())
