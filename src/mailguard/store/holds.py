"""Held copies, and what people look up: guarded changes, pages, counts, clocks that ran out.

A change is one guarded UPDATE made from mail.lifecycle.NEXT, with its audit line and notice in the same transaction:
of two decisions on the same copy one wins, and the other learns who was faster.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from mailguard.mail.actor import Actor
from mailguard.mail.address import Address
from mailguard.mail.lifecycle import Event
from mailguard.store.db import Database
from mailguard.store.records import Decision, Filter, MessageRecord, NoticeKind, RecipientRecord

May = Callable[[MessageRecord, RecipientRecord], bool]


class Holds:
    """Messages as people see them, and what people change."""

    def __init__(self, db: Database) -> None:
        raise NotImplementedError

    async def apply(
        self,
        message_id: str,
        event: Event,
        actor: Actor,
        now: datetime,
        *,
        recipients: tuple[Address, ...] | None = None,
        may: May | None = None,
        comment: str = "",
        notice: NoticeKind | None = None,
        frozen_until: datetime | None = None,
    ) -> Decision:
        """Let an event happen to the recipients named (None: to all to whom it can happen).

        may: asked inside the transaction, with what stands in the ledger then; copies it refuses are left alone.
        A copy whose try at the upstream is under way is left alone. notice: the letter to the sender that this owes.
        frozen_until: for HOLD: when the frozen copy is given back if nobody decides.
        An empty `changed` says that somebody was faster or it was not possible. Raises KeyError: no such message.
        """
        raise NotImplementedError

    async def approve(
        self,
        message_id: str,
        actor: Actor,
        now: datetime,
        *,
        recipients: tuple[Address, ...] | None = None,
        may: May | None = None,
        comment: str = "",
    ) -> Decision:
        """Count one approval per copy; those that reach their quorum are released. `changed`: who was counted."""
        raise NotImplementedError

    async def find(self, message_id: str) -> MessageRecord | None:
        """A message, or None."""
        raise NotImplementedError

    async def page(self, chosen: Filter, limit: int = 50) -> list[MessageRecord]:
        """The newest `limit` messages that match, newest first; the next page: Filter(before=last.id)."""
        raise NotImplementedError

    async def count(self, chosen: Filter) -> int:
        """How many match (`before` counts too)."""
        raise NotImplementedError

    async def due(self, now: datetime, limit: int = 100) -> list[MessageRecord]:
        """Messages with holds whose time ran out, longest first."""
        raise NotImplementedError

    async def next_expiry(self) -> datetime | None:
        """When the next hold runs out; None if none does."""
        raise NotImplementedError
