"""A case before the judge: the mail as it was read, the company, and what is known of the recipients. Values
only.

The judge sees nothing else: no clock, no ledger. Whoever makes a case answers for its being about one and the
same mail.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from mailguard.mail.envelope import Envelope
from mailguard.mail.facts import Facts
from mailguard.mail.organization import Organization
from mailguard.policy.free_mail import known_keys

__all__ = ["Case", "Known", "known_keys"]


@dataclass(frozen=True, slots=True)
class Known:
    """What history knows. The sets hold keys (`known_keys`) that this sender, or anybody here, has written to before.

    often: domains worth comparing look-alikes with, most used first.
    """

    sender_domains: frozenset[str] = frozenset()
    company_domains: frozenset[str] = frozenset()
    often: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Case:
    """Everything that a verdict depends on besides the policy. size: octets of the message.

    moment: when it came in (aware); None if nobody knows, as with a file that is only looked at.
    """

    envelope: Envelope
    facts: Facts
    organization: Organization
    known: Known = field(default_factory=Known)
    size: int = 0
    moment: datetime | None = None
