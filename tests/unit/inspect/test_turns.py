"""Who waits is read in turn, client by client; no place is given twice or lost."""

from __future__ import annotations

import asyncio

import pytest

from mailguard.inspect.turns import Turns


async def reading(turns: Turns, key: str, order: list[str], seconds: float = 0.0) -> None:
    async with turns.turn(key):
        order.append(key)
        await asyncio.sleep(seconds)


async def test_a_flood_waits_behind_itself() -> None:
    turns, order = Turns(1), list[str]()
    tasks = [asyncio.create_task(reading(turns, key, order)) for key in "aaaaaabbc"]
    await asyncio.gather(*tasks)
    assert "".join(order) == "aabcabaaa"


async def test_as_many_as_there_are_places() -> None:
    turns, order = Turns(3), list[str]()
    tasks = [asyncio.create_task(reading(turns, "a", order, 60)) for _ in range(5)]
    await asyncio.sleep(0.01)
    assert len(order) == 3
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    assert turns._free == 3


@pytest.mark.parametrize("given_meanwhile", [False, True])
async def test_who_gives_up_waiting_takes_no_place(given_meanwhile: bool) -> None:
    turns, order = Turns(1), list[str]()
    first = asyncio.create_task(reading(turns, "a", order, 60))
    await asyncio.sleep(0)
    second, third = (asyncio.create_task(reading(turns, key, order)) for key in "bc")
    await asyncio.sleep(0)
    if given_meanwhile:
        first.cancel()
        await asyncio.sleep(0)
        second.cancel()
    else:
        second.cancel()
        await asyncio.sleep(0)
        first.cancel()
    await asyncio.wait([first, second, third])
    assert third.exception() is None
    assert order[-1] == "c"
    assert turns._free == 1
    assert not turns._waiting
