"""What the machine says of itself: room on file systems, memory, descriptors. Blocks for microseconds; never raises.

It reads /proc, the control group and statvfs, and trusts them; what cannot be read counts as plenty, since a gauge that
is missing must not shut the door.
"""

from __future__ import annotations

import errno
import os
import resource
from collections.abc import Iterator
from pathlib import Path

PLENTY = 2**62
_PAGE = os.sysconf("SC_PAGE_SIZE")
_PROC = Path("/proc")
_CGROUPS = Path("/sys/fs/cgroup")


def disk(folder: Path) -> tuple[int, int, int]:
    """(octets free to us, octets in all, files that can still be made) of the file system of a folder."""
    try:
        found = os.statvfs(folder)
    except OSError:
        return PLENTY, PLENTY, PLENTY
    # File systems that make inodes as they need them say 0 of 0.
    files = found.f_favail if found.f_files else PLENTY
    return found.f_bavail * found.f_frsize, found.f_blocks * found.f_frsize, files


def used_memory(process: int | None = None) -> int:
    """Octets in memory of a process (ours) and of all that it started: readers, doors, their readers."""
    pid = os.getpid() if process is None else process
    return _resident(pid) + sum(used_memory(child) for child in _children(pid))


def machine_memory() -> int:
    """Octets that the machine has, or that its container may use."""
    return min([_meminfo("MemTotal:"), *(most for most, _ in _groups())])


def free_memory() -> int:
    """Octets that can still be had, from the machine and from every control group that we are in."""
    return min([_meminfo("MemAvailable:"), *(most - used for most, used in _groups())])


def descriptors() -> tuple[int, int]:
    """(open now, how many may be open)."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    try:
        return sum(1 for _ in Path("/proc/self/fd").iterdir()), PLENTY if most == resource.RLIM_INFINITY else most
    except OSError as error:
        # To look takes one: where there is none left, that is the answer.
        return (most, most) if error.errno in (errno.EMFILE, errno.ENFILE) else (0, PLENTY)


def _resident(pid: int) -> int:
    fields = _words(_PROC / str(pid) / "statm")
    return int(fields[1]) * _PAGE if len(fields) > 1 else 0


def _children(pid: int) -> Iterator[int]:
    try:
        tasks = list((_PROC / str(pid) / "task").iterdir())
    except OSError:  # it has just ended
        return
    for task in tasks:
        yield from map(int, _words(task / "children"))


def _meminfo(name: str) -> int:
    words = _words(_PROC / "meminfo")
    return int(words[words.index(name) + 1]) * 1024 if name in words else PLENTY


def _groups() -> Iterator[tuple[int, int]]:
    """(limit, used) of each control group with a limit, from ours upwards; what the kernel can drop is not used."""
    line = next((line for line in _text(_PROC / "self" / "cgroup").splitlines() if line.startswith("0::")), "0::/")
    folder = _CGROUPS / line[3:].strip("/")
    for one in (folder, *folder.parents):
        if not one.is_relative_to(_CGROUPS):
            return
        most = _text(one / "memory.max").strip()
        if most.isdigit():
            used = _text(one / "memory.current").strip()
            yield int(most), max(0, int(used or 0) - _droppable(one))


def _droppable(group: Path) -> int:
    words = _words(group / "memory.stat")
    return int(words[words.index("inactive_file") + 1]) if "inactive_file" in words else 0


def _words(path: Path) -> list[str]:
    return _text(path).split()


def _text(path: Path) -> str:
    try:
        return path.read_text("ascii", "replace")
    except OSError:
        return ""
