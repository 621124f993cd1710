"""A body as the door makes it: both ways say the same of it, whatever its size."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from mailguard.mail.message import Body
from mailguard.pressure import Pressure
from mailguard.smtpd import data
from mailguard.smtpd.admission import Admission, Memory, Place
from mailguard.smtpd.session import Transaction
from mailguard.smtpd.settings import DoorLimits

LIMITS = DoorLimits(line_bytes=100)
LINE = b"x" * 76 + b"\r\n"


def streamed(octets: bytes, folder: Path, keep: Callable[[int], bool]) -> Body:
    """By blocks."""
    wire = octets + b".\r\n"
    blocks = iter([wire[at : at + 100_000] for at in range(0, len(wire), 100_000)])

    async def read() -> bytes:
        return next(blocks)

    body = asyncio.run(data.take(read, LIMITS, folder, lambda _: None, keep)).body
    assert body is not None
    return body


def both_ways(octets: bytes, folder: Path) -> list[Body]:
    wire = octets + b".\r\n"
    at_once = data.taken_at_once(bytearray(wire), LIMITS, lambda _: None)
    assert at_once is not None
    assert at_once[0].body is not None
    return [at_once[0].body, streamed(octets, folder, lambda _: False)]


@pytest.mark.parametrize("lines", [1, 2000])
def test_a_body_in_memory_is_plain_if_it_is_ascii(lines: int, tmp_path: Path) -> None:
    """Who relays it then looks for nothing in it again."""
    for body in both_ways(LINE * lines, tmp_path):
        assert (body.octets, body.plain) == (LINE * lines, True)
    for body in both_ways(LINE * lines + "é\r\n".encode(), tmp_path):
        assert not body.plain


@pytest.mark.parametrize("line", [b"", b".\r\n", b".x\r\n", b"x.x\r\n"])
def test_a_streamed_body_says_whether_a_line_begins_with_a_dot(line: bytes, tmp_path: Path) -> None:
    for octets in (LINE * 5000 + line, line + LINE * 5000, LINE * 2000 + line + LINE * 2000):
        wire = (b"\r\n" + octets).replace(b"\r\n.", b"\r\n..")[2:]
        body = streamed(wire, tmp_path, lambda _: True)
        assert (body.octets, body.undotted) == (octets, not line.startswith(b"."))


def test_a_line_that_is_too_long_is_left_to_the_scan() -> None:
    wire = LINE * 2000 + b"x" * 101 + b"\r\n.\r\n"
    assert data.taken_at_once(bytearray(wire), LIMITS, lambda _: None) is None
    assert data.taken_at_once(bytearray(wire.replace(b"x" * 101, b"x" * 100)), LIMITS, lambda _: None) is not None


def test_a_larger_body_stays_in_memory_while_there_is_room(tmp_path: Path) -> None:
    octets = LINE * 10_000
    memory = Memory(len(octets) + 50_000)
    first = streamed(octets, tmp_path, memory.take)
    assert (first.octets, first.path, first.plain) == (octets, None, True)
    second = streamed(octets, tmp_path, memory.take)
    assert (second.octets, second.read(), second.plain) == (None, octets, True)
    assert second == Body(first.size, first.sha256, path=second.path)


def test_a_body_that_grows_too_large_goes_to_a_file_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data, "WITH_ROOM", 2**20)
    octets = LINE * 30_000
    body = streamed(octets, tmp_path, lambda _: True)
    assert (body.octets, body.read()) == (None, octets)
    assert body.sha256 == Body.of(octets).sha256


def test_room_in_memory_is_given_back_with_the_reply() -> None:
    admission = Admission(Pressure(), 10, kept=1000)
    first, second, large = (admission.message(name, size) for name, size in (("a", 0), ("b", 900), ("c", 2**30)))
    assert isinstance(first, Place)
    assert isinstance(second, Place)
    assert isinstance(large, Place)
    assert not large.keep(1)  # it would not come to its end there
    assert first.keep(600)
    assert not second.keep(500)
    assert first.keep(400)
    assert not second.keep(1)
    first.end()
    first.end()
    assert second.keep(1000)
    assert not second.keep(1), "a second end gives nothing back"


def test_octets_that_are_passed_on_take_up_their_room_until_nobody_has_them() -> None:
    admission = Admission(Pressure(), 10, kept=1000)
    first, second, taken = Transaction(), Transaction(), data.Taken(Body.of(b"x"), None)
    for one in (first, second):
        place = admission.message("a", 0)
        assert isinstance(place, Place)
        one.place = place
    assert first.keep(700)
    passed_on = [first.counted(taken).body]
    first.leave()
    assert not second.keep(700), "its octets are still there"
    body = passed_on.pop()
    assert body is not None
    passed_on.append(replace(body, plain=True))
    del body
    assert not second.keep(700), "as another value"
    passed_on.clear()
    assert second.keep(700)
    second.leave()
    assert first.counted(taken) is taken, "what keeps nothing has no room"
