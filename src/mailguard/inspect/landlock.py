"""One more wall around a reading worker: it reads the program itself and the folder of mails, and no other file.

A worker that a mail has taken over cannot write and has no network, but its answer is shown to people; so it must not
be able to read the ledger, the keys of the house or anybody's home. For Linux from 5.13 on where Landlock is switched
on; elsewhere nothing is done. It cannot be taken off again. Source: landlock(7); the numbers of its system calls are
the same on all machines.
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys
from pathlib import Path

_CREATE, _ADD, _RESTRICT = 444, 445, 446
_GIVE_VERSION, _BENEATH = 1, 1
_READ_FILE, _READ_FOLDER = 1 << 2, 1 << 3
#: All that the first version of Landlock knows: what is not allowed beneath a path is refused.
_EVERYTHING = (1 << 13) - 1
#: What Python and C libraries look at beside their own folders.
_SYSTEM = (
    "/usr",
    "/lib",
    "/lib64",
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/localtime",
    "/dev/null",
    "/dev/urandom",
)


def read_only_beneath(folder: str) -> bool:
    """Let this process read beneath `folder` and where its program lies; PR_SET_NO_NEW_PRIVS must be set.

    False where the kernel offers none. Raises OSError where it does and refuses.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.syscall(_CREATE, None, 0, _GIVE_VERSION) < 1:
        return False
    ruleset = _called(libc, _CREATE, ctypes.c_char_p(struct.pack("@Q", _EVERYTHING)), 8, 0)
    try:
        for path in dict.fromkeys([folder, sys.prefix, sys.base_prefix, *sys.path, *_SYSTEM]):
            if path and Path(path).exists():
                _allow(libc, ruleset, path)
        _called(libc, _RESTRICT, ruleset, 0)
    finally:
        os.close(ruleset)
    return True


def _allow(libc: ctypes.CDLL, ruleset: int, path: str) -> None:
    rights = _READ_FILE | (_READ_FOLDER if Path(path).is_dir() else 0)
    descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:  # struct landlock_path_beneath_attr is packed
        _called(libc, _ADD, ruleset, _BENEATH, ctypes.c_char_p(struct.pack("=Qi", rights, descriptor)), 0)
    finally:
        os.close(descriptor)


def _called(libc: ctypes.CDLL, number: int, *arguments: object) -> int:
    result = int(libc.syscall(number, *arguments))
    if result < 0:
        raise OSError(ctypes.get_errno(), "landlock")
    return result
