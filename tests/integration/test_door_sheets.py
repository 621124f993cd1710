"""Memory of large mails: nobody else's as long as anybody looks at it, and to be written by nobody but the door."""

from __future__ import annotations

import asyncio
import base64
import fcntl
import gc
import hashlib
import itertools
import mmap
import os
import random
import signal
import socket
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.door import eventually

from mailguard.inspect.limits import ReadingLimits
from mailguard.inspect.workers import Readers
from mailguard.mail.facts import Facts
from mailguard.mail.message import Body, Sheet, new_message_id
from mailguard.relay.content import text
from mailguard.smtpd import data, sheets
from mailguard.smtpd.settings import DoorLimits
from mailguard.smtpd.sheets import SIZE, Sheets
from mailguard.store.bodies import Bodies, Fresh
from mailguard.store.octets import Octets

LINE = b"x" * 76 + b"\r\n"


def taken(some: Sheets) -> Sheet:
    sheet = some.take()
    assert sheet is not None
    return sheet


async def test_a_sheet_is_free_when_the_last_view_of_it_is_gone() -> None:
    some = Sheets(1)
    sheet = taken(some)
    descriptor = sheet.descriptor
    parts = [sheet.view[10:20], memoryview(sheet.cut(100).view)[:5], sheet.cut(7).view]
    del sheet
    while parts:
        assert some.take() is None
        parts.pop()
    assert taken(some).descriptor == descriptor, "the same pages again"


async def test_views_in_a_thread_and_in_a_transport_keep_it() -> None:
    some, (here, there) = Sheets(1), socket.socketpair()
    _, writer = await asyncio.open_connection(sock=here)
    body = Body(SIZE, "", sheet=taken(some).cut(SIZE))
    assert body.in_memory is not None
    digest = asyncio.create_task(asyncio.to_thread(hashlib.sha256, body.in_memory))
    writer.write(body.in_memory)  # nobody reads it
    del body
    await digest
    del digest
    writer.transport.abort()
    there.close()
    await eventually(lambda: some.take() is not None)


async def test_the_descriptor_reads_and_nothing_more() -> None:
    some = Sheets(1)
    sheet = taken(some)
    sheet.view[:5] = b"hello"
    assert os.pread(sheet.descriptor, 5, 0) == b"hello"
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.pwrite(sheet.descriptor, b"j", 0)
    again = os.open(f"/proc/self/fd/{sheet.descriptor}", os.O_RDWR)
    try:
        for way in (
            lambda: os.pwrite(again, b"j", 0),
            lambda: mmap.mmap(again, 5),
            lambda: os.ftruncate(again, 0),
            lambda: os.ftruncate(again, SIZE + 1),
            lambda: fcntl.fcntl(again, fcntl.F_ADD_SEALS, fcntl.F_SEAL_WRITE),
        ):
            with pytest.raises(OSError, match=r"not permitted|denied"):
                way()
    finally:
        os.close(again)
    sheet.view[:5] = b"jelly"
    assert os.pread(sheet.descriptor, 5, 0) == b"jelly"
    with pytest.raises(TypeError):
        sheet.cut(5).view[0] = 0


async def test_sheets_that_nobody_needs_are_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "_QUIET", 0.01)
    some = Sheets(2)
    kept, other = taken(some), taken(some)
    kept.view[:4] = b"kept"
    descriptor = other.descriptor
    del other
    await eventually(lambda: not some._free and some._made == 1)
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(descriptor)
    assert os.pread(kept.descriptor, 4, 0) == b"kept"
    del kept
    await eventually(lambda: some._made == 0 and not some._looking)
    assert taken(some)


