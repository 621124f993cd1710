"""Where log lines leave the process: a descriptor that may be full, gone or not read, without mail ever noticing.

A line that the disk does not take is counted and let go. Where nobody reads the pipe, lines wait in memory, so many
and no more, for a thread that may wait too. It trusts nobody at the other end, and never raises, never waits.
"""

from __future__ import annotations

import contextlib
import os
import select
import threading
from collections import deque
from collections.abc import Callable, Iterator

#: What a pipe that says it has room takes without waiting (POSIX PIPE_BUF on Linux).
_PIECE = 4096
#: Lines that wait for a slow reader.
_WAITING = 10_000
#: Seconds in which ordinary lines come together.
_TOGETHER = 0.01


class Outlet:
    """A stream for loggers: `write` and `flush`. Written to from the event loop and from threads."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._lock = threading.Lock()
        self._waiting: deque[bytes] = deque()
        self._thread: threading.Thread | None = None
        self._cut = False  # the line before was cut: the next one begins on a line of its own
        self._later: Callable[[float, Callable[[], None]], object] | None = None
        self._gathers_in = 0  # the thread
        self._held: list[str] = []
        self.lost = 0

    @contextlib.contextmanager
    def gathering(self, later: Callable[[float, Callable[[], None]], object]) -> Iterator[None]:
        """Ordinary lines of this thread leave together while the block lasts, a moment later. later: calls back in this
        thread after so many seconds (of an event loop). Each piece that is written costs two system calls, at which
        the interpreter's lock may go elsewhere.
        """
        self._later, self._gathers_in = later, threading.get_ident()
        try:
            yield
        finally:
            self._later = None
            self._release()

    def soon(self, line: str) -> None:
        """Write an ordinary line, with others of this moment if they are gathered here."""
        if self._later is None or threading.get_ident() != self._gathers_in:
            self.write(line)
            return
        self._held.append(line)
        if len(self._held) == 1:
            self._later(_TOGETHER, self._release)

    def _release(self) -> None:
        if self._held:
            self.write(self._held.pop())

    def write(self, text: str) -> int:
        """Write a line, or let it go."""
        lines = [text]
        if self._held and threading.get_ident() == self._gathers_in:  # what was said before comes before
            lines, self._held = [*self._held, text], []
        with self._lock:
            if self._thread is not None:
                for one in lines:
                    self._wait(_octets(one))
            elif not self._written_at_once(_octets("".join(lines))):
                self._thread = threading.Thread(target=self._write_slowly, name="log", daemon=True)
                self._thread.start()
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
                self._let_go(left, len(line))
                return True
        self._cut = False
        return True

    def _wait(self, line: bytes) -> None:
        if len(self._waiting) >= _WAITING:
            self.lost += _lines(line)
        else:
            self._waiting.append(line)

    def _let_go(self, left: memoryview, whole: int) -> None:
        """What is left of so many octets."""
        self.lost += _lines(bytes(left[max(0, len(left) - whole) :]))
        self._cut = self._cut or len(left) < whole

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
                    self._let_go(left, len(line))


def _octets(line: str) -> bytes:
    return line.encode("utf-8", "backslashreplace")


def _lines(octets: bytes) -> int:
    return max(1, octets.count(b"\n"))
