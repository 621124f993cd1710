"""What a session had goes with it, without the collector of garbage."""

from __future__ import annotations

import asyncio
import gc
import weakref
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import uvloop
from tests.door import ENVELOPE, TRUSTED, Client, client_at, eventually, open_door, with_tls

from mailguard.smtpd.protocol import Conversation


async def _quits(client: Client) -> None:
    await client.ask(*ENVELOPE)
    await client.ask("Subject: x\r\n\r\nhello\r\n.")
    await client.ask("QUIT")


async def _leaves(client: Client) -> None:
    await client.ask("EHLO pc")


async def _is_reset(client: Client) -> None:
    await client.ask("EHLO pc")
    client.vanish()


async def _leaves_in_a_body(client: Client) -> None:
    await client.ask(*ENVELOPE)
    client.send_raw(b"Subject: half of")
    await client.drain()


async def _is_hung_up_on(client: Client) -> None:
    client.send("GET / HTTP/1.1")
    assert (await client.reply()).startswith("421")


async def _quits_under_tls(client: Client) -> None:
    await client.ask("EHLO pc", "STARTTLS")
    await client.start_tls()
    await _quits(client)


_WAYS = (_quits, _leaves, _is_reset, _leaves_in_a_body, _is_hung_up_on, _quits_under_tls)


@pytest.fixture
def no_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[weakref.ref[Conversation]]:
    """Every session that came, without keeping it."""
    sessions: list[weakref.ref[Conversation]] = []
    come = Conversation.connection_made

    def watched(self: Conversation, transport: asyncio.BaseTransport) -> None:
        come(self, transport)
        sessions.append(weakref.ref(self))

    monkeypatch.setattr(Conversation, "connection_made", watched)
    return sessions


@pytest.mark.usefixtures("no_collector")
@pytest.mark.parametrize("goes", _WAYS, ids=lambda it: it.__name__)
def test_a_session_that_is_over_is_in_no_circle(
    tmp_path: Path, seen: list[weakref.ref[Conversation]], goes: Callable[[Client], Awaitable[None]]
) -> None:
    # What is in one waits for a look through all that the house has, and mail waits for that: with a connection for
    # each mail, as most clients have it, every few hundred mails.
    async def run() -> None:
        listener = replace(with_tls(tmp_path, TRUSTED), tls="starttls") if "tls" in goes.__name__ else TRUSTED
        async with open_door(tmp_path, listener) as (_, _, port):
            async with client_at(port) as client:
                await goes(client)
            await eventually(lambda: bool(seen) and all(one() is None for one in seen))

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run())


def test_a_session_whose_handshake_failed_is_not_kept_by_its_timer(
    tmp_path: Path, seen: list[weakref.ref[Conversation]]
) -> None:
    def gone() -> bool:
        gc.collect()  # what is left of a handshake is in a circle
        return bool(seen) and all(one() is None for one in seen)

    async def run() -> None:
        async with open_door(tmp_path, replace(with_tls(tmp_path, TRUSTED), tls="starttls")) as (_, _, port):
            async with client_at(port) as client:
                await client.ask("EHLO pc", "STARTTLS")
                client.send_raw(b"\x16\x03\x01\x02\x00\x01 half of a hello")
                await client.drain()
                client.vanish()
            await eventually(gone)

    asyncio.run(run())
