"""What is read anew when somebody asks for it (SIGHUP): each thing by itself, in the order in which it was opened.

What is wrong stays as it was, and the log says why.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from mailguard import events
from mailguard.config.load import Config, load_config
from mailguard.policy.marks import Problems
from mailguard.smtpd.tls import CertificateError


def look_at_settings(config: Config) -> None:
    """Settings are read at the start. Whoever changed their file and asks for a reload is told that it took none of it.

    Blocks. Raises Problems.
    """
    if config.tryout:
        return
    now = load_config(Path(config.source)).settings
    changed = [name for name in type(now).model_fields if getattr(now, name) != getattr(config.settings, name)]
    if changed:
        events.settings_changed(changed)


class Anew:
    """All of one house."""

    def __init__(self) -> None:
        self._readings: list[Callable[[], Awaitable[object]]] = []
        self._task: asyncio.Task[None] | None = None
        # Of two that are asked for at once, the one that began to read earlier must not end later: it has older files.
        self._one_by_one = asyncio.Lock()

    def add(self, reading: Callable[[], Awaitable[object]]) -> None:
        """It may raise Problems or CertificateError."""
        self._readings.append(reading)

    def add_file(self, load: Callable[[], object]) -> None:
        """A reading that blocks."""
        self.add(lambda: asyncio.to_thread(load))

    def soon(self) -> None:
        """Read all of it."""
        self._task = asyncio.get_running_loop().create_task(self._read(), name="reload")

    async def _read(self) -> None:
        async with self._one_by_one:
            for reading in self._readings:
                try:
                    await reading()
                except Problems as error:
                    events.reload_refused([str(problem) for problem in error.problems])
                except CertificateError as error:
                    events.reload_refused([str(error)])
