"""The next server of a bench: takes every mail, keeps none, remembers when each arrived and which were our letters.

A process of its own, so that its work is not counted. Commands on stdin: `count` prints how many mails and letters
came, `take` prints {id: time} of both since the last `take`. Times are CLOCK_MONOTONIC, which all processes share.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time

_ID = re.compile(rb"<bench-([\w-]+)@")
_EHLO = (
    b"250-sink.example\r\n250-PIPELINING\r\n250-SIZE 104857600\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n"
    b"250 ENHANCEDSTATUSCODES\r\n"
)


class Arrivals:
    """What came, by the id that the load wrote into Message-ID (a letter names it in In-Reply-To)."""

    def __init__(self) -> None:
        self.count = {"mails": 0, "letters": 0}
        self.times: dict[str, dict[str, float]] = {"mails": {}, "letters": {}}

    def note(self, *, letter: bool, head: bytes) -> None:
        kind = "letters" if letter else "mails"
        self.count[kind] += 1
        if found := _ID.search(head):
            self.times[kind][found[1].decode()] = time.monotonic()

    def take(self) -> dict[str, dict[str, float]]:
        taken, self.times = self.times, {"mails": {}, "letters": {}}
        return taken


class Sink(asyncio.Protocol):
    """One session: commands by the line, a body up to its dot, kept only as far as its head."""

    def __init__(self, arrivals: Arrivals) -> None:
        self.arrivals = arrivals
        self.buffer = b""
        self.tail = b""
        self.head = b""
        self.in_data = self.letter = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        self.transport = transport
        transport.write(b"220 sink.example ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        while data:
            data = self._body(data) if self.in_data else self._commands(data)

    def _body(self, data: bytes) -> bytes:
        if len(self.head) < 8000:
            self.head += data[:8000]
        # The end may lie across two reads, so the last four octets of the one before stand in front.
        joined = self.tail + data
        end = joined.find(b"\r\n.\r\n")
        if end < 0:
            self.tail = joined[-4:]
            return b""
        self.arrivals.note(letter=self.letter, head=self.head)
        self.in_data = False
        self.transport.write(b"250 2.0.0 taken\r\n")
        return joined[end + 5 :]

    def _commands(self, data: bytes) -> bytes:
        self.buffer += data
        while not self.in_data and b"\r\n" in self.buffer:
            line, self.buffer = self.buffer.split(b"\r\n", 1)
            self._command(line.upper())
        if not self.in_data:
            return b""
        rest, self.buffer = self.buffer, b""
        return rest

    def _command(self, line: bytes) -> None:
        if line.startswith(b"MAIL"):
            self.letter = b"<>" in line
        if line == b"DATA":
            # A body that is only a dot must end too: the CRLF of the command stands before it.
            self.in_data, self.head, self.tail = True, b"", b"\r\n"
        if line == b"QUIT":
            self.transport.write(b"221 2.0.0 bye\r\n")
            self.transport.close()
            return
        self.transport.write({b"EHLO": _EHLO, b"DATA": b"354 go on\r\n"}.get(line[:4], b"250 2.0.0 ok\r\n"))


async def main() -> None:
    loop = asyncio.get_running_loop()
    arrivals = Arrivals()
    server = await loop.create_server(lambda: Sink(arrivals), "127.0.0.1", 0, backlog=512)
    print(server.sockets[0].getsockname()[1], flush=True)
    commands = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(commands), sys.stdin)
    while line := (await commands.readline()).strip():
        print(json.dumps(arrivals.count if line == b"count" else arrivals.take()), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
