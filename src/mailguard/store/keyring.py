"""The keys of bodies at rest: a file of one key a line, the first for what is sealed now, the others to open what was.

Each body has a key of its own, which lies in the ledger wrapped by one of these: to change the key, only the small
wrapped ones are written anew, and a row that is erased takes its body with it wherever copies of the file may lie. The
file is read again when it has changed. It trusts the file, which must be for mailguard alone; keys are never shown.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import stat
import threading
from collections.abc import Iterable, Mapping
from dataclasses import field
from pathlib import Path

from mailguard.mail.saying import Sentence, reason_of
from mailguard.mail.sealing import KEY_OCTETS, Broken, close_small, open_small, prepare
from mailguard.mail.values import value
from mailguard.store.errors import StoreError
from mailguard.store.folders import locked, sync

_LINE = re.compile(rf"[0-9a-fA-F]{{{2 * KEY_OCTETS}}}")
_MOST = 64 * 2**10
_NO_FILE = Sentence(
    "そのファイルはありません。`mailguard store new-key` で作れます。",
    "no such file; `mailguard store new-key` makes it",
)
_TOO_OPEN = Sentence("ほかのユーザーが読めます。chmod 600 にしてください。", "others can read it; chmod 600")
_NO_KEY = Sentence(
    "鍵がありません。`mailguard store new-key` で作れます。", "no key in it; `mailguard store new-key` makes one"
)


class KeyMissing(OSError):
    """The key that a body was sealed with is not in the file any more."""


@value(frozen=True, slots=True)
class Wrapped:
    """A body's own key as it lies in the ledger: by which key, and wrapped."""

    by: str
    octets: bytes = field(repr=False)


@value(frozen=True, slots=True)
class _Keys:
    """What the file held. stamp: by what a change of it is seen."""

    stamp: tuple[int, ...]
    current: str = ""
    keys: Mapping[str, bytes] = field(default_factory=dict, repr=False)


class Keyring:
    """The keys of a file. Any thread may use it."""

    def __init__(self, path: Path) -> None:
        """Raises StoreError if the file cannot be used."""
        self.path = path
        self._lock = threading.Lock()
        self._known = read_keys(path)
        prepare()

    @property
    def current(self) -> str:
        """The name of the key that seals now: a digest, no secret."""
        return self._fresh().current

    @property
    def names(self) -> frozenset[str]:
        """The names of all keys."""
        return frozenset(self._fresh().keys)

    def wrap(self, key: bytes, number: int) -> Wrapped:
        """A body's key, for the row of this number only."""
        return self.wrap_all([(key, number)])[0]

    def wrap_all(self, keys: Iterable[tuple[bytes, int]]) -> list[Wrapped]:
        """The same for many, with one look at the file."""
        known = self._fresh()
        wrapping = known.keys[known.current]
        return [Wrapped(known.current, close_small(wrapping, key, _bound(number))) for key, number in keys]

    def unwrap(self, wrapped: Wrapped, number: int) -> bytes:
        """The body's key. Raises KeyMissing, Broken."""
        key = self._fresh().keys.get(wrapped.by)
        if key is None:
            raise KeyMissing(f"key {wrapped.by} is not in {self.path}")
        return open_small(key, wrapped.octets, _bound(number))

    def _fresh(self) -> _Keys:
        try:
            if _stamp(self.path.stat()) != self._known.stamp:
                with self._lock:
                    self._known = read_keys(self.path)
        except (OSError, StoreError):
            pass  # what was read last stays: mail that is held must go on being readable
        return self._known


def read_keys(path: Path) -> _Keys:
    """The keys of a file. Raises StoreError, saying what to do."""
    try:
        with path.open("rb") as file:
            found, text = os.fstat(file.fileno()), file.read(_MOST + 1)
    except OSError as error:
        why = _NO_FILE if isinstance(error, FileNotFoundError) else reason_of(error)
        raise StoreError(f"store.encryption_key_file {path}: " + why) from None
    if stat.S_IMODE(found.st_mode) & 0o077:
        raise StoreError(f"store.encryption_key_file {path}: " + _TOO_OPEN)
    keys: dict[str, bytes] = {}
    for number, line in enumerate(text.decode("ascii", "replace").splitlines(), start=1):
        word = line.partition("#")[0].strip()
        if word and not _LINE.fullmatch(word):
            digits = Sentence(
                "1行に16進数の数字を {digits} 桁書いてください。",
                "write {digits} hexadecimal digits a line",
                digits=2 * KEY_OCTETS,
            )
            raise StoreError(f"store.encryption_key_file {path}:{number}: " + digits)
        if word:
            keys.setdefault(_name(bytes.fromhex(word)), bytes.fromhex(word))
    if not keys or len(text) > _MOST:
        raise StoreError(f"store.encryption_key_file {path}: " + _NO_KEY)
    return _Keys(_stamp(found), next(iter(keys)), keys)


def add_key(path: Path) -> str:
    """Put a new key on top of the file, made if there is none, for good: what is sealed with it is lost without it, and
    so it would be if another one were put there at the same time. Returns the key's name. Raises StoreError, OSError.
    """
    with locked(path.parent):
        name = _added(path)
        sync(path.parent)
    return name


def _added(path: Path) -> str:
    old = ""
    if path.exists():
        read_keys(path)
        old = path.read_text("ascii")
    key = secrets.token_hex(KEY_OCTETS)
    aside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(f"{key}\n{old}")
            file.flush()
            if path.exists():
                os.fchown(file.fileno(), path.stat().st_uid, path.stat().st_gid)
            os.fsync(file.fileno())
        aside.replace(path)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise
    return _name(bytes.fromhex(key))


def _name(key: bytes) -> str:
    return hashlib.sha256(b"mailguard key of bodies" + key).hexdigest()[:16]


def _stamp(found: os.stat_result) -> tuple[int, ...]:
    return found.st_mtime_ns, found.st_ino, found.st_size


def _bound(number: int) -> bytes:
    return b"mailguard body %d" % number


__all__ = ["Broken", "KeyMissing", "Keyring", "Wrapped", "add_key", "read_keys"]
