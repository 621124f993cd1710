"""A chat service on loopback: takes HTTP requests, keeps them, and answers what a test wrote down before.

It is a real server on a real socket, with or without TLS, and knows no chat: each test looks at what came.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import ssl
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs


@dataclass(frozen=True)
class Came:
    """One request. headers: names in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    def form(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(self.body.decode(), strict_parsing=True).items()}


@dataclass
class Reply:
    """What is answered. endless: octets without end follow; silent: nothing is answered at all."""

    status: int = 200
    body: bytes = b"ok"
    headers: dict[str, str] = field(default_factory=dict)
    endless: bool = False
    silent: bool = False

    @classmethod
    def of(cls, value: object, status: int = 200, **headers: str) -> Reply:
        return cls(status, json.dumps(value).encode(), {"content-type": "application/json", **headers})


@dataclass
class Service:
    """A running service. replies: the next answers in order; after them `usual`, or what `answers` says."""

    port: int = 0
    scheme: str = "http"
    came: list[Came] = field(default_factory=list)
    replies: list[Reply] = field(default_factory=list)
    usual: Reply = field(default_factory=Reply)
    answers: Callable[[Came], Reply] | None = None
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    given: int = 0  # octets of an endless answer

    def url(self, path: str = "/hook", host: str = "127.0.0.1") -> str:
        return f"{self.scheme}://{host}:{self.port}{path}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            request = await self._read(reader)
            self.came.append(request)
            self.arrived.set()
            await self._answer(writer, self._reply(request))
        writer.close()

    async def until(self, count: int, seconds: float = 60.0) -> list[Came]:
        """Wait until so many requests have come."""
        async with asyncio.timeout(seconds):
            while len(self.came) < count:
                self.arrived.clear()
                await self.arrived.wait()
        return self.came

    async def _read(self, reader: asyncio.StreamReader) -> Came:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("ascii").split("\r\n")
        method, path, _ = head[0].split(" ")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        return Came(method, path, headers, body)

    def _reply(self, request: Came) -> Reply:
        if self.replies:
            return self.replies.pop(0)
        return self.answers(request) if self.answers else self.usual

    async def _answer(self, writer: asyncio.StreamWriter, reply: Reply) -> None:
        if reply.silent:
            await asyncio.sleep(3600)
        length = [] if reply.endless else [f"content-length: {len(reply.body)}"]
        lines = [f"HTTP/1.1 {reply.status} X", *length, *(f"{k}: {v}" for k, v in reply.headers.items()), "", ""]
        writer.write("\r\n".join(lines).encode() + reply.body)
        await writer.drain()
        while reply.endless:
            writer.write(b"x" * 65536)
            await writer.drain()
            self.given += 65536


@contextlib.asynccontextmanager
async def running_service(tls: ssl.SSLContext | None = None) -> AsyncIterator[Service]:
    """A service that listens while the block lasts."""
    service = Service(scheme="https" if tls else "http")
    tasks: set[asyncio.Task[Any]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await service.serve(reader, writer)
        except asyncio.CancelledError:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    service.port = server.sockets[0].getsockname()[1]
    try:
        yield service
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
