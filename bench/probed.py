"""`mailguard` with a probe in its event loop: `python bench/probed.py FILE serve ...`, for bench/stalls.py.

The probe is a timer that is due every other millisecond. Whenever it comes late, a line goes into FILE: when (the
steady clock, which all processes share), how late, and for how long of that the loop's own thread ran, the process's
other threads ran, and the loop's thread was ready to run while the processors belonged to somebody else; seconds all.
Nothing else of the program is changed.
"""

from __future__ import annotations

import asyncio
import os
import sys
import threading
import time
from collections.abc import Callable

#: Seconds between two looks, and from how late on a look is written down.
_EACH, _LATE = 0.002, 0.004


class Probe:
    """Looks at one loop from its first turn to its last."""

    def __init__(self, loop: asyncio.AbstractEventLoop, path: str) -> None:
        self._loop = loop
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._waits = os.open(f"/proc/self/task/{threading.get_native_id()}/schedstat", os.O_RDONLY)
        self._last = self._now()
        loop.call_later(_EACH, self._look)

    def _now(self) -> tuple[float, float, float, float]:
        """The clock; processor seconds of this thread and of the process; seconds in line for a processor."""
        waited = int(os.pread(self._waits, 100, 0).split()[1]) / 1e9
        return time.monotonic(), time.thread_time(), time.process_time(), waited

    def _look(self) -> None:
        now = self._now()
        took, own, all_threads, waited = (a - b for a, b in zip(now, self._last, strict=True))
        if took - _EACH > _LATE:
            said = f"{now[0]:.4f} {took - _EACH:.4f} {own:.4f} {all_threads - own:.4f} {waited:.4f}\n"
            os.write(self._file, said.encode())
            now = self._now()
        self._last = now
        self._loop.call_later(_EACH, self._look)


def main() -> None:
    path = sys.argv.pop(1)
    from mailguard.__main__ import main as verbs
    from mailguard.cli import serve

    make: Callable[[], asyncio.AbstractEventLoop] = serve.new_loop

    def watched() -> asyncio.AbstractEventLoop:
        loop = make()
        Probe(loop, path)
        return loop

    serve.new_loop = watched
    verbs()


if __name__ == "__main__":
    main()
