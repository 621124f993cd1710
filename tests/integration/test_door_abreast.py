"""A door whose sockets other processes share: no listener takes what belongs to another, and nobody who was just let in
is forgotten when it closes.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.door import HOST, PATIENCE, STRANGERS, TRUSTED, Room

from mailguard.smtpd.abreast import Abreast
from mailguard.smtpd.server import Door
from mailguard.smtpd.settings import DoorLimits, ListenerSettings


@contextlib.asynccontextmanager
async def shared_door(folder: Path) -> AsyncIterator[tuple[Abreast, Door]]:
    """Of the first process: for those who are trusted, and for strangers."""
    abreast = Abreast.first(2)
    door = Door([TRUSTED, STRANGERS], DoorLimits(), HOST, Room().accept, None, folder, abreast=abreast)
    try:
        await door.start()
        yield abreast, door
    finally:
        await door.stop(5)
        abreast.close()


async def open_beside(first: Abreast, listeners: list[ListenerSettings], folder: Path) -> None:
    """The same door in another process, which has read these listeners."""
    inherited = [[one.dup() for one in some] for some in first.sockets]
    abreast = Abreast(1, os.dup(first._descriptor), inherited)
    door = Door(listeners, DoorLimits(), HOST, Room().accept, None, folder, abreast=abreast)
    try:
        await door.start()
    finally:
        await door.stop(5)
        abreast.close()


async def test_the_sockets_of_strangers_are_never_those_of_the_trusted(tmp_path: Path) -> None:
    """Whoever edits the configuration and does not restart has children that read it when they begin anew."""
    async with shared_door(tmp_path) as (abreast, door):
        trusted, strangers = (
            replace(one, port=port) for one, (_, port) in zip((TRUSTED, STRANGERS), door.addresses, strict=True)
        )
        await open_beside(abreast, [trusted, strangers], tmp_path)
        for edited in ([strangers, trusted], [trusted], [trusted, replace(strangers, host="127.0.0.2")]):
            with pytest.raises(OSError, match="restart it"):
                await open_beside(abreast, edited, tmp_path)


async def test_who_was_let_in_as_the_door_closes_is_told_so(tmp_path: Path) -> None:
    async with shared_door(tmp_path) as (_, door):
        client = socket.create_connection(door.addresses[0])
        door._takings[0]._knock()  # it has its connection, and no session yet
        await door.stop(60)
        reader, writer = await asyncio.open_connection(sock=client)
        async with asyncio.timeout(PATIENCE):
            assert b"421 " in await reader.read()
        writer.close()


async def test_a_door_that_closes_refuses_whoever_comes_then(tmp_path: Path) -> None:
    """Nobody waits in a queue that no process looks at, while the last mails go their way."""
    async with shared_door(tmp_path) as (_, door):
        (address, *_) = door.addresses
        await door.stop(5)
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(*address)
