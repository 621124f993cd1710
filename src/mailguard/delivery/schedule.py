"""When a mail is tried again, and when it is given up. Pure; time and chance come in as values."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from mailguard.mail.address import Address
from mailguard.store.records import MessageRecord, RecipientRecord

_MINUTES = (1, 2, 5, 10, 20, 30, 60)
#: The longest wait for a server that is away: it is asked once a minute at most, whatever waits for it, and must not be
#: back for an hour before the mails hear of it that were tried meanwhile.
_AWAY = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Schedule:
    """waits: before the second try, the third ...; the last one stays. jitter: share by which a wait varies both ways.

    give_up_after: counted from when the mail could first have gone (RFC 5321 section 4.5.4.1 asks for 4-5 days; a mail
    that people think delivered should come back sooner).
    """

    waits: tuple[timedelta, ...] = tuple(timedelta(minutes=m) for m in _MINUTES)
    jitter: float = 0.2
    give_up_after: timedelta = timedelta(days=3)

    def __post_init__(self) -> None:
        if not self.waits or min(self.waits) <= timedelta(0):
            raise ValueError("delivery retry: needs at least one wait, each longer than nothing")
        if not 0 <= self.jitter < 1:
            raise ValueError("delivery jitter: between 0 and 1")

    def retry_at(self, attempts: int, now: datetime, chance: float, *, away: bool = False) -> datetime:
        """When to try again. attempts: tries that failed before this one; chance: 0..1, evenly spread; away: it failed
        for the server, which is left in peace now.
        """
        wait = self.waits[min(attempts, len(self.waits) - 1)]
        if away:
            wait = min(wait, _AWAY)
        return now + wait * (1 + self.jitter * (2 * chance - 1))

    def is_over(self, began: datetime, now: datetime) -> bool:
        """Whether a mail that could have gone since `began` is given up when it fails now."""
        return now - began >= self.give_up_after


def copies(record: MessageRecord, recipients: Iterable[Address]) -> tuple[RecipientRecord, ...]:
    """The records of these recipients."""
    wanted = set(recipients)
    return tuple(r for r in record.recipients if r.address in wanted)


def began(record: MessageRecord, recipients: Iterable[Address]) -> datetime:
    """When these copies could first go: a mail held for three days and then released is new, not three days late."""
    starts = [r.decided_at for r in copies(record, recipients) if r.decided_at is not None]
    return max([record.received_at, *starts])


def attempts(record: MessageRecord, recipients: Iterable[Address]) -> int:
    """How often these copies were tried in vain."""
    return max((r.attempts for r in copies(record, recipients)), default=0)
