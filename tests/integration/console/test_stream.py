"""The stream of notices of an open page: it ends with the session, also where something happens all the time."""

from __future__ import annotations

import asyncio

import pytest
from tests.reception import ANN, Reception, actor

from mailguard.console import stream
from mailguard.console.desk import Desk


async def test_an_ended_session_hears_no_more_in_a_busy_house(
    reception: Reception, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "HEARTBEAT_SECONDS", 0.05)
    cookie, person = await reception.session_of(ANN), actor(ANN, reception.access)
    desk = reception.app.state.desk
    assert isinstance(desk, Desk)
    said = stream.stream(desk, person, None, cookie).body_iterator  # type: ignore[attr-defined]
    assert await anext(said) == "retry: 3000\n\n"

    async def busy() -> None:
        while True:
            reception.live.publish("held", "", frozenset({ANN}))
            await asyncio.sleep(0.01)

    noise = asyncio.create_task(busy())
    try:
        async with asyncio.timeout(20):
            heard = 0
            while heard < 20:  # heartbeats come between on a busy machine
                heard += "event: mail" in await anext(said)
            await reception.access.visits.end_all(ANN, actor("admin@corp.example", reception.access))
            left = [one async for one in said]
    finally:
        noise.cancel()
    assert len(left) < 100, "a stream of an hour would go on"
