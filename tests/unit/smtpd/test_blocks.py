"""Blocks of a message that come past the reader's buffer: in the order in which they came, and no larger than asked."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from mailguard.smtpd.lines import Lines
from mailguard.smtpd.settings import DoorLimits

LARGE = bytes(range(256)) * 80


class Line:
    """A transport that only says whether it is to go on."""

    def __init__(self) -> None:
        self.paused = False

    def pause_reading(self) -> None:
        self.paused = True

    def resume_reading(self) -> None:
        self.paused = False


def reading(lines: Lines, most: int) -> asyncio.Task[bytes]:
    return asyncio.get_running_loop().create_task(lines.read_block(most))


@pytest.fixture
async def wire() -> Any:
    lines: Any = Lines(DoorLimits(), "mx.corp.example", asyncio.get_running_loop())
    lines._reader = lines._stream_reader  # as when a connection is made
    lines._reader._transport = Line()
    return lines


async def test_a_large_piece_is_the_block_and_stops_what_follows(wire: Any) -> None:
    block = reading(wire, 2**20)
    await asyncio.sleep(0)
    wire.data_received(LARGE)
    assert wire._reader._transport.paused
    assert not wire.at_hand
    assert await block is LARGE
    assert not wire._reader._transport.paused, "else nobody would hear that the client is gone"
    following = reading(wire, 2**20)
    await asyncio.sleep(0)
    wire.data_received(b"x")
    assert await following == b"x"


@pytest.mark.parametrize("pieces", [[b"a", LARGE], [LARGE, b"a"], [LARGE, LARGE, b"b"], [b"a", b"b", LARGE]])
async def test_pieces_that_come_in_one_moment_stay_in_order(wire: Any, pieces: list[bytes]) -> None:
    block = reading(wire, 2**20)
    await asyncio.sleep(0)
    for piece in pieces:
        wire.data_received(piece)
    got = await block
    while len(got) < sum(map(len, pieces)):
        got += await asyncio.wait_for(wire.read_block(), 20.0)
    assert got == b"".join(pieces)


async def test_no_block_is_larger_than_what_is_left_of_a_chunk(wire: Any) -> None:
    block = reading(wire, len(LARGE) - 1)
    await asyncio.sleep(0)
    wire.data_received(LARGE)
    assert await block == LARGE[:-1]
    assert wire.at_hand == LARGE[-1:]


async def test_commands_go_through_the_buffer(wire: Any) -> None:
    waits = asyncio.get_running_loop().create_task(wire.some())
    await asyncio.sleep(0)
    wire.data_received(LARGE)
    await waits
    assert wire.at_hand == LARGE
