"""Memory that is free goes back to the system: the start and each large mail leave much of it with the C library.

glibc keeps what is freed between two pieces that are in use, for the whole life of the process. Looking for it takes a
millisecond or two, in a thread; where another C library runs, nothing is done.
"""

from __future__ import annotations

import asyncio
import ctypes
from collections.abc import Callable

#: Seconds after which the start is over, and from then on.
_FIRST, _EVERY = 2.0, 60.0


async def give_back_now_and_then() -> None:
    """For ever, or not at all."""
    give_back = found()
    wait = _FIRST
    while give_back is not None:
        await asyncio.sleep(wait)
        await asyncio.to_thread(give_back)
        wait = _EVERY


def found() -> Callable[[], object] | None:
    """What gives back all pages with nothing in use on them (malloc_trim(3)); None: there is no such thing here."""
    try:
        trim = ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError):
        return None
    trim.argtypes, trim.restype = [ctypes.c_size_t], ctypes.c_int
    return lambda: trim(0)
