"""Limits at the door: how many, how long, how much; each answered out of the catalogue."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import socket
import subprocess
import sys
from asyncio.sslproto import SSLProtocol
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.door import (
    ENVELOPE,
    PATIENCE,
    STRANGERS,
    Room,
    client_at,
    client_context,
    eventually,
    open_door,
    with_tls,
)

from mailguard.mail import reply as replies
from mailguard.smtpd.protocol import Conversation
from mailguard.smtpd.settings import LOOPBACK, DoorLimits

FULL = str(replies.TOO_MANY_CONNECTIONS)


@pytest.mark.parametrize("limits", [DoorLimits(connections=2), DoorLimits(connections_per_address=2)])
async def test_connections(tmp_path: Path, limits: DoorLimits) -> None:
    async with (
        open_door(tmp_path, limits=limits) as (door, _, port),
        client_at(port),
        client_at(port) as second,
        client_at(port, greeted=False) as third,
    ):
        assert await third.reply() == FULL
        assert await third.line() == ""
        await second.ask("QUIT")
        await eventually(lambda: door.connections <= 1)
        async with client_at(port) as fourth:
            assert (await fourth.ask("NOOP")).startswith("250")


@pytest.mark.parametrize("said", [(), ENVELOPE[:1], ENVELOPE[:3]])
async def test_idle_for_a_command(tmp_path: Path, said: tuple[str, ...]) -> None:
    async with open_door(tmp_path, limits=DoorLimits(idle_seconds=1.0)) as (_, _, port), client_at(port) as client:
        if said:
            await client.ask(*said)
        client.send_raw(b"NOO")
        assert await client.reply() == str(replies.IDLE_TOO_LONG)
        assert await client.line() == ""


async def test_idle_in_a_body(tmp_path: Path) -> None:
    async with open_door(tmp_path, limits=DoorLimits(data_seconds=1.0)) as (_, room, port), client_at(port) as client:
        await client.ask(*ENVELOPE)
        client.send("Subject: x")
        assert await client.reply() == str(replies.IDLE_TOO_LONG)
        assert await client.line() == ""
    assert room.messages == []


@pytest.mark.parametrize("said", [ENVELOPE[:1], ENVELOPE])
async def test_a_session_ends_whatever_it_does(tmp_path: Path, said: tuple[str, ...]) -> None:
    async with (
        open_door(tmp_path, limits=DoorLimits(session_seconds=2.0)) as (_, room, port),
        client_at(port) as client,
    ):
        await client.ask(*said)

        async def dribble() -> None:
            while True:
                client.send_raw(b"x")
                await asyncio.sleep(0.02)

        dribbling = asyncio.create_task(dribble())
        assert await client.reply() == str(replies.SESSION_TOO_LONG)
        dribbling.cancel()
    assert room.messages == []


async def test_a_commit_outlasts_the_session(tmp_path: Path) -> None:
    room = Room(wait=asyncio.Event())
    limits = DoorLimits(session_seconds=1.5, idle_seconds=1.5)
    async with open_door(tmp_path, limits=limits, room=room) as (_, _, port), client_at(port) as client:
        await client.ask(*ENVELOPE)
        client.send(".")
        await asyncio.sleep(2.0)
        assert room.wait is not None
        room.wait.set()
        assert (await client.reply()).startswith("250 2.0.0 accepted")
        assert await client.reply() == str(replies.SESSION_TOO_LONG)


async def test_who_pipelines_much_lets_others_have_their_turn(tmp_path: Path) -> None:
    count = 8000
    async with open_door(tmp_path) as (door, _, port), client_at(port) as flood, client_at(port) as other:
        flood.send_raw(b"RSET\r\n" * count)
        await flood.reply()
        await other.ask("NOOP")
        done = sum(session.visit.commands for session in door._sessions if isinstance(session, Conversation))
        assert done < count // 2
        for _ in range(count - 1):
            assert (await flood.reply()).startswith("250")


async def talk_on(writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(b"HELP\r\n" * 20_000)
        await writer.drain()


async def test_a_client_that_never_reads_is_cut_off(tmp_path: Path) -> None:
    limits = DoorLimits(idle_seconds=0.3, commands=10**9)
    async with open_door(tmp_path, limits=limits) as (door, _, port):
        _, writer = await asyncio.open_connection("127.0.0.1", port, limit=1)
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        sock = writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        with pytest.raises(OSError, match=r"reset|lost|pipe"):
            await asyncio.wait_for(talk_on(writer), PATIENCE * 3)
        await eventually(lambda: door.connections == 0)
        writer.close()


async def test_replies_leave_at_once_and_many_may_knock(tmp_path: Path) -> None:
    async with open_door(tmp_path) as (door, _, port), client_at(port):
        (session,) = door._sessions
        assert isinstance(session, Conversation)
        sock = session.transport.get_extra_info("socket")
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        # The loop stands still meanwhile, so all of them have to wait in the kernel's queue.
        many = [socket.create_connection(("127.0.0.1", port), timeout=2) for _ in range(150)]
        await eventually(lambda: door.connections == 151)
        for one in many:
            one.close()


PROXY_LISTENER = replace(STRANGERS, proxy_protocol=True, trusted_networks=LOOPBACK)


@pytest.mark.parametrize(
    ("header", "relay"),
    [
        (b"PROXY TCP4 127.0.0.9 127.0.0.1 4321 25\r\n", "250 2.1.5"),
        (b"PROXY TCP4 192.0.2.7 127.0.0.1 4321 25\r\n", "550 5.7.1"),
        (b"PROXY UNKNOWN\r\n", "550 5.7.1"),
        (b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0", "550 5.7.1"),
        (b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c" + bytes([127, 0, 0, 9, 127, 0, 0, 1, 16, 0, 0, 25]), "250 2.1.5"),
    ],
)
async def test_the_proxy_header_says_who_it_is(tmp_path: Path, header: bytes, relay: str) -> None:
    async with open_door(tmp_path, PROXY_LISTENER) as (_, _, port), client_at(port, greeted=False) as client:
        client.send_raw(header)
        assert (await client.reply()).startswith("220 ")
        await client.ask(*ENVELOPE[:2])
        client.send(ENVELOPE[2])
        assert (await client.reply()).startswith(relay)


@pytest.mark.parametrize("header", [b"PROXY UNKNOWN\r\n", b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0"])
async def test_a_client_that_the_proxy_does_not_know_is_not_the_proxy(tmp_path: Path, header: bytes) -> None:
    listener = replace(PROXY_LISTENER, auth="optional", xclient_from=LOOPBACK, xforward_from=LOOPBACK)
    async with open_door(tmp_path, listener) as (_, _, port), client_at(port, greeted=False) as client:
        client.send_raw(header)
        await client.reply()
        offered = await client.ask(ENVELOPE[0])
        assert not {"AUTH", "XCLIENT", "XFORWARD"} & set(offered.replace("-", " ").split())  # no password in the clear
        client.send("XCLIENT ADDR=127.0.0.9")
        assert (await client.reply()).startswith("550 5.7.0")


@pytest.mark.parametrize("header", [b"EHLO pc.corp.example\r\n", b"PROXY TCP4 x y z\r\n", b"PROXY\r\n", b"\0" * 40])
async def test_no_proxy_header_no_service(tmp_path: Path, header: bytes) -> None:
    async with open_door(tmp_path, PROXY_LISTENER) as (_, _, port), client_at(port, greeted=False) as client:
        client.send_raw(header)
        assert await client.is_closed()


async def test_who_is_no_proxy_cannot_say_who_it_is(tmp_path: Path) -> None:
    listener = replace(PROXY_LISTENER, proxies=())
    async with open_door(tmp_path, listener) as (_, _, port), client_at(port, greeted=False) as client:
        client.send_raw(b"PROXY TCP4 127.0.0.9 127.0.0.1 4321 25\r\n")
        assert await client.is_closed()


MEASURE = """
import asyncio, gc, sys
from pathlib import Path
from mailguard.mail import reply
from mailguard.smtpd.server import Door
from mailguard.smtpd.settings import LOOPBACK, DoorLimits, ListenerSettings

