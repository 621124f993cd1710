"""What the door asks before it lets a client or a message in, and what it owes back when they are gone.

One for all listeners of a door. It knows the pressure of the house and the share of each client, turns them into
replies, and counts refusals. It never waits, and ends what has begun only where the disk would overflow.
"""

from __future__ import annotations

from mailguard import events
from mailguard.mail import reply as replies
from mailguard.mail.reply import Reply
from mailguard.pressure import Pressure, Shares


class Admission:
    """pressure: of the house; messages: how many may be between DATA and their reply at once."""

    def __init__(self, pressure: Pressure, messages: int) -> None:
        self._pressure = pressure
        self._table = Shares(messages)
        events.messages_under_way.set_function(self._table.__len__)

    def connection(self) -> Reply | None:
        """None if a client may come in."""
        why = self._pressure.connection()
        return None if why is None else _refused(why, replies.TOO_BUSY)

    def message(self, key: str, size: int) -> Place | Reply:
        """The place of a message that is announced with `size` octets (0: with none), or why it cannot come.

        key: the client, as it is counted.
        """
        return _no_room(self._pressure, size) or Place(self._pressure, self._table, key, size)


class Place:
    """What one message takes up, from DATA until its reply. Whoever has it calls `end`.

    Before its octets are about to come it takes up nothing: whoever only says MAIL, a stranger perhaps, must not keep
    room from others.
    """

    def __init__(self, pressure: Pressure, table: Shares, key: str, size: int) -> None:
        self._pressure, self._table, self._key, self._size = pressure, table, key, size
        self._announced = 0
        self._at_table = False

    def begin(self) -> Reply | None:
        """Its octets are about to come: None if they may."""
        if self._at_table:
            return None
        if (refusal := _no_room(self._pressure, self._size)) is not None:
            return refusal
        if not self._table.take(self._key):
            return _refused("share", replies.WAIT_FOR_REPLIES)
        self._at_table = True
        self._announced = self._size
        self._pressure.announce(self._size)
        return None

    def came(self, size: int) -> Reply | None:
        """So many octets came: None if more may come."""
        counted = min(size, self._announced)
        self._announced -= counted
        self._pressure.announce(-counted)
        return None if self._pressure.came(size) else _refused("disk", replies.NO_ROOM)

    def end(self, _: object = None) -> None:
        """It has its reply, or will never come. A second call does nothing."""
        self._pressure.announce(-self._announced)
        self._announced = 0
        if self._at_table:
            self._at_table = False
            self._table.give(self._key)


def _no_room(pressure: Pressure, size: int) -> Reply | None:
    """None if a message of that size can be taken now."""
    why = pressure.message(size)
    return None if why is None else _refused(why, replies.TRY_LATER if why == "ledger" else replies.NO_ROOM)


def _refused(why: str, reply: Reply) -> Reply:
    events.admission_refused(why)
    return reply
