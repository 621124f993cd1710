"""Where log lines leave the process: a descriptor that may be full, gone or not read, without mail ever noticing.

A line that the disk does not take is counted and let go. Where nobody reads the pipe, lines wait in memory, so many
and no more, for a thread that may wait too. It trusts nobody at the other end, and never raises, never waits.
"""

from __future__ import annotations

import os
import select
import threading
from collections import deque

#: What a pipe that says it has room takes without waiting (POSIX PIPE_BUF on Linux).
_PIECE = 4096
#: Lines that wait for a slow reader.
_WAITING = 10_000


class Outlet:
    """A stream for loggers: `write` and `flush`. Written to from the event loop and from threads."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._lock = threading.Lock()
        self._waiting: deque[bytes] = deque()
        self._thread: threading.Thread | None = None
        self._cut = False  # the line before was cut: the next one begins on a line of its own
        self.lost = 0

    def write(self, text: str) -> int:
        """Write a line, or let it go."""
        line = text.encode("utf-8", "backslashreplace")
        with self._lock:
            if self._thread is None and not self._written_at_once(line):
                self._thread = threading.Thread(target=self._write_slowly, name="log", daemon=True)
                self._thread.start()
            elif self._thread is not None:
                self._wait(line)
        return len(text)

    def flush(self) -> None:
        """Nothing is kept back."""

    def _written_at_once(self, line: bytes) -> bool:
        """False if the reader is slow: then what is left of the line waits."""
        left = memoryview(b"\n" + line if self._cut else line)
        while left:
            try:
                if not select.select([], [self._descriptor], [], 0)[1]:
                    self._wait(bytes(left))
                    return False
                left = left[os.write(self._descriptor, left[:_PIECE]) :]
            except (OSError, ValueError):
                self._let_go(len(left) < len(line))
                return True
        self._cut = False
        return True

    def _wait(self, line: bytes) -> None:
        if len(self._waiting) >= _WAITING:
            self.lost += 1
        else:
            self._waiting.append(line)

    def _let_go(self, begun: bool) -> None:
        self.lost += 1
        self._cut = self._cut or begun

    def _write_slowly(self) -> None:
        """The thread: it waits for the reader, and ends when nothing waits any more."""
        while True:
            with self._lock:
                if not self._waiting:
                    self._thread = None
                    return
                line = self._waiting.popleft()
            left = memoryview(line)
            try:
                while left:
                    left = left[os.write(self._descriptor, left) :]
            except OSError:
                with self._lock:
                    self._let_go(len(left) < len(line))
