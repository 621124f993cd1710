"""What the waiting room speaks of: acts, views, and the ways of being refused, in both languages. Values only."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from datetime import datetime

from mailguard.mail.lifecycle import State
from mailguard.mail.verdict import Because
from mailguard.store.records import HistoryLine, MessageRecord


class Act(enum.StrEnum):
    """What a person can do; the words of API, CLI and forms."""

    RELEASE = "release"
    SEND_NOW = "send-now"
    CANCEL = "cancel"
    HOLD = "hold"
    APPROVE = "approve"
    REJECT = "reject"
    REMOVE = "remove"
    URGENT = "urgent"


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
    """count: open messages that matched; done, refused: what became of them (0 in a dry run).

    ids: those that were done, in a dry run those that would be (at most 1000); errors: message id -> why not.
    """

    count: int
    done: int = 0
    refused: int = 0
    ids: tuple[str, ...] = ()
    errors: dict[str, Because] = field(default_factory=dict)
