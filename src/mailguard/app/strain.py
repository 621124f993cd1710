"""How the house watches its own strain: the room of pressure over this ledger's file systems, a probe of the loop.

Nothing here decides: the room does, and the door asks it.
"""

from __future__ import annotations

import asyncio
import contextlib
import resource
import tempfile
from pathlib import Path

from mailguard import events
from mailguard.app.rooms import Rooms, ledger_path
from mailguard.config.rooms import pressure_limits
from mailguard.pressure import Pressure

#: Seconds between two looks at the loop: a look costs a tenth of a millisecond, and a busy loop is busy for long.
_PROBE = 0.1


def pressure_room(rooms: Rooms) -> Pressure:
    """What is watched for this ledger; it has not looked yet."""
    config = rooms.config
    folders = {
        "ledger": ledger_path(config).parent,
        "bodies": config.path(config.settings.store.bodies),
        "temp": Path(tempfile.gettempdir()),  # SQLite sorts there
    }
    return Pressure(pressure_limits(config), folders, rooms.queue.waiting, lambda: rooms.db.damaged)


def take_all_descriptors() -> None:
    """As many descriptors as the system lets this process have: each client needs one, and so does each large body."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


async def measure_lag() -> None:
    """Measure, until cancelled, how late the event loop comes to what is due: what stalls it stalls every session."""
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + _PROBE
        await asyncio.sleep(_PROBE)
        events.loop_lag.observe(max(0.0, loop.time() - due))
