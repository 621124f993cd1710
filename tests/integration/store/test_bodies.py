"""Files of bodies: written at their place for good, never over another, and nothing is left of one that failed."""

from __future__ import annotations

import asyncio
import errno
import fcntl
import os
import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from tests.ledger import NOON, Ledger, facts, mail, verdict

from mailguard.mail.message import new_message_id
from mailguard.mail.sealing import new_key, unseal
from mailguard.store.bodies import Bodies, Fresh
from mailguard.store.errors import StoreError

OCTETS = b"Subject: x\r\n\r\n" + b"line\r\n" * 20_000


@pytest.fixture
def bodies(tmp_path: Path) -> Bodies:
    made = Bodies(tmp_path / "bodies")
    made.settle()
    return made


def put(bodies: Bodies, octets: bytes, message_id: str, key: bytes | None) -> None:
    """One alone."""
    (error,) = bodies.put_all([Fresh(octets, message_id, key)])
    if error is not None:
        raise error


def files(bodies: Bodies) -> list[Path]:
    return [path for path in bodies.root.rglob("*") if path.is_file()]


@pytest.mark.parametrize("key", [None, new_key()], ids=["clear", "sealed"])
def test_octets_lie_at_their_place(bodies: Bodies, key: bytes | None) -> None:
    name = new_message_id(NOON)
    put(bodies, OCTETS, name, key)
    path = bodies.path_of(name, sealed=key is not None)
    assert files(bodies) == [path]
    assert path.stat().st_mode & 0o777 == 0o600
    assert (path.read_bytes() if key is None else unseal(key, path.read_bytes())) == OCTETS


@pytest.mark.parametrize("straight", ["taken", "not offered", "not known there", "refused when it is used"])
@pytest.mark.parametrize("size", [512 * 1024, 3 * 2**20 + 1])
def test_large_octets_lie_there_whole_whatever_the_disk_knows(
    bodies: Bodies, monkeypatch: pytest.MonkeyPatch, straight: str, size: int
) -> None:
    unknown, set_flags, write = OSError(errno.EINVAL, "Invalid argument"), fcntl.fcntl, os.write

    def flags(descriptor: int, command: int, *flags: int) -> int:
        if command == fcntl.F_SETFL and flags[0] & os.O_DIRECT:
            raise unknown
        return set_flags(descriptor, command, *flags)

    def written(descriptor: int, octets: bytes) -> int:
        if set_flags(descriptor, fcntl.F_GETFL) & os.O_DIRECT:
            raise unknown
        return write(descriptor, octets[:500_000])  # and never all at once

    if straight == "not offered":
        monkeypatch.setattr("mailguard.store.bodies._STRAIGHT", 0)
    elif straight == "not known there":
        monkeypatch.setattr(fcntl, "fcntl", flags)
    elif straight == "refused when it is used":
        monkeypatch.setattr(os, "write", written)
    name, octets = new_message_id(NOON), os.urandom(size)
    put(bodies, octets, name, None)
    assert bodies.path_of(name).read_bytes() == octets


