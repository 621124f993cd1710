"""What stands behind the doors of the first process: letters, chat, their watchdog, the clocks, and the ear for taps.

It is opened once mail is taken in, as none of it keeps a mail waiting: what happened before lies in the ledger. Its
modules are loaded by whoever opens it, and by no process that only stands at a door.
"""

from __future__ import annotations

from contextlib import AsyncExitStack

from mailguard.app import hint
from mailguard.app.bells import Bells
from mailguard.app.chat import chats
from mailguard.app.clocks import Adopt, Clocks
from mailguard.app.opening import runs
from mailguard.app.post import post_room
from mailguard.app.rooms import Rooms, ledger_path
from mailguard.delivery import Delivery
from mailguard.pressure import Pressure


async def open_backstage(
    stack: AsyncExitStack, rooms: Rooms, bells: Bells, delivery: Delivery, pressure: Pressure, adopt: Adopt
) -> None:
    """Open all of it; the stack closes it. adopt: see Reception."""
    bells.post = post = post_room(rooms, delivery)
    await post.start()
    stack.push_async_callback(post.stop)
    made = await chats(
        rooms,
        stuck=delivery.stuck,
        flows=delivery.flows,
        noticed=bells.noticed,
        pressure=pressure.lately,
    )
    bells.chat = made.chat
    if made.chat is not None:
        await made.chat.start()
        stack.push_async_callback(made.chat.stop)
    runs(stack, made.watchdog.watch(), "watchdog")
    clocks = Clocks(rooms, bells.tick, adopt=adopt)
    for clock in (clocks.expire, clocks.bulk, clocks.housekeep):
        runs(stack, clock(), clock.__name__)
    await stack.enter_async_context(hint.listening(ledger_path(rooms.config), bells.tapped))
