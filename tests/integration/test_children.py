"""Processes beside the first one at the doors: what becomes of them when something is to be read anew."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any, cast

from tests.door import eventually

from mailguard.app.children import Children

#: A door that takes long to start: it knows the signal, and says that it is there, only once `go` is there.
_SLOW = """
import pathlib, signal, sys, time
with open("born", "a") as file:
    file.write("x")
while not pathlib.Path("go").exists():
    time.sleep(0.01)
signal.signal(signal.SIGHUP, lambda *_: pathlib.Path("heard").touch())
print("[]", flush=True)
sys.stdin.read()
"""


class Doors:
    """The doors of the first process, of which nothing is needed here."""

    def ended(self, number: int) -> None: ...

    def for_child(self, number: int) -> tuple[str, tuple[int, ...]]:
        return "", ()


class Slow(Children):
    folder: Path

    async def _started(self, given: Sequence[str], inherited: Collection[int]) -> asyncio.subprocess.Process:
        pipe = asyncio.subprocess.PIPE
        return await asyncio.create_subprocess_exec(
            sys.executable, "-c", _SLOW, stdin=pipe, stdout=pipe, cwd=self.folder
        )


async def test_a_door_that_is_just_starting_reads_anew_once_it_is_there(tmp_path: Path) -> None:
    """The signal, which it does not know yet, would end it, again and again where somebody reloads often."""
    children = Slow(cast(Any, None), 1, None, lambda: cast(Any, Doors()))
    children.folder = tmp_path
    async with children.running():
        await eventually(lambda: bool(children._unheard) and (tmp_path / "born").exists())
        children.reload()
        (tmp_path / "go").touch()
        await eventually((tmp_path / "heard").exists)
        (tmp_path / "heard").unlink()
        children.reload()
        await eventually((tmp_path / "heard").exists)
    assert (tmp_path / "born").read_text() == "x"
