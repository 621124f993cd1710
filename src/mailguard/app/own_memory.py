"""What the process has in memory: what is free goes back to the system, and what stays lies in large pages.

glibc keeps what is freed between two pieces that are in use, for the whole life of the process: the start and each
large mail leave much of it. And what a server made at its start it looks at for each mail, all over some 60 MB: in
pages of 4 KiB the processor looks up anew where most of it lies, a tenth of a mail's time on a virtual machine.

All of it is done in a thread, a little at a time; where the system does not know how, nothing is done.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

#: Seconds after which the start is over, and from then on.
_FIRST, _EVERY = 2.0, 60.0
#: Of the small pages in a large one, which part must be in use already: what is not costs memory from then on.
_DENSE = 15 / 16
#: Seconds between two large pages: while one is filled nobody gets memory from the system, and one right behind another
#: stopped the event loop for ten milliseconds at a time.
_REST = 0.004
_MADV_COLLAPSE = 25  # Linux 6.1, madvise(2)
_OWN = frozenset({"", "[heap]"})
_SETTINGS = Path("/sys/kernel/mm/transparent_hugepage")
#: Of a page's word in proc_pid_pagemap(5) the highest octet, and what that is where the page is not there.
_TOP, _ABSENT = 7 if sys.byteorder == "little" else 0, bytes(range(128))


async def tidy_now_and_then() -> None:
    """For ever, or not at all."""
    ways = [way for way in (giving_back(), large_pages()) if way is not None]
    wait = _FIRST
    while ways:
        await asyncio.sleep(wait)
        for way in ways:
            await asyncio.to_thread(way)
        wait = _EVERY


def giving_back() -> Callable[[], object] | None:
    """What gives back all pages with nothing in use on them (malloc_trim(3)); None: there is no such thing here."""
    try:
        trim = ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError):
        return None
    trim.argtypes, trim.restype = [ctypes.c_size_t], ctypes.c_int
    return lambda: trim(0)


def large_pages() -> Callable[[], int] | None:
    """What moves the small pages that are in use side by side into large ones, and says how many large ones those would
    be; None: the system has none, says nothing of where memory is, or is set to have none made (`never`).
    """
    try:
        advise = ctypes.CDLL(None).madvise
        size = int((_SETTINGS / "hpage_pmd_size").read_text("ascii"))
        if "[never]" in (_SETTINGS / "enabled").read_text("ascii"):
            return None  # what the kernel would do all the same
        _dense(size)
    except (AttributeError, OSError, ValueError):
        return None
    advise.argtypes, advise.restype = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int], ctypes.c_int

    def gather() -> int:
        try:
            found = _dense(size)
        except (OSError, ValueError):  # no file can be opened just now: another minute will do
            return 0
        for start in found:
            advise(start, size, _MADV_COLLAPSE)  # an older system, or no room for it: nothing is changed
            time.sleep(_REST)
        return len(found)

    return gather


def _dense(size: int) -> list[int]:
    """Where in this process's own memory all of a page of so many octets is in use, or nearly. Raises OSError."""
    found, each = [], os.sysconf("SC_PAGE_SIZE")
    areas = Path("/proc/self/maps").read_text("utf-8", "replace").splitlines()
    pages = os.open("/proc/self/pagemap", os.O_RDONLY)
    try:
        for line in areas:
            area, rights, _, _, _, name = line.split(" ", 5)
            if not rights.startswith("rw-p") or name.strip() not in _OWN:
                continue
            start, end = (int(side, 16) for side in area.split("-"))
            for at in range(-(-start // size) * size, end - size + 1, size):
                words = os.pread(pages, size // each * 8, at // each * 8)
                if len(words[_TOP::8].translate(None, _ABSENT)) >= size // each * _DENSE:
                    found.append(at)
    finally:
        os.close(pages)
    return found
