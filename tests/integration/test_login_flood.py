"""A flood of logins at the door: bounded in what it costs, and mail of those who are in goes on meanwhile."""

from __future__ import annotations

import asyncio
import base64
import ipaddress
import time
from dataclasses import replace
from pathlib import Path

import argon2
import yaml
from tests.door import PATIENCE, STRANGERS, eventually, open_door

from mailguard.smtpd.auth import Login, UserFile
from mailguard.smtpd.logins import ByPassword

HONEST = "127.9.9.9"
GUESSERS, SECONDS, MAILS = 250, 6.0, 60
MAIL = b"EHLO pc\r\nMAIL FROM:<ann@corp.example>\r\nRCPT TO:<bob@partner.example>\r\nDATA\r\n"


async def guess(port: int, number: int, answers: list[bytes]) -> None:
    """One client that guesses as fast as it is answered, from an address of its own."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(f"127.1.{number}.1", 0))
    try:
        writer.write(b"EHLO guesser\r\n")
        while not (await reader.readuntil(b"\r\n")).startswith(b"250 "):
            pass
        while True:
            response = base64.b64encode(f"\0user{number % 20}@corp.example\0guess".encode())
            writer.write(b"AUTH PLAIN " + response + b"\r\n")
            answers.append((await reader.readuntil(b"\r\n"))[:3])
    except (ConnectionError, asyncio.IncompleteReadError):
        pass
    finally:
        writer.transport.abort()


async def send(port: int) -> float:
    """A mail of a trusted client; seconds from connecting to the answer to its final dot."""
    began = time.monotonic()
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(HONEST, 0))
    writer.write(MAIL)
    while not (await reader.readuntil(b"\r\n")).startswith(b"354"):
        pass
    writer.write(b"Subject: x\r\n\r\nHello\r\n.\r\n")
    assert (await reader.readuntil(b"\r\n")).startswith(b"250 2.0.0")
    writer.close()
    return time.monotonic() - began


async def test_who_goes_away_gives_up_his_place(tmp_path: Path) -> None:
    asked, ended = asyncio.Event(), asyncio.Event()

    async def check(name: str, password: str) -> Login | None:
        asked.set()
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()
        return None

    async with open_door(tmp_path, replace(STRANGERS, auth="optional"), authenticate=check) as (door, _, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"EHLO guesser\r\nAUTH PLAIN AGFubgBhbm4=\r\n")
        await asyncio.wait_for(asked.wait(), PATIENCE)
        writer.close()
        await asyncio.wait_for(ended.wait(), PATIENCE)
        await eventually(lambda: door.connections == 0)
        assert (await reader.readline()).startswith(b"220 ")


async def test_mail_goes_on_in_a_flood_of_logins(tmp_path: Path) -> None:
    file = tmp_path / "users.yaml"
    # An eighth of the usual cost: more checks in the same time, and the test is over sooner.
    hashed = argon2.PasswordHasher(time_cost=1, memory_cost=8 * 1024).hash("right")
    users = {f"user{number}@corp.example": {"password": hashed} for number in range(20)}
    file.write_text(yaml.safe_dump({"users": users}))
    known = UserFile(file)
    known.load()
    listener = replace(STRANGERS, auth="optional", trusted_networks=(ipaddress.ip_network(HONEST),))
    answers: list[bytes] = []
    async with open_door(tmp_path, listener, authenticate=ByPassword(known.check)) as (door, room, port):
        guessers = [asyncio.create_task(guess(port, number, answers)) for number in range(GUESSERS)]
        await asyncio.sleep(1)
        took = []
        for _ in range(MAILS):
            took.append(await send(port))
            await asyncio.sleep(SECONDS / MAILS)
        for task in guessers:
            task.cancel()
        await asyncio.gather(*guessers, return_exceptions=True)
        await eventually(lambda: door.connections == 0)
    known.close()
    took.sort()
    assert len(room.messages) == MAILS
    assert set(answers) <= {b"535", b"454", b"421"}
    assert answers.count(b"535") > 10, "logins are answered meanwhile"
    # The answer to the second failure of an address takes half a second, to the fourth two: no more than these.
    assert len(answers) < GUESSERS * 6
    # Behind the flood each of them would wait for hundreds of checks; a busy machine delays only some of them.
    assert took[MAILS // 2] < 1.0, f"median {took[MAILS // 2]:.3f} s, longest {took[-1]:.3f} s"
