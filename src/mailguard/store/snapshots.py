"""The file of a model beside the ledger: whole or not there, with the number of the last experience that is in it.

It is written aside, synced and renamed, under a lock that ends with its process, so that a kill leaves the old file or
the new one. Its digest is compared before anything reads it. `lineage` changes when a model is exchanged for another
than the one that grew (an archive was imported, say): whoever has the other one must not write over it. What is in it
is the caller's. Everything here blocks.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import io
import os
import secrets
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, TypeVar

from mailguard.mail.values import value
from mailguard.store.folders import sync

T = TypeVar("T")

_MAGIC = b"mailguard insight 1\n"
_HEAD = struct.Struct(">q16s")
_DIGEST = hashlib.sha256().digest_size
_BLOCK = 2**20
#: A model is bounded far below; a larger file is none.
LARGEST = 2**30


class SnapshotError(ValueError):
    """Why a file is no snapshot, or not all of one."""


@value(frozen=True, slots=True)
class Mark:
    """number: of the last experience that is in it (store.lessons); lineage: of which model it is, 16 octets."""

    number: int = 0
    lineage: bytes = b""


def snapshot_path(ledger: Path) -> Path:
    """Where the snapshot of a ledger's model lies."""
    return ledger.with_suffix(".insight")


def new_lineage() -> bytes:
    """Of a model that no other grew from."""
    return secrets.token_bytes(16)


@contextlib.contextmanager
def writing(path: Path, *, wait: bool) -> Iterator[bool]:
    """Whether this process may exchange the file while the block lasts; with `wait` it may, as soon as nobody else
    does. Raises OSError.
    """
    with _locked(path.with_name(path.name + ".lock"), wait=wait) as mine:
        yield mine


@contextlib.contextmanager
def keeping(path: Path) -> Iterator[bool]:
    """Whether it is for this process, while the block lasts, to have the model of a snapshot in memory and to learn;
    the others ask it. Raises OSError.
    """
    with _locked(path.with_name(path.name + ".kept"), wait=False) as mine:
        yield mine


@contextlib.contextmanager
def _locked(path: Path, *, wait: bool) -> Iterator[bool]:
    """A lock of the kernel, which ends with the process that has it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            yield False
            return
        yield True
    finally:
        os.close(descriptor)


def write(path: Path, mark: Mark, save: Callable[[BinaryIO], None]) -> int:
    """Write a snapshot; `writing` must be held. Returns its octets. Raises OSError; then the old file stands."""
    aside = path.with_name(f".{path.name}.new")
    aside.unlink(missing_ok=True)  # of whoever was killed while he wrote
    try:
        with os.fdopen(os.open(aside, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "w+b") as file:
            file.write(_MAGIC + _HEAD.pack(mark.number, mark.lineage))
            save(file)
            file.seek(0)
            digest = hashlib.sha256()
            while block := file.read(_BLOCK):
                digest.update(block)
            file.write(digest.digest())
            file.flush()
            os.fsync(file.fileno())
            size = os.fstat(file.fileno()).st_size
        aside.replace(path)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise
    sync(path.parent)
    return size


def mark_of(path: Path) -> Mark | None:
    """What a snapshot says of itself, unchecked; None if there is none. Raises SnapshotError, OSError."""
    try:
        with path.open("rb") as file:
            return _mark(file)
    except FileNotFoundError:
        return None


def read(path: Path, load: Callable[[BinaryIO], T]) -> tuple[T, Mark]:
    """Have `load` read a snapshot, once it is known to be whole. Raises SnapshotError, FileNotFoundError, OSError, and
    whatever `load` does.
    """
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        if size > LARGEST:
            raise SnapshotError("it is larger than any model is")
        mark = _mark(file)
        begins, ends = file.tell(), size - _DIGEST
        _check(file, ends)
        file.seek(begins)
        return load(io.BufferedReader(_Part(file, ends - begins))), mark


def _mark(file: BinaryIO) -> Mark:
    if file.read(len(_MAGIC)) != _MAGIC:
        raise SnapshotError("it is no snapshot, or one of another version")
    head = file.read(_HEAD.size)
    if len(head) != _HEAD.size:
        raise SnapshotError("it is cut short")
    number, lineage = _HEAD.unpack(head)
    return Mark(number, lineage)


def _check(file: BinaryIO, ends: int) -> None:
    digest, left = hashlib.sha256(), ends
    if ends < file.tell():
        raise SnapshotError("it is cut short")
    file.seek(0)
    while left > 0 and (block := file.read(min(left, _BLOCK))):
        digest.update(block)
        left -= len(block)
    if file.read() != digest.digest():
        raise SnapshotError("it is damaged, or cut short")


class _Part(io.RawIOBase):
    """So many octets of a file, from where it stands."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file, self._left = file, size

    def readable(self) -> bool:
        return True

    def readinto(self, into: memoryview) -> int:  # type: ignore[override]
        octets = self._file.read(min(len(into), self._left))
        into[: len(octets)] = octets
        self._left -= len(octets)
        return len(octets)
