"""BDAT at a real door: files of large messages, clients that leave in the middle, chunks that never come."""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path

import pytest
from tests.door import ENVELOPE, client_at, eventually, open_door

from mailguard.mail import reply as replies
from mailguard.smtpd import data
from mailguard.smtpd.settings import DoorLimits

BEGUN = ENVELOPE[:-1]


async def test_a_large_message_goes_through_a_file_octet_for_octet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data, "WITH_ROOM", 2**20)
    line = b"0123456789" * 7 + b"\r\n"
    message = b"Subject: x\r\n\r\n" + line * 40_000  # more than stays in memory
    async with open_door(tmp_path) as (_, room, port), client_at(port) as client:
        await client.ask(*BEGUN)
        for start in range(0, len(message), 500_000):
            chunk = message[start : start + 500_000]
            client.send_raw(b"BDAT %d\r\n" % len(chunk) + chunk)
            assert await client.reply() == f"250 2.0.0 {len(chunk)} octets received"
        assert len(list((tmp_path / "spool").iterdir())) == 1
        assert (await client.ask("BDAT 0 LAST")).startswith("250 2.0.0 accepted")
        assert room.octets == [message]
        assert room.messages[0].body.sha256 == hashlib.sha256(message).hexdigest()
        assert list((tmp_path / "spool").iterdir()) == []


@pytest.mark.parametrize("then", ["RSET", "EHLO again", "leaves", "hangs up in a chunk", "too large", "bare LF"])
async def test_nothing_is_left_of_a_message_that_does_not_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, then: str
) -> None:
    monkeypatch.setattr(data, "WITH_ROOM", data.IN_MEMORY)  # else it would stay in memory
    limits = DoorLimits(message_bytes=300_000)
    async with open_door(tmp_path, limits=limits) as (_, room, port):
        async with client_at(port) as client:
            await client.ask(*BEGUN)
            client.send_raw(b"BDAT 280000\r\n" + (b"x" * 998 + b"\r\n") * 280)
            assert (await client.reply()).startswith("250")
            assert len(list((tmp_path / "spool").iterdir())) == 1
            match then:
                case "RSET" | "EHLO again":
                    assert (await client.ask(then)).startswith("250")
                case "hangs up in a chunk":
                    client.send_raw(b"BDAT 50000\r\nabc")
                case "too large":
                    client.send_raw(b"BDAT 200000\r\n" + b"z" * 200_000)
                    assert (await client.reply()) == str(replies.TOO_LARGE)
                case "bare LF":
                    client.send_raw(b"BDAT 3\r\na\nb")
                    assert (await client.reply()) == str(replies.BARE_LINE_ENDING)
        await eventually(lambda: not list((tmp_path / "spool").iterdir()))
    assert room.messages == []


async def test_a_chunk_that_does_not_come_ends_the_session(tmp_path: Path) -> None:
    async with open_door(tmp_path, limits=DoorLimits(data_seconds=1.0)) as (_, room, port), client_at(port) as client:
        await client.ask(*BEGUN)
        client.send_raw(b"BDAT 50 LAST\r\nSubject: x")
        assert await client.reply() == str(replies.IDLE_TOO_LONG)
        assert await client.line() == ""
    assert room.messages == []


async def test_chunks_of_nothing_are_read_past_but_not_for_ever(tmp_path: Path) -> None:
    limits = DoorLimits(message_bytes=1000)
    async with open_door(tmp_path, limits=limits) as (_, _, port), client_at(port) as client:
        sent, said = 0, ""
        while not said.startswith("503 5.5.1 these octets belong to no message") or sent <= limits.discard_bytes:
            client.send_raw(b"BDAT 8388608\r\n" + b"NOOP\r\n\r\n" * 2**20)
            sent += 8 * 2**20
            said = await client.reply()
            assert said == str(replies.CHUNK_LOST)
        assert await client.line() == ""


async def test_a_commit_outlives_a_client_that_leaves_behind_its_last_chunk(tmp_path: Path) -> None:
    async with open_door(tmp_path) as (_, room, port):
        room.wait = asyncio.Event()
        async with client_at(port) as client:
            await client.ask(*BEGUN)
            client.send_raw(b"BDAT 5 LAST\r\n\r\nx\r\n")
            await asyncio.wait_for(room.entered.wait(), 5)
        room.wait.set()
        await eventually(lambda: room.finished == 1)


@pytest.mark.parametrize("way", ["DATA", "BDAT"])
async def test_most_octets_of_a_large_message_pass_by_the_buffer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    buffered = [0]
    feed = asyncio.StreamReader.feed_data

    def fed(reader: asyncio.StreamReader, octets: bytes) -> None:
        buffered[0] += len(octets)
        feed(reader, octets)

    message = b"Subject: x\r\n\r\n" + b"0123456789abcdef\r\n" * 100_000
    async with open_door(tmp_path) as (_, room, port), client_at(port) as client:
        await client.ask(*BEGUN)
        monkeypatch.setattr(asyncio.StreamReader, "feed_data", fed)
        if way == "DATA":
            assert (await client.ask("DATA")).startswith("354")
            client.send_raw(message + b".\r\nNOOP\r\n")
        else:
            client.send_raw(b"BDAT %d LAST\r\n%bNOOP\r\n" % (len(message), message))
        assert (await client.reply()).startswith("250 2.0.0 accepted")
        assert (await client.reply()).startswith("250"), "and what came behind it is the next command"
        assert room.octets == [message]
    assert buffered[0] < len(message) // 2
