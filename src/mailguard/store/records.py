"""What the ledger keeps, as values: a message, its recipients, its history, jobs, notices.

They are read out of the database and handed around; nothing here reads or writes. A record is a snapshot: the next
moment the ledger may know better, so no room decides on a record alone, only by a guarded change.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from dataclasses import field
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from mailguard.mail.actor import Role
from mailguard.mail.address import Address, AddressError, ReversePath, parse_address, without_tag
from mailguard.mail.alteration import Recipe
from mailguard.mail.facts import Facts
from mailguard.mail.lifecycle import State, message_state
from mailguard.mail.outcome import Outcome
from mailguard.mail.reports import ASKED_NOTHING, SAID_NOTHING, CopyReports, MailReports
from mailguard.mail.values import value
from mailguard.mail.verdict import Disposition, ExpireAction, Verdict
from mailguard.store.asked import Asked as Asked
from mailguard.store.asked import Paused as Paused
from mailguard.store.filter_value import Filter as Filter
from mailguard.store.kinds import MessageKind as MessageKind
from mailguard.store.kinds import NoticeKind as NoticeKind


@value(frozen=True, slots=True)
class RecipientRecord:
    """One recipient's copy.

    due_at: queued: when the next try is due, or the lease ends; else None.
    expires_at: held: when the hold ends by `expire_action` (a delay: by release); else None.
    asks: who must say yes; approvals: keys of those who did; the copy is released when every ask has its voices.
    urgent: the sender may let it go without them; urgent_at: when he did.
    frozen_by: who stopped the clock (key), "" if nobody. leased: a try at the upstream is under way.
    decided_by, decided_at: who let it go or ended it, and when; "" and None while nobody did.
    recipe: what it is changed to before it leaves, with its secrets; None if that cannot be read: it must not leave.
    added: a rule gave it; the envelope did not name it. paused: the clock that somebody stopped (`frozen_by`), None if
    it was not held then. part: id of the message that it came in, where a mail came in several; else "".
    reports: what the sender asked to be told of it. tried_at, mta: the last try, and the server that answered.
    way: the next server it goes to, by its name in the settings; "" is the one under upstream:.
    """

    address: Address
    external: bool
    state: State
    disposition: Disposition
    due_at: datetime | None = None
    expires_at: datetime | None = None
    expire_action: ExpireAction = "return"
    asks: tuple[Asked, ...] = ()
    approvals: tuple[str, ...] = ()
    attempts: int = 0
    last_code: int | None = None
    last_text: str = ""
    decided_by: str = ""
    decided_at: datetime | None = None
    rules: tuple[str, ...] = ()
    frozen_by: str = ""
    leased: bool = False
    urgent: bool = False
    urgent_at: datetime | None = None
    recipe: Recipe | None = field(default=(), repr=False)
    added: bool = False
    paused: Paused | None = None
    part: str = ""
    reports: CopyReports = ASKED_NOTHING
    tried_at: datetime | None = None
    mta: str = ""
    way: str = ""

    @property
    def needs_approval(self) -> bool:
        """Whether somebody else must still say yes."""
        return self.missing(self.approvals) > 0

    @property
    def approvers(self) -> tuple[str, ...]:
        """The keys of all approvers, without those who only stand in for them."""
        return tuple(sorted({person for ask in self.asks for person in ask.approvers}))

    @property
    def quorum(self) -> int:
        """How many voices are asked for, over all questions."""
        return sum(ask.quorum for ask in self.asks) or 1

    @property
    def voters(self) -> frozenset[str]:
        """Everybody who may answer: approvers and their delegates."""
        return frozenset().union(*(ask.people for ask in self.asks))

    def missing(self, approvals: Iterable[str]) -> int:
        """How many voices would still be needed if these people had said yes."""
        if self.disposition is not Disposition.APPROVE:
            return 0
        said = frozenset(approvals)
        # Whoever nobody asked was let in as an administrator: he has a voice of his own everywhere.
        house = len(said - self.voters)
        return sum(ask.missing(said, house) for ask in self.asks) if self.asks else max(0, 1 - len(said))

    def lacks(self, ask: Asked) -> int:
        """How many voices one of its questions still needs."""
        return ask.missing(self.approvals, len(frozenset(self.approvals) - self.voters))

    def would_count(self, person: str) -> bool:
        """Whether this person's yes would bring it nearer to its release."""
        if self.disposition is not Disposition.APPROVE:  # somebody whom the sender asked decides in his place
            return person in self.voters
        return self.missing((*self.approvals, person)) < self.missing(self.approvals)


