"""Folders that outlive a power cut: a name is on disk only when the folder that holds it was fsynced.

It trusts the disk to keep what fsync promised and nothing else. It never removes anything. Everything here blocks.
"""

from __future__ import annotations

import os
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


def sync(folder: Path) -> None:
    """Let every name in a folder be on disk. Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
