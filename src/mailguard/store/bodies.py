"""Large bodies as files: written aside, fsynced, renamed to their place, the folder fsynced, before any row says so.

Folders are named by the first digits of the message id, which are its time, so none grows without end. With a key a
body is sealed (mail.sealing), and its file is named so. Everything here blocks and runs in the spool's own threads. A
file that no row speaks of is rubbish; a row without its file is damage.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import mmap
import os
import secrets
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import field, replace
from functools import partial
from pathlib import Path
from typing import IO

from mailguard.mail.message import ID_LENGTH, Body, is_message_id
from mailguard.mail.sealing import Sealer, seal
from mailguard.mail.values import value
from mailguard.store.folders import give, make, sync

#: 32**5 milliseconds, some nine hours of mail in one folder.
_FOLDER_DIGITS = 4
#: Behind the id, for a body that is sealed: while its key is given or taken away, both files are there.
SEALED = ".sealed"
_BLOCK = 2**20
#: From here on octets go from memory to the disk without a copy in the system's cache: nobody reads them back soon, and
#: new pages for them are what writing costs. Places and sizes there are multiples of a page.
_APART, _AT_A_TIME = 512 * 1024, 2**20
_STRAIGHT, _UNKNOWN_THERE = getattr(os, "O_DIRECT", 0), (errno.EINVAL, errno.ENOTSUP, errno.EPERM)
#: Memory for that which nobody uses right now: a piece for each thread that ever wrote so.
_EVEN: list[memoryview] = []
assert _FOLDER_DIGITS < ID_LENGTH


@value(frozen=True, slots=True)
class Fresh:
    """The octets of a fresh mail in memory; key: what they are to lie sealed with."""

    octets: bytes | memoryview = field(repr=False)  # a view begins with a page
    message_id: str
    key: bytes | None = field(repr=False)


class Bodies:
    """The folder of large bodies, and beside it the one where they arrive."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.incoming = root / "incoming"
        self._lock = threading.Lock()
        self._safe: set[Path] = set()  # folders whose names are on disk, as far as this process has seen to it

    def make(self) -> None:
        """The folders, readable by nobody else."""
        for folder in (self.root, self.incoming):  # each by itself: the mode is only given to the last of a path
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def settle(self) -> None:
        """Make the folders, for good."""
        make(self.root)
        make(self.incoming)

    def path_of(self, message_id: str, *, sealed: bool = False) -> Path:
        """Where the octets of a message lie."""
        return self.root / message_id[:_FOLDER_DIGITS] / f"{message_id}{SEALED if sealed else ''}"

    def lying(self, body: Body, message_id: str, key: bytes | None) -> Body:
        """A body that was just settled here, as the file that it is now."""
        path = self.path_of(message_id, sealed=key is not None)
        return replace(body, octets=None, sheet=None, path=path, key=key, room=None)

    def adopt(self, path: Path, message_id: str, *, sealed: bool = False) -> None:
        """Make a file that the front door wrote ours, for good. Raises OSError."""
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)  # of the file's data, whoever wrote it
        finally:
            os.close(descriptor)
        target = self.path_of(message_id, sealed=sealed)
        self._make_safe(target.parent)
        path.replace(target)
        try:
            sync(target.parent)
        except BaseException:
            target.unlink(missing_ok=True)  # no row will speak of it: the mail is the client's
            raise

    def put_all(self, some: Sequence[Fresh]) -> list[Exception | None]:
        """Write fresh mails of one moment at their places, for good. Returns what was wrong with each of them, None:
        nothing. All are on their way to the disk before the first one is waited for, and each folder is synced once.

        They need no other name first: until a row speaks of it, a file is rubbish, whole or not.
        """
        puts = [_Put(self.path_of(one.message_id, sealed=one.key is not None)) for one in some]
        for put, one in zip(puts, some, strict=True):
            put.tried(partial(self._begin, put, one))
        if len(puts) > 1:
            for put in puts:
                put.send_off()
        for put in puts:
            put.tried(put.sync)
        for folder in {put.target.parent for put in puts if put.error is None}:
            self._sync(folder, [put for put in puts if put.error is None and put.target.parent == folder])
        return [put.error for put in puts]

    def _begin(self, put: _Put, one: Fresh) -> None:
        self._make_safe(put.target.parent)
        put.write(one.octets if one.key is None else seal(one.key, bytes(one.octets)))

    @staticmethod
    def _sync(folder: Path, puts: Sequence[_Put]) -> None:
        try:
            sync(folder)
        except OSError as error:
            for put in puts:
                put.fail(OSError(*error.args))

    def _make_safe(self, folder: Path) -> None:
        """That a folder is there does not mean that it stays: whoever made it may not have come to the fsync yet. The
        root is not made again: where it is gone, something is wrong (a disk that is not mounted): OSError is raised.
        """
        with self._lock:
            if folder not in self._safe:
                self.root.stat()
                make(self.root)
                make(folder)
                give(folder, self.root.stat())
                self._safe.add(folder)

    def write(self, source: IO[bytes], message_id: str, key: bytes | None) -> None:
        """Put octets in their place, for good; with a key, sealed. What root writes (`store rotate`) is for the
        folder's owner: the service could not read it. Raises OSError.
        """
        aside = self.incoming / f"{message_id}.{secrets.token_hex(4)}"
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                give(descriptor, self.root.stat())
                file.writelines(_blocks(source) if key is None else _sealed(source, key))
            self.adopt(aside, message_id, sealed=key is not None)
        except BaseException:
            aside.unlink(missing_ok=True)
            raise

    def remove_all(self, message_ids: Iterable[str]) -> None:
        """Remove the octets of messages; a file that is gone already is no error. Raises OSError."""
        for message_id in message_ids:
            for sealed in (False, True):
                self.path_of(message_id, sealed=sealed).unlink(missing_ok=True)

    def sweep(self, older_than: float, is_spoken_of: Callable[[list[str]], set[str]]) -> int:
        """Remove files last written before `older_than` (seconds since 1970) that no row speaks of. Returns how many.

        is_spoken_of: which of these names of files the ledger speaks of.
        """
        removed = 0
        for path in self._old(self.incoming, older_than):
            path.unlink(missing_ok=True)
            removed += 1
        for folder in sorted(self.root.iterdir()):
            if folder == self.incoming or not folder.is_dir():
                continue
            found = self._old(folder, older_than)
            old = {path.name: path for path in found if is_message_id(path.name.removesuffix(SEALED))}
            for name in old.keys() - is_spoken_of(sorted(old)):
                old[name].unlink(missing_ok=True)
                removed += 1
        return removed

    @staticmethod
    def _old(folder: Path, older_than: float) -> Iterator[Path]:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_file(follow_symlinks=False) and entry.stat(follow_symlinks=False).st_mtime < older_than:
                    yield Path(entry.path)


