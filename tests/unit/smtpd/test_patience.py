"""Patience with guessers: by address, by account, and nobody who is right is locked out; the alarm."""

from __future__ import annotations

import asyncio

import pytest
from structlog.testing import capture_logs

from mailguard.smtpd.alarm import Alarm, Guessing
from mailguard.smtpd.patience import Patience, TooManyGuesses


class Clock:
    def __init__(self) -> None:
        self.now, self.slept = 0.0, list[float]()

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


async def attempt(patience: Patience, address: str, *, good: bool, account: str = "ann") -> None:
    async with patience.attempt(address, account) as one:
        one.succeeded, one.failed = good, not good


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
    for number in range(10_000):
        await attempt(patience, str(number), good=True)
    assert patience.delay("first") == 0


async def guessed(patience: Patience, failures: int) -> None:
    """Somebody guesses at ann's account, from another address each time."""
    for number in range(failures):
        await attempt(patience, f"198.51.100.{number}", good=False)


async def test_an_account_that_is_guessed_at_from_many_addresses_is_slow_for_strangers_only() -> None:
    clock = Clock()
    patience = Patience(clock, clock.sleep)
    await attempt(patience, "192.0.2.1", good=True)
    await guessed(patience, Patience.FREE)
    clock.slept.clear()

    await attempt(patience, "192.0.2.1", good=True)
    assert clock.slept == [], "at an address where she has logged in before, ann notices nothing"
    await attempt(patience, "203.0.113.1", good=False)
    assert clock.slept == [0.25, 0.25], "a stranger waits before the check, and then for the answer"
    clock.slept.clear()
    await guessed(patience, 8)
    assert max(clock.slept) == Patience.LONGEST
    clock.slept.clear()
    await attempt(patience, "203.0.113.2", good=False, account="bob")
    assert clock.slept == [0.25], "another account is as quick as ever"
    await attempt(patience, "203.0.113.3", good=True)
    await attempt(patience, "203.0.113.3", good=True)
    assert clock.slept == [0.25, Patience.LONGEST], "ann elsewhere waits once, and is known there from then on"


async def test_failures_at_a_known_address_do_not_slow_the_account() -> None:
    clock = Clock()
    patience = Patience(clock, clock.sleep)
    await attempt(patience, "192.0.2.1", good=True)
    for _ in range(50):
        await attempt(patience, "192.0.2.1", good=False)
    assert patience.account_delay("ann") == 0


async def test_only_so_many_strangers_wait_at_an_account() -> None:
    clock, going = Clock(), asyncio.Event()
    patience = Patience(clock, clock.sleep)
    await attempt(patience, "192.0.2.1", good=True)
    await guessed(patience, Patience.FREE)

    async def sleep(seconds: float) -> None:
        if seconds != Patience.TURNED_AWAY:
            await going.wait()

    patience.sleep = sleep
    waiting = [asyncio.create_task(attempt(patience, f"203.0.113.{n}", good=False)) for n in range(20)]
    await asyncio.sleep(0)
    with pytest.raises(TooManyGuesses):
        await attempt(patience, "203.0.113.99", good=True)
    await asyncio.wait_for(attempt(patience, "192.0.2.1", good=True), 5)
    going.set()
    await asyncio.wait_for(asyncio.gather(*waiting), 5)
    await asyncio.wait_for(attempt(patience, "203.0.113.99", good=True), 5)


def test_the_alarm_tells_once_and_again_in_an_hour() -> None:
    clock = Clock()
    alarm = Alarm(5, 600, clock)
    with capture_logs() as said:
        for number in range(4):
            alarm.failed("192.0.2.1", f"user{number}")
        assert alarm.due() == []
        alarm.failed("192.0.2.1", "ann")
        assert alarm.due() == [Guessing("address", "192.0.2.1", 5)]
        for number in range(7):
            alarm.failed(f"198.51.100.{number}", "ann")
        assert alarm.due() == [], "within the hour nothing more is told"
        clock.now += 3599
        assert alarm.due() == []
        clock.now += 1
        assert alarm.due() == [Guessing("account", "ann", 8)]
        assert alarm.due() == []
    assert [(one["by"], one["client"]) for one in said] == [("address", "192.0.2.1"), ("account", "")]


def test_failures_far_apart_are_no_guessing_and_memory_is_bounded() -> None:
    clock = Clock()
    alarm = Alarm(3, 600, clock)
    for _ in range(10):
        alarm.failed("192.0.2.1", "ann")
        clock.now += 400
    assert alarm.due() == []
    for number in range(20_000):
        for _ in range(3):
            alarm.failed(str(number), "")
    assert len(alarm._counts) == 10_000
    assert len(alarm.due()) == 50