def test_a_disk_that_refuses_the_last_piece_keeps_nothing_of_what_filled_its_page(
    bodies: Bodies, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A write may be cut short amid a page, where a limit is; what is left does not begin with a page any more."""
    octets, write = os.urandom(2**20 + 1), os.write

    def cut_short(descriptor: int, piece: bytes) -> int:
        if not fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_DIRECT:
            return write(descriptor, piece)
        if len(piece) % 4096:
            raise OSError(errno.EINVAL, "Invalid argument")
        return write(descriptor, piece[:512] if len(piece) == 4096 else piece)

    monkeypatch.setattr(os, "write", cut_short)
    name = new_message_id(NOON)
    put(bodies, octets, name, None)
    assert bodies.path_of(name).read_bytes() == octets


def test_what_fills_the_last_page_is_of_no_other_mail(bodies: Bodies, monkeypatch: pytest.MonkeyPatch) -> None:
    """A house that dies then leaves it on the disk."""
    written, write = list[bytes](), os.write

    def seen(descriptor: int, piece: bytes) -> int:
        written.append(bytes(piece))
        return write(descriptor, piece)

    monkeypatch.setattr(os, "write", seen)
    for octet, size in ((b"a", 2**20), (b"b", 2**20 - 1)):
        put(bodies, octet * size, new_message_id(NOON), None)
    assert b"a" not in written[-1]


def test_a_disk_that_is_full_is_not_tried_another_way(bodies: Bodies, monkeypatch: pytest.MonkeyPatch) -> None:
    put(bodies, OCTETS, new_message_id(NOON), None)  # the folder is safe
    before, tried = files(bodies), [0]

    def full(descriptor: int, octets: bytes) -> int:
        tried[0] += 1
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(OSError, match="No space"):
        put(bodies, bytes(2**20), new_message_id(NOON), None)
    assert (files(bodies), tried) == (before, [1])


def test_what_lies_there_is_not_overwritten(bodies: Bodies) -> None:
    name = new_message_id(NOON)
    put(bodies, OCTETS, name, None)
    with pytest.raises(FileExistsError):
        put(bodies, b"another", name, None)
    assert bodies.path_of(name).read_bytes() == OCTETS


@pytest.mark.parametrize("fails", [1, 2], ids=["the file", "its folder"])
def test_nothing_is_left_where_the_disk_fails(bodies: Bodies, monkeypatch: pytest.MonkeyPatch, fails: int) -> None:
    put(bodies, OCTETS, new_message_id(NOON), None)  # the folder is safe
    synced, sync = [0], os.fsync

    def fsync(descriptor: int) -> None:
        synced[0] += 1
        if synced[0] == fails:
            raise OSError(5, "Input/output error")
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    before = files(bodies)
    with pytest.raises(OSError, match="Input/output"):
        put(bodies, OCTETS, new_message_id(NOON), None)
    assert files(bodies) == before


def test_those_of_one_moment_share_the_sync_of_their_folder(bodies: Bodies, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [new_message_id(NOON) for _ in range(3)]
    put(bodies, b"lies here", names[1], None)
    synced, sync = [0], os.fsync

    def fsync(descriptor: int) -> None:
        synced[0] += 1
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    wrong = bodies.put_all([Fresh(OCTETS, name, None) for name in names])
    assert [type(one) for one in wrong] == [type(None), FileExistsError, type(None)]
    assert synced == [2 + 1]
    assert [bodies.path_of(name).read_bytes() for name in names] == [OCTETS, b"lies here", OCTETS]


def test_none_of_them_is_left_where_their_folder_fails(bodies: Bodies, monkeypatch: pytest.MonkeyPatch) -> None:
    put(bodies, OCTETS, new_message_id(NOON), None)  # the folder is safe
    before = files(bodies)

    def fails(folder: Path) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("mailguard.store.bodies.sync", fails)
    wrong = bodies.put_all([Fresh(OCTETS, new_message_id(NOON), None) for _ in range(3)])
    assert [str(one) for one in wrong] == ["[Errno 5] Input/output error"] * 3
    assert files(bodies) == before


async def test_mails_of_one_moment_are_put_together(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    lots: list[int] = []
    put_all = Bodies.put_all

    def counted(bodies: Bodies, some: Sequence[Fresh]) -> list[Exception | None]:
        lots.append(len(some))
        return put_all(bodies, some)

    monkeypatch.setattr(Bodies, "put_all", counted)
    messages = [mail(octets=OCTETS) for _ in range(9)]
    taken = messages[3]
    put(Bodies(ledger.bodies), b"lies here", taken.id, None)
    lots.clear()
    adding = [ledger.spool.add(one, facts(), verdict(one), b"") for one in messages]
    answers = await asyncio.gather(*adding, return_exceptions=True)
    assert lots == [8, 1]
    assert [isinstance(one, StoreError) for one in answers] == [one is taken for one in messages]
    for one in messages:
        if one is not taken:
            assert (await ledger.spool.body(one.id)).read() == OCTETS


async def test_who_leaves_while_bodies_are_put_keeps_nobody_waiting(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go, put_all = threading.Event(), threading.Event(), Bodies.put_all

    def slowly(bodies: Bodies, some: Sequence[Fresh]) -> list[Exception | None]:
        begun.set()
        go.wait(60)
        return put_all(bodies, some)

    monkeypatch.setattr(Bodies, "put_all", slowly)
    messages = [mail(octets=OCTETS) for _ in range(3)]
    adding = [asyncio.create_task(ledger.spool.add(one, facts(), verdict(one), b"")) for one in messages]
    assert await asyncio.to_thread(begun.wait, 60)
    adding[0].cancel()
    with pytest.raises(asyncio.CancelledError):
        await adding[0]
    go.set()
    async with asyncio.timeout(60):
        await asyncio.gather(*adding[1:])


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
