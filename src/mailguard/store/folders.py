"""Folders that outlive a power cut: a name is on disk only when the folder that holds it was fsynced.

It trusts the disk to keep what fsync promised and nothing else. It never removes anything. Everything here blocks.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat
from collections.abc import Iterator
from pathlib import Path


def make(folder: Path) -> None:
    """Make a folder and what is missing above it (mode 0700), each for good. Raises OSError.

    What is there already is not synced again, unless it is the folder itself: an earlier run may have died in between.
    """
    above = folder.parent
    if not above.is_dir():
        make(above)
    folder.mkdir(mode=0o700, exist_ok=True)
    if os.access(above, os.R_OK):  # a service may stand in a folder that it cannot read: then it made none there
        sync(above)


def beside(path: Path, flags: int = 0) -> int:
    """Open a file that lies beside the ledger; made (mode 0600) if it is not there, and never through a link.

    What root makes for a moment is for the folder's owner, as SQLite does with its log: else a verb that root called
    would shut the service out. Raises OSError.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | flags, 0o600)
    try:
        give(descriptor, path.parent.stat())
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def give(what: int | Path, owner: os.stat_result) -> None:
    """Let what root has made be for another user. Not what has a second name, which its owner may have made of root's
    own. Raises OSError.
    """
    if os.geteuid() != 0 or owner.st_uid == 0:
        return
    if isinstance(what, Path):  # by a descriptor: the name may be another file's a moment later
        descriptor = os.open(what, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            give(descriptor, owner)
        finally:
            os.close(descriptor)
        return
    found = os.fstat(what)
    if found.st_uid == 0 and (stat.S_ISDIR(found.st_mode) or found.st_nlink == 1):
        os.fchown(what, owner.st_uid, owner.st_gid)


def sync(folder: Path) -> None:
    """Let every name in a folder be on disk. Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def locked(folder: Path, *, shared: bool = False) -> Iterator[None]:
    """Whoever exchanges files in a folder is alone while the block lasts, or, shared, is kept out: the folder stays,
    whatever of its files is exchanged. Waits for the others. Raises OSError.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH if shared else fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
