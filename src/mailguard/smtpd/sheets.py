"""Memory for large mails: pages that are used again and again, in which a mail lies from the door until it is out.

A sheet holds one mail at a time. Its octets come into it once, and everybody takes them from there: the digest, the
disk, the next server, and a reading worker, which is handed a descriptor that only reads. As long as anybody looks at
them, whoever that is, the sheet is not free: it comes back when the last view of it is gone, and by no other way. Where
the system has no such memory, or none is left, there is no sheet, and a mail lies in memory of its own.

What an older mail left behind the end of one is not wiped out: a worker that a mail has taken over could read it there,
as it could read mails in their folder. It can change none.
"""

from __future__ import annotations

import asyncio
import collections
import ctypes
import fcntl
import mmap
import os
from collections.abc import Callable

from mailguard.mail.message import Sheet

#: Octets of one sheet: what a mail may be that stays in memory. A page is taken up when it is first written to.
SIZE = 12 * 2**20
_COUNT = 6
#: Seconds without a large mail, after which no free sheet is kept.
_QUIET = 1.0
_F_SEAL_FUTURE_WRITE = 0x10  # Linux 5.1, fcntl(2)


class _Slot:
    """The pages of a sheet, and the descriptor that reads them."""

    __slots__ = ("descriptor", "memory")

    def __init__(self) -> None:
        """Raises OSError."""
        self.descriptor = -1
        whole = os.memfd_create("mailguard-sheet", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        try:
            os.ftruncate(whole, SIZE)
            self.memory = mmap.mmap(whole, SIZE)
            self.descriptor = os.open(f"/proc/self/fd/{whole}", os.O_RDONLY | os.O_CLOEXEC)
            # Whoever has the descriptor, however he opens it again, writes nothing here and takes no page away: this
            # process would die of that. What is mapped already is written to as before.
            seals = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | _F_SEAL_FUTURE_WRITE | fcntl.F_SEAL_SEAL
            fcntl.fcntl(whole, fcntl.F_ADD_SEALS, seals)
        finally:
            os.close(whole)

    def __del__(self) -> None:
        if self.descriptor >= 0:
            os.close(self.descriptor)


class _Held(ctypes.c_char * SIZE):  # type: ignore[misc] # mypy knows no arrays by their size
    """One use of a slot. Every view of its octets holds it, so it ends with the last of them."""

    back: Callable[[], None]

    def __del__(self) -> None:
        self.back()


class Sheets:
    """The sheets of one door. `take` belongs to its event loop; they come back from any thread."""

    def __init__(self, count: int = _COUNT) -> None:
        self._most = count if hasattr(os, "memfd_create") else 0
        self._made = 0
        self._free: collections.deque[_Slot] = collections.deque()
        self._taken = False  # since it was looked last
        self._looking = False

    def take(self) -> Sheet | None:
        """An empty sheet of SIZE octets, with whatever was written to it before; None: there is none."""
        slot = self._free.pop() if self._free else self._new()  # the one that came back last is still near
        if slot is None:
            return None
        self._taken = True
        if not self._looking:
            self._looking = True
            asyncio.get_running_loop().call_later(_QUIET, self._look)
        held, free = _Held.from_buffer(slot.memory), self._free
        held.back = lambda: free.append(slot)
        return Sheet(memoryview(held).cast("B"), slot.descriptor)

    def _new(self) -> _Slot | None:
        if self._made >= self._most:
            return None
        try:
            slot = _Slot()
        except (OSError, ValueError):  # an older system, no room or no descriptors: it will not be asked again
            self._most = 0
            return None
        self._made += 1
        return slot

    def _look(self) -> None:
        """Let go of sheets that nobody needed for a moment."""
        if not self._taken:
            while self._free:
                self._free.pop()
                self._made -= 1
        self._taken, self._looking = False, self._made > 0
        if self._looking:
            asyncio.get_running_loop().call_later(_QUIET, self._look)
