"""A scripted SMTP server for what a real one does not do on demand: it breaks off, babbles, stalls or refuses at any
step.

It speaks enough ESMTP for a client to send mail and records every octet it is sent. What it does at a step is looked
up in its script; without an entry it behaves well. It listens on a free port of 127.0.0.1 and trusts its client,
which is ours.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from typing import Any

#: Steps at which a script may act.
STEPS = ("banner", "ehlo", "starttls", "auth", "rset", "mail", "rcpt", "data", "block", "dot", "quit")


@dataclass(frozen=True, slots=True)
class Say:
    """Send these octets (CRLF included) instead of the usual reply, in pieces if `drip` is set (seconds between
    octets).
    """

    octets: bytes
    drip: float = 0.0


@dataclass(frozen=True, slots=True)
class Drop:
    """Break the connection off; `after` octets first, in order or by reset."""

    after: bytes = b""
    reset: bool = False


@dataclass(frozen=True, slots=True)
class Stall:
    """Say nothing any more, and read nothing if `deaf`."""

    deaf: bool = False


Act = Say | Drop | Stall


@dataclass(slots=True)
class Taken:
    """A mail that was answered 250: envelope commands as they came, and the text's octets, unstuffed."""

    mail: bytes
    rcpts: list[bytes]
    octets: bytes


