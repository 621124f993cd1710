"""A program in the confinement of a unit file or a container, without systemd and without an engine: a root file system
of its own in which everything is read-only but what is named, another user, no capability but what is named, a system
call filter.

Run as root: `python confined.py PLAN.json`. It uses the standard library and libseccomp, and imports nothing of ours.
What the kernel is told here is what systemd and a container engine tell it; only who tells it differs.
"""

from __future__ import annotations

import ctypes
import errno
import json
import os
import struct
import sys
from pathlib import Path
from typing import Any

_NEW_MOUNTS = 0x00020000
_BIND, _REC, _PRIVATE, _READ_ONLY, _REMOUNT, _NO_SUID, _NO_DEV = 4096, 16384, 1 << 18, 1, 32, 2, 4
_PIVOT_ROOT, _CAPSET = {"x86_64": (155, 126), "aarch64": (41, 91)}.get(os.uname().machine, (0, 0))
_KEEP_CAPS, _DROP_BOUND, _NO_NEW_PRIVS, _AMBIENT, _MDWE = 8, 24, 38, 47, 65
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000
_EQUAL, _MASKED = 4, 7

_libc = ctypes.CDLL(None, use_errno=True)


def _check(result: int, what: str) -> None:
    if result < 0:
        raise OSError(ctypes.get_errno(), f"{what}: {os.strerror(ctypes.get_errno())}")


def _mount(source: str, target: Path, kind: str | None, flags: int, options: str | None = None) -> None:
    words = [None if word is None else word.encode() for word in (source, str(target), kind)]
    _check(_libc.mount(*words, flags, options.encode() if options else None), f"mount {target}")


def _bind(source: str, target: Path, *, write: bool) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if Path(source).is_dir():
        target.mkdir(exist_ok=True)
    else:
        target.touch()
    _mount(source, target, None, _BIND)
    if not write:
        _mount("", target, None, _BIND | _REMOUNT | _READ_ONLY | _NO_SUID)


def new_root(plan: dict[str, Any]) -> None:
    """Move this process into a root file system made of what the plan names."""
    _check(_libc.unshare(_NEW_MOUNTS), "unshare")
    _mount("", Path("/"), None, _REC | _PRIVATE)
    root = Path(plan["root"])
    _mount("tmpfs", root, "tmpfs", 0, "mode=755")
    for name in ("/lib", "/lib64", "/bin", "/sbin"):
        if Path(name).is_symlink():
            (root / name[1:]).symlink_to(Path(name).readlink())
    for path in sorted(plan["read"], key=len):
        _bind(path, root / path[1:], write=False)
    for inside, outside in plan["write"].items():
        _bind(outside, root / inside[1:], write=True)
    for inside, outside in plan["settings"].items():
        _bind(outside, root / inside[1:], write=False)
    for name in ("null", "zero", "full", "random", "urandom"):
        _bind(f"/dev/{name}", root / "dev" / name, write=True)
    (root / "proc").mkdir()
    _mount("proc", root / "proc", "proc", 0, plan["proc"])
    (root / "tmp").mkdir()
    _mount("tmpfs", root / "tmp", "tmpfs", _NO_SUID | _NO_DEV, "mode=1777,size=64m")
    for path in sorted(plan["read_again"], key=len):  # what the fresh /tmp would hide
        _bind(path, root / path[1:], write=False)
    os.chdir(root)
    _mount("", root, None, _REMOUNT | _READ_ONLY | _BIND)
    _check(_libc.syscall(_PIVOT_ROOT, b".", b"."), "pivot_root")
    _check(_libc.umount2(b".", 2), "umount")
    os.chdir(plan["cwd"])


def become(uid: int, capabilities: list[int]) -> None:
    """Another user for good, who may do no more than `capabilities`."""
    for number in range(64):
        if number not in capabilities:
            _libc.prctl(_DROP_BOUND, number, 0, 0, 0)
    _libc.prctl(_KEEP_CAPS, 1, 0, 0, 0)
    os.setgroups([])
    os.setgid(uid)
    os.setuid(uid)
    mask = sum(1 << number for number in capabilities)
    head, data = struct.pack("=Ii", 0x20080522, 0), struct.pack("=6I", mask, mask, mask, 0, 0, 0)
    _check(_libc.syscall(_CAPSET, ctypes.c_char_p(head), ctypes.c_char_p(data)), "capset")
    for number in capabilities:
        _check(_libc.prctl(_AMBIENT, 2, number, 0, 0), "ambient capability")
    _check(_libc.prctl(_NO_NEW_PRIVS, 1, 0, 0, 0), "no new privileges")


class _Compared(ctypes.Structure):
    """struct scmp_arg_cmp of libseccomp."""

    _fields_ = (("arg", ctypes.c_uint), ("op", ctypes.c_int), ("a", ctypes.c_uint64), ("b", ctypes.c_uint64))


def filter_calls(names: list[str], families: list[int], namespaces: int) -> None:
    """Refuse every system call but `names`; sockets only of `families`, no namespace of the mask `namespaces`."""
    library = ctypes.CDLL("libseccomp.so.2")
    library.seccomp_init.restype = ctypes.c_void_p
    context = ctypes.c_void_p(library.seccomp_init(_REFUSE | errno.EPERM))

    def rule(action: int, name: str, *compared: _Compared) -> None:
        number = library.seccomp_syscall_resolve_name(name.encode())
        if number < 0:  # not of this machine
            return
        array = (_Compared * max(len(compared), 1))(*compared)
        failed = library.seccomp_rule_add_array(context, action, number, len(compared), array)
        assert failed == 0, (name, failed)

    limited = {"socket", "unshare", "clone", "clone3", "setns"}
    for name in sorted(set(names) - limited):
        rule(_ALLOW, name)
    for family in families:
        rule(_ALLOW, "socket", _Compared(0, _EQUAL, family, 0))
    for name in ("unshare", "clone"):
        rule(_ALLOW, name, _Compared(0, _MASKED, namespaces, 0))
    rule(_REFUSE | errno.ENOSYS, "clone3")  # its flags are in memory, where no filter sees them
    assert library.seccomp_load(context) == 0


def main() -> None:
    plan = json.loads(Path(sys.argv[1]).read_text())
    new_root(plan)
    become(plan["uid"], plan["capabilities"])
    if plan["no_executable_memory"]:
        _check(_libc.prctl(_MDWE, 1, 0, 0, 0), "memory deny write execute")
    os.umask(plan["umask"])
    if plan["calls"] is not None:
        filter_calls(plan["calls"], plan["families"], plan["namespaces"])
    os.execve(plan["argv"][0], plan["argv"], plan["environment"])


if __name__ == "__main__":
    main()
