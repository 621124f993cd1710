"""Several processes at one port: whose turn it is, what a child is told, and that nobody is waited for in vain."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.door import HOST, TRUSTED, Room

from mailguard.smtpd.abreast import Abreast, Taking, listen_at, opened
from mailguard.smtpd.server import Door
from mailguard.smtpd.settings import DoorLimits, ListenerSettings


@pytest.fixture
def first() -> Iterator[Abreast]:
    abreast = Abreast.first(3)
    yield abreast
    abreast.close()


def beside(first: Abreast, number: int) -> Abreast:
    """A child's view of it; it inherits its own descriptors."""
    counts = os.dup(first._descriptor)
    return Abreast(number, counts, [[one.dup() for one in some] for some in first.sockets])


def test_whoever_has_more_sessions_steps_aside(first: Abreast) -> None:
    first.counted(0)
    assert not first.others_first, "nobody else is here"
    second = beside(first, 1)
    second.counted(1)
    assert second.others_first
    assert not first.others_first
    first.came()
    assert not second.others_first, "as many as the other"
    first.counted(3)
    assert first.others_first
    first.ended(1)
    assert not first.others_first, "who is dead is waited for by nobody"
    second.close()


@pytest.mark.parametrize(("among", "expected"), [(2, [5, 5]), (3, [4, 3, 3]), (6, [2, 2, 2, 2, 1, 1])])
def test_connections_are_spread_evenly(among: int, expected: list[int]) -> None:
    """Whoever may take the next connection takes it."""
    first = Abreast.first(among)
    house = [first, *(beside(first, number) for number in range(1, among))]
    for one in house:
        one.counted(0)
    for _ in range(10):
        next(one for one in house if not one.others_first).came()
    assert list(first._sessions) == expected
    for one in house[1:]:
        one.ended()
    assert not first.others_first, "whoever is alone takes all"
    for one in house[::-1]:
        one.close()


def test_what_ends_at_a_door_that_is_closed_lets_nobody_step_aside(first: Abreast) -> None:
    first.counted(2)
    second = beside(first, 1)
    second.counted(1)
    first.ended()
    first.counted(0)
    assert not second.others_first
    second.close()
    second.counted(0)  # a mail at the table may end after everything else


def test_a_connection_that_never_became_a_session_is_not_counted(first: Abreast) -> None:
    first.counted(1)
    second = beside(first, 1)
    second.counted(1)
    first.came()
    assert first.others_first
    first.lost()
    assert not first.others_first
    second.close()


async def test_sockets_are_known_by_where_they_listen() -> None:
    sockets = await opened("127.0.0.1", 0, 5)
    port = sockets[0].getsockname()[1]
    assert await listen_at(sockets, "127.0.0.1", port)
    assert await listen_at(sockets, "localhost", port)
    assert await listen_at(sockets, "127.0.0.1", 0), "any port"
    assert not await listen_at(sockets, "127.0.0.1", port - 1)
    assert not await listen_at(sockets, "127.0.0.2", port)
    assert not await listen_at(sockets, "", port)
    assert not await listen_at([], "127.0.0.1", port)
    for one in sockets:
        one.close()


async def test_a_child_is_told_where_its_sockets_are(first: Abreast) -> None:
    first.sockets = [await opened("127.0.0.1", 0, 5), await opened("127.0.0.1", 0, 5)]
    text, inherited = first.for_child(2)
    assert set(inherited) == {first._descriptor, *(one.fileno() for some in first.sockets for one in some)}
    ours = [os.dup(one) for one in inherited]
    assert text == "/".join(map(str, [2, *inherited]))
    child = Abreast.given("/".join(map(str, [2, *ours])))
    names = [[one.getsockname() for one in some] for some in first.sockets]
    assert [[one.getsockname() for one in some] for some in child.sockets] == names
    first.counted(0)
    child.counted(1)
    assert child.others_first
    child.close()
    assert not first.others_first


async def test_nobody_listens_where_another_program_does() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError, match="address already in use"):
        await opened("127.0.0.1", taken.getsockname()[1], 5)


async def test_no_socket_gets_the_rules_of_another_listener(first: Abreast, tmp_path: Path) -> None:
    """A child reads the settings anew; the sockets are those that the first process opened."""
    first.sockets = [await opened("127.0.0.1", 0, 5), await opened("127.0.0.1", 0, 5)]
    trusting, asking = (replace(TRUSTED, port=one.getsockname()[1]) for (one,) in first.sockets)

    def door(child: Abreast, *listeners: ListenerSettings) -> Door:
        return Door(listeners, DoorLimits(), HOST, Room().accept, None, tmp_path, abreast=child)

    for listeners in ((asking, trusting), (trusting,), (trusting, asking, TRUSTED)):
        child = beside(first, 1)
        with pytest.raises(OSError, match="started with: restart it"):
            await door(child, *listeners).start()
        child.close()
    child = beside(first, 1)
    same = door(child, trusting, asking)
    await same.start()
    await same.stop(0)
    child.close()


class Greeting(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.write(b"hello")
        transport.close()


async def test_a_connection_that_nobody_else_takes_is_taken_all_the_same(first: Abreast) -> None:
    first.sockets = [await opened("127.0.0.1", 0, 5)]
    stalled = beside(first, 1)
    stalled.counted(0)
    first.counted(7)
    taking = Taking(first.sockets[0][0], Greeting, first)
    async with asyncio.timeout(60):
        for _ in range(3):
            reader, writer = await asyncio.open_connection(*first.sockets[0][0].getsockname())
            assert await reader.read() == b"hello"
            writer.close()
    taking.stop()
    stalled.close()
