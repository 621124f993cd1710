"""Octets sealed for the disk: AES-256-GCM in chunks, each bound to its place and the last one marked as such.

The STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizar, 2015): a body of any size is sealed and opened with one
chunk in memory, and an altered, cut, swapped or appended octet is noticed before it is given out. Each body has a key
of its own, used for nothing else, so counters are nonces enough. Pure but for the file that it is given to read.
"""

from __future__ import annotations

import errno
import io
import os
from collections import deque
from functools import lru_cache
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

CHUNK = 64 * 1024
KEY_OCTETS = 32
_TAG = 16
_NONCE = 12
_FETCHED = 1024


class Broken(OSError):
    """What was sealed was altered, cut, or sealed with another key."""

    def __init__(self) -> None:
        super().__init__(errno.EIO, "sealed octets cannot be opened: they were altered, or the key is another one")


def new_key() -> bytes:
    """A key for one body."""
    return chance(KEY_OCTETS)


def chance(count: int) -> bytes:
    """Octets, 32 at most, of the system's random source, fetched some at a time: each fetch gives the interpreter's
    lock away.

    None is given out twice: a piece is taken by one thread, and whoever is forked begins without any.
    """
    while True:
        try:
            return _pieces.pop()[:count]
        except IndexError:
            fetched = os.urandom(_FETCHED)
            _pieces.extend(fetched[at : at + KEY_OCTETS] for at in range(0, _FETCHED, KEY_OCTETS))


_pieces: deque[bytes] = deque()
os.register_at_fork(after_in_child=_pieces.clear)


@lru_cache(maxsize=1)  # to ask for a module costs more than to seal a small mail
def _aes() -> type[AESGCM]:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # where nothing is sealed, nothing is loaded

    return AESGCM


def prepare() -> None:
    """Load what seals, so that no mail has to wait for it."""
    _aes()
    _unopened()


def _cipher(key: bytes) -> AESGCM:
    return _aes()(key)


@lru_cache(maxsize=1)
def _unopened() -> tuple[type[Exception], ...]:
    """What opening raises."""
    from cryptography.exceptions import InvalidTag

    return (InvalidTag, ValueError)


class Sealer:
    """Seals a stream: `feed` blocks of any size, then `end`."""

    def __init__(self, key: bytes) -> None:
        self._cipher = _cipher(key)
        self._number = 0
        self._held = b""

    def feed(self, octets: bytes | memoryview) -> bytes:
        """What can be written now. The last chunk is held back: it is sealed as the last."""
        view = memoryview(self._held + octets)
        out = []
        at = 0
        while len(view) - at > CHUNK:
            out.append(self._sealed(view[at : at + CHUNK], last=False))
            at += CHUNK
        self._held = bytes(view[at:])
        return b"".join(out)

    def end(self) -> bytes:
        """The last chunk, of what is left; it may be empty."""
        return self._sealed(memoryview(self._held), last=True)

    def _sealed(self, octets: memoryview, *, last: bool) -> bytes:
        nonce = _nonce(self._number, last=last)
        self._number += 1
        return self._cipher.encrypt(nonce, octets, None)


class Unsealed(io.RawIOBase):
    """A file of sealed octets, read in the clear. Raises Broken where it reads what was not sealed so."""

    def __init__(self, file: IO[bytes], key: bytes) -> None:
        self._file, self._cipher = file, _cipher(key)
        self._number = 0
        self._sealed: bytes | None = None
        self._clear = memoryview(b"")
        self._ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        while not self._clear and not self._ended:
            self._next()
        count = min(len(buffer), len(self._clear))
        buffer[:count] = self._clear[:count]
        self._clear = self._clear[count:]
        return count

    def close(self) -> None:
        self._file.close()
        super().close()

    def _next(self) -> None:
        """Open one chunk. Only the one with nothing behind it may be, and must be, the last."""
        sealed = self._file.read(CHUNK + _TAG) if self._sealed is None else self._sealed
        self._sealed = self._file.read(CHUNK + _TAG)
        self._ended = not self._sealed
        try:
            clear = self._cipher.decrypt(_nonce(self._number, last=self._ended), sealed, None)
        except _unopened():
            raise Broken from None
        self._number += 1
        self._clear = memoryview(clear)


def seal(key: bytes, octets: bytes) -> bytes:
    """Octets in one go."""
    if len(octets) <= CHUNK:
        return _cipher(key).encrypt(_nonce(0, last=True), octets, None)
    sealer = Sealer(key)
    return sealer.feed(octets) + sealer.end()


def unseal(key: bytes, sealed: bytes) -> bytes:
    """What was sealed. Raises Broken."""
    with io.BufferedReader(Unsealed(io.BytesIO(sealed), key)) as reader:
        return reader.read()


def close_small(key: bytes, octets: bytes, bound: bytes) -> bytes:
    """A few octets under a nonce of chance. bound: what they belong to; they open with the same only."""
    nonce = chance(_NONCE)
    return nonce + _cipher(key).encrypt(nonce, octets, bound)


def open_small(key: bytes, sealed: bytes, bound: bytes) -> bytes:
    """What `close_small` closed. Raises Broken."""
    try:
        return _cipher(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], bound)
    except _unopened():
        raise Broken from None


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(_NONCE - 1, "big") + bytes([last])
