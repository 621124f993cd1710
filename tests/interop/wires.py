"""Where a mail can be looked at on the wire: a tap between a client and mailguard, and a sink behind it.

The tap ends a client's TLS with the house's own certificate and opens its own towards the house, so that it knows each
octet that the client sent, whichever way it came. The sink is the scripted server, which keeps the octets that it was
sent. Both run in a thread with a loop of its own, listen on free ports of 127.0.0.1, change nothing, and trust the
tests that started them.
"""

from __future__ import annotations

import asyncio
import contextlib
import email
import email.policy
import ssl
import threading
import time
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from tests.smtp_fake import FakeServer, Taken

Way = Literal["plain", "starttls", "tls"]
PATIENCE = 60.0


@dataclass
class Sink:
    """The last server of a way. Its script may be changed meanwhile (see FakeServer)."""

    server: FakeServer

    @property
    def port(self) -> int:
        return self.server.port

    def holding(self, word: str, *, anywhere: bool = False) -> list[Taken]:
        """What was accepted so far and has the word in its subject, or anywhere in its octets."""
        taken = list(self.server.taken)
        return [one for one in taken if (word.encode() in one.octets if anywhere else word in subject_of(one.octets))]

    def wait_for(self, count: int, word: str, *, anywhere: bool = False, patience: float = PATIENCE) -> list[Taken]:
        """The mails with the word, as soon as they have `count` recipients. Raises TimeoutError."""
        end = time.monotonic() + patience
        while True:
            found = self.holding(word, anywhere=anywhere)
            if sum(len(one.rcpts) for one in found) >= count:
                return found
            if time.monotonic() > end:
                raise TimeoutError(f"{len(found)} mails came, not for {count} recipients")
            time.sleep(0.02)


@dataclass
class Tap:
    """A client's way into a house. said: the octets of each connection from the client, after TLS."""

    way: Way
    ahead: int  # the house's port
    certificate: Path
    key: Path
    port: int = 0
    said: list[bytearray] = field(default_factory=list)
    _server: asyncio.Server | None = None
    _tasks: set[asyncio.Task[Any]] = field(default_factory=set)

    async def start(self) -> None:
        """Listen on a free port."""
        secret = self._ours() if self.way == "tls" else None
        self._server = await asyncio.start_server(self._client, "127.0.0.1", 0, ssl=secret)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Listen no more, and cut what is open."""
        assert self._server is not None
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        await asyncio.sleep(0.05)  # transports are closed by the loop, TLS in several turns of it

    def texts(self) -> list[bytes]:
        """The mails that clients sent by DATA, as they were before dots were stuffed."""
        return [text for said in self.said for text in texts_in(bytes(said))]

    def _ours(self) -> ssl.SSLContext:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self.certificate, self.key)
        return context

    def _theirs(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.certificate))

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        said = bytearray()
        self.said.append(said)
        theirs = self._theirs() if self.way == "tls" else None
        writers = [writer]
        try:
            ahead = await asyncio.open_connection("localhost" if theirs else "127.0.0.1", self.ahead, ssl=theirs)
            writers.append(ahead[1])
            if self.way == "starttls":
                await self._until_tls((reader, writer), ahead, said)
            async with asyncio.TaskGroup() as both:
                both.create_task(_pump(reader, ahead[1], said))
                both.create_task(_pump(ahead[0], writer, bytearray()))
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # a client that went away, or the end of the test
        finally:
            self._tasks.discard(task)
            for one in writers:
                one.transport.abort()

    async def _until_tls(self, client: Streams, ahead: Streams, said: bytearray) -> None:
        """Carry replies and commands in turn up to STARTTLS, then turn both sides to TLS."""
        line = b""
        while True:
            reply = await ahead[0].readuntil(b"\r\n")
            if line.upper().startswith(b"STARTTLS") and reply.startswith(b"220"):
                break
            client[1].write(reply)
            if reply[3:4] == b"-":
                continue
            line = await client[0].readuntil(b"\r\n")
            said += line
            ahead[1].write(line)
        await ahead[1].start_tls(self._theirs(), server_hostname="localhost")
        client[1].write(reply)  # only now, or the client's hello would be read as a command
        await client[1].start_tls(self._ours())


def subject_of(octets: bytes) -> str:
    """A mail's subject, decoded."""
    return str(email.message_from_bytes(octets[:20_000], policy=email.policy.default)["Subject"])


Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, kept: bytearray) -> None:
    with contextlib.suppress(OSError):
        while octets := await reader.read(65536):
            kept += octets
            writer.write(octets)
            await writer.drain()
    writer.close()


def texts_in(said: bytes) -> Iterator[bytes]:
    """The texts that followed DATA in what one client said (RFC 5321 section 4.1.1.4)."""
    while said:
        line, _, said = said.partition(b"\r\n")
        if line.strip().upper() == b"DATA":
            stuffed, _, said = (b"\r\n" + said).partition(b"\r\n.\r\n")
            yield (stuffed + b"\r\n").replace(b"\r\n.", b"\r\n")[2:]


class Background:
    """A loop in a thread of its own."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, None]) -> None:
        """Do this there, and wait for it."""
        asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE)

    def stop(self) -> None:
        """End the loop and its thread."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE)
        self._loop.close()


@contextlib.contextmanager
def running_sink(**settings: Any) -> Iterator[Sink]:
    """A sink on a free port (settings: see FakeServer)."""
    background, server = Background(), FakeServer(**settings)
    try:
        background.run(server.start())
        yield Sink(server)
    finally:
        background.run(server.stop())
        background.stop()


@contextlib.contextmanager
def running_tap(way: Way, ahead: int, certificate: Path, key: Path) -> Iterator[Tap]:
    """A tap before this port of a house."""
    background, tap = Background(), Tap(way, ahead, certificate, key)
    try:
        background.run(tap.start())
        yield tap
    finally:
        background.run(tap.stop())
        background.stop()
