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

    def connection(self) -> Reply | None:
        """None if a client may come in."""
        why = self._pressure.connection()
        return None if why is None else _refused(why, replies.TOO_BUSY)

    def message(self, key: str, size: int) -> Place | Reply:
        """The place of a message that is announced with `size` octets (0: with none), or why it cannot come.

        key: the client, as it is counted.
        """
        why = self._pressure.message(size)
        if why is None:
            return Place(self._pressure, self._table, key, size)
        return _refused(why, replies.TRY_LATER if why == "ledger" else replies.NO_ROOM)


class Place:
    """What one message takes up, from MAIL until its reply. Whoever has it calls `end`."""

    def __init__(self, pressure: Pressure, table: Shares, key: str, size: int) -> None:
        self._pressure, self._table, self._key = pressure, table, key
        self._announced = size
        self._at_table = False
        pressure.announce(size)

    def begin(self) -> Reply | None:
        """Its octets are about to come: None if they may."""
        if not self._at_table:
            if not self._table.take(self._key):
                return _refused("share", replies.WAIT_FOR_REPLIES)
            self._at_table = True
            events.messages_under_way.set(len(self._table))
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
            events.messages_under_way.set(len(self._table))


def _refused(why: str, reply: Reply) -> Reply:
    events.admission_refused(why)
    return reply
