"""An end to work on the event loop that a mail makes endless: a pattern that takes twice as long with each sign, say.

Nothing that runs in the server's own process is known to need more than some milliseconds for a small mail. Where a
fault of ours is found by somebody with bad intentions, all other mail would stand still with his: Python's `re` keeps
the interpreter's lock, so that no thread could end it. But it looks for signals of the main thread, and so a timer of
the kernel can (setitimer(2)). What is ended must be pure: it stops wherever it is.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import ParamSpec, TypeVar

T = TypeVar("T")
P = ParamSpec("P")

#: Seconds by the clock: a hundred times what the slowest small mail takes on a busy machine.
SECONDS = 2.0


class Overtime(Exception):
    """A mail took longer than any mail may; whoever gets this treats it as one in which something failed."""


_watched = False


def watch() -> None:
    """From now on `bounded` has an end. For the main thread of a program of its own: it takes SIGALRM and the timer."""
    global _watched
    signal.signal(signal.SIGALRM, _rung)
    _watched = True


def bounded(work: Callable[P, T], *given: P.args, **more: P.kwargs) -> T:
    """What `work` makes of this. Raises Overtime out of the middle of it after so many seconds, and again for each
    further so many if that was caught there; never outside of it, and in other threads not at all.
    """
    if not _watched or threading.current_thread() is not threading.main_thread():
        return work(*given, **more)
    signal.setitimer(signal.ITIMER_REAL, SECONDS, SECONDS)
    try:
        return work(*given, **more)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)


def _rung(_number: int, frame: FrameType | None) -> None:
    ours = bounded.__code__
    if frame is None or frame.f_code is ours:  # it is over, or has not begun
        return
    while frame is not None and frame.f_code is not ours:
        frame = frame.f_back
    if frame is None:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        return
    raise Overtime(f"more than {SECONDS:g} s for one mail")
