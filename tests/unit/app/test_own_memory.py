"""What is free in a process's memory goes back to the system, and what stays lies in large pages."""

from __future__ import annotations

import errno
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from mailguard.app import own_memory

#: Pieces above Python's own 512 octets, and one in use behind them, so that nothing goes back by itself.
_SCRIPT = """
from pathlib import Path
from mailguard.app.own_memory import giving_back

def pages():
    return int(Path("/proc/self/statm").read_text().split()[1])

give_back = giving_back()
pieces, behind = [bytes(2000) for _ in range(20_000)], [bytes(2000) for _ in range(10)]
full = pages()
del pieces
kept = pages()
give_back()
print((full - kept) * 4096, (kept - pages()) * 4096)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library")
def test_free_memory_in_the_middle_goes_back() -> None:
    done = subprocess.run([sys.executable, "-c", _SCRIPT], capture_output=True, text=True, timeout=60, check=True)
    by_itself, given_back = map(int, done.stdout.split())
    assert by_itself < 20_000_000
    assert given_back > 20_000_000


#: Much that lies side by side, and much of which only a little is in use.
_LARGE = """
import mmap
from mailguard.app.own_memory import large_pages

def octets(name):
    lines = open("/proc/self/smaps_rollup", encoding="ascii")
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(name))

sparse = mmap.mmap(-1, 64 * 2**20, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
for page in range(0, len(sparse), 8 * 4096):
    sparse[page] = 1
dense = [object() for _ in range(2_000_000)]
gather = large_pages()
large, resident = octets("AnonHugePages:"), octets("Rss:")
said = gather and gather()
print(gather is not None, said, octets("AnonHugePages:") - large, octets("Rss:") - resident)
"""


def _collapses() -> bool:
    """MADV_COLLAPSE came with Linux 6.1."""
    major, minor, *_ = platform.release().split(".")
    return own_memory.large_pages() is not None and (int(major), int(minor)) >= (6, 1)


@pytest.mark.skipif(not _collapses(), reason="a system without MADV_COLLAPSE, or set to `never`")
def test_what_lies_side_by_side_lies_in_large_pages_and_takes_no_more_room() -> None:
    done = subprocess.run([sys.executable, "-c", _LARGE], capture_output=True, text=True, timeout=60, check=True)
    able, said, large, more = done.stdout.split()
    assert able == "True"
    assert int(said) >= 12
    assert int(large) >= 12 * 2**21
    assert int(more) < 4 * 2**20


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The kernel's own, where large pages are made for whoever asks."""
    monkeypatch.setattr(own_memory, "_SETTINGS", tmp_path)
    (tmp_path / "hpage_pmd_size").write_text("2097152\n", "ascii")
    (tmp_path / "enabled").write_text("always [madvise] never\n", "ascii")
    return tmp_path


def test_where_the_system_has_no_large_pages_nothing_is_done(settings: Path) -> None:
    assert own_memory.large_pages() is not None
    (settings / "enabled").write_text("always madvise [never]\n", "ascii")
    assert own_memory.large_pages() is None
    (settings / "enabled").unlink()
    assert own_memory.large_pages() is None


@pytest.mark.usefixtures("settings")
def test_a_moment_without_files_to_open_is_no_end_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    gather = own_memory.large_pages()
    assert gather is not None

    def too_many(*_: object) -> list[int]:
        raise OSError(errno.EMFILE, "too many open files")

    monkeypatch.setattr(own_memory, "_dense", too_many)
    assert gather() == 0
