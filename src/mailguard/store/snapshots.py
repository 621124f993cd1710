"""The file of a model beside the ledger: whole or not there, with the number of the last experience that is in it.

It is written aside, synced and renamed, under a lock that ends with its process, so that a kill leaves the old file or
the new one. Its digest is compared before anything reads it. Where bodies are sealed, so is what is in it, with a key
of its own that is wrapped like theirs. `lineage` changes when a model is exchanged for another than the one that grew
(an archive was imported, say): whoever has the other one must not write over it. What was taken in at once stands in
it, too, since nothing else changes in the same step as the model. What is in it is the caller's. Everything here
blocks.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import io
import os
import secrets
import shutil
import struct
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from mailguard.mail.sealing import Broken, Sealer, Unsealed, new_key
from mailguard.mail.values import value
from mailguard.store.folders import beside, sync
from mailguard.store.keyring import Keyring, Wrapped

T = TypeVar("T")

_MAGIC, _SEALED = b"mailguard insight 1\n", b"mailguard insight 2\n"
#: The same, with what was taken in behind the head. A model that took nothing in is as it always was.
_MAGIC_TAKEN, _SEALED_TAKEN = b"mailguard insight 3\n", b"mailguard insight 4\n"
#: Of a sealed one, behind the head: the name of the key that its own is wrapped by, and how long that is, wrapped.
_KEY = struct.Struct(">16sH")
#: No body has this number: a wrapped key opens in its own place only.
_NO_BODY = 0
_HEAD = struct.Struct(">q16s")
#: The last archive, and how many other models; each of these has so many octets. The oldest are forgotten.
_TAKEN, _EACH, _MERGED_MOST = struct.Struct(">16sH"), 16, 1000
_DIGEST = hashlib.sha256().digest_size
_BLOCK = 2**20
#: A model is bounded far below; a larger file is none.
LARGEST = 2**30


class SnapshotError(ValueError):
    """Why a file is no snapshot, or not all of one."""


@value(frozen=True, slots=True)
class Mark:
    """number: of the last experience that is in it (store.lessons); lineage: of which model it is, 16 octets.

    imported: of the last import of archives that it knows, 16 octets, empty: of none; merged: other nodes of
    which it has something, and digests of the files that were taken in, the oldest first.
    """

    number: int = 0
    lineage: bytes = b""
    imported: bytes = b""
    merged: tuple[bytes, ...] = ()

    @property
    def octets(self) -> bytes:
        """As it stands in a file."""
        head = _HEAD.pack(self.number, self.lineage)
        if not self.imported and not self.merged:
            return head
        merged = self.merged[-_MERGED_MOST:]
        return b"".join((head, _TAKEN.pack(self.imported, len(merged)), *merged))


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
    descriptor = beside(path)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            yield False
            return
        yield True
    finally:
        os.close(descriptor)


def write(path: Path, mark: Mark, save: Callable[[BinaryIO], None], keys: Keyring | None = None) -> int:
    """Write a snapshot, sealed if there are keys; `writing` must be held. Returns its octets. Raises OSError; then the
    old file stands.
    """
    aside = path.with_name(f".{path.name}.new")
    aside.unlink(missing_ok=True)  # of whoever was killed while he wrote
    try:
        with os.fdopen(beside(aside, os.O_EXCL), "w+b") as file:
            file.write(_magic(mark, sealed=keys is not None) + mark.octets)
            if keys is None:
                save(file)
            else:
                _save_sealed(file, save, keys)
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


def _magic(mark: Mark, *, sealed: bool) -> bytes:
    if mark.imported or mark.merged:
        return _SEALED_TAKEN if sealed else _MAGIC_TAKEN
    return _SEALED if sealed else _MAGIC


def _save_sealed(file: BinaryIO, save: Callable[[BinaryIO], None], keys: Keyring) -> None:
    key = new_key()
    wrapped = keys.wrap(key, _NO_BODY)
    file.write(_KEY.pack(wrapped.by.encode(), len(wrapped.octets)) + wrapped.octets)
    writer = _Sealing(file, key)
    with io.BufferedWriter(writer, _BLOCK) as buffered:
        save(buffered)
        buffered.flush()
        writer.end()


def anew(path: Path, keys: Keyring, *, seal: bool) -> bool:
    """Write a snapshot once more as it is, sealed with the first key or in the clear. False if there is none, or none
    that can be read. Raises OSError.
    """
    with writing(path, wait=True):
        try:
            mark = mark_of(path) or Mark()
            read(path, lambda file: write(path, mark, partial(shutil.copyfileobj, file), keys if seal else None), keys)
        except (SnapshotError, FileNotFoundError):
            return False
    return True


def digest_of(path: Path) -> bytes:
    """16 octets by which a snapshot is known again; of one that is not whole they mean nothing. Raises OSError."""
    with path.open("rb") as file:
        file.seek(max(0, os.fstat(file.fileno()).st_size - _DIGEST))
        return file.read(_EACH)


def mark_of(path: Path) -> Mark | None:
    """What a snapshot says of itself, unchecked; None if there is none. Raises SnapshotError, OSError."""
    try:
        with path.open("rb") as file:
            return _head(file)[0]
    except FileNotFoundError:
        return None


def read(path: Path, load: Callable[[BinaryIO], T], keys: Keyring | None = None) -> tuple[T, Mark]:
    """Have `load` read a snapshot, once it is known to be whole. keys: that may open it. Raises SnapshotError,
    FileNotFoundError, OSError, and whatever `load` does.
    """
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        if size > LARGEST:
            raise SnapshotError("it is larger than any model is")
        mark, sealed = _head(file)
        begins, ends = file.tell(), size - _DIGEST
        _check(file, ends)
        file.seek(begins)
        key = _key(file, keys) if sealed else None
        part = _Part(file, ends - file.tell())
        inner = part if key is None else Unsealed(io.BufferedReader(part), key)
        try:
            return load(io.BufferedReader(inner)), mark
        except Broken as error:
            raise SnapshotError(f"it cannot be opened: {error}") from error


def _key(file: BinaryIO, keys: Keyring | None) -> bytes:
    if keys is None:
        raise SnapshotError("it is encrypted, and store.encryption_key_file is not set")
    try:
        by, length = _KEY.unpack(file.read(_KEY.size))
        return keys.unwrap(Wrapped(by.decode("ascii", "replace"), file.read(length)), _NO_BODY)
    except (OSError, struct.error) as error:
        raise SnapshotError(f"it cannot be opened: {error}") from error


def _head(file: BinaryIO) -> tuple[Mark, bool]:
    """What it says of itself, and whether what follows is sealed."""
    magic = file.read(len(_MAGIC))
    if magic not in (_MAGIC, _SEALED, _MAGIC_TAKEN, _SEALED_TAKEN):
        raise SnapshotError("it is no snapshot, or one of another version")
    try:
        number, lineage = _HEAD.unpack(file.read(_HEAD.size))
        if magic in (_MAGIC, _SEALED):
            return Mark(number, lineage), magic == _SEALED
        imported, count = _TAKEN.unpack(file.read(_TAKEN.size))
        merged = tuple([octets for (octets,) in struct.iter_unpack(f"{_EACH}s", file.read(count * _EACH))])
    except struct.error:
        raise SnapshotError("it is cut short") from None
    if len(merged) != count:
        raise SnapshotError("it is cut short")
    return Mark(number, lineage, imported.strip(b"\0") and imported, merged), magic == _SEALED_TAKEN


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


class _Sealing(io.RawIOBase):
    """What is written goes on sealed; `end` must be called behind the last of it."""

    def __init__(self, file: BinaryIO, key: bytes) -> None:
        self._file, self._sealer = file, Sealer(key)

    def writable(self) -> bool:
        return True

    def write(self, octets: Any, /) -> int:
        self._file.write(self._sealer.feed(bytes(octets)))
        return len(octets)

    def end(self) -> None:
        self._file.write(self._sealer.end())


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
