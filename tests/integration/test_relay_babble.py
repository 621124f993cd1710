"""Next servers that say too much, out of turn, or no SMTP at all: stage by stage, what becomes of the mail."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest
from tests.postfix import make_certificate
from tests.relaying import PATIENT, SHORT, outgoing, settings_for, upstream_to
from tests.smtp_fake import Act, Drop, Say, fake_server

from mailguard.mail.outcome import Result
from mailguard.relay.smtp import SmtpUpstream

MB = 2**20
LONG_LINE = Say(b"250 " + b"x" * MB + b"\r\n")
NO_END = Say(b"250 " + b"x" * MB)
MANY_LINES = Say(b"250-more\r\n" * 100_000 + b"250 that was all\r\n")
OVERFLOW = {"a line of a megabyte": LONG_LINE, "a line without an end": NO_END, "a hundred thousand lines": MANY_LINES}


@pytest.mark.parametrize("step", ["banner", "ehlo", "mail", "rcpt", "data", "dot", "rset"])
@pytest.mark.parametrize("act", OVERFLOW.values(), ids=OVERFLOW)
async def test_a_reply_that_is_too_long_ends_the_line_and_takes_no_memory(step: str, act: Act) -> None:
    script: dict[str, list[Act | None]] = {step: [act]}
    async with fake_server(script=script) as fake, upstream_to(fake.port) as upstream:
        if step == "rset":  # a kept connection: it is replaced
            await upstream.relay(outgoing())
        tracemalloc.start()
        outcomes = await upstream.relay(outgoing())
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    wanted = {(Result.RELAYED, False)} if step == "rset" else {(Result.DEFERRED, step == "dot")}
    assert {(one.result, one.unknown) for one in outcomes.values()} == wanted
    assert peak < 6 * MB  # the fake server's own megabyte is among it
    assert all(len(one.text) <= 500 for one in outcomes.values())


OUT_OF_TURN = [
    # (step, what is said there, what becomes of the mail, whether it is unknown)
    ("mail", b"250 2.1.0 ok\r\n250 2.1.5 ok\r\n", Result.DEFERRED, False),
    ("rcpt", b"250 2.1.5 ok\r\n250 2.1.5 ok\r\n250 2.1.5 ok\r\n", Result.DEFERRED, False),
    ("data", b"354 go\r\n250 2.0.0 taken already\r\n", Result.DEFERRED, False),
    ("data", b"250 2.0.0 what text\r\n", Result.DEFERRED, False),
    ("dot", b"250 2.0.0 taken\r\n550 5.7.1 or not\r\n", Result.RELAYED, False),
    ("dot", b"354 go on\r\n", Result.DEFERRED, True),
    ("dot", b"220 hello again\r\n", Result.RELAYED, False),
    ("mail", b"354 go\r\n", Result.DEFERRED, False),
    ("mail", b"999 ok\r\n", Result.DEFERRED, False),
    ("dot", b"25\r\n", Result.DEFERRED, True),
    ("dot", b"2500 ok\r\n", Result.DEFERRED, True),
    ("dot", b"\xff\xfe\x00\r\n", Result.DEFERRED, True),
]


@pytest.mark.parametrize("extensions", [("PIPELINING",), ("8BITMIME",)], ids=["pipelined", "plain"])
@pytest.mark.parametrize(("step", "said", "result", "unknown"), OUT_OF_TURN)
async def test_replies_out_of_turn(
    step: str, said: bytes, result: Result, unknown: bool, extensions: tuple[str, ...]
) -> None:
    """What comes too much is never taken for the answer to something else, and the line is not used again."""
    script: dict[str, list[Act | None]] = {step: [Say(said), None]}
    async with fake_server(script=script, extensions=extensions) as fake, upstream_to(fake.port) as upstream:
        outcomes = await upstream.relay(outgoing())
        assert {(one.result, one.unknown) for one in outcomes.values()} == {(result, unknown)}
        await asyncio.sleep(0.1)  # its peace
        again = await upstream.relay(outgoing())
        assert {one.result for one in again.values()} == {Result.RELAYED}


Served = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@contextlib.asynccontextmanager
async def raw_server(serve: Served) -> AsyncIterator[int]:
    """A port at which `serve` does what it likes with each client."""

    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            await serve(reader, writer)
        writer.transport.abort()

    server = await asyncio.start_server(client, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def garbage(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(bytes(range(256)) * 100)
        await writer.drain()


async def plain_text(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"220 no TLS here\r\n")
    await reader.read()


async def silence(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    await reader.read()


def after_starttls(then: Served) -> Served:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 fake.example\r\n")
        while line := await reader.readline():
            if line[:4].upper() == b"STAR":
                writer.write(b"220 2.0.0 go ahead\r\n")
                break
            writer.write(b"250-fake.example\r\n250 STARTTLS\r\n")
        await then(reader, writer)

    return serve


@pytest.mark.parametrize("then", [garbage, plain_text, silence])
@pytest.mark.parametrize("way", ["implicit", "starttls"])
async def test_no_tls_where_tls_must_be(then: Served, way: str) -> None:
    serve = then if way == "implicit" else after_starttls(then)
    scheme = "smtps" if way == "implicit" else "smtp"
    async with raw_server(serve) as port, upstream_to(port, scheme=scheme, tls="insecure", deadlines=SHORT) as upstream:
        async with asyncio.timeout(60):
            outcomes = await upstream.relay(outgoing())
    assert {(one.result, one.unknown) for one in outcomes.values()} == {(Result.DEFERRED, False)}
    assert upstream.ready_in() > 0


async def test_tls_that_breaks_after_the_dot_is_unknown(tmp_path: Path) -> None:
    certificate, key = make_certificate(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    script: dict[str, list[Act | None]] = {"dot": [Drop(reset=True)]}
    async with (
        fake_server(context=context, implicit=True, script=script) as fake,
        upstream_to(fake.port, scheme="smtps", tls="insecure") as upstream,
    ):
        outcomes = await upstream.relay(outgoing())
    assert {(one.result, one.unknown) for one in outcomes.values()} == {(Result.DEFERRED, True)}


async def test_other_mail_goes_on_while_one_server_stalls() -> None:
    async with raw_server(silence) as port, fake_server() as good, upstream_to(good.port) as upstream:
        stalled = SmtpUpstream(settings_for(port, deadlines=replace(PATIENT, greeting=3)))
        waiting = asyncio.create_task(stalled.relay(outgoing()))
        await asyncio.sleep(0)
        assert {one.result for one in (await upstream.relay(outgoing())).values()} == {Result.RELAYED}
        assert not waiting.done()
        await waiting
    await stalled.close()
