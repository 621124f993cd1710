"""The audit log: one line for every change, in the change's own transaction, chained by hashes, never altered.

Triggers refuse UPDATE and DELETE; the chain shows what was done with the triggers out of the way. Lines name people
and say why; they hold no bodies.
"""

from __future__ import annotations

from datetime import datetime

from mailguard.mail.actor import Actor
from mailguard.mail.message import Message
from mailguard.mail.verdict import Verdict
from mailguard.store.db import Database
from mailguard.store.records import HistoryLine


class Audit:
    """Reading and checking the log, and lines about what is no change of a message."""

    def __init__(self, db: Database) -> None:
        raise NotImplementedError

    async def refused(self, message: Message, verdict: Verdict, now: datetime) -> None:
        """A line for a mail that policy refused at the door: envelope, rules, digest; no row is kept."""
        raise NotImplementedError

    async def note(self, event: str, actor: Actor, now: datetime, comment: str = "", **detail: object) -> None:
        """A line about the house: a token made, a policy reloaded, somebody logged in."""
        raise NotImplementedError

    async def history_of(self, message_id: str) -> list[HistoryLine]:
        """All lines about a message, oldest first."""
        raise NotImplementedError

    async def page(self, *, after: int = 0, limit: int = 1000) -> list[HistoryLine]:
        """Lines with a number above `after`, oldest first."""
        raise NotImplementedError

    async def verify(self) -> int | None:
        """Check the whole chain. The number of the first line that is altered or missing; None if it is whole."""
        raise NotImplementedError
