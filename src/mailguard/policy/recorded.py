"""A recorded mail as a value: the case, what the judge said then, and what people made of the hold. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from mailguard.mail.address import Address
from mailguard.mail.facts import Facts
from mailguard.mail.lifecycle import State
from mailguard.mail.verdict import Disposition, Verdict
from mailguard.policy.case import Case

#: What became of a mail that people were asked about. "": nobody was asked; waiting: nobody has answered yet;
#: released: all of it, by a person and without any change; changed: a part of it.
Outcome = Literal["", "waiting", "released", "changed", "cancelled", "rejected", "expired"]

#: Holds that ask a person.
ASKS = frozenset({Disposition.CONFIRM, Disposition.APPROVE})
_WENT = frozenset({State.QUEUED, State.RELAYED, State.BOUNCED})
#: Who decides when time does.
_HOUSE = "mailguard"


@dataclass(frozen=True, slots=True)
class Copy:
    """A recipient's copy as it stands now."""

    address: Address
    disposition: int = 0
    state: str = ""
    decided_by: str = ""
    decided_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Recorded:
    """A mail that can be judged again. verdict: of then; has_body: its octets are still there."""

    id: str
    case: Case
    subject: str
    verdict: Verdict
    outcome: Outcome = ""
    has_body: bool = False

    def with_texts(self, facts: Facts) -> Recorded:
        """The same mail, its octets read again. What the virus scanner said then stands: nobody asks it again."""
        then = self.case.facts
        scan = tuple(finding for finding in then.findings if finding.code in ("infected", "not_scanned"))
        read = replace(facts, scanned=then.scanned, viruses=then.viruses, findings=(*facts.findings, *scan))
        return replace(self, case=replace(self.case, facts=read, texts_kept=True))


def outcome_of(copies: Sequence[Copy]) -> Outcome:
    """What became of the copies that people were asked about."""
    asked = [copy for copy in copies if copy.disposition in ASKS]
    states = {copy.state for copy in asked}
    if not asked:
        return ""
    if State.HELD in states:
        return "waiting"
    if states <= _WENT:
        by_people = all(copy.decided_by not in ("", _HOUSE) for copy in asked)
        # A hold that ran out into a release says nothing about what anybody thought of it.
        return ("released" if _untouched(copies) else "changed") if by_people else "expired"
    if states & _WENT:
        return "changed"
    return "cancelled" if State.CANCELLED in states else "rejected" if State.REJECTED in states else "expired"


def _untouched(copies: Sequence[Copy]) -> bool:
    return all(copy.state != State.CANCELLED for copy in copies)
