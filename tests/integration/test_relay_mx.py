"""Mail straight to the servers of each domain: real DNS packets, real connections, every answer that DNS can give."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from tests.dns_fake import DnsFake, Zone, dns_fake
from tests.relaying import PATIENT, SHORT, outgoing, settings_for, until
from tests.smtp_fake import Drop, FakeServer, Say, Stall, fake_server

from mailguard.mail.address import parse_address
from mailguard.mail.exchange import Exchange
from mailguard.mail.message import Body
from mailguard.mail.outcome import Outcome, Result
from mailguard.relay import smtp
from mailguard.relay.content import Seen, checked
from mailguard.relay.mx import MxUpstream, abroad, in_order, without_us
from mailguard.resolver import Resolver, ResolverSettings

BOB, CY = parse_address("bob@one.example"), parse_address("cy@two.example")


@asynccontextmanager
async def world(
    zone: Zone, port: int, connections: int = 10, **changes: Any
) -> AsyncIterator[tuple[MxUpstream, DnsFake]]:
    async with dns_fake(zone) as dns:
        settings = settings_for(port, scheme="mx", host="", connections=connections, **changes)
        resolver = Resolver(ResolverSettings((("127.0.0.1", dns.port),), seconds=3.0))
        upstream = MxUpstream(settings, resolver, allowed=lambda address: address.startswith("127."))
        try:
            yield upstream, dns
        finally:
            await upstream.close()


async def said(zone: Zone, port: int = 9, to: str = "bob@one.example") -> Outcome:
    address = parse_address(to)
    async with world(zone, port) as (upstream, _):
        return (await upstream.relay(outgoing(recipients=(address,))))[address]


def rcpts(fake: FakeServer) -> list[bytes]:
    return sorted(rcpt for taken in fake.taken for rcpt in taken.rcpts)


async def test_each_domain_gets_its_own_copies() -> None:
    async with fake_server() as server:
        zone: Zone = {
            "one.example": {"MX": ["10 mx.one.example."]},
            "mx.one.example": {"A": ["127.0.0.1"]},
            "two.example": {"A": ["127.0.0.2"]},  # no MX: the domain itself
        }
        fake = FakeServer(port=server.port)
        fake._server = await asyncio.start_server(fake._client, "127.0.0.2", server.port)
        try:
            async with world(zone, server.port) as (upstream, _):
                results = await upstream.relay(outgoing(recipients=(BOB, CY)))
        finally:
            fake._server.close()
        assert {one.result for one in results.values()} == {Result.RELAYED}
        assert (rcpts(server), rcpts(fake)) == ([b"RCPT TO:<bob@one.example>"], [b"RCPT TO:<cy@two.example>"])


async def test_the_next_server_is_tried_when_the_first_is_away_and_not_when_it_refuses() -> None:
    zone: Zone = {
        "one.example": {"MX": ["10 away.example.", "20 here.example."]},
        "away.example": {"A": ["127.0.0.3"]},
        "here.example": {"A": ["127.0.0.1"]},
    }
    async with fake_server() as server:
        assert (await said(zone, server.port)).result is Result.RELAYED
    zone["away.example"], zone["here.example"] = zone["here.example"], zone["away.example"]
    async with fake_server(script={"rcpt": [Say(b"550 5.1.1 nobody\r\n")]}) as server:
        assert (await said(zone, server.port)).code == 550


@pytest.mark.parametrize(
    ("zone", "result", "text"),
    [
        ({}, Result.FAILED, "5.1.2"),
        ({"one.example": {"MX": ["0 ."]}}, Result.FAILED, "5.1.10"),
        ({"one.example": "servfail"}, Result.DEFERRED, "4.4.3"),
        ({"one.example": "silent"}, Result.DEFERRED, "4.4.3"),
        ({"one.example": {"MX": ["10 gone.example."]}}, Result.FAILED, "5.4.4"),
        ({"one.example": {"MX": ["10 mx.example."]}, "mx.example": "servfail"}, Result.DEFERRED, "4.4.3"),
        ({"one.example": {"TXT": ['"no mail"']}}, Result.FAILED, "5.4.4"),
        ({"one.example": {"MX": ["10 MG.corp.example.", "20 mx.example."]}}, Result.FAILED, "5.4.6"),
        ({"one.example": {"A": ["192.0.2.1"]}}, Result.FAILED, "5.4.4"),  # not allowed here
    ],
)
async def test_what_dns_says_without_a_server(zone: Zone, result: Result, text: str) -> None:
    outcome = await said(zone)
    assert (outcome.result, text in outcome.text) == (result, True), outcome


async def test_a_literal_needs_no_dns() -> None:
    async with fake_server() as server:
        assert (await said({}, server.port, "bob@[127.0.0.1]")).result is Result.RELAYED


async def test_a_domain_that_crawls_takes_no_more_than_its_share() -> None:
    zone: Zone = {"one.example": {"A": ["127.0.0.1"]}, "two.example": {"A": ["127.0.0.2"]}}
    async with fake_server(script={"dot": [Stall()]}) as tarpit:
        good = FakeServer(port=tarpit.port)
        good._server = await asyncio.start_server(good._client, "127.0.0.2", tarpit.port)
        try:
            async with world(zone, tarpit.port, connections=10, deadlines=replace(PATIENT, final=3)) as (upstream, _):
                slow = [asyncio.create_task(upstream.relay(outgoing(recipients=(BOB,)))) for _ in range(2)]
                await until(lambda: tarpit.open_now == 2)
                both = await upstream.relay(outgoing(recipients=(BOB, CY)))
                assert (BOB in both, both[CY].result) == (False, Result.RELAYED)  # Bob's copy was not tried
                for task in slow:
                    assert (await task)[BOB].unknown
        finally:
            good._server.close()


async def test_domains_that_crawl_do_not_outlast_the_lease_of_the_others() -> None:
    # Each of them takes a greeting's patience, ten at once; the mail's lease ends, and it would be sent once more.
    slow = [parse_address(f"bob@d{number}.example") for number in range(60)]
    zone: Zone = {one.ascii_domain: {"A": ["127.0.0.1"]} for one in slow}
    zone["two.example"] = {"A": ["127.0.0.2"]}
    async with fake_server(script={"banner": [Stall()]}) as tarpit:
        good = FakeServer(port=tarpit.port)
        good._server = await asyncio.start_server(good._client, "127.0.0.2", tarpit.port)
        deadlines = replace(SHORT, greeting=0.5, transaction=1.5)
        try:
            async with world(zone, tarpit.port, deadlines=deadlines) as (upstream, _):
                clock = asyncio.get_running_loop().time
                began = clock()
                found = await upstream.relay(outgoing(recipients=(CY, *slow)))
                assert clock() - began < 2.5
                assert found[CY].result is Result.RELAYED
                assert 10 <= len(found) < 50  # the others were not tried: they are due soon
        finally:
            good._server.close()


async def test_what_one_domain_said_is_heard_when_the_octets_cannot_be_read_for_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    zone: Zone = {"one.example": {"A": ["127.0.0.1"]}, "two.example": {"A": ["127.0.0.1"]}}
    fails = [True, False]

    async def sometimes(body: Body) -> Seen:
        if fails.pop():
            raise OSError(24, "too many open files")
        return await checked(body)

    monkeypatch.setattr(smtp, "checked", sometimes)
    async with fake_server() as server, world(zone, server.port) as (upstream, _):
        found = await upstream.relay(outgoing(recipients=(BOB, CY)))
        assert len(server.taken) == len(found) == 1
        assert {one.result for one in found.values()} == {Result.RELAYED}
        fails[:] = [True]
        with pytest.raises(OSError, match="too many open files"):
            await upstream.relay(outgoing(recipients=(BOB,)))


async def test_a_sick_domain_is_left_in_peace_and_answers_are_kept() -> None:
    zone: Zone = {"one.example": {"A": ["127.0.0.1"]}, "two.example": {"A": ["127.0.0.1"]}}
    async with fake_server(script={"banner": [Drop()]}) as server, world(zone, server.port) as (upstream, dns):
        for _ in range(3):
            outcome = (await upstream.relay(outgoing(recipients=(BOB,))))[BOB]
            assert outcome.result is Result.DEFERRED
        assert len(server.wire) < 3
        assert dns.asked["one.example", "MX"] == 1
        server.script = {}
        assert (await upstream.relay(outgoing(recipients=(CY,))))[CY].result is Result.RELAYED


def test_equal_preferences_are_shuffled_and_others_kept_in_order() -> None:
    hosts = [Exchange(20, "c"), Exchange(10, "a"), Exchange(10, "b")]
    seen = Counter(tuple(in_order(hosts)) for _ in range(200))
    assert set(seen) == {("a", "b", "c"), ("b", "a", "c")}


def test_what_is_behind_ourselves_is_left_out() -> None:
    hosts = [Exchange(10, "a"), Exchange(20, "US."), Exchange(20, "b"), Exchange(30, "c")]
    assert without_us(hosts, "us") == (Exchange(10, "a"),)
    assert without_us(hosts[:1], "us") == (Exchange(10, "a"),)


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "0.0.0.0", "169.254" + ".1.1", "fe80::1", "::ffff:127.0.0.1"])
def test_mail_never_goes_to_this_machine_by_what_dns_says(address: str) -> None:
    assert not abroad(address)
    assert abroad("192.0.2.1")
