"""What is freed in the middle of the C library's memory goes back to the system."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

#: Pieces above Python's own 512 octets, and one in use behind them, so that nothing goes back by itself.
_SCRIPT = """
from pathlib import Path
from mailguard.app.giving_back import found

def pages():
    return int(Path("/proc/self/statm").read_text().split()[1])

give_back = found()
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
