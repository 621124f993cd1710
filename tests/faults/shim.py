"""The C shim between a house and its disk and clock: made once for a test run, turned by an experiment while it runs.

See shim.c for what it does. It is loaded into the house's process and the doors beside it; the reading workers, which
have an environment of their own, are without it.
"""

from __future__ import annotations

import atexit
import errno
import functools
import mmap
import shutil
import struct
import subprocess
import tempfile
from pathlib import Path

_FIELDS = ("fsync_errno", "fsync_left", "write_errno", "write_left", "clock", "fsyncs", "writes", "unused")
_SOURCE = Path(__file__).with_name("shim.c")
ALWAYS = -1


@functools.cache
def library() -> Path:
    """The compiled shim. Raises CalledProcessError with the compiler's words."""
    folder = Path(tempfile.mkdtemp(prefix="faults-shim-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    made = folder / "shim.so"
    compiler = shutil.which("gcc") or "gcc"
    words = [compiler, "-shared", "-fPIC", "-O2", "-w", "-o", str(made), str(_SOURCE), "-ldl", "-lpthread"]
    subprocess.run(words, check=True, capture_output=True)
    return made


class Shim:
    """The knobs of one house. folder: below it disk faults happen; trace: everything that reaches it is recorded."""

    def __init__(self, folder: Path, home: Path, *, trace: bool = False) -> None:
        home.mkdir(parents=True, exist_ok=True)
        folder.mkdir(parents=True, exist_ok=True)
        self.trace = home / "trace"
        control = home / "control"
        control.write_bytes(bytes(8 * len(_FIELDS)))
        with control.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), 0)
        self.environment = {
            "LD_PRELOAD": str(library()),
            "FAULTS_ROOT": str(folder),
            "FAULTS_CONTROL": str(control),
        }
        if trace:
            self.environment["FAULTS_TRACE"] = str(self.trace)

    def get(self, field: str) -> int:
        return int(struct.unpack_from("q", self._map, 8 * _FIELDS.index(field))[0])

    def _set(self, field: str, value: int) -> None:
        struct.pack_into("q", self._map, 8 * _FIELDS.index(field), value)

    def fail_fsync(self, number: int = errno.EIO, times: int = ALWAYS) -> None:
        """Let so many fsyncs fail from now on."""
        self._set("fsync_left", times)
        self._set("fsync_errno", number)

    def fail_writes(self, number: int = errno.ENOSPC, times: int = ALWAYS) -> None:
        """Let so many writes fail from now on."""
        self._set("write_left", times)
        self._set("write_errno", number)

    def heal(self) -> None:
        """All is well again."""
        self._set("fsync_errno", 0)
        self._set("write_errno", 0)

    def jump(self, seconds: float) -> None:
        """Set the wall clock so far from the true one."""
        self._set("clock", int(seconds * 1e9))

    def note(self, text: str) -> None:
        """A line of the experiment's own, among the records: what it knows from now on."""
        octets = text.encode()
        with self.trace.open("ab", buffering=0) as file:
            file.write(struct.pack("<cQqII", b"N", 0, 0, len(octets), 0) + octets)