class _Put:
    """One body on its way to its place. error: what went wrong, and then it does not lie there."""

    __slots__ = ("_descriptor", "_made", "error", "target")

    def __init__(self, target: Path) -> None:
        self.target = target
        self.error: Exception | None = None
        self._descriptor = -1
        self._made = False

    def tried(self, step: Callable[[], None]) -> None:
        """Its next step, unless one went wrong."""
        if self.error is None:
            try:
                step()
            except Exception as error:
                self.fail(error)

    def write(self, octets: bytes | memoryview) -> None:
        """Into a file of its own, which is not there yet."""
        self._descriptor = os.open(self.target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        self._made = True
        if len(octets) < _APART or not self._written_straight(octets):
            _write(self._descriptor, octets)

    def _written_straight(self, octets: bytes | memoryview) -> bool:
        """Whether they went past the system's cache; if not, the file is empty: its folder knows no such way."""
        plain = _set_straight(self._descriptor)
        if plain is None:
            return False
        try:
            _write_even(self._descriptor, octets)
        except OSError as error:
            if error.errno not in _UNKNOWN_THERE:
                raise
            os.lseek(self._descriptor, 0, os.SEEK_SET)
            os.ftruncate(self._descriptor, 0)  # refused at its end, it may be longer by then than what it is to hold
            return False
        finally:
            fcntl.fcntl(self._descriptor, fcntl.F_SETFL, plain)
        os.ftruncate(self._descriptor, len(octets))
        return True

    def send_off(self) -> None:
        """Let the disk begin, without waiting for it; where it does not know how to, `sync` does all."""
        if self._descriptor >= 0 and hasattr(os, "posix_fadvise"):
            with contextlib.suppress(OSError):
                os.posix_fadvise(self._descriptor, 0, 0, os.POSIX_FADV_DONTNEED)

    def sync(self) -> None:
        os.fsync(self._descriptor)
        self._close()

    def fail(self, error: Exception) -> None:
        """Nothing is left of it."""
        self.error = error
        with contextlib.suppress(OSError):
            self._close()
        if self._made:
            with contextlib.suppress(OSError):
                self.target.unlink(missing_ok=True)

    def _close(self) -> None:
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)


def _set_straight(descriptor: int) -> int | None:
    """What the descriptor's flags were; None, and nothing was changed, where there is no such way."""
    plain = fcntl.fcntl(descriptor, fcntl.F_GETFL)
    if not _STRAIGHT:
        return None
    try:
        fcntl.fcntl(descriptor, fcntl.F_SETFL, plain | _STRAIGHT)
    except OSError as error:
        if error.errno not in _UNKNOWN_THERE:
            raise
        return None
    return plain


def _write_even(descriptor: int, octets: bytes | memoryview) -> None:
    """Octets and zeros that fill their last page, by way of memory that begins with a page where theirs does not."""
    whole = memoryview(octets)
    if isinstance(octets, memoryview):
        pages = len(whole) // mmap.PAGESIZE * mmap.PAGESIZE
        _write(descriptor, whole[:pages])
        whole = whole[pages:]
    try:
        even = _EVEN.pop()
    except IndexError:
        even = memoryview(mmap.mmap(-1, _AT_A_TIME))
    try:
        for begin in range(0, len(whole), _AT_A_TIME):
            piece = whole[begin : begin + _AT_A_TIME]
            end = -(-len(piece) // mmap.PAGESIZE) * mmap.PAGESIZE
            even[: len(piece)] = piece
            even[len(piece) : end] = bytes(end - len(piece))  # what is there is of another mail
            _write(descriptor, even[:end])
    finally:
        _EVEN.append(even)


def _write(descriptor: int, octets: bytes | memoryview) -> None:
    left = memoryview(octets)
    while left:
        left = left[os.write(descriptor, left) :]


def _blocks(source: IO[bytes]) -> Iterator[bytes]:
    while block := source.read(_BLOCK):
        yield block


def _sealed(source: IO[bytes], key: bytes) -> Iterator[bytes]:
    sealer = Sealer(key)
    yield from map(sealer.feed, _blocks(source))
    yield sealer.end()
