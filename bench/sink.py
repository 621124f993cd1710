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
from typing import cast

import uvloop

_ID = re.compile(rb"<bench-([\w-]+)@")
_EHLO = (
    b"250-sink.example\r\n250-PIPELINING\r\n250-SIZE 104857600\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n"
    b"250 ENHANCEDSTATUSCODES\r\n"
)
_ANSWERS = {b"EHLO": _EHLO, b"DATA": b"354 go on\r\n", b"QUIT": b"221 2.0.0 bye\r\n"}
_END = b"\r\n.\r\n"
#: Octets read at once, and kept of a mail to find its id in.
_BLOCK, _HEAD = 256 * 1024, 8000


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


class Sink(asyncio.BufferedProtocol):
    """One session: commands by the line, a body up to its dot, kept only as far as its head.

    It must cost little, as it shares the cores with whoever is measured: a body is looked at where it was read, and
    commands that came together are answered together, as Postfix's server does.
    """

    def __init__(self, arrivals: Arrivals) -> None:
        self.arrivals = arrivals
        self.block = bytearray(_BLOCK)
        self.answers: list[bytes] = []
        #: Of what came before the block: the begin of a line, the end of a body.
        self.line = self.tail = b""
        self.head = b""
        self.in_data = self.letter = self.leaving = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.WriteTransport, transport)  # uvloop's is none by its ancestors
        self.transport.write(b"220 sink.example ESMTP\r\n")

    def get_buffer(self, sizehint: int) -> bytearray:
        return self.block

    def buffer_updated(self, nbytes: int) -> None:
        at = 0
        while at < nbytes:
            at = self._body(at, nbytes) if self.in_data else self._line(at, nbytes)
        if self.answers:
            self.transport.write(b"".join(self.answers))
            self.answers.clear()
        if self.leaving:
            self.transport.close()

    def _body(self, at: int, size: int) -> int:
        """Look for the dot from `at` on; returns where the body ends in the block, `size` if it goes on."""
        if len(self.head) < _HEAD:
            self.head += self.block[at : min(size, at + _HEAD)]
        # The end may lie across two reads: four octets of the one before, four of this.
        seam = (self.tail + self.block[at : min(size, at + 4)]).find(_END)
        found = at - len(self.tail) + seam if seam >= 0 else self.block.find(_END, at, size)
        if seam < 0 and found < 0:
            self.tail = (self.tail + self.block[max(at, size - 4) : size])[-4:]
            return size
        self.arrivals.note(letter=self.letter, head=self.head)
        self.in_data = False
        self.answers.append(b"250 2.0.0 taken\r\n")
        return found + len(_END)

    def _line(self, at: int, size: int) -> int:
        """Take a command from `at` on; returns where the next one begins."""
        end = self.block.find(b"\n", at, size)
        if end < 0:
            self.line += self.block[at:size]
            return size
        self._command((self.line + self.block[at:end]).rstrip(b"\r").upper())
        self.line = b""
        return end + 1

    def _command(self, line: bytes) -> None:
        if line.startswith(b"MAIL"):
            self.letter = b"<>" in line
        if line == b"DATA":
            # A body that is only a dot must end too: the CRLF of the command stands before it.
            self.in_data, self.head, self.tail = True, b"", b"\r\n"
        self.leaving = line == b"QUIT"
        self.answers.append(_ANSWERS.get(line[:4], b"250 2.0.0 ok\r\n"))


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
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())
