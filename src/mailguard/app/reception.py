"""How the reception is opened: its ways in, the troubles it shows, and its HTTP server, closed with the house.

Loaded by whoever has the console, and after the SMTP doors: it takes a third of a second.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack

from mailguard.app.chat import Bulletin
from mailguard.app.front import Reception
from mailguard.app.opening import runs
from mailguard.app.rooms import Rooms
from mailguard.app.ways import ways_in
from mailguard.inspect.workers import Readers
from mailguard.rulebook import Rulebook
from mailguard.smtpd.auth import UserFile


async def open_reception(
    stack: AsyncExitStack,
    rooms: Rooms,
    readers: Readers,
    book: Rulebook,
    *,
    users: UserFile | None,
    ready: Callable[[], Awaitable[dict[str, str]]],
) -> Reception:
    """It answers. users: the file of logins, one for both doors, and read anew for both. Raises OSError, Problems."""
    bulletin = Bulletin(rooms.troubles)
    runs(stack, bulletin.read(), "bulletin")
    reception = Reception(
        rooms,
        readers,
        ways=ways_in(rooms, users),
        ready=ready,
        policy=book.current,
        refused=book.refused,
        troubles=bulletin,
    )
    await reception.start()
    stack.push_async_callback(reception.stop)
    return reception
