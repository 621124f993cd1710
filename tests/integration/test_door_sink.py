"""The file of a large message: written behind the reading, whole and in order; what the disk does not take is told."""

import hashlib
import os
import random
from pathlib import Path

import pytest

from mailguard.relay.content import Seen, checked, scan_octets
from mailguard.smtpd import data


def left_in(folder: Path) -> list[Path]:
    return list(folder.iterdir())


@pytest.mark.parametrize("sealed", [False, True])
async def test_blocks_of_any_size_come_back_in_order(tmp_path: Path, *, sealed: bool) -> None:
    chance = random.Random(7)
    blocks = [chance.randbytes(chance.choice([1, 700, 280_000, 300_000])) for _ in range(60)]
    sink = data.Sink(tmp_path, sealed=sealed)
    for block in blocks:
        await sink.write(block)
    body = await sink.close()
    octets = b"".join(blocks)
    assert body.path is not None
    assert body.read() == octets
    assert (body.size, body.sha256) == (len(octets), hashlib.sha256(octets).hexdigest())


@pytest.mark.parametrize("after", [0, 1, 5])
async def test_a_disk_that_fills_up_is_told_at_the_latest_at_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    written, write = [0], os.write

    def full(descriptor: int, octets: bytes) -> int:
        written[0] += 1
        if written[0] > after:
            raise OSError(28, "No space left on device")
        return write(descriptor, octets)

    monkeypatch.setattr(os, "write", full)
    sink = data.Sink(tmp_path)

    async def taken() -> None:
        for _ in range(6):
            await sink.write(b"x" * 280_000)
        await sink.close()

    with pytest.raises(OSError, match="No space"):
        await taken()
    monkeypatch.undo()
    sink.discard()
    assert not left_in(tmp_path)


async def test_what_is_discarded_in_the_middle_of_a_write_leaves_no_file(tmp_path: Path) -> None:
    sink = data.Sink(tmp_path)
    for _ in range(20):
        await sink.write(b"x" * 280_000)
    sink.discard()
    assert not left_in(tmp_path)


@pytest.mark.parametrize("sealed", [False, True])
@pytest.mark.parametrize(
    ("last", "seen"), [(b"x", Seen()), (b"\xe3\x81\x82", Seen(eight_bit=True))], ids=["plain", "beyond ASCII"]
)
async def test_what_the_door_saw_is_what_the_back_door_would_see(
    tmp_path: Path, last: bytes, seen: Seen, *, sealed: bool
) -> None:
    sink = data.Sink(tmp_path, sealed=sealed)
    await sink.write(b"Subject: x\r\n\r\n" + b"x\r\n" * 100_000)
    await sink.write(last + b"\r\n")
    body = await sink.close()
    assert body.plain == (seen == Seen())
    assert await checked(body) == scan_octets(body) == seen
