"""Processor and memory of a whole tree of processes, read from /proc.

Time of children that have ended is in their parent's account once it waited for them, so nothing that a tree did is
missed and nothing is counted twice. Needs the right to read the processes' smaps (own ones, or root).
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")


def _stat(pid: int) -> list[str]:
    text = Path(f"/proc/{pid}/stat").read_text()
    return text[text.rindex(")") + 2 :].split()  # from field 3 on; the name before may hold anything


def tree(root: int) -> list[int]:
    """A process and all that descend from it, now."""
    children: dict[int, list[int]] = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            with contextlib.suppress(OSError):
                children.setdefault(int(_stat(int(name))[1]), []).append(int(name))
    found, waiting = [], [root]
    while waiting:
        pid = waiting.pop()
        found.append(pid)
        waiting += children.get(pid, [])
    return found


def cpu_seconds(root: int) -> float:
    """User and system time of the tree, ended children included, since each began."""
    total = 0
    for pid in tree(root):
        with contextlib.suppress(OSError):
            total += sum(int(ticks) for ticks in _stat(pid)[11:15])  # utime stime cutime cstime
    return total / _TICK


def memory_mb(root: int) -> float:
    """Proportional set size of the tree in MB: shared pages are counted once."""
    total = 0
    for pid in tree(root):
        with contextlib.suppress(OSError):
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1])
    return total / 1024


def until_at_rest(root: int, longest: float = 10.0) -> None:
    """Until the tree does next to nothing for a moment, whatever others do on the machine; not longer than so long."""
    end, before = time.monotonic() + longest, cpu_seconds(root)
    while time.monotonic() < end:
        time.sleep(0.25)
        now = cpu_seconds(root)
        if now - before <= 0.02:
            return
        before = now


class PeakMemory:
    """The highest memory of a tree while a `with` block runs, looked at twice a second."""

    def __init__(self, root: int) -> None:
        self._root = root
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self.mb = 0.0

    def _watch(self) -> None:
        while True:
            self.mb = max(self.mb, memory_mb(self._root))
            if self._ended.wait(0.5):
                return

    def __enter__(self) -> PeakMemory:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()
