"""Who was asked about a copy, and a clock that somebody stopped: values that stand with it in the ledger."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from mailguard.mail.values import value
from mailguard.mail.verdict import ExpireAction
from mailguard.mail.voices import voices


@value(frozen=True, slots=True)
class Asked:
    """Who was asked about a copy, as it stands now: so many (`quorum`) of the approvers must say yes (keys).

    delegates: who may speak in an approver's place. remind_at: when those who have not answered hear of it again;
    escalate_at: when escalate_to become approvers too; None once it has happened, or if it never does. absent: the
    approvers who are away, so that those in their place are asked.
    """

    approvers: tuple[str, ...]
    quorum: int = 1
    delegates: tuple[tuple[str, tuple[str, ...]], ...] = ()
    remind_at: datetime | None = None
    escalate_at: datetime | None = None
    escalate_to: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()

    def missing(self, approvals: Iterable[str], administrators: int = 0) -> int:
        """How many voices it still needs, when so many administrators have said yes for it."""
        return max(0, self.quorum - administrators - voices(self.approvers, dict(self.delegates), approvals))

    @property
    def people(self) -> frozenset[str]:
        """Everybody who may answer."""
        return frozenset(self.approvers).union(*(people for _, people in self.delegates))

    @property
    def asked(self) -> dict[str, tuple[str, ...]]:
        """Who is asked at once, and in whose places (none: in their own): of an approver who is away, the first who
        takes his place.
        """
        delegates = dict(self.delegates)
        found: dict[str, tuple[str, ...]] = {}
        for approver in self.approvers:
            stand_ins = delegates.get(approver, ()) if approver in self.absent else ()
            asked = stand_ins[0] if stand_ins else approver
            found[asked] = (*found.get(asked, ()), *((approver,) if asked != approver else ()))
        return found

    @property
    def reachable(self) -> int:
        """How many approvers are there, or have somebody in their place."""
        delegates = dict(self.delegates)
        return sum(one not in self.absent or bool(delegates.get(one)) for one in self.approvers)

    @property
    def nudge_at(self) -> datetime | None:
        """When the next of its times comes."""
        return min((at for at in (self.remind_at, self.escalate_at) if at is not None), default=None)


@value(frozen=True, slots=True)
class Paused:
    """A clock that stands: since when, when it would have run out (None: never), and what would have happened then."""

    at: datetime
    due: datetime | None
    action: ExpireAction
