"""A body as the door makes it: both ways say the same of it, whatever its size."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from mailguard.mail.message import Body
from mailguard.smtpd import data
from mailguard.smtpd.settings import DoorLimits

LIMITS = DoorLimits(line_bytes=100)
LINE = b"x" * 76 + b"\r\n"


def both_ways(octets: bytes, folder: Path) -> list[Body]:
    wire = octets + b".\r\n"
    at_once = data.taken_at_once(bytearray(wire), LIMITS, lambda _: None)
    assert at_once is not None
    blocks = iter([wire[:1000], wire[1000:]])

    async def read() -> bytes:
        return next(blocks)

    streamed = asyncio.run(data.take(read, LIMITS, folder, lambda _: None))
    assert at_once[0].body is not None
    assert streamed.body is not None
    return [at_once[0].body, streamed.body]


@pytest.mark.parametrize("lines", [1, 2000])
def test_a_body_in_memory_is_plain_if_it_is_ascii(lines: int, tmp_path: Path) -> None:
    """Who relays it then looks for nothing in it again."""
    for body in both_ways(LINE * lines, tmp_path):
        assert (body.octets, body.plain) == (LINE * lines, True)
    for body in both_ways(LINE * lines + "é\r\n".encode(), tmp_path):
        assert not body.plain


def test_a_line_that_is_too_long_is_left_to_the_scan() -> None:
    wire = LINE * 2000 + b"x" * 101 + b"\r\n.\r\n"
    assert data.taken_at_once(bytearray(wire), LIMITS, lambda _: None) is None
    assert data.taken_at_once(bytearray(wire.replace(b"x" * 101, b"x" * 100)), LIMITS, lambda _: None) is not None
