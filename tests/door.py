"""A real front door on loopback with a room behind it that a test directs, and a client that speaks line by
line.

Nothing of the door is replaced: sockets, TLS and files are real. The room only remembers what it was given.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.postfix import make_certificate

from mailguard.mail import reply as replies
from mailguard.mail.address import parse_address
from mailguard.mail.message import Message
from mailguard.mail.reply import Reply
from mailguard.pressure import Pressure
from mailguard.smtpd.auth import Login
from mailguard.smtpd.logins import ByPassword, Checker
from mailguard.smtpd.server import Door
from mailguard.smtpd.settings import LOOPBACK, DoorLimits, ListenerSettings

#: Longest that a test waits for one answer.
PATIENCE = 60.0
HOST = "mx.corp.example"
POSTMASTER = parse_address("admin@corp.example")

TRUSTED = ListenerSettings("127.0.0.1", 0, trusted_networks=LOOPBACK)
STRANGERS = ListenerSettings("127.0.0.1", 0)

Authenticate = Callable[[str, str], Awaitable[Login | None]]


async def known_people(name: str, password: str) -> Login | None:
    """ann may also send as sales and as everybody of sub.corp.example; her password is `correct horse`."""
    if name == "ann@corp.example" and password == "correct horse":
        return Login(name, frozenset({"ann@corp.example", "sales@corp.example", "*@sub.corp.example"}))
    return None


@dataclass
class Room:
    """What stands behind the door: `said` is its answer, an exception is raised; `wait` is waited for before
    answering.
    """

    said: Reply | Exception = replies.ACCEPTED
    wait: asyncio.Event | None = None
    messages: list[Message] = field(default_factory=list)
    octets: list[bytes] = field(default_factory=list)
    entered: asyncio.Event = field(default_factory=asyncio.Event)
    finished: int = 0

    async def accept(self, message: Message) -> Reply:
        self.messages.append(message)
        self.octets.append(message.body.read())
        self.entered.set()
        if self.wait is not None:
            await self.wait.wait()
        self.finished += 1
        if isinstance(self.said, Exception):
            raise self.said
        return self.said.with_text(f"{self.said.text} {message.id}") if self.said.accepted else self.said


def _checker(authenticate: Authenticate | Checker | None) -> Checker | None:
    return ByPassword(authenticate) if callable(authenticate) else authenticate


@contextlib.asynccontextmanager
async def open_door(
    folder: Path,
    listener: ListenerSettings = TRUSTED,
    limits: DoorLimits | None = None,
    room: Room | None = None,
    authenticate: Authenticate | Checker | None = known_people,
    pressure: Pressure | None = None,
) -> AsyncIterator[tuple[Door, Room, int]]:
    """(door, room, port); stopped in the end, and then no session may be left."""
    room = room or Room()
    spool = folder / "spool"
    spool.mkdir(exist_ok=True)
    checker = _checker(authenticate)
    door = Door(
        [listener], limits or DoorLimits(), HOST, room.accept, checker, spool, pressure=pressure, postmaster=POSTMASTER
    )
    await door.start()
    try:
        yield door, room, door.addresses[0][1]
    finally:
        await door.stop(2)
    assert door.connections == 0


async def eventually(true: Callable[[], bool]) -> None:
    """Wait until something becomes true; fail if it does not."""
    async with asyncio.timeout(PATIENCE):
        while not true():  # noqa: ASYNC110 - what is waited for knows of no event
            await asyncio.sleep(0.005)


def with_tls(folder: Path, listener: ListenerSettings) -> ListenerSettings:
    """The listener with a fresh certificate for 127.0.0.1."""
    certificate, key = make_certificate(folder)
    return replace(listener, certificate=certificate, key=key)


def client_context() -> ssl.SSLContext:
    """A client that takes any certificate: what is tested is ours, not the authority."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


class Client:
    """One connection. Replies are whole: all lines of a multi-line one, joined by newlines."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    def send(self, *lines: str) -> None:
        """Send lines in one piece, each with CRLF."""
        self.send_raw("".join(f"{line}\r\n" for line in lines).encode("utf-8", "surrogateescape"))

    def send_raw(self, octets: bytes) -> None:
        self._writer.write(octets)

    async def line(self) -> str:
        """One line of a reply; "" if the connection is closed."""
        line = await asyncio.wait_for(self._reader.readline(), PATIENCE)
        assert not line or line.endswith(b"\r\n"), line
        return line.decode("ascii").rstrip("\r\n")

    async def reply(self) -> str:
        lines = [await self.line()]
        while re.match(r"\d{3}-", lines[-1]):
            lines.append(await self.line())
        return "\n".join(lines)

    async def ask(self, *lines: str) -> str:
        """Send lines and get the last one's reply; the replies to the others must not be errors."""
        self.send(*lines)
        said = ""
        for line in lines:
            said = await self.reply()
            assert line is lines[-1] or said[:1] in "23", (line, said)
        return said

    async def some(self) -> bytes:
        """Some octets, whatever has come."""
        return await asyncio.wait_for(self._reader.read(65536), PATIENCE)

    async def is_closed(self) -> bool:
        """Whether the other side closes without another word, in order or by reset."""
        try:
            return await self.line() == ""
        except ConnectionError:
            return True

    async def hears_no_reply(self) -> bool:
        """Whether the other side closes without a line of SMTP; a TLS alert may come."""
        with contextlib.suppress(ConnectionError):
            octets = await asyncio.wait_for(self._reader.read(), PATIENCE)
            return b"\r\n" not in octets
        return True

    async def drain(self) -> None:
        await asyncio.wait_for(self._writer.drain(), PATIENCE)

    def half_close(self) -> None:
        self._writer.write_eof()

    def vanish(self) -> None:
        """Go away as a crashed machine's kernel would: by reset."""
        sock = self._writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._writer.transport.abort()

    async def start_tls(self, context: ssl.SSLContext | None = None) -> None:
        await asyncio.wait_for(self._writer.start_tls(context or client_context()), PATIENCE)

    @property
    def tls_version(self) -> str | None:
        session = self._writer.get_extra_info("ssl_object")
        return None if session is None else str(session.version())

    @property
    def cipher(self) -> str:
        """What TLS agreed on."""
        return str(self._writer.get_extra_info("cipher")[0])

    @property
    def certificate_name(self) -> str:
        """The server's own name in its certificate; only where the client checks certificates."""
        subject = self._writer.get_extra_info("peercert")["subject"]
        return str(dict(part for parts in subject for part in [parts[0]])["commonName"])


@contextlib.asynccontextmanager
async def client_at(port: int, *, tls: ssl.SSLContext | None = None, greeted: bool = True) -> AsyncIterator[Client]:
    """A connected client; `greeted`: the 220 was read."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=tls, limit=2**20)
    client = Client(reader, writer)
    try:
        if greeted:
            assert (await client.reply()).startswith("220 ")
        yield client
    finally:
        writer.close()
        with contextlib.suppress(OSError, ssl.SSLError):
            await asyncio.wait_for(writer.wait_closed(), PATIENCE)


ENVELOPE = ("EHLO pc.corp.example", "MAIL FROM:<ann@corp.example>", "RCPT TO:<bob@partner.example>", "DATA")
