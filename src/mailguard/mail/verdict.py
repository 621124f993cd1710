"""A verdict: what must happen to a message, recipient by recipient, and why. The judge makes it, the ledger keeps it.

Values only: nothing here decides.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

from mailguard.mail.address import Address


class Disposition(enum.IntEnum):
    """Strictest wins (product section 4)."""

    DELIVER = 0
    DELAY = 1
    CONFIRM = 2
    APPROVE = 3
    CHALLENGE = 4  # a later issue; its place between approve and reject is fixed here
    REJECT = 5

    @property
    def word(self) -> str:
        """The word of YAML, JSON and docs."""
        return self.name.lower()


Mode = Literal["monitor", "notify", "enforce"]
#: Mildest first.
MODES: tuple[Mode, ...] = ("monitor", "notify", "enforce")
Clock = Literal["always", "office"]
ExpireAction = Literal["return", "release", "discard"]


@dataclass(frozen=True, slots=True)
class Because:
    """One sentence in both languages."""

    ja: str
    en: str


@dataclass(frozen=True, slots=True)
class RuleHit:
    """A rule that fired: its id, mode, disposition, the sentence, the evidence, and the recipients it is about."""

    rule: str
    mode: Mode
    disposition: Disposition
    because: Because
    evidence: tuple[str, ...]
    recipients: tuple[Address, ...]


@dataclass(frozen=True, slots=True)
class HoldTerms:
    """How a hold ends when nobody decides, and who decides. For delay: expire_after is the window, action release.

    approvers: keys of those who are asked, empty: the sender confirms. delegates: for an approver, who may speak in his
    place. remind_after: when those asked hear of it again; escalate_after: when escalate_to are asked as well.
    clock: whether all these times run always or in office hours only. urgent: the sender may release it at once, with
    a reason, which is counted and told.
    """

    expire_after: timedelta = timedelta(hours=72)
    expire_action: ExpireAction = "return"
    approvers: tuple[str, ...] = ()
    quorum: int = 1
    delegates: tuple[tuple[str, tuple[str, ...]], ...] = ()
    remind_after: timedelta | None = None
    escalate_after: timedelta | None = None
    escalate_to: tuple[str, ...] = ()
    clock: Clock = "always"
    urgent: bool = False


@dataclass(frozen=True, slots=True)
class RecipientVerdict:
    """What happens to one recipient. `terms` is set for delay, confirm and approve."""

    address: Address
    external: bool
    disposition: Disposition
    rules: tuple[str, ...] = ()
    terms: HoldTerms | None = None
    risk: float = 0.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """The judge's word on a message. `policy` is the hash of the policy that judged."""

    recipients: tuple[RecipientVerdict, ...]
    hits: tuple[RuleHit, ...] = ()
    policy: str = ""
    exempt: str = ""  # the kind that kept it from being held ("auto_reply", "null_path", ...), "" if none
    notes: dict[str, str] = field(default_factory=dict)

    @property
    def disposition(self) -> Disposition:
        """The strictest of all recipients."""
        return max((r.disposition for r in self.recipients), default=Disposition.DELIVER)

    @property
    def enforced(self) -> tuple[RuleHit, ...]:
        """The hits that had an effect, strictest first."""
        return tuple(sorted((h for h in self.hits if h.mode == "enforce"), key=lambda h: -h.disposition))
