"""How long a reading worker stood in line for a processor: time that its mail cannot help.

The limit of a reading's time is there for mails that take long, not for machines that are busy: on those every mail
would be called unreadable and held. It trusts the kernel's figures; where there are none, nothing is added to the
limit. It never ends a reading itself.
"""

from __future__ import annotations

import asyncio
import os

#: A reading lasts at most so many times its limit, however busy the machine is.
_MOST = 6


class Standing:
    """How long a process stood in line, by the kernel (Linux: /proc/PID/schedstat, field 2). Kept open, since
    it is asked for each mail.
    """

    def __init__(self, pid: int) -> None:
        try:
            self._descriptor = os.open(f"/proc/{pid}/schedstat", os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            self._descriptor = -1

    def seconds(self) -> float:
        """Seconds that it was ready to run but did not; 0.0 if unknown."""
        try:
            return int(os.pread(self._descriptor, 200, 0).split()[1]) / 1e9
        except (OSError, ValueError, IndexError):
            return 0.0

    def close(self) -> None:
        """Ask no more."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)


class Patience:
    """The deadline of one exchange with a worker, moved on by what the worker stood in line meanwhile."""

    def __init__(self, standing: Standing, seconds: float, clock: asyncio.Timeout) -> None:
        """clock: an entered `asyncio.timeout(seconds)`. Call `end` when the exchange is over."""
        self._standing = standing
        self._seconds = seconds
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        self._begun = self._loop.time()
        self._before = standing.seconds()
        self._timer = self._loop.call_later(seconds * 0.9, self._look)

    def _look(self) -> None:
        """Shortly before the deadline: move it by the time that the worker stood in line so far."""
        given = min(self._seconds + self._standing.seconds() - self._before, self._seconds * _MOST)
        deadline = self._begun + given
        if deadline <= (self._clock.when() or 0.0):
            return
        self._clock.reschedule(deadline)
        self._timer = self._loop.call_at(max(deadline - self._seconds * 0.1, self._loop.time() + 0.01), self._look)

    def end(self) -> None:
        self._timer.cancel()
