"""Clients that hand mail in and never give a mail up, and people who decide meanwhile.

A client does what a mail server does: a mail without a 250 is handed in again, the same octets, until there is one.
Each mail has a tag. They trust nobody and stop when told.
"""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import json
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.faults.book import Book

OUTSIDE = "bob@partner.example"


def mail(tag: str, *, subject: str = "", size: int = 0) -> bytes:
    """A small mail; size: octets of text more."""
    text = "All the best\r\n" * 3 + ("x" * 76 + "\r\n") * (size // 78)
    return (
        f"From: ann@corp.example\r\nTo: {OUTSIDE}\r\nSubject: {subject or 'report'} {tag}\r\n"
        f"Message-ID: <{tag}@faults.corp.example>\r\nMIME-Version: 1.0\r\n"
        f"Content-Type: text/plain; charset=utf-8\r\n\r\n{text}"
    ).encode()


class Line:
    """One SMTP connection; `hand_in` returns (code, text) of whatever ended the mail's way, 0 for a dead line."""

    def __init__(self, port: int, patience: float = 60.0) -> None:
        self._port = port
        self._patience = patience
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._greeted = False

    async def greet(self) -> None:
        """Come in and say EHLO, no more."""
        code, text = await self._open()
        assert code == 250, text

    async def goodbye(self, seconds: float) -> str:
        """What the server says of itself before it hangs up; "" if it only hangs up."""
        assert self._streams is not None
        with contextlib.suppress(OSError):
            async with asyncio.timeout(seconds):
                return (await self._streams[0].read()).decode()
        return ""

    async def hand_in(self, octets: bytes, to: str = OUTSIDE) -> tuple[int, str]:
        try:
            async with asyncio.timeout(self._patience):
                return await self._hand_in(octets, to)
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError, TimeoutError) as error:
            self.close()
            return 0, f"{type(error).__name__}{' in a session' * self._greeted}"

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].transport.abort()
            self._streams = None

    async def _hand_in(self, octets: bytes, to: str) -> tuple[int, str]:
        if self._streams is None:
            code, text = await self._open()
            if code != 250:
                self.close()
                return code, text
        assert self._streams is not None
        for command, wanted in (("MAIL FROM:<ann@corp.example>", 250), (f"RCPT TO:<{to}>", 250), ("DATA", 354)):
            code, text = await self._say(command)
            if code != wanted:
                return await self._ended(code, text)
        self._streams[1].write(octets.replace(b"\r\n.", b"\r\n..") + b".\r\n")
        await self._streams[1].drain()
        code, text = await self._reply()
        if code == 421:
            self.close()
        return code, text

    async def _open(self) -> tuple[int, str]:
        self._greeted = False
        self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        code, text = await self._reply()
        self._greeted = code == 220
        return await self._say("EHLO pc.corp.example") if code == 220 else (code, text)

    async def _ended(self, code: int, text: str) -> tuple[int, str]:
        if code == 421:
            self.close()
        else:
            await self._say("RSET")
        return code, text

    async def _say(self, line: str) -> tuple[int, str]:
        assert self._streams is not None
        self._streams[1].write(f"{line}\r\n".encode())
        return await self._reply()

    async def _reply(self) -> tuple[int, str]:
        assert self._streams is not None
        while True:
            line = (await self._streams[0].readuntil(b"\r\n")).decode()
            if line[3:4] != "-":
                return int(line[:3]), line[4:].strip()


@dataclass
class Load:
    """So many clients at a port, until `wanted` mails are acknowledged or `stop` is set. held: the share of mails that
    a rule holds; sizes: one is chosen for each mail.
    """

    port: int
    book: Book
    wanted: int
    name: str = "m"
    clients: int = 8
    held: float = 0.5
    sizes: tuple[int, ...] = (0, 0, 0, 0, 2000, 90_000, 300_000)
    pause: float = 0.05
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    first_250: float | None = None
    _next: int = 0

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            for number in range(self.clients):
                group.create_task(self._client(random.Random(f"{self.name}{number}")))

    def mark(self) -> None:
        """From now on: when the first 250 came is kept in `first_250`."""
        self.first_250 = None

    async def _client(self, chance: random.Random) -> None:
        line = Line(self.port)
        while self._next < self.wanted and not self.stop.is_set():
            self._next += 1
            tag = f"{self.name}-{self._next}"
            held = chance.random() < self.held
            if held:
                self.book.held.add(tag)
            self.book.sent += 1
            await self._until_taken(line, tag, mail(tag, subject="holdme" * held, size=chance.choice(self.sizes)))
        line.close()

    async def _until_taken(self, line: Line, tag: str, octets: bytes) -> None:
        while not self.stop.is_set():
            self.book.tries += 1
            code, text = await line.hand_in(octets)
            if code == 250:
                if "held" in text:  # also what could not be read: then the house asks
                    self.book.held.add(tag)
                self.book.acknowledged[tag] = text.split()[-1]
                self.first_250 = self.first_250 or time.monotonic()
                return
            self.book.refused(code, text)
            await asyncio.sleep(self.pause)


class People:
    """Somebody at the API: lets some held mails go and cancels others, until told to stop."""

    def __init__(self, console: int, token: str, book: Book, *, pause: float = 0.02) -> None:
        self._console, self._token, self._book, self._pause = console, token, book, pause
        self.stop = asyncio.Event()

    async def run(self, noted: Callable[[str], object] = bool) -> None:
        """noted: is told each decision that was answered."""
        chance = random.Random(7)
        while not self.stop.is_set():
            if waiting := self._book.undecided():
                one, verb = chance.choice(waiting), "cancel" if chance.random() < 0.3 else "release"
                if await self.decide(one, verb) == 200:
                    noted(f"{verb} {one}")
            await asyncio.sleep(self._pause)

    async def decide(self, message_id: str, verb: str) -> int:
        """The HTTP status; 0 if there was no answer."""
        (self._book.release_asked.add if verb == "release" else lambda _: None)(message_id)
        status = await asyncio.to_thread(self._post, message_id, verb)
        if status == 200:
            (self._book.released if verb == "release" else self._book.cancelled).add(message_id)
        return status

    def _post(self, message_id: str, verb: str) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", self._console, timeout=20)
        head = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        with contextlib.suppress(OSError, http.client.HTTPException), contextlib.closing(connection):
            connection.request("POST", f"/api/v1/messages/{message_id}/{verb}", json.dumps({}), head)
            return connection.getresponse().status
        return 0
