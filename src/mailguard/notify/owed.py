"""What people are still to be told: each notice once, whether it was handed over in memory or stands in the ledger.

A mail that this process took in hands its notices over with itself; where there may be more, the ledger is read: when
somebody says so, and now and then. Notices are numbered, and what lies below a number that was read is known here. It
ends none: the transaction of a letter does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from mailguard.notify.readers import WITHOUT_MAIL
from mailguard.store.outbox import Outbox
from mailguard.store.records import MessageRecord, Notice, NoticeKind

#: Look again after so many seconds without being told: a command line beside us may have written notices.
LOOK_AGAIN = 5.0
_KINDS: tuple[NoticeKind, ...] = (
    "held", "approval", "reminder", "escalated", "answered", "urgent", "told", "sent", "password", "cancelled",
    "rejected", "expired", "reply", "comment", "misdelivery", "gathered", *WITHOUT_MAIL,
)  # fmt: skip


class Owed:
    """Notices of the ledger, given out in turn. All methods belong to one event loop."""

    def __init__(self, outbox: Outbox, at_once: int) -> None:
        """at_once: so many are given out together, at most as many again where both sources have some."""
        self._outbox, self._at_once = outbox, at_once
        self._look, self._looked_at = True, 0.0  # whether the ledger may owe what is not here, and when it was read
        self._seen = 0  # up to here all notices were taken out of the ledger; what is not answered yet is in memory
        self._here: set[int] = set()  # further ones that were handed over in memory
        self._left = False  # whether more of those may wait than were taken

    def look(self) -> None:
        """The ledger may owe what is not here."""
        self._look = True

    @property
    def has_more(self) -> bool:
        """Whether there may be some at once."""
        return self._look or self._left

    def of_mail(self, message_id: str) -> list[Notice] | None:
        """What is owed about a mail that was just taken in here, as far as it is new; None: the ledger knows."""
        owed = self._outbox.owed_of(message_id)
        if owed is None:
            self._look = True
            return None
        return [notice for notice in owed if notice.id > self._seen]

    def taken(self, message_id: str, notices: Sequence[Notice]) -> None:
        """They were taken as `of_mail` told them: `next` does not give them out."""
        self._here.update([notice.id for notice in notices])
        self._outbox.given(message_id)

    async def next(self) -> list[tuple[Notice, MessageRecord | None]]:
        """Notices that were not given out before: those that were handed over, with their mails, and where there may be
        more, those of the ledger. Raises StoreError.
        """
        at, more = asyncio.get_running_loop().time(), list[Notice]()
        if self._look or at - self._looked_at > LOOK_AGAIN:
            more = await self._read()
            self._looked_at = at
        handed = {notice.id: (notice, record) for notice, record in self._outbox.fresh(self._at_once)}
        self._left = len(handed) >= self._at_once  # also where the ledger gave some of them before
        found = [handed.pop(one.id, (one, None)) for one in more]
        new = [pair for pair in handed.values() if pair[0].id > self._seen]
        self._here.update([notice.id for notice, _ in new])
        return [*found, *new]

    async def _read(self) -> list[Notice]:
        while self._seen + 1 in self._here:  # numbers follow one another: nothing of the ledger lies between
            self._seen += 1
            self._here.discard(self._seen)
        handed_over, self._look = max(self._here, default=0), False
        try:
            read = await self._outbox.pending(self._at_once, _KINDS, self._seen)
        except Exception:
            self._look = True
            raise
        self._look = self._look or len(read) == self._at_once
        # Where that was all, nothing else is owed that was written before what is here.
        last = read[-1].id if read else self._seen
        self._seen = last if len(read) == self._at_once else max(last, handed_over)
        fresh = [one for one in read if one.id not in self._here]
        self._here = {number for number in self._here if number > self._seen}
        return fresh
