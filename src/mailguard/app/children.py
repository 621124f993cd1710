"""More processes at the SMTP ports: children that take mail in on the same ports and the same ledger (`--workers N`).

The first process sorts, writes letters and shows the console; a child only stands at the door. A child that dies is
replaced after a pause; all end with the house, also when it is killed: their stdin ends then.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator

from mailguard import events
from mailguard.config.load import Config

_PAUSE = 2.0
_GRACE = 60.0


@contextlib.asynccontextmanager
async def doors_beside(config: Config, count: int) -> AsyncIterator[None]:
    """Run `count` more processes at the doors while the block lasts."""
    tasks = [asyncio.create_task(_keep_one(config), name=f"door {number}") for number in range(count)]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=_GRACE)


async def _keep_one(config: Config) -> None:
    arguments = ["serve", "--role", "smtp", "--share-ports", "--log-format", "json"]
    if not config.tryout:
        arguments += ["--config", config.source]
    while True:
        try:
            child = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "mailguard",
                *arguments,
                stdin=asyncio.subprocess.PIPE,  # never written to: it ends when we do, however we end
                stdout=asyncio.subprocess.DEVNULL,
            )
        except OSError as error:  # no memory, no descriptors: perhaps a little later
            events.fault("smtpd", error)
            await asyncio.sleep(_PAUSE)
            continue
        try:
            await child.wait()
        except asyncio.CancelledError:
            with contextlib.suppress(ProcessLookupError):
                child.terminate()
            await child.wait()
            raise
        events.door_ended(child.returncode or 0)
        await asyncio.sleep(_PAUSE)
