"""The disk is full (data, temporary files, log), or fails at fsync or write; the process may open no more files, or
have no more memory. Each while mail flows, each over after seconds, all in one house.

Small file systems are real ones (tmpfs) and need root; errors of the disk come from the shim; limits are the kernel's.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import resource
import subprocess
from collections.abc import Container, Iterator
from pathlib import Path

from tests.faults.rows import Row
from tests.faults.shim import Shim
from tests.faults.site import Site, site
from tests.faults.trouble import Trouble, series

_MIB = 2**20


@contextlib.contextmanager
def small_disk(folder: Path, mib: int) -> Iterator[Path]:
    """A file system of its own. Raises CalledProcessError for who may not mount."""
    folder.mkdir(parents=True, exist_ok=True)
    words = ["mount", "-t", "tmpfs", "-o", f"size={mib}m,mode=0700", "tmpfs", str(folder)]
    subprocess.run(words, check=True, capture_output=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(folder: Path) -> None:
    """Take the last octet."""
    descriptor = os.open(folder / "filler", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        for piece in (_MIB, 4096, 1):
            with contextlib.suppress(OSError):
                while True:
                    os.write(descriptor, bytes(piece))
    finally:
        os.close(descriptor)


def empty(folder: Path) -> None:
    (folder / "filler").unlink()


def limit(place: Site, what: int, value: int) -> None:
    """Set a soft limit of the running house."""
    assert place.house is not None
    pid = place.house.process.pid
    _, hard = resource.prlimit(pid, what)
    resource.prlimit(pid, what, (hard if value == resource.RLIM_INFINITY else value, hard))


def files_of(place: Site) -> int:
    """One more than the highest descriptor of the house: no more can be opened below it than are open."""
    assert place.house is not None
    names = os.listdir(f"/proc/{place.house.process.pid}/fd")  # noqa: PTH208
    return max(map(int, names)) + 1


def memory_of(place: Site) -> int:
    assert place.house is not None
    pages = Path(f"/proc/{place.house.process.pid}/statm").read_text().split()[0]
    return int(pages) * resource.getpagesize()


def troubles(place: Site, shim: Shim, log: Path, temp: Path, seconds: float) -> list[Trouble]:
    var, unlimited = place.folder / "var", resource.RLIM_INFINITY
    return [
        Trouble("disk full: data", lambda: fill(var), lambda: empty(var), seconds, stops=True),
        Trouble("disk full: log", lambda: fill(log), lambda: empty(log), seconds),
        Trouble("disk full: temporary files", lambda: fill(temp), lambda: empty(temp), seconds),
        Trouble("EIO on every fsync", shim.fail_fsync, shim.heal, seconds, stops=True),
        Trouble("EIO on 200 fsyncs", lambda: shim.fail_fsync(times=200), shim.heal, seconds, stops=True),
        Trouble("EIO on every write", lambda: shim.fail_writes(errno.EIO), shim.heal, seconds, stops=True),
        Trouble(
            "no more file descriptors",
            lambda: limit(place, resource.RLIMIT_NOFILE, files_of(place)),
            lambda: limit(place, resource.RLIMIT_NOFILE, unlimited),
            seconds,
            sizes=(90_000, 300_000),
            clients=40,
        ),
        Trouble(
            "no more memory",
            lambda: limit(place, resource.RLIMIT_AS, memory_of(place) - 32 * _MIB),
            lambda: limit(place, resource.RLIMIT_AS, unlimited),
            seconds,
            sizes=(0, 3_000_000),
            clients=16,
        ),
    ]


async def run(folder: Path, size: float = 1.0, names: Container[str] | None = None) -> list[Row]:
    """names: of the troubles to go through; None: all."""
    seconds = max(2.0, 8.0 * size)
    with contextlib.ExitStack() as stack:
        log, temp = (stack.enter_context(small_disk(folder / name, 4)) for name in ("log", "temp"))
        async with site(folder) as place:
            stack.enter_context(small_disk(place.folder / "var", 300))
            (place.folder / "log").symlink_to(log / "log")
            shim = Shim(place.folder, folder / "shim")
            place.environment = {**shim.environment, "TMPDIR": str(temp)}
            await place.open()
            all_of_them = troubles(place, shim, log, temp, seconds)
            rows = await series(place, [one for one in all_of_them if names is None or one.name in names])
            status = await asyncio.wait_for(place.stop(), 60)
    assert status == 0, f"exit status {status}"
    return rows
