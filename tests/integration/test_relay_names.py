"""Names of servers where DNS is dead: what blocks is told by hand, since no resolver here can be."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import socket
import threading
import time
from typing import Any

import pytest
from tests.relaying import PATIENT, SHORT, outgoing, settings_for, until, upstream_to
from tests.smtp_fake import fake_server

from mailguard.mail.outcome import Result
from mailguard.relay import names, opening
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

            monkeypatch.setattr(opening, "addresses_of", both)
            monkeypatch.setattr(opening, "_GLANCE", 0.2)
            limits = dataclasses.replace(PATIENT, connect=1000.0, transaction=60.0)
            async with upstream_to(fake.port, deadlines=limits) as upstream:
                outcomes = await upstream.relay(outgoing())
            assert {one.result for one in outcomes.values()} == {Result.RELAYED}
