"""The door says "later" before anything runs out, and to whoever floods first."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.door import ENVELOPE, STRANGERS, TRUSTED, Client, Room, client_at, eventually, open_door

from mailguard import events
from mailguard.mail import reply as replies
from mailguard.pressure import Pressure, PressureLimits, gauges
from mailguard.smtpd.settings import DoorLimits

MB = 2**20
NO_ROOM = str(replies.NO_ROOM)


class Disk:
    """A disk that a test fills: 1000 MB, of which 100 MB are to stay free."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.free = 200 * MB
        monkeypatch.setattr(gauges, "disk", lambda _: (self.free, 1000 * MB, 10_000))
        self.pressure = Pressure(PressureLimits(disk_free=100 * MB), {"ledger": Path("/")})

    async def has(self, free: int) -> None:
        self.free = free * MB
        await self.pressure.look()


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    return Disk(monkeypatch)


def refused(why: str) -> float:
    return events.REGISTRY.get_sample_value("mailguard_admission_refused_total", {"why": why}) or 0.0


async def mail(client: Client, *parameters: str) -> str:
    client.send(" ".join(["MAIL FROM:<ann@corp.example>", *parameters]))
    return await client.reply()


async def test_a_full_disk_is_told_at_mail_and_is_over_when_there_is_room(tmp_path: Path, disk: Disk) -> None:
    await disk.has(99)
    before = refused("disk")
    async with open_door(tmp_path, pressure=disk.pressure) as (_, room, port), client_at(port) as client:
        await client.ask("EHLO pc.corp.example")
        assert await mail(client) == NO_ROOM
        assert refused("disk") == before + 1
        assert await mail(client) == NO_ROOM  # no transaction was begun
        await disk.has(500)
        await client.ask(*ENVELOPE)
        assert (await client.ask(".")).startswith("250")
    assert len(room.messages) == 1


async def test_an_announced_size_counts_while_its_mail_is_under_way(tmp_path: Path, disk: Disk) -> None:
    await disk.has(200)
    limits = DoorLimits(message_bytes=90 * MB)
    async with (
        open_door(tmp_path, limits=limits, pressure=disk.pressure) as (_, _, port),
        client_at(port) as first,
        client_at(port) as second,
        client_at(port) as third,
    ):
        for client in (first, second, third):
            await client.ask("EHLO pc.corp.example")
        await third.ask(f"MAIL FROM:<ann@corp.example> SIZE={80 * MB}", "RCPT TO:<bob@partner.example>")
        await first.ask(f"MAIL FROM:<ann@corp.example> SIZE={80 * MB}", "RCPT TO:<bob@partner.example>", "DATA")
        assert await mail(second, f"SIZE={80 * MB}") == NO_ROOM
        third.send("DATA")  # there was room when it was announced
        assert await third.reply() == NO_ROOM
        assert (await mail(second, f"SIZE={10 * MB}")).startswith("250")
        await second.ask("RSET")
        assert (await first.ask(".")).startswith("250")
        assert disk.pressure._announced == 0
        await third.ask("DATA")
        assert await mail(second, f"SIZE={80 * MB}") == NO_ROOM
        third.vanish()
        await eventually(lambda: disk.pressure._announced == 0)
        assert (await mail(second, f"SIZE={80 * MB}")).startswith("250")


async def test_who_announces_much_and_sends_nothing_keeps_no_room_from_others(tmp_path: Path, disk: Disk) -> None:
    await disk.has(200)
    limits = DoorLimits(message_bytes=90 * MB)
    async with (
        open_door(tmp_path, STRANGERS, limits, pressure=disk.pressure) as (_, _, port),
        client_at(port) as stranger,
        client_at(port) as other,
    ):
        for client in (stranger, other):
            await client.ask("EHLO pc.corp.example")
            assert (await mail(client, f"SIZE={80 * MB}")).startswith("250")
        stranger.send("RCPT TO:<bob@partner.example>", "BDAT 1 LAST")
        assert (await stranger.reply()).startswith("550 5.7.1")
        stranger.send_raw(b"x")
        assert (await stranger.reply())[:1] == "5"
        assert disk.pressure._announced == 0


