"""What a disk may hold after the power went: every state that the recorded order of writes and fsyncs allows.

Of the records up to a moment, what an fsync had confirmed is there. Of the rest each may be there or not: octets of
files, cut at sectors, and names in folders, which are safe only when their folder was fsynced. A rename within a folder
happens or not; between two folders it never loses the file. This is what POSIX allows, more than most disks do.
"""

from __future__ import annotations

import random
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

_HEAD = struct.Struct("<cQqII")
_SECTOR = 512
#: nothing unconfirmed is there; all of it; each part or not, by chance; names by chance but no octets; octets by
#: chance but no names
Mode = Literal["none", "all", "chance", "names", "octets"]
MODES: tuple[Mode, ...] = ("none", "all", "chance", "names", "octets")


@dataclass(frozen=True, slots=True)
class Record:
    kind: str
    inode: int
    offset: int
    one: bytes
    two: bytes


def records(trace: Path) -> Iterator[Record]:
    """All records, in order. A record that was cut by the end of the process is left out."""
    with trace.open("rb") as file:
        while len(head := file.read(_HEAD.size)) == _HEAD.size:
            kind, inode, offset, one, two = _HEAD.unpack(head)
            octets = file.read(one + two)
            if len(octets) == one + two:
                yield Record(kind.decode(), inode, offset, octets[:one], octets[one:])


@dataclass(slots=True)
class _File:
    durable: bytearray = field(default_factory=bytearray)
    waiting: list[tuple[int, int, bytes | None]] = field(default_factory=list)  # when, offset or length, octets
    folder: bool = False


@dataclass(slots=True)
class _Name:
    """A change of a name that is not safe yet. source: the other half of a rename between two folders."""

    at: int
    folder: str
    name: str
    file: _File | None
    source: tuple[str, str] | None = None


class Disk:
    """Feed it records; at any moment, ask it for a state that may be found."""

    def __init__(self, root: Path) -> None:
        self._root = str(root)
        self._number = 0
        self._files: dict[int, _File] = {}
        self._names: dict[str, _File] = {}  # as the process sees them
        self._durable: dict[str, _File] = {}
        self._waiting: list[_Name] = []
        self._syncing: dict[tuple[int, int], int] = {}
        self._folders: dict[int, str] = {}

    @property
    def unconfirmed(self) -> int:
        """How much is in the balance."""
        return len(self._waiting) + sum(len(file.waiting) for file in self._names.values())

    def adopt(self, inode: int, path: str) -> None:
        """A folder that was there before, safe."""
        self._folders[inode] = path

    def feed(self, one: Record) -> None:
        self._number += 1
        getattr(self, f"_on_{one.kind}", lambda _: None)(one)

    # Octets

    def _on_O(self, one: Record) -> None:
        file = self._files[one.inode] = _File()
        self._put(one.one.decode(), file)

    def _on_W(self, one: Record) -> None:
        self._files[one.inode].waiting.append((self._number, one.offset, one.one))

    def _on_X(self, one: Record) -> None:
        self._files[one.inode].waiting.append((self._number, one.offset, None))

    def _on_B(self, one: Record) -> None:
        self._syncing[one.inode, one.offset] = self._number

    def _on_E(self, one: Record) -> None:
        """What was written before the fsync began is safe now."""
        began = self._syncing.pop((one.inode, one.offset))
        if one.inode in self._folders:
            self._confirm_names(self._folders[one.inode], began)
        elif one.inode in self._files:
            file = self._files[one.inode]
            safe = [change for change in file.waiting if change[0] < began]
            file.waiting = [change for change in file.waiting if change[0] >= began]
            for _, offset, octets in safe:
                _apply(file.durable, offset, octets)

    # Names

    def _on_M(self, one: Record) -> None:
        path = one.one.decode()
        self._folders[one.inode] = path
        self._put(path, _File(folder=True))

    def _on_U(self, one: Record) -> None:
        path = one.one.decode()
        if self._names.pop(path, None) is not None:
            self._waiting.append(_Name(self._number, *_split(path), None))

    def _on_D(self, one: Record) -> None:
        self._on_U(one)

    def _on_L(self, one: Record) -> None:
        self._put(one.two.decode(), self._names[one.one.decode()])

    def _on_R(self, one: Record) -> None:
        old, new = one.one.decode(), one.two.decode()
        file = self._names.pop(old)
        self._names[new] = file
        self._waiting.append(_Name(self._number, *_split(new), file, _split(old)))

    def _put(self, path: str, file: _File) -> None:
        self._names[path] = file
        self._waiting.append(_Name(self._number, *_split(path), file))

    def _confirm_names(self, folder: str, before: int) -> None:
        left: list[_Name] = []
        for change in self._waiting:
            if change.at >= before:
                left.append(change)
            elif change.folder == folder:
                _set(self._durable, change.folder, change.name, change.file)
                if change.source is not None and change.source[0] == folder:
                    self._durable.pop("/".join(change.source), None)
                elif change.source is not None:  # the new name is safe; that the old one is gone is not
                    left.append(_Name(change.at, *change.source, None))
            elif change.source is not None and change.source[0] == folder:
                # The old name is gone for good: then the new one is there, or the file would be lost.
                self._durable.pop("/".join(change.source), None)
                _set(self._durable, change.folder, change.name, change.file)
            else:
                left.append(change)
        self._waiting = left

    # States

    def lay_out(self, target: Path, mode: Mode, chance: random.Random) -> None:
        """Write one allowed state below `target`, which stands for the root."""
        names = dict(self._durable)
        for change in self._waiting:
            if mode == "all" or (mode in ("chance", "names") and chance.random() < 0.5):
                _set(names, change.folder, change.name, change.file)
                if change.source is not None:
                    names.pop("/".join(change.source), None)
        contents: dict[int, bytes] = {}
        for path in sorted(names):
            if not self._reachable(path, names):
                continue
            place = target / path.removeprefix(self._root).lstrip("/")
            file = names[path]
            if file.folder:
                place.mkdir(mode=0o700, exist_ok=True)
                continue
            if id(file) not in contents:
                contents[id(file)] = _state(file, mode, chance)
            place.write_bytes(contents[id(file)])
            place.chmod(0o600)

    def _reachable(self, path: str, names: dict[str, _File]) -> bool:
        folder = path.rpartition("/")[0]
        return folder == self._root or (folder in names and self._reachable(folder, names))


def _split(path: str) -> tuple[str, str]:
    folder, _, name = path.rpartition("/")
    return folder, name


def _set(names: dict[str, _File], folder: str, name: str, file: _File | None) -> None:
    if file is None:
        names.pop(f"{folder}/{name}", None)
    else:
        names[f"{folder}/{name}"] = file


def _apply(octets: bytearray, offset: int, written: bytes | None) -> None:
    if written is None:
        del octets[offset:]
        octets.extend(bytes(offset - len(octets)))
        return
    octets.extend(bytes(max(0, offset - len(octets))))
    octets[offset : offset + len(written)] = written


def _state(file: _File, mode: Mode, chance: random.Random) -> bytes:
    """What may be found in a file: what is safe, and of the rest what the mode says, cut at sectors."""
    octets = bytearray(file.durable)
    for _, offset, written in file.waiting:
        if mode in ("none", "names") or (mode != "all" and chance.random() < 0.5):
            continue
        if mode == "all" or written is None or chance.random() < 0.5:
            _apply(octets, offset, written)
            continue
        for begin in range(0, len(written), _SECTOR):
            if chance.random() < 0.5:
                _apply(octets, offset + begin, written[begin : begin + _SECTOR])
    return bytes(octets)
