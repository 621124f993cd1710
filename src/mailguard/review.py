"""ROOM: what people may decide about held mail, and who may.

It trusts access.py for who somebody is and the ledger for what is the case; every permission is asked again inside the
transaction that changes something. It never sends: releasing only queues. What a person may not see does not exist.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from mailguard.mail.actor import Actor
from mailguard.mail.address import Address
from mailguard.mail.lifecycle import State
from mailguard.mail.organization import Organization
from mailguard.mail.verdict import Because
from mailguard.notify.live import Live
from mailguard.store.audit import Audit
from mailguard.store.holds import Holds
from mailguard.store.records import Filter, HistoryLine, MessageRecord, RecipientRecord
from mailguard.store.spool import Spool

#: The doors take the ledger's values from here: they never import the store.
__all__ = [
    "Act", "AlreadyDecided", "BulkResult", "Filter", "Forbidden", "HistoryLine", "MessageRecord", "NotFound",
    "RecipientRecord", "Refused", "Review", "ReviewError", "View",
]  # fmt: skip


class Act(enum.StrEnum):
    """What a person can do; the words of API, CLI and forms."""

    RELEASE = "release"
    SEND_NOW = "send-now"
    CANCEL = "cancel"
    HOLD = "hold"
    APPROVE = "approve"
    REJECT = "reject"
    REMOVE = "remove"


class ReviewError(Exception):
    """A decision that was not taken. `reason` is one sentence for people, in both languages."""

    def __init__(self, reason: Because) -> None:
        super().__init__(reason.en)
        self.reason = reason


class NotFound(ReviewError):
    """No such message, or not one that this person may see. (HTTP 404)"""


class Forbidden(ReviewError):
    """This person may see the mail, but not do this. (HTTP 403)"""


class AlreadyDecided(ReviewError):
    """Somebody was faster. (HTTP 409) by: address key of who decided ("mailguard": the house)."""

    def __init__(self, reason: Because, by: str, at: datetime, state: State) -> None:
        super().__init__(reason)
        self.by = by
        self.at = at
        self.state = state


class Refused(ReviewError):
    """Not possible now: a try is under way, an unknown recipient, nothing to do. (HTTP 422)"""


@dataclass(frozen=True, slots=True)
class View:
    """A mail as one person sees it.

    acts: what the person can do with at least one copy; acts_for: the same per recipient (Address.key).
    """

    record: MessageRecord
    history: tuple[HistoryLine, ...]
    acts: frozenset[Act]
    acts_for: dict[str, frozenset[Act]]


@dataclass(frozen=True, slots=True)
class BulkResult:
    """count: messages that matched and are open; done, refused: what became of them (0 in a dry run)."""

    count: int
    done: int = 0
    refused: int = 0
    ids: tuple[str, ...] = ()
    errors: dict[str, Because] = field(default_factory=dict)  # message id -> why not


class Review:
    """The waiting room."""

    def __init__(
        self,
        holds: Holds,
        spool: Spool,
        audit: Audit,
        *,
        organization: Organization,
        administrators: frozenset[str],
        live: Live,
        released: Callable[[], None],
        now: Callable[[], datetime],
        noticed: Callable[[], None] = lambda: None,
        frozen_for: timedelta = timedelta(hours=72),
    ) -> None:
        """administrators: address keys. released: sorting has something to do. noticed: a letter is owed."""
        raise NotImplementedError

    async def page(self, actor: Actor, chosen: Filter, limit: int = 50) -> list[MessageRecord]:
        """What matches and the person may see, newest first."""
        raise NotImplementedError

    async def count(self, actor: Actor, chosen: Filter) -> int:
        """How many of them there are."""
        raise NotImplementedError

    async def show(self, actor: Actor, message_id: str) -> View:
        """One mail. Raises NotFound."""
        raise NotImplementedError

    async def body(self, actor: Actor, message_id: str) -> bytes:
        """The octets; an auditor reads no bodies. Raises NotFound, Forbidden."""
        raise NotImplementedError

    async def act(
        self,
        actor: Actor,
        message_id: str,
        act: Act,
        recipients: tuple[Address, ...] | None = None,
        comment: str = "",
    ) -> View:
        """Decide. Without `recipients`: for every copy for which the person may. REMOVE needs recipients.

        Raises NotFound, Forbidden, AlreadyDecided, Refused.
        """
        raise NotImplementedError

    async def bulk(self, actor: Actor, chosen: Filter, act: Act, dry_run: bool, comment: str = "") -> BulkResult:
        """Count, and unless dry_run decide, everything open that matches. REMOVE is no bulk act. Raises Refused."""
        raise NotImplementedError

    async def expire_due(self) -> datetime | None:
        """End holds whose time ran out: delays go, others end as their rule says. Returns the next time."""
        raise NotImplementedError