def high_water():
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0])

async def accept(message):
    assert message.body.size in (0, int(sys.argv[2]))
    return reply.ACCEPTED

async def main():
    listener = ListenerSettings("127.0.0.1", 0, trusted_networks=LOOPBACK)
    door = Door([listener], DoorLimits(message_bytes=2**28), "mx.corp.example", accept, None, Path(sys.argv[1]))
    await door.start()
    print(door.addresses[0][1], flush=True)
    for line in iter(lambda: asyncio.to_thread(sys.stdin.readline), None):
        if not (word := (await line).strip()):
            break
        print(high_water(), flush=True)
    await door.stop(1)

asyncio.run(main())
"""


@contextlib.contextmanager
def door_of_its_own(folder: Path, size: int) -> Iterator[tuple[int, Callable[[], int]]]:
    """(port, high water mark in KiB) of a door in a process of its own, where nothing else takes memory."""
    command = [sys.executable, "-c", MEASURE, str(folder), str(size)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1) as process:
        told, tells = process.stdin, process.stdout
        assert told is not None
        assert tells is not None

        def high_water() -> int:
            told.write("now\n")
            return int(tells.readline())

        yield int(tells.readline()), high_water
        told.close()
        assert process.wait(PATIENCE) == 0


async def test_a_large_mail_takes_no_memory(tmp_path: Path) -> None:
    block = b"0123456789abcdef" * 62 + b"\r\n"
    size = len(block) * 100_000  # 99.4 MB
    with door_of_its_own(tmp_path, size) as (port, high_water):
        async with client_at(port) as client:
            await client.ask(*ENVELOPE)
            assert (await client.ask(".")).startswith("250 2.0.0")
            before = high_water()
            await client.ask(*ENVELOPE[1:])
            for _ in range(1000):
                client.send_raw(block * 100)
                await client.drain()
            assert (await client.ask(".")).startswith("250 2.0.0")
            added = high_water() - before
    print(f"a mail of {size} octets added {added} KiB of memory")
    assert added < 20 * 1024


@pytest.mark.parametrize("tls", [False, True])
async def test_a_session_that_has_ended_leaves_nothing(tmp_path: Path, tls: bool) -> None:
    """The buffers of TLS are a quarter of a megabyte a session: kept for half a minute, a flood of them is too much."""

    def left() -> int:
        gc.collect()
        objects = gc.get_objects()
        ours = [one for one in objects if isinstance(one, SSLProtocol) and one._server_side]
        return len(ours) + sum(isinstance(one, Conversation) for one in objects)

    before = left()
    listener = replace(with_tls(tmp_path, STRANGERS), tls="implicit") if tls else STRANGERS
    async with open_door(tmp_path, listener) as (door, _, port):
        for words in (["QUIT"], ["WHAT"] * 20, []):
            async with client_at(port, tls=client_context() if tls else None) as client:
                client.send(*words)
                for _ in words:
                    await client.reply()
        await eventually(lambda: door.connections == 0 and left() == before)