async def test_a_body_that_nobody_announced_is_stopped_before_the_disk_is_full(tmp_path: Path, disk: Disk) -> None:
    await disk.has(101)
    limits = DoorLimits(message_bytes=90 * MB)
    async with open_door(tmp_path, limits=limits, pressure=disk.pressure) as (_, room, port), client_at(port) as client:
        await client.ask(*ENVELOPE)
        line = b"x" * 998 + b"\r\n"
        for _ in range(60):
            client.send_raw(line * 1000)
            await client.drain()
        assert await client.ask(".") == NO_ROOM
        assert not list((tmp_path / "spool").iterdir())
        assert (await client.ask("NOOP")).startswith("250")
    assert room.messages == []


async def test_without_memory_nobody_is_let_in_and_who_is_in_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pressure = Pressure(PressureLimits(memory=1000 * MB))
    async with open_door(tmp_path, pressure=pressure) as (door, _, port), client_at(port) as client:
        await client.ask("EHLO pc.corp.example")
        monkeypatch.setattr(gauges, "used_memory", lambda: 1001 * MB)
        await pressure.look()
        assert await mail(client) == NO_ROOM
        async with client_at(port, greeted=False) as late:
            assert await late.reply() == str(replies.TOO_BUSY)
            assert await late.is_closed()
        await eventually(lambda: door.connections == 1)


@contextlib.asynccontextmanager
async def clients(port: int, count: int, address: str) -> AsyncIterator[list[Client]]:
    """So many, from one address of this machine, each ready for a body."""
    async with contextlib.AsyncExitStack() as stack:
        found = []
        for _ in range(count):
            reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(address, 0))
            stack.callback(writer.transport.abort)
            client = Client(reader, writer)
            await client.reply()
            await client.ask(*ENVELOPE[:3])
            found.append(client)
        yield found


async def test_who_sends_much_at_once_is_told_to_wait_and_others_go_on(tmp_path: Path) -> None:
    room = Room(wait=asyncio.Event())
    assert room.wait is not None
    before = refused("share")
    async with (
        open_door(tmp_path, TRUSTED, DoorLimits(messages=8), room) as (_, _, port),
        clients(port, 10, "127.0.0.2") as flood,
        clients(port, 1, "127.0.0.3") as (honest,),
    ):
        for client in flood:
            client.send("DATA")
        said = [await client.reply() for client in flood]
        assert sum(reply.startswith("354") for reply in said) == 6
        assert said.count(str(replies.WAIT_FOR_REPLIES)) == 4 == refused("share") - before
        for client, reply in zip(flood, said, strict=True):
            if reply.startswith("354"):
                client.send(".")
                client.half_close()
        await eventually(lambda: len(room.messages) == 6)
        assert (await honest.ask("DATA")).startswith("354")  # one place is left for somebody else
        flood[-1].send("DATA")  # the transaction stands: the same mail may be sent a moment later
        assert await flood[-1].reply() == str(replies.WAIT_FOR_REPLIES)
        room.wait.set()
        assert (await honest.ask(".")).startswith("250")
        await eventually(lambda: events.REGISTRY.get_sample_value("mailguard_messages_under_way") == 0)
        assert (await flood[-1].ask("DATA", ".")).startswith("250")


async def test_a_client_that_leaves_has_its_place_until_its_mail_is_in(tmp_path: Path) -> None:
    room = Room(wait=asyncio.Event())
    assert room.wait is not None
    async with open_door(tmp_path, TRUSTED, DoorLimits(messages=2), room) as (door, _, port):
        async with clients(port, 1, "127.0.0.2") as (one,):
            await one.ask("DATA")
            one.send(".")
            await eventually(lambda: len(room.messages) == 1)
            one.vanish()
            await eventually(lambda: door.connections == 0)
            assert events.REGISTRY.get_sample_value("mailguard_messages_under_way") == 1
        room.wait.set()
        await eventually(lambda: events.REGISTRY.get_sample_value("mailguard_messages_under_way") == 0)


async def test_a_few_addresses_never_take_every_connection(tmp_path: Path) -> None:
    async with (
        open_door(tmp_path, TRUSTED, DoorLimits(connections=8)) as (_, _, port),
        clients(port, 6, "127.0.0.2"),
        client_at(port, greeted=False) as more,
    ):
        assert (await more.reply()).startswith("220")  # from 127.0.0.1
        reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=("127.0.0.2", 0))
        assert (await reader.readline()).decode().strip() == str(replies.TOO_MANY_CONNECTIONS)
        writer.close()
