"""Names of servers where DNS is dead: what blocks is told by hand, since no resolver here can be."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import socket
import threading
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from tests.relaying import PATIENT, SHORT, outgoing, settings_for, until, upstream_to
from tests.smtp_fake import Act, Drop, FakeServer, Say, Stall, fake_server

from mailguard.mail.outcome import Result
from mailguard.relay import dialing, names
from mailguard.relay.settings import UpstreamSettings
from mailguard.relay.smtp import SmtpUpstream


class Dead:
    """A resolver that answers for names of dead.example only when told."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.answer, self.asked, real = threading.Event(), 0, socket.getaddrinfo

        def look_up(host: str, port: int, *rest: Any, **more: Any) -> Any:
            if host.endswith("dead.example") and not more.get("flags"):
                self.asked += 1
                self.answer.wait(120)
                host = "127.0.0.1"
            return real(host, port, *rest, **more)

        monkeypatch.setattr(socket, "getaddrinfo", look_up)


@pytest.fixture
def dead(monkeypatch: pytest.MonkeyPatch) -> Any:
    found = Dead(monkeypatch)
    yield found
    found.answer.set()


async def test_a_dead_resolver_takes_one_thread_a_name_and_none_of_the_loops(dead: Dead) -> None:
    tasks = [asyncio.create_task(names.addresses_of("mx.dead.example", 25)) for _ in range(50)]
    await until(lambda: dead.asked > 0)
    assert dead.asked == 1
    for number in range(31):
        tasks.append(asyncio.create_task(names.addresses_of(f"mx{number}.dead.example", 25)))
    await asyncio.sleep(0.05)
    with pytest.raises(OSError, match="too many names"):
        await names.addresses_of("one-more.dead.example", 25)
    async with asyncio.timeout(60):  # the loop's own threads are free: these would wait for ever
        await asyncio.gather(*(asyncio.to_thread(time.sleep, 0.01) for _ in range(40)))
    assert (await names.addresses_of("127.0.0.1", 25))[0][4] == ("127.0.0.1", 25)
    dead.answer.set()
    every = await asyncio.gather(*tasks)
    assert {rows[0][4][0] for rows in every} == {"127.0.0.1"}
    assert not names._pending


async def test_a_name_that_does_not_exist_is_an_error_for_all_who_ask() -> None:
    said = await asyncio.gather(
        *(names.addresses_of("no-such-host.invalid", 25) for _ in range(3)), return_exceptions=True
    )
    assert all(isinstance(one, OSError) for one in said)
    assert not names._pending


async def test_mail_for_a_server_whose_name_cannot_be_looked_up_waits(dead: Dead) -> None:
    limits = dataclasses.replace(SHORT, connect=0.3)
    upstream = SmtpUpstream(dataclasses.replace(settings_for(25, deadlines=limits), host="mx.dead.example"))
    outcomes = await upstream.relay(outgoing())
    assert {(one.result, one.unknown) for one in outcomes.values()} == {(Result.DEFERRED, False)}
    assert upstream.ready_in() > 0
    await upstream.close()


async def test_an_address_that_is_silent_leaves_time_for_the_next_one(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as silent, contextlib.ExitStack() as full:
        for _ in range(3):  # its queue is full: whoever comes now hears nothing
            waiting = full.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(silent.getsockname())
        async with fake_server() as fake:

            async def both(_: str, port: int) -> list[names.Row]:
                return [
                    (socket.AF_INET, socket.SOCK_STREAM, 0, "", address)
                    for address in (silent.getsockname(), ("127.0.0.1", port))
                ]

            monkeypatch.setattr(dialing, "addresses_of", both)
            monkeypatch.setattr(dialing, "_GLANCE", 0.2)
            limits = dataclasses.replace(PATIENT, connect=1000.0, transaction=60.0)
            async with upstream_to(fake.port, deadlines=limits) as upstream:
                outcomes = await upstream.relay(outgoing())
            assert {one.result for one in outcomes.values()} == {Result.RELAYED}


# Addresses that answer, and turn us away


@contextlib.asynccontextmanager
async def two_addresses(**first: Any) -> AsyncIterator[tuple[FakeServer, FakeServer, UpstreamSettings]]:
    """A server with two addresses, of which the first does as told; and what leads to both."""
    async with fake_server() as second:
        ill = FakeServer(host="127.0.0.2", port=second.port, **first)
        await ill.start()
        try:
            yield ill, second, settings_for(second.port, addresses=("127.0.0.2", "127.0.0.1"))
        finally:
            await ill.stop()


@pytest.mark.parametrize(
    ("step", "act"),
    [
        ("banner", Say(b"554 5.7.1 no name for your address\r\n")),
        ("banner", Drop(b"421 4.3.2 overloaded\r\n")),
        ("banner", Drop(reset=True)),
        ("banner", Stall()),
        ("ehlo", Say(b"550 5.7.1 no name for your address\r\n")),
    ],
)
async def test_a_server_that_turns_us_away_at_one_address_is_asked_at_the_next(step: str, act: Act) -> None:
    """RFC 5321 section 5.1. IPv6 comes first, and many servers want a name for it: mail waited, and came back."""
    async with two_addresses(script={step: [act]}) as (ill, second, settings):
        deadlines = dataclasses.replace(PATIENT, greeting=0.3) if isinstance(act, Stall) else PATIENT
        upstream = SmtpUpstream(dataclasses.replace(settings, deadlines=deadlines))
        try:
            outcomes = await upstream.relay(outgoing())
            assert {one.result for one in outcomes.values()} == {Result.RELAYED}
            assert upstream.is_well
        finally:
            await upstream.close()
        assert (len(ill.wire), len(second.wire)) == (1, 1)


async def test_a_server_that_turns_us_away_at_all_its_addresses_has_said_so_once_at_each() -> None:
    no = Say(b"554 5.7.1 not from here\r\n")
    async with two_addresses(script={"banner": [no]}) as (ill, second, settings):
        second.script["banner"] = [Say(b"421 4.3.2 overloaded\r\n")]
        upstream = SmtpUpstream(settings)
        outcomes = await upstream.relay(outgoing())
        await upstream.close()
    assert {(one.result, one.code, one.about_us) for one in outcomes.values()} == {(Result.DEFERRED, 554, True)}
    assert (len(ill.wire), len(second.wire)) == (1, 1)


async def test_a_login_that_is_refused_is_not_shown_at_every_address() -> None:
    """Else a wrong password would be counted twice, and lock the account."""
    refused = {"auth": [Say(b"535 5.7.8 no\r\n")]}
    async with two_addresses(extensions=("AUTH PLAIN",), script=refused) as (ill, second, settings):
        upstream = SmtpUpstream(dataclasses.replace(settings, username="ann", password="wrong"))
        outcomes = await upstream.relay(outgoing())
        await upstream.close()
    assert {(one.result, one.code) for one in outcomes.values()} == {(Result.DEFERRED, 535)}
    assert (len(ill.wire), len(second.wire)) == (1, 0)
