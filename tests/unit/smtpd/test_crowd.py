"""Counts at the door, and patience with guessers."""

from __future__ import annotations

import asyncio
import ipaddress

from mailguard.smtpd.crowd import Crowd, whose
from mailguard.smtpd.patience import Patience
from mailguard.smtpd.settings import DoorLimits


def test_total_and_by_address() -> None:
    crowd = Crowd(DoorLimits(connections=3, connections_per_address=1))
    one, two = ipaddress.ip_address("192.0.2.1"), ipaddress.ip_address("192.0.2.2")

    assert [crowd.come() for _ in range(4)] == [True, True, True, False]
    assert [crowd.enter(one), crowd.enter(one), crowd.enter(two)] == [True, False, True]
    crowd.leave(one)
    assert crowd.enter(one)
    for _ in range(4):
        crowd.go()
    assert len(crowd) == 0


def test_an_ipv6_client_is_its_network() -> None:
    first, same, other = (ipaddress.ip_address(f"2001:db8::{part}") for part in ("1", "2:3", "1:0:0:0:1"))
    assert whose(first) == whose(same) != whose(other)


class Clock:
    def __init__(self) -> None:
        self.now, self.slept = 0.0, list[float]()

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


async def attempt(patience: Patience, address: str, *, good: bool) -> None:
    async with patience.attempt(address) as failed:
        if not good:
            failed()


async def test_each_failure_takes_longer_up_to_a_limit_and_is_forgotten() -> None:
    clock = Clock()
    patience = Patience(clock, clock.sleep)

    for _ in range(8):
        await attempt(patience, "192.0.2.1", good=False)
    await attempt(patience, "192.0.2.1", good=True)
    await attempt(patience, "192.0.2.2", good=False)
    clock.now += Patience.QUIET + 1
    await attempt(patience, "192.0.2.1", good=False)

    assert clock.slept == [0.25, 0.5, 1, 2, 4, 8, 8, 8, 0.25, 0.25]


async def test_a_waiting_failure_keeps_its_place() -> None:
    going = asyncio.Event()

    async def sleep(_: float) -> None:
        await going.wait()

    patience = Patience(lambda: 0.0, sleep)
    tasks = [asyncio.create_task(attempt(patience, "192.0.2.1", good=False)) for _ in range(4)]
    await asyncio.sleep(0)
    fifth = asyncio.create_task(attempt(patience, "192.0.2.1", good=True))
    elsewhere = asyncio.create_task(attempt(patience, "192.0.2.9", good=True))
    await asyncio.wait_for(elsewhere, 5)
    assert not fifth.done()
    going.set()
    await asyncio.wait_for(asyncio.gather(fifth, *tasks), 5)


async def test_only_so_many_addresses_are_remembered() -> None:
    clock = Clock()
    patience = Patience(clock, clock.sleep)
    await attempt(patience, "first", good=False)
    for number in range(Patience.REMEMBERED):
        await attempt(patience, str(number), good=True)
    assert patience.delay("first") == 0
