"""Servers that stand in for each other, and one that is not to be hurried."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

from tests.relaying import BOB, CY, PATIENT, outgoing, settings_for, until
from tests.smtp_fake import Drop, Say, Stall, fake_server

from mailguard.mail.outcome import Result
from mailguard.relay.chain import Chain
from mailguard.relay.pace import Paced
from mailguard.relay.smtp import SmtpUpstream


def chain(*ports: int, **changes: Any) -> Chain:
    return Chain([SmtpUpstream(settings_for(port, **{"connections": 4, **changes})) for port in ports])


async def test_the_next_carries_on_while_the_first_is_away_and_the_first_comes_back() -> None:
    async with fake_server(script={"banner": [Say(b"554 5.3.2 not now\r\n")]}) as first, fake_server() as second:
        upstream = chain(first.port, second.port)
        for _ in range(5):
            results = await upstream.relay(outgoing())
            assert {one.result for one in results.values()} == {Result.RELAYED}
        assert (len(first.taken), len(second.taken)) == (0, 5)
        assert len(first.wire) < 5  # left in peace
        assert await upstream.probe() is None
        first.script = {}
        async with asyncio.timeout(60):
            while not first.taken:
                await upstream.relay(outgoing())
                await asyncio.sleep(0.02)
        await upstream.relay(outgoing())
        assert upstream.capacity() == 4
        await upstream.close()


async def test_what_a_server_says_stands() -> None:
    script = {"rcpt": [Say(b"550 5.1.1 nobody\r\n"), Say(b"451 4.3.0 later\r\n")]}
    async with fake_server(script=script) as first, fake_server() as second:
        upstream = chain(first.port, second.port)
        results = await upstream.relay(outgoing())
        assert (results[BOB].result, results[CY].result) == (Result.FAILED, Result.DEFERRED)
        assert not second.wire
        await upstream.close()


async def test_broken_off_in_mid_sentence_is_for_later_and_not_for_another() -> None:
    for step in ("mail", "dot"):
        async with fake_server(script={step: [Drop()]}) as first, fake_server() as second:
            upstream = chain(first.port, second.port)
            results = await upstream.relay(outgoing())
            assert {one.result for one in results.values()} == {Result.DEFERRED}
            assert results[BOB].unknown is (step == "dot")
            assert not second.wire
            await upstream.close()


async def test_while_one_try_asks_the_first_others_do_not_wait_for_it() -> None:
    async with fake_server(script={"banner": [Drop(), Stall()]}) as first, fake_server() as second:
        upstream = chain(first.port, second.port, deadlines=replace(PATIENT, greeting=3))
        await upstream.relay(outgoing())
        await until(lambda: upstream.capacity() > 4)  # its peace is over: one try more than the second has places
        asking = asyncio.create_task(upstream.relay(outgoing()))
        await until(lambda: len(first.wire) == 2)
        taken = len(second.taken)
        await upstream.relay(outgoing())
        assert (len(second.taken), asking.done()) == (taken + 1, False)
        assert {one.result for one in (await asking).values()} == {Result.RELAYED}  # by the second, in the end
        await upstream.close()


async def test_all_of_them_together_do_not_outlast_the_lease() -> None:
    deadlines = replace(PATIENT, greeting=0.6, transaction=1.0)
    async with fake_server(script={"banner": [Stall()]}) as slow, fake_server() as last:
        ports = [slow.port] * 4 + [last.port]
        upstream = Chain([SmtpUpstream(settings_for(port, deadlines=deadlines)) for port in ports])
        results = await upstream.relay(outgoing())
        assert len(slow.wire) <= 2  # 0.6 s each, and 1.0 s for all: counted, for a busy machine adds to any time
        assert {one.result for one in results.values()} == {Result.DEFERRED}
        assert not last.wire
        await upstream.close()


async def test_nobody_can_be_reached() -> None:
    async with fake_server(script={"banner": [Drop()]}) as first:
        away = settings_for(first.port, backoff_seconds=30.0, backoff_limit_seconds=30.0)
        upstream = Chain([SmtpUpstream(away) for _ in range(2)])
        assert {one.result for one in (await upstream.relay(outgoing())).values()} == {Result.DEFERRED}
        assert upstream.ready_in() > 0
        assert upstream.capacity() == 0
        assert await upstream.probe() is not None
        await upstream.close()


async def test_a_refusal_is_told_before_silence() -> None:
    async with fake_server() as second:
        gone = second.port
    async with fake_server(script={"banner": [Say(b"554 5.7.1 go away\r\n")]}) as first:
        upstream = Chain([SmtpUpstream(settings_for(port)) for port in (first.port, gone)])
        outcome = (await upstream.relay(outgoing()))[BOB]
        assert (outcome.code, outcome.about_us) == (554, True)
        await upstream.close()


async def test_so_many_a_minute() -> None:
    async with fake_server() as server:
        upstream = Paced(SmtpUpstream(settings_for(server.port)), 60 * 20)  # 200 saved up, then 20 a second
        upstream._saved = 3.0
        began = asyncio.get_running_loop().time()
        sent = 0
        while sent < 10:
            if upstream.capacity() > 0 and upstream.ready_in() == 0:
                await upstream.relay(outgoing())
                sent += 1
            else:
                await asyncio.sleep(max(0.001, upstream.ready_in()))
        took = asyncio.get_running_loop().time() - began
        assert took > 0.25  # 7 of 10 had to wait for 1/20 s each
        await upstream.close()
