"""The console's port under people who open connections and say nothing, or say it one octet at a time."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from mailguard.app.callers import Caller

_PATIENCE = 10.0


class Hasty(Caller):
    seconds = 1.0
    most = 3


async def _echo(request: Request) -> Response:
    return Response(await request.body())


async def _stream(_request: Request) -> Response:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(4):
            await asyncio.sleep(0.4)
            yield b"piece"

    return StreamingResponse(pieces())


@contextlib.asynccontextmanager
async def _port() -> AsyncIterator[int]:
    app = Starlette(routes=[Route("/", _echo, methods=["GET", "POST"]), Route("/stream", _stream)])
    server = uvicorn.Server(uvicorn.Config(app, http=Hasty, log_config=None, lifespan="off", ws="none"))
    server.capture_signals = contextlib.nullcontext  # type: ignore[assignment]
    sock = socket.create_server(("127.0.0.1", 0))
    task = asyncio.create_task(server.serve(sockets=[sock]))
    try:
        yield sock.getsockname()[1]
    finally:
        server.should_exit = True
        await asyncio.wait_for(task, _PATIENCE)


async def _answer(port: int, *said: bytes) -> bytes:
    """Everything that comes back until the server closes; what is said comes 0.1 s apart."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for octets in said:
            writer.write(octets)
            await asyncio.sleep(0.1)
        return await asyncio.wait_for(reader.read(), _PATIENCE)
    except ConnectionError:
        return b""
    finally:
        writer.close()


@pytest.mark.parametrize(
    "said",
    [
        (),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ",),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n", b"1", b"2"),
        tuple(b"GET / HTTP/1.1\r\n"[n : n + 1] for n in range(14)),
    ],
    ids=["nothing", "half a head", "half a body", "octet by octet"],
)
async def test_a_request_that_does_not_come_is_not_waited_for(said: tuple[bytes, ...]) -> None:
    async with _port() as port:
        assert b"200 OK" not in await _answer(port, *said)


async def test_a_whole_request_is_answered_however_long_that_takes() -> None:
    async with _port() as port:
        asked = b"GET /stream HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        assert (await _answer(port, asked)).count(b"piece") == 4


async def test_a_kept_connection_has_its_time_for_each_request() -> None:
    async with _port() as port:
        asked = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
        assert (await _answer(port, *[asked] * 14)).count(b"200 OK") == 14


async def test_no_more_connections_than_can_be_spared() -> None:
    async with _port() as port:
        kept = [await asyncio.open_connection("127.0.0.1", port) for _ in range(3)]
        assert await _answer(port, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n") == b""
        for _, writer in kept:
            writer.close()
            await writer.wait_closed()
        asked = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        assert b"200 OK" in await _answer(port, asked)
