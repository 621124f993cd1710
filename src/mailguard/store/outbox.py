"""Letters that are owed: notices written with the change that made them necessary, ended with the letter's own row."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from mailguard.store.db import Database
from mailguard.store.records import Notice, NoticeKind


class Outbox:
    """Notices waiting for their letters. A letter ends its notice itself: `Spool.add_letter(..., notice_id=...)`."""

    def __init__(self, db: Database) -> None:
        raise NotImplementedError

    async def add(
        self, kind: NoticeKind, to: str, now: datetime, *, message_id: str | None = None, **detail: Any
    ) -> int:
        """A notice that belongs to no change of a message (login). Never put a secret into `detail`."""
        raise NotImplementedError

    async def pending(self, limit: int = 50, kinds: Sequence[NoticeKind] | None = None) -> list[Notice]:
        """The oldest notices that are still owed, of these kinds (None: of all)."""
        raise NotImplementedError

    async def done(self, notice_id: int) -> bool:
        """End a notice without a letter (nobody to tell). False if it had ended before."""
        raise NotImplementedError
