"""A probe in an event loop: for how long it did not come round, and what ran meanwhile.

`python bench/probed.py FILE serve ...` is mailguard with such a probe, for bench/stalls.py: whenever it comes late, a
line goes into FILE, the numbers of a `Stall`. Nothing else of the program is changed.
"""

from __future__ import annotations

import asyncio
import os
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import astuple, dataclass

#: Seconds between two looks, and from how late on a look is written down.
_EACH, _LATE = 0.002, 0.004


@dataclass(frozen=True, slots=True)
class Stall:
    """Seconds: when (the steady clock, which all processes share), how late; and for how long of that the loop's own
    thread ran, the process's other threads ran, and the loop's thread was ready to run while the processors belonged
    to somebody else.
    """

    at: float
    late: float
    own: float
    others: float
    waited: float

    @property
    def ours(self) -> float:
        """What of it was the process's doing: the loop's thread was not in line for a processor, some thread ran."""
        return min(self.late - self.waited, self.own + self.others)


class Probe:
    """Looks at one loop every other millisecond, from its first turn on, and tells of each look that is so late."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, told: Callable[[Stall], object], *, late: float = _LATE
    ) -> None:
        self._loop, self._told, self._from = loop, told, late
        self._waits = os.open(f"/proc/self/task/{threading.get_native_id()}/schedstat", os.O_RDONLY)
        self._last = self._now()
        self._next = loop.call_later(_EACH, self._look)

    def _now(self) -> tuple[float, float, float, float]:
        """The clock; processor seconds of this thread and of the process; seconds in line for a processor."""
        waited = int(os.pread(self._waits, 100, 0).split()[1]) / 1e9
        return time.monotonic(), time.thread_time(), time.process_time(), waited

    def _look(self) -> None:
        now = self._now()
        took, own, all_threads, waited = (a - b for a, b in zip(now, self._last, strict=True))
        if took - _EACH > self._from:
            self._told(Stall(now[0], took - _EACH, own, all_threads - own, waited))
            now = self._now()
        self._last = now
        self._next = self._loop.call_later(_EACH, self._look)

    def end(self) -> None:
        """One last look, then no more."""
        self._next.cancel()
        self._look()
        self._next.cancel()
        os.close(self._waits)


class Stalls:
    """`worst`: the longest time, of ours, for which the running loop did not come round while a `with` block ran."""

    def __init__(self) -> None:
        self.worst = 0.0

    async def __aenter__(self) -> Stalls:
        self._probe = Probe(asyncio.get_running_loop(), self._note, late=0.0)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._probe.end()

    def _note(self, stall: Stall) -> None:
        self.worst = max(self.worst, stall.ours)


def main() -> None:
    file = os.open(sys.argv.pop(1), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    from mailguard.__main__ import main as verbs
    from mailguard.cli import serve

    make: Callable[[], asyncio.AbstractEventLoop] = serve.new_loop

    def written(stall: Stall) -> None:
        os.write(file, " ".join(f"{number:.4f}" for number in astuple(stall)).encode() + b"\n")

    def watched() -> asyncio.AbstractEventLoop:
        loop = make()
        Probe(loop, written)
        return loop

    serve.new_loop = watched
    verbs()


if __name__ == "__main__":
    main()
