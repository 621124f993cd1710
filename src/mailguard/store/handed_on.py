"""Mail that was just taken in and is handed on in memory: what its rows say, so that nobody has to read them to write
down that it is out.

Only what never changes is remembered, and the octets; what may change is asked of the ledger in the very statement that
relies on it. Bounded, and forgotten with the first outcome: whatever is not here is read as ever.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field

from mailguard.mail.message import Body
from mailguard.store.records import MessageRecord

#: Mails, and octets of their bodies. A lane takes few at a time, each for moments.
_MAILS, _OCTETS = 1000, 8 * 2**20


@dataclass(frozen=True, slots=True)
class Moving:
    """A mail as it entered. number: of its row; octets: of a body that lies in a row."""

    number: int
    record: MessageRecord
    octets: bytes | None = field(repr=False)


class HandedOn:
    """By message id. All methods belong to one event loop."""

    def __init__(self) -> None:
        self._mails: OrderedDict[str, Moving] = OrderedDict()
        self._octets = 0

    def keep(self, moving: Moving) -> None:
        """It is on disk now, and on its way."""
        self._mails[moving.record.id] = moving
        self._octets += len(moving.octets or b"")
        while len(self._mails) > _MAILS or self._octets > _OCTETS:
            self.take(next(iter(self._mails)))

    def take(self, message_id: str) -> Moving | None:
        """Something is written down of it: from then on the ledger is asked."""
        moving = self._mails.pop(message_id, None)
        if moving is not None:
            self._octets -= len(moving.octets or b"")
        return moving

    def body(self, message_id: str) -> Body | None:
        """Its octets, with size and digest as taken at the door; None: they are where they lie."""
        moving = self._mails.get(message_id)
        if moving is None or moving.octets is None:
            return None
        return Body(moving.record.size, moving.record.sha256, octets=moving.octets)

    def forget(self) -> None:
        """Everything: octets are removed from the ledger."""
        self._mails.clear()
        self._octets = 0
