"""Reading the files of a policy: each once, regular files only, within bounds, and never one that changes meanwhile.

What is named may be anything: a pipe that never ends, a device, a folder called x.yaml, a link to itself, a file that
an editor is writing at this moment. Each is an error with its cause, none makes the reader wait. It writes nothing and
follows no name but those it is given.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from mailguard.mail.saying import Sentence, reason_of

#: All files of one policy together, and how often a file that changes is read anew.
TOTAL_MAX, TRIES = 256 * 2**20, 3

_Stamp = tuple[int, int, int, int]


class PolicyFiles:
    """The files of one load. `read`: what was read, by path; `asked`: also those that could not be read."""

    def __init__(
        self,
        opened: Callable[[Path], None] = lambda _path: None,
        instead: Mapping[Path, bytes] | None = None,
        within: Iterable[Path] | None = None,
    ) -> None:
        """opened: called between opening and reading a file, for tests of what happens there. instead: what is taken
        for the content of these policy files, which need not be there: a text that is being tried. within: files and
        folders outside of which nothing is read (None: anywhere), for a text of somebody who may not read the machine's
        files.
        """
        self.instead = instead or {}
        self._within = None if within is None else [path.resolve() for path in within]
        self.read: dict[Path, bytes] = {}
        self.asked: set[Path] = set()
        self._stamps: dict[Path, _Stamp] = {}
        self._room = TOTAL_MAX
        self._opened = opened

    def octets(self, path: Path, limit: int) -> bytes:
        """The content of a file. Raises OSError, ValueError in words for people."""
        self.asked.add(path)
        if path in self.instead:
            if len(self.instead[path]) > limit:
                raise ValueError(_larger(limit))
            self.read[path] = self.instead[path]
        if path not in self.read:
            self._must_be_within(path)
            octets, self._stamps[path] = self._read(path, min(limit, self._room))
            self._room -= len(octets)
            self.read[path] = octets
        return self.read[path]

    def changed(self) -> list[Path]:
        """Files that are no longer what was read: the whole would be a mixture of before and after."""
        return sorted(path for path, stamp in self._stamps.items() if _stamp_now(path) != stamp)

    def _must_be_within(self, path: Path) -> None:
        if self._within is not None and not any(path.resolve().is_relative_to(one) for one in self._within):
            raise ValueError(
                Sentence(
                    "有効なポリシーのフォルダーの外にあります。ここから試せるのはその中のファイルだけです。",
                    "outside of the folders of the policy in force, which is all that can be tried from here",
                )
            )

    def _read(self, path: Path, limit: int) -> tuple[bytes, _Stamp]:
        for _ in range(TRIES):
            octets, before, after = self._once(path, limit)
            if before == after == _stamp_now(path):
                return octets, after
        raise ValueError(
            Sentence(
                "読んでいる間に変わりました。書き終えてからもう一度試してください。",
                "it changes while it is read; try again when it is written",
            )
        )

    def _once(self, path: Path, limit: int) -> tuple[bytes, _Stamp, _Stamp]:
        _must_be_file(path.stat())  # opening a device may do something, opening a pipe may wait
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            _must_be_file(status)
            self._opened(path)
            octets = file.read(limit + 1)
            if len(octets) > limit:
                raise ValueError(_larger(limit))
            return octets, _stamp(status), _stamp(os.fstat(descriptor))


def _must_be_file(status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise ValueError(Sentence("通常のファイルではありません。", "not a regular file"))


def _stamp(status: os.stat_result) -> _Stamp:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def _stamp_now(path: Path) -> _Stamp | None:
    try:
        return _stamp(path.stat())
    except OSError:
        return None


def _larger(octets: int) -> str:
    size = f"{octets // 2**20} MB" if octets >= 2**20 else Sentence("{n:,}オクテット", "{n:,} octets", n=octets)
    return Sentence("{size}を超えています。", "larger than {size}", size=size)


def cause(error: Exception) -> str:
    """Why a file cannot be read, in words; of one that is not there, where it was looked for."""
    if isinstance(error, FileNotFoundError):
        return Sentence("ファイルがありません: {name}", "no such file: {name}", name=error.filename)
    return reason_of(error) if isinstance(error, OSError) and error.strerror else str(error)


def unread(error: Exception) -> str:
    """That a file cannot be read, and why."""
    return Sentence("読めません: {why}", "cannot be read: {why}", why=cause(error))