@dataclass
class FakeServer:
    """script: step -> acts; each time the step comes, the next act is taken, and the last one stays. None: behave.

    extensions: EHLO keywords. `taken`: what was accepted. `wire`: all octets that clients sent, a list entry a
    connection. `shown`: the certificates of clients that were asked for one.
    """

    script: dict[str, list[Act | None]] = field(default_factory=dict)
    extensions: tuple[str, ...] = ("PIPELINING", "SIZE 50000000", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES")
    context: ssl.SSLContext | None = None
    implicit: bool = False
    host: str = "127.0.0.1"
    port: int = 0
    taken: list[Taken] = field(default_factory=list)
    wire: list[bytearray] = field(default_factory=list)
    commands: list[bytes] = field(default_factory=list)
    shown: list[dict[str, Any]] = field(default_factory=list)
    open_now: int = 0
    open_most: int = 0
    _server: asyncio.Server | None = None
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def start(self) -> None:
        tls = self.context if self.implicit else None
        self._server = await asyncio.start_server(self._client, self.host, self.port, limit=2**20, ssl=tls)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Stop listening and break off every connection."""
        if self._server is not None:
            self._server.close()
        for task in list(self._tasks):
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        await asyncio.sleep(0)

    def act(self, step: str) -> Act | None:
        acts = self.script.get(step)
        if not acts:
            return None
        return acts.pop(0) if len(acts) > 1 else acts[0]

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.open_now += 1
        self.open_most = max(self.open_most, self.open_now)
        try:
            await _Conversation(self, reader, writer).run()
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self.open_now -= 1
            self._tasks.discard(task)
            writer.transport.abort()


class _Gone(OSError):
    """The script broke the connection off."""


class _Conversation:
    def __init__(self, server: FakeServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._server, self._reader, self._writer = server, reader, writer
        self._seen = bytearray()
        self._ahead = b""
        self._mail = b""
        self._rcpts: list[bytes] = []
        server.wire.append(self._seen)

    async def run(self) -> None:
        await self._step("banner", b"220 fake.example ESMTP\r\n")
        while True:
            line = await self._line()
            verb = line[:4].upper()
            self._server.commands.append(line.rstrip(b"\r\n"))
            if verb == b"QUIT":
                await self._step("quit", b"221 2.0.0 bye\r\n")
                return
            await self._command(verb, line)

    async def _command(self, verb: bytes, line: bytes) -> None:
        if verb == b"EHLO":
            await self._step("ehlo", self._hello())
        elif verb == b"STAR":
            await self._step("starttls", b"220 2.0.0 go ahead\r\n")
            assert self._server.context is not None
            await self._writer.start_tls(self._server.context)
            if certificate := self._writer.get_extra_info("peercert"):
                self._server.shown.append(certificate)
        elif verb == b"AUTH":
            await self._step("auth", b"235 2.7.0 welcome\r\n")
        elif verb == b"RSET":
            await self._step("rset", b"250 2.0.0 ok\r\n")
        elif verb == b"MAIL":
            self._mail, self._rcpts = line.rstrip(b"\r\n"), []
            await self._step("mail", b"250 2.1.0 ok\r\n")
        elif verb == b"RCPT":
            if await self._step("rcpt", b"250 2.1.5 ok\r\n"):
                self._rcpts.append(line.rstrip(b"\r\n"))
        elif verb == b"DATA":
            if not self._rcpts and "data" not in self._server.script:
                await self._send(b"554 5.5.1 no valid recipients\r\n")
            elif await self._step("data", b"354 go\r\n"):
                await self._text()
        else:
            await self._send(b"250 2.0.0 ok\r\n")

    def _hello(self) -> bytes:
        lines = ["fake.example", *self._server.extensions]
        if self._server.context and not self._server.implicit and self._writer.get_extra_info("sslcontext") is None:
            lines.append("STARTTLS")
        return b"".join(b"250%b%b\r\n" % (b" " if x is lines[-1] else b"-", x.encode()) for x in lines)

    async def _text(self) -> None:
        text, seen = bytearray(b"\r\n"), 0
        while (end := text.find(b"\r\n.\r\n", max(0, seen - 4))) < 0:
            act = self._server.act("block") if len(text) > 2 else None
            if act is not None:
                await self._do(act)
            seen = len(text)
            text += await self._read()
        self._ahead = bytes(text[end + 5 :])  # a client may pipeline what comes next, as Postfix does with QUIT
        del text[end + 5 :]
        octets = bytes(text[2:-3]).replace(b"\r\n..", b"\r\n.")
        octets = octets[1:] if octets.startswith(b"..") else octets
        if await self._step("dot", b"250 2.0.0 taken\r\n"):
            self._server.taken.append(Taken(self._mail, self._rcpts, octets))

    async def _step(self, step: str, usual: bytes) -> bool:
        """Do what the script says. Returns whether the reply was a positive one."""
        act = self._server.act(step)
        if act is None:
            await self._send(usual)
            return True
        await self._do(act)
        return isinstance(act, Say) and act.octets[:1] in (b"2", b"3")

    async def _do(self, act: Act) -> None:
        if isinstance(act, Say):
            for piece in _pieces(act):
                await self._send(piece)
                await asyncio.sleep(act.drip)
        elif isinstance(act, Drop):
            await self._send(act.after)
            if act.reset:
                self._writer.transport.abort()
            raise _Gone
        else:
            if act.deaf:
                self._writer.transport.pause_reading()  # type: ignore[attr-defined]
            await asyncio.sleep(3600)

    async def _send(self, octets: bytes) -> None:
        self._writer.write(octets)
        await self._writer.drain()

    async def _line(self) -> bytes:
        line, end, self._ahead = self._ahead.partition(b"\r\n")
        if end:
            return line + end
        more = await self._reader.readuntil(b"\r\n")
        self._seen += more
        return line + more

    async def _read(self) -> bytes:
        octets = await self._reader.read(65536)
        if not octets:
            raise _Gone
        self._seen += octets
        return octets


def _pieces(act: Say) -> Iterable[bytes]:
    return [act.octets] if not act.drip else [act.octets[i : i + 1] for i in range(len(act.octets))]


@contextlib.asynccontextmanager
async def fake_server(**settings: object) -> AsyncIterator[FakeServer]:
    """A running FakeServer (see there for the settings)."""
    server = FakeServer(**settings)  # type: ignore[arg-type]
    await server.start()
    try:
        yield server
    finally:
        await server.stop()
