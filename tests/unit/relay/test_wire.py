"""Replies in step: what was asked for and is well formed, and nothing else."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.relaying import Line

from mailguard.relay.wire import REPLY_MAX, Amid, Garbage, Lost, Unasked, Wire, WireError


def wired() -> tuple[Wire, Line]:
    wire, line = Wire(), Line()
    wire.connection_made(line)
    return wire, line


async def test_replies_come_in_order() -> None:
    wire, line = wired()
    wire.send(b"A\r\nB\r\n", replies=2)
    wire.data_received(b"250-first\r\n250 line\r\n5")
    wire.data_received(b"50 5.1.1 no\r\n")
    first, second = await wire.reply(1), await wire.reply(1)
    assert (first.code, first.text) == (250, "first line")
    assert (second.code, second.text) == (550, "5.1.1 no")
    assert line.sent == b"A\r\nB\r\n"
    assert wire.usable


@given(st.lists(st.integers(1, 60), max_size=30))
def test_replies_do_not_depend_on_how_they_are_cut(sizes: list[int]) -> None:
    octets = b"220 x\r\n250-a\r\n250-b\r\n250 c\r\n354\r\n421 4.3.2 bye\n"
    wire, _ = wired()
    wire.send(b"", replies=4)
    position = 0
    for size in [*sizes, len(octets)]:
        wire.data_received(octets[position : position + size])
        position += size
    assert [(r.code, r.text) for r in wire._replies] == [(220, "x"), (250, "a b c"), (354, ""), (421, "4.3.2 bye")]


async def test_a_status_that_each_line_has_is_read_once() -> None:
    """As Gmail refuses."""
    wire, _ = wired()
    wire.send(b"", replies=3)
    wire.data_received(
        b"550-5.7.26 The sender is\r\n550-5.7.26 unauthenticated. See\r\n550 5.7.26  a page about it\r\n"
    )
    wire.data_received(b"450-4.2.1 busy\r\n450-4.2.10 no\r\n450 4.7.1 other\r\n250-2.1.5\r\n250 2.1.5 ok\r\n")
    assert [reply.text for reply in wire._replies] == [
        "5.7.26 The sender is unauthenticated. See a page about it",
        "4.2.1 busy 4.2.10 no 4.7.1 other",
        "2.1.5 2.1.5 ok",
    ]


@pytest.mark.parametrize(
    "octets",
    [b"hello\r\n", b"25 short\r\n", b"2500 long\r\n", b"250-a\r\n550 b\r\n", b"199 no\r\n", b"999 no\r\n",
     b"+25 no\r\n", b"\r\n", b"\xff\xfe\r\n", b"250_no\r\n", b"250 a\rb\r\n"],
)  # fmt: skip
async def test_babble_ends_the_connection(octets: bytes) -> None:
    wire, line = wired()
    wire.send(b"MAIL\r\n", replies=1)
    wire.data_received(octets)
    with pytest.raises(Garbage):
        await wire.reply(1)
    assert line.closed
    assert not wire.usable


@pytest.mark.parametrize(
    "octets", [b"x" * (REPLY_MAX + 1), b"250-more\r\n" * 4000, b"250 " + b"y" * (REPLY_MAX + 1) + b"\r\n"]
)
async def test_a_reply_that_never_ends_is_cut_off(octets: bytes) -> None:
    wire, line = wired()
    wire.send(b"MAIL\r\n", replies=1)
    for start in range(0, len(octets), 5000):
        wire.data_received(octets[start : start + 5000])
    with pytest.raises(Garbage):
        await wire.reply(1)
    assert line.closed
    assert len(wire._buffer) < 2 * REPLY_MAX


async def test_a_word_out_of_turn_is_kept_as_the_cause() -> None:
    wire, line = wired()
    assert wire.usable
    wire.data_received(b"421 4.4.2 idle too long\r\n")
    wire.connection_lost(None)
    assert line.closed
    assert not wire.usable
    with pytest.raises(Unasked) as caught:
        wire.send(b"MAIL\r\n", replies=1)
    assert caught.value.reply.code == 421


async def test_what_was_answered_before_the_end_is_still_heard() -> None:
    wire, _ = wired()
    wire.send(b"MAIL\r\nRCPT\r\n", replies=2)
    wire.data_received(b"550 no\r\n")
    wire.connection_lost(ConnectionResetError())
    assert (await wire.reply(1)).code == 550
    with pytest.raises(Lost):
        await wire.reply(1)


async def test_silence_and_dripping_have_one_deadline() -> None:
    wire, line = wired()
    wire.send(b"MAIL\r\n", replies=1)

    async def drip() -> None:
        for _ in range(100):
            wire.data_received(b"2")
            await asyncio.sleep(0.01)

    dripping = asyncio.create_task(drip())
    with pytest.raises(WireError):
        await wire.reply(0.05)
    assert line.closed
    dripping.cancel()


async def test_a_writer_waits_for_a_slow_reader_and_is_woken_by_a_refusal() -> None:
    wire, _ = wired()
    wire.pause_writing()
    asyncio.get_running_loop().call_later(0.01, wire.data_received, b"552 5.3.4 too big\r\n")
    with pytest.raises(Unasked):
        await wire.drain(5)
    wire, _ = wired()
    wire.pause_writing()
    asyncio.get_running_loop().call_later(0.01, wire.resume_writing)
    await wire.drain(5)
    wire.pause_writing()
    with pytest.raises(Lost, match="did not read"):
        await wire.drain(0.02)


@given(st.binary(max_size=12), st.integers(0, 3))
async def test_a_short_reply_is_read_like_a_long_one(words: bytes, spaces: int) -> None:
    """Those of few octets are looked up, those of many are not."""
    heard = []
    for blanks in (spaces, spaces + 600):
        wire, _ = wired()
        wire.send(b"MAIL\r\n", replies=1)
        wire.data_received(b"250 " + words + b" " * blanks + b"\r\n")
        heard.append((list(wire._replies), type(wire._failure)))
    assert heard[0] == heard[1]


async def test_a_reply_to_a_text_comes_behind_its_end() -> None:
    """Who says that he has it all before it is out may take the rest, which a stranger wrote, for commands."""
    for unsent, taken in ((0, True), (100, True), (100_000, False)):
        wire, line = wired()
        wire.send_end([b"text\r\n", b".\r\n"])
        line.unsent = unsent
        wire.data_received(b"250 2.0.0 enough\r\n")
        if taken:
            assert (await wire.reply(1)).code == 250
        else:
            with pytest.raises(Amid):
                await wire.reply(1)
        assert wire.usable is taken
    wire, line = wired()
    wire.send(b"many commands", replies=2)
    line.unsent = 100_000
    wire.data_received(b"250 2.1.0 the first of them\r\n")
    assert (await wire.reply(1)).code == 250
