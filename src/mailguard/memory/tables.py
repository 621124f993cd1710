"""The tables of the model, made by a process of its own that ends with it: see `insight.packing`.

Where that is not to be had, or says anything else, this process makes them itself.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

from mailguard import events
from mailguard.insight.packing import unpacked
from mailguard.insight.tree_code import TableError
from mailguard.insight.trees import Tables, made

#: Isolated from the environment and the folder it happens to be in, as a reading worker.
_COMMAND = (sys.executable, "-I", "-m", "mailguard.insight.packing")
#: Seconds: half a second of work on a machine with nothing else to do.
_WITHIN = 10.0


def made_aside(rest: Callable[[], object]) -> Tables:
    """The tables that came with the package, for a thread: rest is called after each piece. Raises TableError."""
    try:
        done = subprocess.run(
            _COMMAND, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            env={"LANG": "C.UTF-8"}, cwd="/", timeout=_WITHIN, check=True,
        )  # fmt: skip
        return unpacked(done.stdout, rest)
    except (OSError, subprocess.SubprocessError, TableError) as error:
        events.fault("insight", error)
        return made(rest)
