"""The next server of an experiment: takes every mail, counts it, and outlives the house that is killed.

It remembers of each mail only who it is: the id that mailguard gave it (in the Received field) and the tag that the
experiment gave it (in the Message-ID). It trusts its one client.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import time
from collections import Counter

_TAG = re.compile(rb"^Message-ID: <([\w.-]+)@faults\.corp\.example>", re.MULTILINE | re.IGNORECASE)
_ID = re.compile(rb"^Received: .*?\bid ([0-9a-z]{18})\b", re.MULTILINE | re.DOTALL | re.IGNORECASE)
_MOST = 2**26


class Sink:
    """`taken`: mailguard's id -> how often it came; `tags`: our tag -> ids; `letters`: mails from the null path.

    With `count_recipients`, `reached` is how often each address got a mail.
    """

    def __init__(self) -> None:
        self.port = 0
        self.taken: Counter[str] = Counter()
        self.tags: dict[str, set[str]] = {}
        self.letters = 0
        self.reached: Counter[str] = Counter()
        self.count_recipients = False
        self.last = 0.0
        self.first_since: float | None = None
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._client, "127.0.0.1", self.port, limit=_MOST, backlog=512)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    def mark(self) -> None:
        """From now on: when the first mail came is kept in `first_since`."""
        self.first_since = None

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            writer.write(b"220 sink.example ESMTP\r\n")
            await self._talk(reader, writer)
        self._tasks.discard(task)
        writer.transport.abort()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        sender, recipients = b"", list[str]()
        while True:
            line = await reader.readuntil(b"\r\n")
            verb = line[:4].upper()
            if verb == b"MAIL":
                sender, recipients = line, []
            if verb == b"RCPT" and self.count_recipients:
                recipients.append(line[9 : line.index(b">")].decode())
            if verb == b"EHLO":
                writer.write(
                    b"250-sink.example\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 SIZE 99999999\r\n"
                )
            elif verb == b"DATA":
                writer.write(b"354 go\r\n")
                octets = await reader.readuntil(b"\r\n.\r\n")
                self._take(sender, octets)
                self.reached.update(recipients)
                writer.write(b"250 2.0.0 taken\r\n")
            elif verb == b"QUIT":
                writer.write(b"221 2.0.0 bye\r\n")
                await writer.drain()
                return
            else:
                writer.write(b"250 2.0.0 ok\r\n")

    def _take(self, sender: bytes, octets: bytes) -> None:
        tag, own = _TAG.search(octets), _ID.search(octets)
        if tag is None or own is None or b"<>" in sender:
            self.letters += 1
            return
        self.last = time.monotonic()
        self.first_since = self.first_since or self.last
        name = own[1].decode()
        self.taken[name] += 1
        self.tags.setdefault(tag[1].decode(), set()).add(name)
