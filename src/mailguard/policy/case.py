"""A case before the judge: the mail as it was read, the company, and what is known of the recipients. Values
only.

The judge sees nothing else: no clock, no ledger. Whoever makes a case answers for its being about one and the
same mail.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime, timedelta

from mailguard.mail.envelope import Envelope
from mailguard.mail.facts import Facts
from mailguard.mail.organization import Organization
from mailguard.mail.values import value
from mailguard.mail.verdict import NOTHING_ODD, Because
from mailguard.policy.free_mail import known_keys

__all__ = ["Acquaintance", "Case", "Circle", "Known", "Risk", "Stranger", "Trust", "known_keys"]


@value(frozen=True, slots=True)
class Circle:
    """People whom this sender wrote to together. members: keys of addresses; count: in how many mails."""

    members: frozenset[str]
    count: int


@value(frozen=True, slots=True)
class Acquaintance:
    """Somebody who was written to before. key: his address; name: what it was called then; count: in how many mails of
    this sender, 0 if only others here wrote to him.
    """

    key: str
    name: str = ""
    count: int = 0


@value(frozen=True, slots=True)
class Stranger:
    """A recipient whom this sender never wrote to. known: others here did. like: acquaintances for whom he may have
    been taken: by a mailbox one slip away, or by his name.
    """

    known: bool = False
    like: tuple[Acquaintance, ...] = ()


@value(frozen=True, slots=True)
class Risk:
    """How likely a recipient is a mistake, from 0 to 1, and why.

    because: NOTHING_ODD where nothing is. kind: the kind of mistake it looks like, as `insight.words.Kind` names them;
    "": none. alternative: the key of whom the sender probably meant, "" if nobody comes to mind.
    """

    value: float = 0.0
    because: Because = NOTHING_ODD
    kind: str = ""
    alternative: str = ""


@value(frozen=True, slots=True)
class Trust:
    """Somebody said of a recipient (key) that these rules (ids) need not ask about him again. by: key; at: when."""

    recipient: str
    rules: tuple[str, ...]
    by: str
    at: datetime


@value(frozen=True, slots=True)
class Known:
    """What history knows. The sets hold keys (`known_keys`) that this sender, or anybody here, has written to before.

    often: domains worth comparing look-alikes with, most used first.

    Of the rest None means that nobody was asked, which is not the same as that there is nothing. Their keys are those
    of addresses (`Address.key`). last_written: how long ago this sender wrote to a recipient; who is missing was never
    written to. thread: who took part in the thread that this mail goes on with, as far as it was seen here; empty: it
    was not. names: display names by address, out of this sender's mail: those of the recipients, and of whoever else
    bears one of their names. circles: who was often written to together. files: which organisations (`known_keys`) got
    a file before, by its SHA-256. strangers: the recipients whom this sender never wrote to, each with whom he may have
    been taken for. greeted: acquaintances whom the greeting may mean, where it seems to mean no recipient. trusts: what
    counts for this sender.
    """

    sender_domains: frozenset[str] = frozenset()
    company_domains: frozenset[str] = frozenset()
    often: tuple[str, ...] = ()
    last_written: Mapping[str, timedelta] | None = None
    thread: frozenset[str] | None = None
    names: Mapping[str, str] | None = None
    circles: tuple[Circle, ...] | None = None
    files: Mapping[str, frozenset[str]] | None = None
    strangers: Mapping[str, Stranger] | None = None
    greeted: tuple[Acquaintance, ...] | None = None
    trusts: tuple[Trust, ...] = ()


@value(frozen=True, slots=True)
class Case:
    """Everything that a verdict depends on besides the policy. size: octets of the message.

    moment: when it came in (aware); None if nobody knows, as with a file that is only looked at.
    mail_domains: whether mail can reach a domain (A-labels), as far as DNS said so in time.
    risks: by key of the recipient, as the model of who writes to whom has them; of whom it knows nothing 0. None: there
    is no model. alarm: the mail as a whole is worth a question, at the share of mail that may be asked about.
    learning: the model has not seen enough yet: what it says is shown, and no condition holds for it.
    confirmed: ids of challenging rules that the sender was told of for this very mail before he handed it in again.
    texts_kept: False for a recorded mail of which only the facts are here: what the texts of mail and files said, and
    fields of the header that nobody asked for, cannot be asked.
    """

    envelope: Envelope
    facts: Facts
    organization: Organization
    known: Known = field(default_factory=Known)
    size: int = 0
    moment: datetime | None = None
    mail_domains: Mapping[str, bool] = field(default_factory=dict)
    risks: Mapping[str, Risk] | None = None
    alarm: bool = False
    learning: bool = False
    confirmed: frozenset[str] = frozenset()
    texts_kept: bool = True
