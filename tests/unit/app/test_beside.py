"""A process's place among those that share a ledger, its share of each next server, and bells that rest."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from mailguard.app import beside
from mailguard.app.beside import Place, here, nobody_left
from mailguard.app.hint import About, Calmed
from mailguard.app.opening import CannotStart
from mailguard.config.upstreams import Way
from mailguard.relay.settings import UpstreamSettings


def _way(connections: int, rate: int | None = None) -> Way:
    server = UpstreamSettings(scheme="smtp", host="mx.corp.example", port=25, connections=connections)
    return Way("", server, (server,), rate=rate)


@pytest.mark.parametrize("connections", [1, 2, 3, 10, 51])
@pytest.mark.parametrize("among", [1, 2, 3, 8])
def test_the_shares_of_a_server_are_what_is_set_for_it(connections: int, among: int) -> None:
    shares = [way for number in range(among) if (way := _way(connections).shared(number, among)) is not None]
    assert sum(way.settings.connections for way in shares) == connections
    assert all(way.fallback[0].connections == way.settings.connections > 0 for way in shares)
    assert _way(connections).shared(0, among) is not None, "retries are the first process's, so it has a part always"


def test_mails_a_minute_are_counted_in_one_place() -> None:
    way = _way(10, rate=60)
    assert way.shared(0, 3) == way
    assert way.shared(1, 3) is None


def test_a_place_is_told_in_one_word() -> None:
    place = Place(1, 3, "abc")
    assert Place.parse(str(place)) == place
    assert place.beside
    assert not Place(among=3).beside


async def test_a_new_house_waits_for_the_children_of_the_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = tmp_path / "mailguard.db"
    async with nobody_left(ledger):
        pass
    with here(ledger), here(ledger):
        monkeypatch.setattr(beside, "_PATIENCE", 0.0)
        with pytest.raises(CannotStart, match="still work on this ledger"):
            async with nobody_left(ledger):
                raise AssertionError("two would free each other's leases")
    async with nobody_left(ledger):
        pass


async def test_a_bell_rests_and_forgets_nobody() -> None:
    rung = 0
    heard = asyncio.Event()

    def ring(_about: About) -> None:
        nonlocal rung
        rung += 1
        if rung == 2:
            heard.set()

    bell = Calmed(ring, 0.01)
    bell()
    assert rung == 1, "the first one at once"
    for _ in range(100):
        bell()
    assert rung == 1
    await heard.wait()
    assert rung == 2
