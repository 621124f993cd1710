"""Large bodies as files: written aside, fsynced, renamed to their place, the folder fsynced, before any row says so.

Folders are named by the first digits of the message id, which are its time, so none grows without end. Everything here
blocks and runs in the spool's own threads. A file that no row speaks of is rubbish; a row without its file is damage.
"""

from __future__ import annotations

import os
import secrets
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from mailguard.mail.message import ID_LENGTH, is_message_id
from mailguard.store.folders import make, sync

#: 32**5 milliseconds, some nine hours of mail in one folder.
_FOLDER_DIGITS = 4
assert _FOLDER_DIGITS < ID_LENGTH


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

    def path_of(self, message_id: str) -> Path:
        """Where the octets of a message lie."""
        return self.root / message_id[:_FOLDER_DIGITS] / message_id

    def adopt(self, path: Path, message_id: str) -> None:
        """Make a file that the front door wrote ours, for good. Raises OSError."""
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)  # of the file's data, whoever wrote it
        finally:
            os.close(descriptor)
        target = self.path_of(message_id)
        self._make_safe(target.parent)
        path.replace(target)
        try:
            sync(target.parent)
        except BaseException:
            target.unlink(missing_ok=True)  # no row will speak of it: the mail is the client's
            raise

    def _make_safe(self, folder: Path) -> None:
        """That a folder is there does not mean that it stays: whoever made it may not have come to the fsync yet."""
        with self._lock:
            if folder not in self._safe:
                make(self.root)
                make(folder)
                self._safe.add(folder)

    def write(self, octets: bytes, message_id: str) -> None:
        """Put octets in their place, for good. Raises OSError."""
        aside = self.incoming / f"{message_id}.{secrets.token_hex(4)}"
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(octets)
            self.adopt(aside, message_id)
        except BaseException:
            aside.unlink(missing_ok=True)
            raise

    def remove_all(self, message_ids: Iterable[str]) -> None:
        """Remove the octets of messages; a file that is gone already is no error. Raises OSError."""
        for message_id in message_ids:
            self.path_of(message_id).unlink(missing_ok=True)

    def sweep(self, older_than: float, is_spoken_of: Callable[[list[str]], set[str]]) -> int:
        """Remove files last written before `older_than` (seconds since 1970) that no row speaks of. Returns how many.

        is_spoken_of: which of these message ids the ledger knows with a file.
        """
        removed = 0
        for path in self._old(self.incoming, older_than):
            path.unlink(missing_ok=True)
            removed += 1
        for folder in sorted(self.root.iterdir()):
            if folder == self.incoming or not folder.is_dir():
                continue
            old = {path.name: path for path in self._old(folder, older_than) if is_message_id(path.name)}
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
