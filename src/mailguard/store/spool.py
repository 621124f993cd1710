"""Bytes at rest: a message is taken into the ledger, and its octets are found again.

The octets are durable before the row that speaks of them, and the row, its recipients, its audit line and its notices
are one transaction: that commit is the moment of responsibility. Small bodies lie in the database, larger ones as
files. It trusts the verdict it is given and never looks into the octets.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from mailguard.mail.address import Address
from mailguard.mail.facts import Facts
from mailguard.mail.message import Body, Message
from mailguard.mail.verdict import Verdict
from mailguard.store.db import Database
from mailguard.store.records import MessageRecord

#: Bodies up to so many octets lie in the database.
SMALL_BODY = 64 * 2**10


@dataclass(frozen=True, slots=True)
class Retention:
    """How long after its end a message's octets and its metadata are kept."""

    bodies: timedelta = timedelta(days=7)
    metadata: timedelta = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class Purged:
    """What a purge removed."""

    bodies: int
    messages: int


class Spool:
    """Messages in and octets out."""

    def __init__(self, db: Database, bodies: Path) -> None:
        """bodies: folder of the files; made if missing (mode 0700)."""
        raise NotImplementedError

    @property
    def incoming(self) -> Path:
        """Where the front door writes large bodies: the same file system, so that adopting one is a rename."""
        raise NotImplementedError

    async def start(self, now: datetime) -> None:
        """Make the folders and remove files that no row speaks of and that are older than an hour."""
        raise NotImplementedError

    async def add(
        self, message: Message, facts: Facts, verdict: Verdict, prefix: bytes, *, lease_until: datetime | None = None
    ) -> MessageRecord:
        """Take responsibility for a message. When this returns, it is on disk.

        lease_until: its due recipients are claimed at once until then; whoever calls hands them on in memory.
        A file body is adopted: moved into the spool. Raises StoreError and its kinds; then nothing was taken.
        """
        raise NotImplementedError

    async def add_letter(
        self,
        letter_id: str,
        to: Address,
        octets: bytes,
        *,
        about: str | None,
        now: datetime,
        prefix: bytes = b"",
        notice_id: int | None = None,
        lease_until: datetime | None = None,
    ) -> MessageRecord | None:
        """Queue a letter of ours from the null path, and end the notice that asked for it, in one transaction.

        None if the notice had been answered before: then nothing is queued, and nobody is told twice.
        """
        raise NotImplementedError

    async def body(self, message_id: str) -> Body:
        """The octets of a message, with size and digest as taken at the door. Raises BodyGone."""
        raise NotImplementedError

    async def purge(self, now: datetime, retention: Retention) -> Purged:
        """Remove octets and metadata that are past their time. Letters lose their octets as soon as they are out."""
        raise NotImplementedError


class BodyGone(KeyError):
    """There is no such message, or its octets were removed after their time."""
