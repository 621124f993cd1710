"""The secrets of answers: made for a letter, looked up when an answer comes, spent by the act.

A secret is bound to one person and one mail, lasts as long as the letter's link, and decides once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from mailguard.mail.subaddress import new_secret
from mailguard.store.reply_tickets import NewReply, ReplyTicketStore, new_reply

State = Literal["good", "spent", "expired"]


@dataclass(frozen=True, slots=True)
class Bound:
    """Whom (key) and which mail a secret is about, whether it is still good, and about how many copies of the mail the
    letter was (None: not known; 0: it asked for words, and decides nothing).
    """

    person: str
    message_id: str
    state: State = "good"
    copies: int | None = None

    @property
    def talks(self) -> bool:
        """Whether an answer is a note to the other side."""
        return self.copies == 0


class ReplyTickets:
    """Secrets out, and what they are bound to."""

    def __init__(self, store: ReplyTicketStore, *, lasts: timedelta, now: Callable[[], datetime]) -> None:
        self._store = store
        self._lasts = lasts
        self._now = now

    def new(self, message_id: str, person: str, copies: int) -> tuple[str, NewReply]:
        """The secret for a letter about so many copies of a mail to one person (key), in the clear in the letter only;
        and the row that enters the ledger with that letter.
        """
        secret = new_secret()
        return secret, new_reply(secret, person, message_id, self._now() + self._lasts, copies)

    async def find(self, secret: str) -> Bound | None:
        """What it is bound to; None if nobody knows it."""
        row = await self._store.find(secret)
        if row is None:
            return None
        state: State = "spent" if row.spent else "expired" if row.expires_at <= self._now() else "good"
        return Bound(row.person, row.message_id, state, row.copies)

    async def spend(self, secret: str) -> None:
        """It has decided, and does not decide again."""
        await self._store.spend(secret, self._now())
