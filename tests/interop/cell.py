"""A small root of its own (chroot) for a mail server that is not installed: its program, libraries, users and devices.

So a server finds its configuration, spool and users where it was built to look for them, and nothing of the machine is
touched. It trusts the packages that `make test` unpacked, and needs root, as those servers do.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.missing import missing

_DEVICES = {"null": (1, 3), "zero": (1, 5), "random": (1, 8), "urandom": (1, 9)}


def build(cell: Path, programs: Sequence[str], users: Mapping[str, int], *, folders: Sequence[str] = ()) -> None:
    """Furnish a cell with these programs or folders of programs (paths as in the packages), and these users."""
    unpacked = Path(sys.prefix) / "mail-servers"
    if os.geteuid() != 0 or not all((unpacked / program).exists() for program in programs):
        missing("root and the mail servers of .ci/unpacked-packages")
    cell.mkdir()
    cell.chmod(0o755)  # the server's own users must get in
    for folder in ("etc", "tmp", "run", "dev", "var", *folders):
        (cell / folder).mkdir(parents=True, exist_ok=True)
    (cell / "var" / "run").symlink_to("/run")
    for program in programs:
        _copy(unpacked / program, cell / program, cell)
    for name, (major, minor) in _DEVICES.items():
        os.mknod(cell / "dev" / name, 0o20666, os.makedev(major, minor))
        (cell / "dev" / name).chmod(0o666)
    people = {"root": 0, **users}
    rows = "".join(f"{name}:x:{number}:{number}::/:/bin/false\n" for name, number in people.items())
    (cell / "etc" / "passwd").write_text(rows)
    (cell / "etc" / "group").write_text("".join(f"{name}:x:{number}:\n" for name, number in people.items()))
    (cell / "etc" / "hosts").write_text("127.0.0.1 localhost\n")
    (cell / "etc" / "resolv.conf").write_text("nameserver 127.0.0.1\n")
    (cell / "etc" / "nsswitch.conf").write_text("passwd: files\ngroup: files\nhosts: files\n")


def _copy(source: Path, target: Path, cell: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target)
        return
    shutil.copy(source, target)
    needed = subprocess.run(["ldd", str(source)], capture_output=True, text=True, check=True).stdout
    for library in re.findall(r"(/\S+) \(", needed):
        there = cell / library.lstrip("/")
        there.parent.mkdir(parents=True, exist_ok=True)
        if not there.exists():
            shutil.copy(library, there)


def command(cell: Path, *words: str) -> list[str]:
    """What runs a program inside."""
    return ["chroot", str(cell), *words]
