"""A verdict: what must happen to a message, recipient by recipient, and why. The judge makes it, the ledger keeps it.

Values only: nothing here decides.
"""

from __future__ import annotations

import enum
from dataclasses import field
from datetime import timedelta
from typing import Literal

from mailguard.mail.address import Address
from mailguard.mail.alteration import Recipe
from mailguard.mail.values import value


class Disposition(enum.IntEnum):
    """Strictest wins (product section 4)."""

    DELIVER = 0
    DELAY = 1
    CONFIRM = 2
    APPROVE = 3
    CHALLENGE = 4  # 550, until the sender hands the same mail in once more
    REJECT = 5

    @property
    def word(self) -> str:
        """The word of YAML, JSON and docs."""
        return _WORDS[self]


_WORDS = tuple(one.name.lower() for one in Disposition)

Mode = Literal["monitor", "notify", "enforce"]
#: Mildest first.
MODES: tuple[Mode, ...] = ("monitor", "notify", "enforce")
ExpireAction = Literal["return", "release", "discard"]


@value(frozen=True, slots=True)
class Because:
    """One sentence in both languages."""

    ja: str
    en: str


#: What is said of a recipient whom nothing is odd about.
NOTHING_ODD = Because("", "")

#: Whom a rule tells beside addresses (`notify`), and whom a hold may be escalated to.
SENDER, ADMINISTRATORS = "sender", "administrators"


@value(frozen=True, slots=True)
class RuleHit:
    """A rule that fired: its id, mode, disposition, the sentence, the evidence, and the recipients it is about.

    notes: what else people should know, such as that nobody could be found to approve. notify: who is told of the hit:
    SENDER, ADMINISTRATORS, or keys of addresses.
    unsure: it could not be decided, and counts as a hit for that. alter: the words of the alterations that it asks for.
    trust: it is about recipients as such, so that a person may say of one of them that it need not ask again.
    """

    rule: str
    mode: Mode
    disposition: Disposition
    because: Because
    evidence: tuple[str, ...]
    recipients: tuple[Address, ...]
    notes: tuple[Because, ...] = ()
    notify: tuple[str, ...] = ()
    unsure: bool = False
    alter: tuple[str, ...] = ()
    trust: bool = False


@value(frozen=True, slots=True)
class Ask:
    """Some people, of whom so many must say yes (`quorum`). All are keys of addresses, each list sorted.

    delegates: for an approver, who may speak in his place, the first to be asked in front; absent: the approvers who
    are away, so that a delegate is asked at once. remind_after: when those who have not answered hear of it again;
    escalate_after: from when escalate_to (keys, or ADMINISTRATORS) may say yes as well. Times count from the receipt.
    """

    approvers: tuple[str, ...]
    quorum: int = 1
    delegates: tuple[tuple[str, tuple[str, ...]], ...] = ()
    absent: tuple[str, ...] = ()
    remind_after: timedelta | None = None
    escalate_after: timedelta | None = None
    escalate_to: tuple[str, ...] = ()


@value(frozen=True, slots=True)
class HoldTerms:
    """How a hold ends when nobody decides, and who decides. For delay: expire_after is the window, action release;
    for challenge: the time in which the same mail counts as confirmed.

    expire_after counts from the receipt and is real time: office hours are worked in already. asks: each of them must
    be satisfied; empty: the sender confirms. urgent: the sender may let it go at once, with a reason, which is counted
    and told.
    """

    expire_after: timedelta = timedelta(hours=72)
    expire_action: ExpireAction = "return"
    asks: tuple[Ask, ...] = ()
    urgent: bool = False


@value(frozen=True, slots=True)
class RecipientVerdict:
    """What happens to one recipient. `terms` is set for delay, confirm, approve and challenge.

    alter: what his copy is changed to, without secrets (mail.alteration.drawn). added: a rule gives him a copy; the
    envelope did not name him. route: the next server that his copy goes to, by its name; "" is the one of all mail.
    risk: that he is a mistake, 0 to 1, as the model of who writes to whom (policy.case.Risk) had it at the door;
    risk_because: why, NOTHING_ODD if it is low; risk_kind: the kind of mistake that it looks like, "" for none;
    alternative: key of the address that the sender probably meant, "" if none comes to mind.
    """

    address: Address
    external: bool
    disposition: Disposition
    rules: tuple[str, ...] = ()
    terms: HoldTerms | None = None
    risk: float = 0.0
    alter: Recipe = ()
    added: bool = False
    route: str = ""
    risk_because: Because = NOTHING_ODD
    risk_kind: str = ""
    alternative: str = ""


@value(frozen=True, slots=True)
class Verdict:
    """The judge's word on a message. `policy` is the hash of the policy that judged.

    confirmed: the challenging rules that the sender had answered by handing the mail in once more.
    own: keys of all addresses of the people who send it, as far as they were known: none of them approves it.
    members: keys of those who share the mailbox that it was sent from. alarm: key of the recipient about whom the model
    of who writes to whom raised its alarm, "" if it did not.
    """

    recipients: tuple[RecipientVerdict, ...]
    hits: tuple[RuleHit, ...] = ()
    policy: str = ""
    exempt: str = ""  # the kind that kept it from being held ("auto_reply", "null_path", ...), "" if none
    notes: dict[str, str] = field(default_factory=dict)
    confirmed: tuple[str, ...] = ()
    own: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    alarm: str = ""

    @property
    def disposition(self) -> Disposition:
        """The strictest of all recipients."""
        recipients = self.recipients
        if len(recipients) == 1:  # asked four times of each mail
            return recipients[0].disposition
        return max([one.disposition for one in recipients], default=Disposition.DELIVER)

    @property
    def window(self) -> timedelta:
        """How long the same mail, handed in again, counts as confirmed: the shortest time that a challenge gives."""
        spans = [
            one.terms.expire_after for one in self.recipients if one.terms and one.disposition is Disposition.CHALLENGE
        ]
        return min(spans, default=timedelta(0))

    @property
    def enforced(self) -> tuple[RuleHit, ...]:
        """The hits that had an effect, strictest first."""
        found = [hit for hit in self.hits if hit.mode == "enforce"]
        if len(found) > 1:
            found.sort(key=lambda hit: -hit.disposition)
        return tuple(found)
