"""Mail that was just taken in and is handed on in memory: what its rows say, so that nobody has to read them to write
down that it is out, or to tell its sender that it is held.

Only what never changes is remembered, and the octets; what may change is asked of the ledger in the very statement that
relies on it. Bounded, and forgotten with the first outcome: whatever is not here is read as ever.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import field

from mailguard.mail.message import Body
from mailguard.mail.values import value
from mailguard.store.records import MessageRecord, Notice

#: Mails, and octets of their bodies. A lane takes few at a time, each for moments.
_MAILS, _OCTETS = 1000, 24 * 2**20


@value(frozen=True, slots=True)
class Moving:
    """A mail as it entered. number: of its row; body: in memory, or the file in its place; lesson: one is kept of it
    (store.lessons).
    """

    number: int
    record: MessageRecord
    body: Body = field(repr=False)
    lesson: bool = False

    @property
    def held(self) -> int:
        """Octets in memory."""
        return 0 if self.body.in_memory is None else self.body.size


class HandedOn:
    """By message id. All methods belong to one event loop."""

    def __init__(self) -> None:
        self._mails: OrderedDict[str, Moving] = OrderedDict()
        self._octets = 0

    def keep(self, moving: Moving) -> None:
        """It is on disk now, and on its way."""
        self._mails[moving.record.id] = moving
        self._octets += moving.held
        while len(self._mails) > _MAILS or self._octets > _OCTETS:
            self.take(next(iter(self._mails)))

    def take(self, message_id: str) -> Moving | None:
        """Something is written down of it: from then on the ledger is asked."""
        moving = self._mails.pop(message_id, None)
        if moving is not None:
            self._octets -= moving.held
        return moving

    def body(self, message_id: str) -> Body | None:
        """Its octets, with size and digest as taken at the door; None: the ledger knows."""
        moving = self._mails.get(message_id)
        return None if moving is None else moving.body

    def forget(self) -> None:
        """Everything: octets are removed from the ledger."""
        self._mails.clear()
        self._octets = 0


class Owing:
    """What is owed to people about mails of this moment, oldest first. Nothing is kept unless somebody asks for it."""

    def __init__(self) -> None:
        self._mails: OrderedDict[str, tuple[MessageRecord, Sequence[Notice]]] = OrderedDict()
        self._unasked: set[str] = set()
        self.wanted = False

    def of(self, message_id: str) -> Sequence[Notice] | None:
        """What is here of all that is owed about a mail that just came in; None if not all is, or was. Asked once,
        right behind `keep`.
        """
        if message_id not in self._unasked:
            return None
        self._unasked.discard(message_id)
        return self._mails[message_id][1] if message_id in self._mails else ()

    def drop(self, message_id: str) -> None:
        """What is owed about this mail was taken."""
        self._mails.pop(message_id, None)

    def keep(self, record: MessageRecord, notices: Sequence[Notice]) -> None:
        """These notices, and no others, were written as this mail came in. What there is no room for is in the ledger,
        like everything else.
        """
        if self.wanted and len(self._mails) < _MAILS:
            self._mails[record.id] = record, notices
            self._unasked.add(record.id)

    def take(self, limit: int) -> list[tuple[Notice, MessageRecord]]:
        """Those of the oldest mails: about so many."""
        found: list[tuple[Notice, MessageRecord]] = []
        while self._mails and len(found) < limit:
            _, (record, notices) = self._mails.popitem(last=False)
            found += ((notice, record) for notice in notices)
        return found
