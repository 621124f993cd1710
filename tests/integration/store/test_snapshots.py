"""The file of the model: whole or not there, its digest asked first, one writer at a time."""

from __future__ import annotations

import hashlib
import os
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import pytest

from mailguard.store import snapshots
from mailguard.store.keyring import Keyring, add_key
from mailguard.store.snapshots import Mark, SnapshotError

MARK = Mark(7, b"0123456789abcdef")
OCTETS = os.urandom(3 * 2**20)


TOOK = Mark(7, b"0123456789abcdef", b"i" * 16, (b"a" * 16, b"b" * 16))


def saved(path: Path, octets: bytes = OCTETS, keys: Keyring | None = None, mark: Mark = MARK) -> Path:
    def save(file: BinaryIO) -> None:
        file.write(octets[:7])
        file.write(octets[7:])

    assert snapshots.write(path, mark, save, keys) == path.stat().st_size
    return path


def load(file: BinaryIO) -> bytes:
    return file.read()


def test_there_and_back(tmp_path: Path) -> None:
    path = saved(tmp_path / "m.insight")
    assert snapshots.read(path, load) == (OCTETS, MARK)
    assert snapshots.mark_of(path) == MARK
    assert path.stat().st_mode & 0o777 == 0o600
    assert snapshots.mark_of(tmp_path / "none") is None
    assert list(tmp_path.iterdir()) == [path]


def test_of_nothing_too(tmp_path: Path) -> None:
    assert snapshots.read(saved(tmp_path / "m", b""), load) == (b"", MARK)


@pytest.mark.parametrize("mark", [TOOK, Mark(7, b"0123456789abcdef", merged=TOOK.merged), Mark(0, b"", TOOK.imported)])
def test_with_what_was_taken_in(tmp_path: Path, mark: Mark) -> None:
    path, keys = tmp_path / "m", new_keys(tmp_path / "keys")
    for ring in (None, keys):
        saved(path, keys=ring, mark=mark)
        there = mark if mark.lineage else replace(mark, lineage=bytes(16))
        assert snapshots.read(path, load, ring) == (OCTETS, there)
        assert snapshots.mark_of(path) == there
        path.write_bytes(path.read_bytes()[:70])
        with pytest.raises(SnapshotError):
            snapshots.read(path, load, ring)


def test_of_many_models_that_were_taken_in_the_oldest_are_forgotten(tmp_path: Path) -> None:
    many = tuple(number.to_bytes(16, "big") for number in range(1, 1003))
    path = saved(tmp_path / "m", mark=replace(MARK, merged=many))
    assert snapshots.mark_of(path) == replace(MARK, merged=many[2:])


@pytest.mark.parametrize("place", [0, 25, 60, 2**20, -40, -1])
def test_an_octet_that_was_changed_is_noticed_before_anything_is_read(tmp_path: Path, place: int) -> None:
    path = saved(tmp_path / "m")
    octets = bytearray(path.read_bytes())
    octets[place] ^= 1
    path.write_bytes(octets)
    with pytest.raises(SnapshotError):
        snapshots.read(path, lambda _: pytest.fail("it was read"))


@pytest.mark.parametrize("size", [0, 10, 30, 44, 60, 2**20])
def test_a_file_that_was_cut_short_is_none(tmp_path: Path, size: int) -> None:
    path = saved(tmp_path / "m")
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(SnapshotError):
        snapshots.read(path, lambda _: pytest.fail("it was read"))


def new_keys(path: Path) -> Keyring:
    add_key(path)
    return Keyring(path)


@pytest.mark.parametrize("octets", [OCTETS, b""])
def test_sealed_it_opens_with_its_key_alone(tmp_path: Path, octets: bytes) -> None:
    keys, others = new_keys(tmp_path / "keys"), new_keys(tmp_path / "others")
    path = saved(tmp_path / "m", octets, keys)
    assert snapshots.read(path, load, keys) == (octets, MARK)
    assert snapshots.mark_of(path) == MARK
    assert octets[1000:1100] not in path.read_bytes() or not octets
    for wrong in (None, others):
        with pytest.raises(SnapshotError):
            snapshots.read(path, load, wrong)
    changed = bytearray(path.read_bytes()[:-32])
    changed[-1] ^= 1
    path.write_bytes(changed + hashlib.sha256(changed).digest())  # whoever changes it can count, too
    with pytest.raises(SnapshotError, match="altered"):
        snapshots.read(path, load, keys)


def test_another_key_and_none(tmp_path: Path) -> None:
    keys = new_keys(tmp_path / "keys")
    path = saved(tmp_path / "m", keys=keys)
    add_key(tmp_path / "keys")
    assert snapshots.anew(path, keys, seal=True)
    newest = (tmp_path / "keys").read_text().splitlines()[0]
    (tmp_path / "keys").write_text(f"{newest}\n")
    assert snapshots.read(path, load, Keyring(tmp_path / "keys")) == (OCTETS, MARK)
    assert snapshots.anew(path, keys, seal=False)
    assert snapshots.read(path, load) == (OCTETS, MARK)
    assert not snapshots.anew(tmp_path / "none", keys, seal=True)


def test_where_it_cannot_be_written_the_old_one_stands(tmp_path: Path) -> None:
    path = saved(tmp_path / "m")

    def fails(file: BinaryIO) -> None:
        file.write(b"half")
        raise OSError("no room")

    with pytest.raises(OSError, match="no room"):
        snapshots.write(path, MARK, fails)
    assert snapshots.read(path, load)[0] == OCTETS
    assert list(tmp_path.iterdir()) == [path]


def test_one_writes_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "m"
    with snapshots.writing(path, wait=False) as mine, snapshots.writing(path, wait=False) as other:
        assert (mine, other) == (True, False)
    with snapshots.writing(path, wait=True) as mine:
        assert mine
