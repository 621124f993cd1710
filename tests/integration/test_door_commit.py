"""The moment of responsibility at the door: a client that goes away, a room that fails, an end in the middle."""

from __future__ import annotations

import asyncio
import socket
import stat
from pathlib import Path

import pytest
from tests.door import ENVELOPE, PATIENCE, Client, Room, client_at, eventually, open_door

from mailguard.mail import reply as replies
from mailguard.mail.message import Message
from mailguard.mail.reply import Reply
from mailguard.smtpd import data
from mailguard.smtpd.admission import Memory
from mailguard.smtpd.receiving import Receiving
from mailguard.smtpd.settings import DoorLimits
from mailguard.smtpd.waiting import Phase

BIG = b"Subject: big\r\n\r\n" + b"0123456789abcdef\r\n" * 120_000


@pytest.fixture(autouse=True)
def small_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """A large body goes to a file."""
    monkeypatch.setattr(data, "WITH_ROOM", 2**20)


async def until_data(client: Client) -> None:
    assert (await client.ask(*ENVELOPE)).startswith("354")


def parts(folder: Path) -> list[Path]:
    return list((folder / "spool").iterdir())


@pytest.mark.parametrize("how", ["vanish", "half_close", "close"])
async def test_a_client_that_goes_away_cannot_cut_a_commit_in_two(tmp_path: Path, how: str) -> None:
    room = Room(wait=asyncio.Event())
    async with open_door(tmp_path, room=room) as (door, _, port):
        async with client_at(port) as client:
            await until_data(client)
            client.send_raw(BIG + b".\r\n")
            await asyncio.wait_for(room.entered.wait(), PATIENCE)
            if how == "half_close":
                client.half_close()
            elif how == "vanish":
                client.vanish()
        if how == "vanish":
            await eventually(lambda: door.connections == 0)
        assert room.finished == 0
        assert room.wait is not None
        room.wait.set()
        await eventually(lambda: room.finished == 1)
        await eventually(lambda: not parts(tmp_path))
    assert room.octets == [BIG]


