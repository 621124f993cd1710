"""What the door asks before it lets a client or a message in, and what it owes back when they are gone.

One for all listeners of a door. It knows the pressure of the house and the share of each client, turns them into
replies, and counts refusals. It never waits, and ends what has begun only where the disk would overflow.
"""

from __future__ import annotations

import collections

from mailguard import events
from mailguard.mail import reply as replies
from mailguard.mail.message import Sheet
from mailguard.mail.reply import Reply
from mailguard.pressure import Pressure, Shares
from mailguard.smtpd.data import WITH_ROOM
from mailguard.smtpd.sheets import Sheets

#: Octets of all messages together that are larger than what always stays in memory, from their coming in until they are
#: out. While one is joined, it is there twice.
_KEPT = 64 * 2**20


class Admission:
    """pressure: of the house; messages: how many may be between DATA and their reply at once."""

    def __init__(self, pressure: Pressure, messages: int, kept: int = _KEPT) -> None:
        """kept: octets of larger messages in memory."""
        self._pressure = pressure
        self._table = Shares(messages)
        self._memory = Memory(kept)
        self._sheets = Sheets()
        events.messages_under_way.set_function(self._table.__len__)

    def connection(self) -> Reply | None:
        """None if a client may come in."""
        why = self._pressure.connection()
        return None if why is None else _refused(why, replies.TOO_BUSY)

    def message(self, key: str, size: int) -> Place | Reply:
        """The place of a message that is announced with `size` octets (0: with none), or why it cannot come.

        key: the client, as it is counted.
        """
        return _no_room(self._pressure, size) or Place(
            self._pressure, self._table, self._memory, self._sheets, key, size
        )


class Memory:
    """So many octets, for all together."""

    def __init__(self, octets: int) -> None:
        self._left = octets
        self._given: collections.deque[int] = collections.deque()  # by any thread

    def take(self, octets: int) -> bool:
        """Whether there was room for these; then it is theirs."""
        while self._given:
            self._left += self._given.popleft()
        if octets > self._left:
            return False
        self._left -= octets
        return True

    def give(self, octets: int) -> None:
        """Give room back that was taken."""
        self._given.append(octets)


class Room:
    """What the octets of one message take up in memory. It is given back when nobody has them any more, whoever that
    is: they are in memory until they are out.
    """

    __slots__ = ("_memory", "_octets")

    def __init__(self, memory: Memory, octets: int) -> None:
        self._memory, self._octets = memory, octets

    def __del__(self) -> None:
        self._memory.give(self._octets)


class Place:
    """What one message takes up, from DATA until its reply. Whoever has it calls `end`.

    Before its octets are about to come it takes up nothing: whoever only says MAIL, a stranger perhaps, must not keep
    room from others.
    """

    def __init__(self, pressure: Pressure, table: Shares, memory: Memory, sheets: Sheets, key: str, size: int) -> None:
        self._pressure, self._table, self._memory, self._key, self._size = pressure, table, memory, key, size
        self._sheets = sheets
        self._announced = self._kept = 0
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

    def keep(self, size: int) -> bool:
        """Whether so many of its octets more may stay in memory. One that is announced to be too large for it has no
        need of a beginning.
        """
        if self._size > WITH_ROOM or not self._memory.take(size):
            return False
        self._kept += size
        return True

    def sheet(self) -> Sheet | None:
        """Memory for what it keeps, if there is any."""
        return self._sheets.take()

    def passed_on(self) -> Room | None:
        """The room for what it keeps; it belongs to the octets from now on."""
        kept, self._kept = self._kept, 0
        return Room(self._memory, kept) if kept else None

    def end(self, _: object = None) -> None:
        """It has its reply, or will never come. A second call does nothing."""
        if self._kept:
            self._memory.give(self._kept)
            self._kept = 0
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
