"""A client that is gone in the middle of a commit, with more on the line behind the message."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from tests.door import ENVELOPE, PATIENCE, TRUSTED, Client, Room, client_at, eventually, open_door, with_tls

from mailguard import events
from mailguard.smtpd.settings import DoorLimits


@pytest.mark.parametrize("behind", ["DATA\r\nSubject: half", "BDAT 4\r\nSubj", "DATA\r\nSubject: whole\r\n.\r\n"])
@pytest.mark.parametrize("tls", [False, True])
async def test_what_was_pipelined_behind_it_is_dropped_and_takes_up_nothing(
    tmp_path: Path, behind: str, tls: bool
) -> None:
    # Nobody would hear what became of it, and a place that it had taken would never be given back.
    room = Room(wait=asyncio.Event())
    listener = replace(with_tls(tmp_path, TRUSTED), tls="starttls") if tls else TRUSTED
    async with open_door(tmp_path, listener, DoorLimits(messages=4), room=room) as (_, _, port):
        for _ in range(3):
            async with client_at(port) as client:
                if tls:
                    await client.ask("EHLO pc", "STARTTLS")
                    await client.start_tls()
                await _goes_while_at_the_table(client, room, behind)
        await asyncio.sleep(0.1)
        assert len(room.messages) == 3
        assert events.REGISTRY.get_sample_value("mailguard_messages_under_way") == 0
        assert not list((tmp_path / "spool").iterdir())


async def _goes_while_at_the_table(client: Client, room: Room, behind: str) -> None:
    before = room.finished
    assert room.wait is not None
    room.entered.clear()
    room.wait.clear()
    client.send(*ENVELOPE, "Subject: x", ".", *ENVELOPE[1:3])
    client.send_raw(behind.encode())
    await client.drain()
    await asyncio.wait_for(room.entered.wait(), PATIENCE)
    client.vanish()
    await asyncio.sleep(0.05)
    room.wait.set()
    await eventually(lambda: room.finished > before)