@value(frozen=True, slots=True)
class MessageRecord:
    """A message as the ledger has it. Facts are masked and without texts; the octets are at `Spool.body`.

    subject: None if there was no such field. references: message ids for threading. prefix: the fields that we put
    above the octets. about: a letter's message. has_body: the octets are still there (retention). parts: ids of all
    messages that are one mail with this one, the first in front; empty for a mail that came whole. reports: what the
    sender asked to be told of it.
    """

    id: str
    kind: MessageKind
    sender: ReversePath
    login: str | None
    client_ip: str
    received_at: datetime
    subject: str | None
    from_header: str
    message_id_header: str
    references: tuple[str, ...]
    size: int
    sha256: str
    smtputf8: bool
    body_8bit: bool
    prefix: bytes
    facts: Facts
    verdict: Verdict
    recipients: tuple[RecipientRecord, ...]
    about: str | None = None
    has_body: bool = True
    parts: tuple[str, ...] = ()
    reports: MailReports = SAID_NOTHING

    @property
    def lead(self) -> str:
        """The id that the mail is called by, whichever part of it this is."""
        return self.parts[0] if self.parts else self.id

    @property
    def state(self) -> State:
        """What its least finished copy is (mail.lifecycle)."""
        recipients = self.recipients
        return recipients[0].state if len(recipients) == 1 else message_state([one.state for one in recipients])

    @property
    def expires_at(self) -> datetime | None:
        """When the first hold ends by itself; None if nothing is held."""
        ends = [r.expires_at for r in self.recipients if r.state is State.HELD and r.expires_at is not None]
        return min(ends, default=None)

    @property
    def owners(self) -> tuple[str, ...]:
        """The keys of the people whose mail it is: envelope sender first, then the login if it is another address, then
        whatever other addresses they were known by.
        """
        known, own = owners_of(self.sender, self.login), self.verdict.own
        return tuple(dict.fromkeys((*known, *own))) if own else known

    @property
    def members(self) -> tuple[str, ...]:
        """The keys of those who share the mailbox that it was sent from: they decide about it like its sender."""
        return tuple(one for one in self.verdict.members if one not in self.owners)

    @property
    def authors(self) -> frozenset[str]:
        """The keys of everybody who may have written it, none of whom may approve it: its owners, and where only the
        shared mailbox is known to have sent it, all who share that.
        """
        named = len(owners_of(self.sender, self.login)) > 1
        return frozenset(self.owners if named else (*self.owners, *self.members))

    def wrote(self, person: str) -> bool:
        """Whether this person (key) is one of the authors, or one's sub-address: `ann+x` approves nothing of Ann's."""
        mailbox = without_tag(person)
        return any(without_tag(one) == mailbox for one in self.authors)

    @property
    def approvers(self) -> frozenset[str]:
        """The keys of everybody who may answer about a copy of it: approvers and their delegates."""
        return frozenset().union(*(recipient.voters for recipient in self.recipients))

    @property
    def people(self) -> frozenset[str]:
        """Everybody whom a change of it concerns (keys): owners, who shares their mailbox, and approvers."""
        return self.approvers.union(self.owners, self.members)

    def recipient(self, address: Address) -> RecipientRecord | None:
        """The copy of one recipient."""
        return next((r for r in self.recipients if r.address == address), None)


@value(frozen=True, slots=True)
class HistoryLine:
    """One line of the audit log. event: a word of mail.lifecycle.Event, or accept, approve, refuse, purge ...

    recipients: addresses concerned, as written; detail: JSON values (rules, code, upstream's text ...).
    hash: hexadecimal, over the line before and this one.
    """

    number: int
    at: datetime
    message_id: str
    actor: str
    role: Role
    via: str
    event: str
    recipients: tuple[str, ...]
    comment: str
    detail: dict[str, Any]
    hash: str = ""


@value(frozen=True, slots=True)
class Job:
    """What sorting has to do now: relay a message to these of its recipients, all of one way, under a lease."""

    record: MessageRecord
    recipients: tuple[Address, ...]


class Tried(NamedTuple):
    """One try, to be written down (`Queue.record`)."""

    message_id: str
    outcomes: Mapping[Address, Outcome]
    now: datetime
    retry_at: datetime | None
    give_up: bool


@value(frozen=True, slots=True)
class RecordResult:
    """What the ledger made of one try. `deferred`: still queued; `bounced`: failed for good now.

    bounce_notice: the notice that asks for a report to the sender, None if nobody is to be told (null path, letter, or
    nothing that he asked to hear of). quiet: nothing is owed to anybody for this, so that nobody need look.
    """

    relayed: tuple[Address, ...] = ()
    deferred: tuple[Address, ...] = ()
    bounced: tuple[Address, ...] = ()
    bounce_notice: int | None = None
    quiet: bool = field(default=False, compare=False)


@value(frozen=True, slots=True)
class Decision:
    """What a guarded change did: who was changed, the message's state now, and who decided (maybe somebody faster)."""

    changed: tuple[Address, ...]
    state: State
    decided_by: str
    decided_at: datetime | None


@value(frozen=True, slots=True)
class Notice:
    """A letter that is owed: written in the transaction that made it necessary, ended in the one that adds the letter.

    to: the person's address as written; "" for a mail from the null path (administrators are told).
    detail: actor, comment, recipients (addresses as written), and what else the kind needs.
    """

    id: int
    message_id: str | None
    kind: NoticeKind
    to: str
    detail: dict[str, Any]
    created_at: datetime


@lru_cache(maxsize=1024)  # asked for each copy of a mail
def owners_of(sender: ReversePath, login: str | None) -> tuple[str, ...]:
    """The keys of the people whose mail it is: the envelope sender, and the login where it is another address."""
    keys = [] if sender.mailbox is None else [sender.mailbox.key]
    if login is not None:
        # A login such as "ann" is no mailbox; the envelope sender was checked against it at the door.
        with contextlib.suppress(AddressError):
            keys.append(parse_address(login).key)
    return tuple(dict.fromkeys(keys))
