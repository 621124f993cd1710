"""Files of bodies: written at their place for good, never over another, and nothing is left of one that failed."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from tests.ledger import NOON, Ledger, facts, mail, verdict

from mailguard.mail.message import new_message_id
from mailguard.mail.sealing import new_key, unseal
from mailguard.store.bodies import Bodies

OCTETS = b"Subject: x\r\n\r\n" + b"line\r\n" * 20_000


@pytest.fixture
def bodies(tmp_path: Path) -> Bodies:
    made = Bodies(tmp_path / "bodies")
    made.settle()
    return made


def files(bodies: Bodies) -> list[Path]:
    return [path for path in bodies.root.rglob("*") if path.is_file()]


@pytest.mark.parametrize("key", [None, new_key()], ids=["clear", "sealed"])
def test_octets_lie_at_their_place(bodies: Bodies, key: bytes | None) -> None:
    name = new_message_id(NOON)
    bodies.put(OCTETS, name, key)
    path = bodies.path_of(name, sealed=key is not None)
    assert files(bodies) == [path]
    assert path.stat().st_mode & 0o777 == 0o600
    assert (path.read_bytes() if key is None else unseal(key, path.read_bytes())) == OCTETS


def test_what_lies_there_is_not_overwritten(bodies: Bodies) -> None:
    name = new_message_id(NOON)
    bodies.put(OCTETS, name, None)
    with pytest.raises(FileExistsError):
        bodies.put(b"another", name, None)
    assert bodies.path_of(name).read_bytes() == OCTETS


@pytest.mark.parametrize("fails", [1, 2], ids=["the file", "its folder"])
def test_nothing_is_left_where_the_disk_fails(bodies: Bodies, monkeypatch: pytest.MonkeyPatch, fails: int) -> None:
    bodies.put(OCTETS, new_message_id(NOON), None)  # the folder is safe
    synced, sync = [0], os.fsync

    def fsync(descriptor: int) -> None:
        synced[0] += 1
        if synced[0] == fails:
            raise OSError(5, "Input/output error")
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    before = files(bodies)
    with pytest.raises(OSError, match="Input/output"):
        bodies.put(OCTETS, new_message_id(NOON), None)
    assert files(bodies) == before


async def test_a_fresh_mail_is_handed_on_in_memory_and_lies_in_its_file(ledger: Ledger) -> None:
    message = mail(octets=OCTETS)
    until = NOON + timedelta(minutes=15)
    record = await ledger.spool.add(message, facts(), verdict(message), b"", lease_until=until)
    assert (await ledger.spool.body(record.id)).octets is message.body.octets
    ledger.db.handed_on.forget()
    body = await ledger.spool.body(record.id)
    assert body.path is not None
    assert body.read() == OCTETS


async def test_a_fresh_mail_in_a_file_is_known_by_its_place(ledger: Ledger) -> None:
    message = mail(octets=OCTETS)
    arrived = ledger.spool.incoming / "in-1.part"
    arrived.write_bytes(OCTETS)
    message = replace(message, body=replace(message.body, octets=None, path=arrived, plain=True))
    until = NOON + timedelta(minutes=15)
    record = await ledger.spool.add(message, facts(), verdict(message), b"", lease_until=until)
    body = await ledger.spool.body(record.id)
    assert body.plain
    assert body.read() == OCTETS
    ledger.db.handed_on.forget()
    assert await ledger.spool.body(record.id) == body  # but what lay for a while is looked at anew
    assert not (await ledger.spool.body(record.id)).plain
