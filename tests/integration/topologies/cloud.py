"""A cloud that people's mail leaves by way of mailguard, as Microsoft and Google document theirs: what both have.

It hands mail to the outside over to mailguard in several transactions, from several addresses, under TLS, and again
while it hears 4xx; it takes mail back only from whom it knows, and sends it to the world unless its own rule leads it
to mailguard once more. Its outgoing side runs in threads, its door in a loop of its own; both end with the test.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import smtplib
import ssl
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from tests.integration.topologies.stage import send
from tests.interop.wires import Background
from tests.postfix import make_certificate

OWN = "corp.example"
_EXTENSIONS = ("PIPELINING", "SIZE 157286400", "8BITMIME", "ENHANCEDSTATUSCODES", "SMTPUTF8")


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail as it came to somebody, or as it is on its way."""

    sender: str
    to: tuple[str, ...]
    octets: bytes


@dataclass(frozen=True, slots=True)
class Guest:
    """Who stands at the cloud's door. names: in the certificate that it showed."""

    address: str
    hello: str = ""
    names: frozenset[str] = frozenset()
    secret: bool = False


@dataclass
class Cloud(ABC):
    """world: what left for the outside; inside: what came into own mailboxes; told: refusals that a sender hears of;
    refused: those of the cloud's door.

    hops: so many Received fields are a loop. handed: transactions with mailguard that were answered 250.
    """

    folder: Path
    clients: ssl.SSLContext  # what the door shows, and whose certificates it looks at
    world: list[Mail] = field(default_factory=list)
    inside: list[Mail] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    handed: list[Mail] = field(default_factory=list)
    hops: int = 30
    pause: float = 0.3
    port: int = 0
    gateway: int = 0
    shows: ssl.SSLContext | None = None
    _threads: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(4))
    _addresses: Iterator[str] = field(default_factory=lambda: itertools.cycle(f"127.0.1.{n}" for n in range(1, 6)))
    _ended: bool = False

    @abstractmethod
    def is_led(self, last_hop: str) -> bool:
        """Whether mail to the outside that came from there goes to mailguard."""

    @abstractmethod
    def parts(self, mail: Mail) -> list[Mail]:
        """The transactions that a mail is handed over in, each with the cloud's fields."""

    @abstractmethod
    def refusal(self, guest: Guest, sender: str) -> str | None:
        """Why this guest may not send to the outside."""

    def submit(self, mail: Mail, last_hop: str = "") -> None:
        """A mail of one of the cloud's own people, or one that was given back."""
        inside = tuple(one for one in mail.to if one.endswith(f"@{OWN}"))
        outside = tuple(one for one in mail.to if one not in inside)
        if inside:
            self.inside.append(Mail(mail.sender, inside, mail.octets))
        if outside and not self.is_led(last_hop):
            self.world.append(Mail(mail.sender, outside, mail.octets))
        elif outside:
            self._threads.submit(self._hand_over, self.parts(Mail(mail.sender, outside, mail.octets)))

    def _hand_over(self, parts: Sequence[Mail]) -> None:
        for part in parts:
            while not self._ended and not self._is_done(part):
                time.sleep(0.1)
            time.sleep(self.pause)

    def _is_done(self, part: Mail) -> bool:
        """One try: taken, or refused for good and its sender told."""
        try:
            reply = send(
                self.gateway, part.octets, part.to, sender=part.sender, tls=self.shows, source=next(self._addresses)
            )
        except (OSError, smtplib.SMTPException):
            return False
        if reply.startswith("2"):
            self.handed.append(part)
        elif reply.startswith("5"):
            self.told.append(reply)
        return not reply.startswith("4")

    async def client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection at the cloud's door."""
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            await self._talk(reader, writer)
        writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        guest, sender, to = Guest(writer.get_extra_info("peername")[0]), "", list[str]()
        writer.write(b"220 cloud.example ESMTP\r\n")
        while line := (await reader.readuntil(b"\r\n")).decode().strip():
            verb, _, rest = line.partition(" ")
            reply = "250 2.0.0 ok"
            if verb == "EHLO":
                guest = Guest(guest.address, rest, guest.names, guest.secret)
                words = ("cloud.example", *_EXTENSIONS, *(() if guest.secret else ("STARTTLS",)))
                reply = "\r\n".join([*(f"250-{word}" for word in words[:-1]), f"250 {words[-1]}"])
            elif verb == "STARTTLS":
                writer.write(b"220 2.0.0 go ahead\r\n")
                await writer.start_tls(self.clients)
                guest = Guest(guest.address, "", _names(writer), secret=True)
                continue
            elif verb == "MAIL":
                sender, to = _path(rest), []
            elif verb == "RCPT":
                refused = None if _path(rest).endswith(f"@{OWN}") else self.refusal(guest, sender)
                to += [] if refused else [_path(rest)]
                self.refused += [refused] if refused else []
                reply = refused or reply
            elif verb == "DATA" and to:
                writer.write(b"354 go\r\n")
                text = (b"\r\n" + await reader.readuntil(b"\r\n.\r\n"))[:-3]
                reply = self._taken(guest, Mail(sender, tuple(to), text.replace(b"\r\n.", b"\r\n")[2:]))
            elif verb == "DATA":
                reply = "554 5.5.1 no recipients"
            elif verb == "QUIT":
                writer.write(b"221 2.0.0 bye\r\n")
                return
            writer.write(f"{reply}\r\n".encode())
            await writer.drain()

    def _taken(self, guest: Guest, mail: Mail) -> str:
        if mail.octets.count(b"\r\nReceived: ") >= self.hops:
            return "554 5.4.14 Hop count exceeded - possible mail loop"
        self.submit(mail, guest.address)
        return "250 2.6.0 taken"

    def end(self) -> None:
        """Hand nothing over any more."""
        self._ended = True
        self._threads.shutdown(cancel_futures=True)


def _path(rest: str) -> str:
    return rest.partition("<")[2].partition(">")[0]


def _names(writer: asyncio.StreamWriter) -> frozenset[str]:
    shown = writer.get_extra_info("ssl_object").getpeercert() or {}
    return frozenset(name for kind, name in shown.get("subjectAltName", ()) if kind == "DNS")


def trusting(folder: Path, authority: Path) -> ssl.SSLContext:
    """The TLS of a cloud's door: for localhost, and whoever shows a certificate must have it from this authority."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(authority))
    context.verify_mode = ssl.CERT_OPTIONAL
    context.load_cert_chain(*make_certificate(folder / "cloud"))
    return context


@contextlib.contextmanager
def open_cloud(cloud: Cloud) -> Iterator[Cloud]:
    """Its door, on a free port."""
    background = Background()
    servers: list[asyncio.Server] = []

    async def begin() -> None:
        servers.append(await asyncio.start_server(cloud.client, "127.0.0.1", 0, limit=2**22))
        cloud.port = servers[0].sockets[0].getsockname()[1]

    async def finish() -> None:
        servers[0].close()
        rest = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in rest:
            task.cancel()
        if rest:
            await asyncio.wait(rest)
        await asyncio.sleep(0.05)  # transports are closed by the loop, TLS in several turns of it

    try:
        background.run(begin())
        yield cloud
    finally:
        cloud.end()
        background.run(finish())
        background.stop()
