"""What is due for the upstream: claimed under a lease, tried, recorded. Times are values; nothing here waits.

A lease is only a later due time with an owner's name on it: when its owner dies, the copy falls due again by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from mailguard.mail.address import Address
from mailguard.mail.outcome import Outcome
from mailguard.store.db import Database
from mailguard.store.records import Job, RecordResult


class Queue:
    """Queued copies."""

    def __init__(self, db: Database) -> None:
        raise NotImplementedError

    async def claim(self, now: datetime, lease: timedelta, limit: int) -> list[Job]:
        """Take up to `limit` messages with due recipients, longest due first. Each copy is in one job only."""
        raise NotImplementedError

    async def record(
        self,
        message_id: str,
        outcomes: Mapping[Address, Outcome],
        now: datetime,
        retry_at: datetime | None,
        give_up: bool,
    ) -> RecordResult:
        """Write down one try: relayed, deferred to `retry_at`, failed; with give_up, deferred becomes failed.

        The leases of the recipients named end. History learns from what was relayed. Notices: "sent" when a mail that
        people were told about is out; "bounced" when a copy failed (never for the null path and letters).
        retry_at may be None only if give_up. A recipient that is no longer queued is left as it is (audit line "late").
        """
        raise NotImplementedError

    async def next_due(self, now: datetime) -> datetime | None:
        """When the next copy falls due (maybe in the past); None if nothing is queued."""
        raise NotImplementedError

    async def release_leases(self, owner: str | None = None) -> int:
        """At start: leases of an owner that is gone (None: of everybody) end. Returns how many copies are due again."""
        raise NotImplementedError

    async def give_back(self, message_id: str, recipients: tuple[Address, ...], now: datetime) -> None:
        """End a lease without a try (the house is stopping before the first octet went out)."""
        raise NotImplementedError

    async def counts(self) -> dict[str, int]:
        """How many messages (not letters) are in each state, for figures."""
        raise NotImplementedError
