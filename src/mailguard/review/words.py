"""What the waiting room speaks of: acts, views, and the ways of being refused, in both languages. Values only."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from mailguard.mail.address import Address
from mailguard.mail.lifecycle import State
from mailguard.mail.verdict import Because
from mailguard.notify.offers import Offer
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
    RESUME = "resume"
    ALTER = "alter"
    FORWARD = "forward"
    COMMENT = "comment"
    TRUST = "trust"
    CORRECT = "correct"


Scope = Literal["me", "team"]


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

    acts: what the person can do with at least one copy, and with the mail as a whole (COMMENT); acts_for: per recipient
    (Address.key). trust_scopes: for whom he may say that a recipient needs no asking (TRUST), "me" and "team".
    offers: whom he can put in a wrong recipient's place (CORRECT).
    """

    record: MessageRecord
    history: tuple[HistoryLine, ...]
    acts: frozenset[Act]
    acts_for: dict[str, frozenset[Act]]
    trust_scopes: tuple[Scope, ...] = ()
    offers: tuple[Offer, ...] = ()

    @property
    def comments(self) -> tuple[HistoryLine, ...]:
        """What people wrote to each other about it, oldest first."""
        return tuple(line for line in self.history if line.event == "comment")


@dataclass(frozen=True, slots=True)
class Choice:
    """What somebody chooses to do with a held mail, all of it or nothing.

    remove: who does not get it. remove_files: positions in `facts.attachments` of what is taken out of the copies;
    hide: addresses of To and Cc that no copy shows any more. recipients: whose copies lose the files, hide the
    addresses and are decided (None: all that are held). then: RELEASE, SEND_NOW, APPROVE, URGENT (with a comment as its
    reason), or None: only the changes.
    """

    remove: tuple[Address, ...] = ()
    remove_files: tuple[int, ...] = ()
    hide: tuple[Address, ...] = ()
    then: Act | None = None
    comment: str = ""
    recipients: tuple[Address, ...] | None = None


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
