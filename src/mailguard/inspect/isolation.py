"""The walls around a reading worker: no files written, none read but mails and the program, no network, bounded memory
and processor, gone when its parent is.

Called once by the worker before it reads its first mail. What the kernel does not offer is left out in silence: the
limits of `resource` always hold, namespaces only where they are allowed to ordinary users, the system call filter on
the machines that `seccomp` knows, the wall around files where there is `landlock`.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal

from mailguard.inspect.landlock import read_only_beneath
from mailguard.inspect.seccomp import refuse_what_reaches_out

_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS = 1, 38
#: mallopt(3): pieces of so many octets are given back to the kernel once they are free. Left alone, glibc raises this
#: to 32 MB and keeps twice as much at hand, in each worker that ever read a large mail. What is smaller is used again,
#: which is quicker.
_M_MMAP_THRESHOLD, _LARGE = -3, 16 * 2**20
#: So much free memory at the end of what it has is kept, until no mail comes for a moment (`give_back`): left alone it
#: is 128 KB, and the pages of each mail that is longer are fetched anew, which is a fifth of reading 10 MB.
_M_TRIM_THRESHOLD, _AT_HAND = -1, 24 * 2**20
_CLONE_NEWNET, _CLONE_NEWUSER, _CLONE_NEWIPC = 0x40000000, 0x10000000, 0x08000000


def wall_in(memory_bytes: int, folder: str = "") -> None:
    """Limit this process for good. folder: where the mails lie; "" if they may lie anywhere."""
    parent = os.getppid()
    _limit(resource.RLIMIT_AS, memory_bytes)
    _limit(resource.RLIMIT_FSIZE, 0)  # pipes are no files: answers still go out
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_NOFILE, 32)
    with contextlib.suppress(OSError, AttributeError, ValueError):
        libc = ctypes.CDLL(None, use_errno=True)
        libc.mallopt(_M_MMAP_THRESHOLD, _LARGE)
        libc.mallopt(_M_TRIM_THRESHOLD, _AT_HAND)
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET | _CLONE_NEWIPC)
    _limit(resource.RLIMIT_NPROC, 0)
    if os.getppid() != parent:  # died between our start and the request to be told
        os._exit(1)
    with contextlib.suppress(OSError, AttributeError, ValueError):
        if folder:
            read_only_beneath(folder)
    with contextlib.suppress(OSError, AttributeError, ValueError):
        refuse_what_reaches_out()


def give_back() -> None:
    """Give memory that nothing lies in back to the kernel."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


def allow_cpu(seconds: int) -> None:
    """Allow so many more seconds of processor time from now on; then SIGXCPU ends the process."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    until = int(used.ru_utime + used.ru_stime) + seconds + 1
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CPU, (until, resource.getrlimit(resource.RLIMIT_CPU)[1]))


def _limit(what: int, value: int) -> None:
    with contextlib.suppress(ValueError, OSError):
        hard = resource.getrlimit(what)[1]
        top = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(what, (top, top))