@pytest.mark.parametrize("verb", ["DATA", "BDAT"])
async def test_octets_in_memory_count_until_their_client_has_taken_the_reply(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    """Else whoever reads no reply has memory that nobody knows of."""
    told, sent, give = list[str](), Receiving.sent, Memory.give

    def said(session: Receiving) -> bool:
        if session.phase is Phase.COMMIT:
            told.append("said")
        return sent(session)

    def given(memory: Memory, octets: int) -> None:
        told.append("given back")
        give(memory, octets)

    class Forgetful(Room):
        async def accept(self, message: Message) -> Reply:
            return replies.ACCEPTED

    monkeypatch.setattr(data, "WITH_ROOM", 12 * 2**20)
    monkeypatch.setattr(Receiving, "sent", said)
    monkeypatch.setattr(Memory, "give", given)
    async with open_door(tmp_path, room=Forgetful()) as (_, _, port), client_at(port) as client:
        if verb == "DATA":
            await until_data(client)
            client.send_raw(BIG + b".\r\n")
        else:
            client.send(*ENVELOPE[:-1], f"BDAT {len(BIG)} LAST")
            client.send_raw(BIG)
            assert [(await client.reply())[:3] for _ in range(3)] == ["250"] * 3
        assert (await client.reply()).startswith("250 2.0.0 accepted")
        await eventually(lambda: "given back" in told)
    assert told[:2] == ["said", "given back"]


async def test_a_client_that_only_stopped_sending_gets_its_reply(tmp_path: Path) -> None:
    async with open_door(tmp_path) as (_, room, port), client_at(port) as client:
        client.send(*ENVELOPE, "Subject: x", ".", "QUIT")
        client.half_close()
        said = [await client.reply() for _ in range(6)]
    assert [line[:3] for line in said] == ["250", "250", "250", "354", "250", "221"]
    assert len(room.messages) == 1


async def test_a_body_that_does_not_end_is_no_message(tmp_path: Path) -> None:
    async with open_door(tmp_path) as (door, room, port):
        for how in ("half_close", "vanish"):
            async with client_at(port) as client:
                await until_data(client)
                client.send_raw(BIG)
                await client.drain()
                await eventually(lambda: bool(parts(tmp_path)))
                getattr(client, how)()
                await eventually(lambda: door.connections == 0)
            await eventually(lambda: not parts(tmp_path))
    assert room.messages == []


async def test_a_fault_behind_the_door_is_451_and_says_nothing_of_its_cause(tmp_path: Path) -> None:
    room = Room(said=RuntimeError("secret path /etc"))
    async with open_door(tmp_path, room=room) as (_, _, port), client_at(port) as client:
        await until_data(client)
        client.send(".")
        assert await client.reply() == str(replies.TRY_LATER)
        room.said = replies.ACCEPTED
        await until_data_again(client)
        assert (await client.ask(".")).startswith("250 2.0.0 accepted")
    assert not parts(tmp_path)


async def until_data_again(client: Client) -> None:
    assert (await client.ask(*ENVELOPE[1:])).startswith("354")


async def test_a_disk_that_takes_nothing_is_451_after_the_final_dot(tmp_path: Path) -> None:
    async with open_door(tmp_path) as (_, room, port), client_at(port) as client:
        (tmp_path / "spool").rmdir()
        await until_data(client)
        client.send_raw(BIG + b".\r\n")
        assert await client.reply() == str(replies.TRY_LATER)
        await until_data_again(client)
        client.send("small enough for memory", ".")
        assert (await client.reply()).startswith("250 2.0.0 accepted")
    assert [message.body.path for message in room.messages] == [None]


async def test_a_large_body_is_a_private_file_that_nobody_keeps_by_accident(tmp_path: Path) -> None:
    room = Room(wait=asyncio.Event())
    async with open_door(tmp_path, room=room) as (_, _, port), client_at(port) as client:
        await until_data(client)
        client.send_raw(BIG + b".\r\n")
        await asyncio.wait_for(room.entered.wait(), PATIENCE)
        body = room.messages[0].body
        assert body.path is not None
        assert parts(tmp_path) == [body.path]
        assert stat.S_IMODE(body.path.stat().st_mode) == 0o600
        assert body.size == len(BIG)
        assert room.wait is not None
        room.wait.set()
        assert (await client.reply()).startswith("250")
        assert not parts(tmp_path)


async def test_stopping_tells_the_idle_waits_for_the_commit_and_cuts_who_dawdles(tmp_path: Path) -> None:
    room = Room(wait=asyncio.Event())
    async with (
        open_door(tmp_path, room=room) as (door, _, port),
        client_at(port) as idle,
        client_at(port) as between,
        client_at(port) as committing,
        client_at(port) as dawdling,
    ):
        await between.ask(*ENVELOPE[:2])
        await until_data(dawdling)
        dawdling.send_raw(BIG)
        await until_data(committing)
        committing.send("Subject: x", ".", "NOOP")
        await asyncio.wait_for(room.entered.wait(), PATIENCE)

        stopping = asyncio.create_task(door.stop(0.3))

        assert await idle.reply() == str(replies.SHUTTING_DOWN)
        assert await between.reply() == str(replies.SHUTTING_DOWN)
        with pytest.raises(OSError):
            await asyncio.open_connection("127.0.0.1", port)
        assert await dawdling.reply() == str(replies.SHUTTING_DOWN)
        assert not stopping.done()
        assert room.wait is not None
        room.wait.set()
        assert (await committing.reply()).startswith("250 2.0.0 accepted")
        assert await committing.reply() == str(replies.SHUTTING_DOWN)
        await asyncio.wait_for(stopping, PATIENCE)
    assert len(room.messages) == 1
    assert not parts(tmp_path)


async def test_a_body_under_way_may_end_within_the_grace(tmp_path: Path) -> None:
    async with open_door(tmp_path) as (door, room, port), client_at(port) as client:
        await until_data(client)
        client.send("Subject: x")
        stopping = asyncio.create_task(door.stop(PATIENCE))
        await asyncio.sleep(0.05)
        assert (await client.ask(".")).startswith("250 2.0.0 accepted")
        assert await client.reply() == str(replies.SHUTTING_DOWN)
        await asyncio.wait_for(stopping, PATIENCE)
    assert room.octets == [b"Subject: x\r\n"]


async def test_what_is_refused_is_read_on_to_its_final_dot(tmp_path: Path) -> None:
    limits = DoorLimits(message_bytes=100_000)
    async with open_door(tmp_path, limits=limits) as (_, room, port), client_at(port) as client:
        await until_data(client)
        client.send_raw(BIG * 10 + b".\r\nNOOP\r\n")
        assert await client.reply() == str(replies.TOO_LARGE)
        assert await client.reply() == str(replies.OK)
    assert room.messages == []
    assert not parts(tmp_path)


async def test_but_not_for_ever(tmp_path: Path) -> None:
    limits = DoorLimits(message_bytes=1000)
    async with open_door(tmp_path, limits=limits) as (_, _, port), client_at(port) as client:
        await until_data(client)

        async def send() -> None:
            for _ in range(300):
                client.send_raw(BIG)
                await client.drain()

        sending = asyncio.create_task(send())
        assert await client.reply() == str(replies.TOO_LARGE)
        sending.cancel()
        await asyncio.wait([sending])


async def test_a_fault_in_the_middle_of_a_body_ends_the_session(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What comes next is the body; read as commands, it would be mail that nobody sent.
    async def broken(*_: object) -> data.Taken:
        raise RuntimeError

    monkeypatch.setattr(data, "take", broken)
    async with open_door(tmp_path) as (_, room, port), client_at(port) as client:
        await until_data(client)
        client.send("RSET", "NOOP")
        assert await client.reply() == str(replies.TRY_LATER)
        assert await client.line() == ""
    assert room.messages == []


def talk_without_listening(port: int, octets: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as sock:
        sock.sendall(octets)
        heard = b""
        while block := sock.recv(65536):
            heard += block
        return heard


async def test_the_last_word_is_heard_by_who_still_talks(tmp_path: Path) -> None:
    # Closed with octets unread, the connection is reset and takes the reply with it.
    async with open_door(tmp_path, limits=DoorLimits(errors=2)) as (_, _, port):
        heard = await asyncio.to_thread(talk_without_listening, port, b"FOO\r\n" * 400_000)
    assert heard.endswith(f"{replies.TOO_MANY_ERRORS}\r\n".encode())