async def test_without_such_memory_there_is_no_sheet(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> int:
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr(os, "memfd_create", refused)
    some = Sheets(2)
    assert some.take() is None
    monkeypatch.delattr(os, "memfd_create")
    assert Sheets(2).take() is None


async def streamed(octets: bytes, folder: Path, some: Sheets, limits: DoorLimits | None = None) -> data.Taken:
    wire = octets + b".\r\n"
    blocks = iter([wire[at : at + 100_000] for at in range(0, len(wire), 100_000)])

    async def read() -> bytes:
        return next(blocks)

    return await data.take(read, limits or DoorLimits(), folder, lambda _: None, lambda _: True, some.take)


async def test_a_large_body_lies_on_a_sheet_and_is_what_it_would_be_without_one(tmp_path: Path) -> None:
    some = Sheets(1)
    octets = LINE * 20_000 + b"end\r\n"
    on_a_sheet = (await streamed(octets, tmp_path, some)).body
    without = (await streamed(octets, tmp_path, some)).body
    assert on_a_sheet is not None
    assert without is not None
    assert (on_a_sheet.octets, without.octets) == (None, octets)
    assert on_a_sheet.sheet is not None
    assert on_a_sheet == Body(without.size, without.sha256)
    assert bytes(on_a_sheet.sheet.view) == on_a_sheet.read() == octets
    with on_a_sheet.open() as file:
        assert file.read() == octets
    assert (on_a_sheet.plain, on_a_sheet.undotted) == (without.plain, without.undotted) == (True, True)


@pytest.mark.parametrize("sealed", [False, True])
async def test_a_body_that_grows_too_large_or_is_refused_leaves_its_sheet(tmp_path: Path, *, sealed: bool) -> None:
    some = Sheets(1)
    octets = LINE * (data.WITH_ROOM // len(LINE) + 3000)
    body = (await streamed(octets, tmp_path, some, DoorLimits(sealed=sealed))).body
    assert body is not None
    assert body.path is not None
    assert body.sha256 == hashlib.sha256(octets).hexdigest()
    assert body.read() == octets
    assert (await streamed(LINE * 20_000 + b"\n\r\n", tmp_path, some)).body is None
    await eventually(lambda: some.take() is not None)


async def test_a_mail_that_waits_for_people_leaves_its_sheet(tmp_path: Path) -> None:
    some, octets = Sheets(1), Octets(tmp_path / "bodies", None)
    body = (await streamed(LINE * 20_000, tmp_path, some)).body
    assert body is not None
    message_id = new_message_id(datetime.now(UTC))
    kept = await octets.settled(body, message_id)
    assert octets.lying(body, message_id, kept, goes_on=True).sheet is not None
    waiting = octets.lying(body, message_id, kept, goes_on=False)
    del body
    await eventually(lambda: some.take() is not None)  # the thread that wrote it lets go of it when it gets there
    assert (waiting.octets, waiting.sheet, waiting.read()) == (None, None, LINE * 20_000)


class House:
    """What a large mail meets, with sheets for a few of those that are under way: each is another's a moment later."""

    def __init__(self, root: Path, chance: random.Random) -> None:
        self.root = root
        self.chance = chance
        self.sheets = Sheets(3)
        self.readers = Readers(ReadingLimits(seconds=60.0), count=2)
        self.bodies = Bodies(root / "bodies")
        self.bodies.settle()
        self.on_sheets = 0

    async def mail(self, number: int) -> None:
        """From the door to the next server, all ways at once. Octets that are another mail's would be seen."""
        mark = f"{number:04d}".encode()
        content = mark * 19 * self.chance.randint(7_000, 30_000)
        octets = b"Subject: " + mark + b"\r\nContent-Transfer-Encoding: base64\r\n"
        octets += b"Content-Type: application/octet-stream; name=a.bin\r\n\r\n"
        octets += b"\r\n".join(content[at : at + 76] for at in range(0, len(content), 76)) + b"\r\n"
        if number % 3 == 0:  # dots that are doubled on the way out
            octets += b".x\r\n"
        body = await self._in(octets)
        self.on_sheets += body.sheet is not None
        assert body.sha256 == hashlib.sha256(octets).hexdigest()
        reading = asyncio.create_task(self.readers.read(body))
        if number % 5 == 0:
            await asyncio.sleep(self.chance.random() / 50)
            reading.cancel()
        written, sent, facts = await asyncio.gather(
            self._written(body), self._out(body), reading, return_exceptions=True
        )
        del body
        assert written == octets
        assert sent == b"X: y\r\n" + octets.replace(b"\r\n.", b"\r\n..") + b".\r\n"
        if isinstance(facts, Facts):
            assert facts.headers.subject == mark.decode()
            digests = [one.sha256 for one in facts.attachments]
            assert number % 3 == 0 or digests == [hashlib.sha256(base64.b64decode(content)).hexdigest()]
        else:
            assert isinstance(facts, asyncio.CancelledError)

    async def _in(self, octets: bytes) -> Body:
        wire = octets.replace(b"\r\n.", b"\r\n..") + b".\r\n"
        places = sorted({0, len(wire), *(self.chance.randrange(len(wire)) for _ in range(8))})
        blocks = iter([wire[begin:end] for begin, end in itertools.pairwise(places)])

        async def read() -> bytes:
            await asyncio.sleep(0)
            return next(blocks)

        folder = self.bodies.incoming
        taken = await data.take(read, DoorLimits(), folder, lambda _: None, lambda _: True, self.sheets.take)
        assert taken.body is not None
        return taken.body

    async def _written(self, body: Body) -> bytes:
        assert body.in_memory is not None
        message_id = new_message_id(datetime.now(UTC))
        fresh = Fresh(body.in_memory, message_id, None)
        assert await asyncio.to_thread(self.bodies.put_all, [fresh]) == [None]
        return self.bodies.path_of(message_id).read_bytes()

    async def _out(self, body: Body) -> bytes:
        """As a slow server takes it: what is to go out is kept as it was given, and looked at later."""
        waiting: list[bytes | memoryview] = []
        async for piece in text(b"X: y\r\n", body):
            waiting.append(piece)
            await asyncio.sleep(0)
        del body
        await asyncio.sleep(self.chance.random() / 10)
        return b"".join(waiting)

    async def kill_readers(self) -> None:
        while True:
            await asyncio.sleep(self.chance.random())
            for worker in self.chance.sample(self.readers.pids, len(self.readers.pids) // 2):
                os.kill(worker, signal.SIGKILL)


async def test_no_mail_has_an_octet_of_another(tmp_path: Path) -> None:
    """Mails of all sizes at once, cancelled ones among them, while reading workers are killed."""
    house = House(tmp_path, random.Random(19))
    killing = asyncio.create_task(house.kill_readers())
    turns = asyncio.Semaphore(6)

    async def one(number: int) -> None:
        async with turns:
            await house.mail(number)

    try:
        await asyncio.gather(*(one(number) for number in range(18)))
    finally:
        killing.cancel()
        await house.readers.stop()
    assert house.on_sheets >= 6
    await eventually(lambda: gc.collect() >= 0 and len(house.sheets._free) == house.sheets._made)  # all came back
