"""The room where answers to letters are read: whose it is, what it wishes, and what becomes of it.

An answer acts only if the secret of its address is good, the person it is bound to sends it (envelope or login, and the
From field), and its own words say one thing. Everything else gets a letter that helps, or silence: machines, lists, our
own letters and the null path are never answered (RFC 3834 section 2), nobody outside, and nobody more often than a few
times an hour. The mail itself is neither kept nor relayed nor learned from.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal, Protocol

from mailguard import events
from mailguard.mail.address import Address, AddressError, parse_address
from mailguard.mail.facts import Facts
from mailguard.mail.message import Message
from mailguard.mail.organization import Organization
from mailguard.mail.subaddress import SubAddress
from mailguard.replies.tickets import Bound, ReplyTickets
from mailguard.store.outbox import Outbox
from mailguard.store.records import owners_of

if TYPE_CHECKING:
    from mailguard.replies.words import Understood

#: What an answer asks of the waiting room.
Intent = Literal["send", "stop"]
#: As whom the person stands to the mail; None: it does not exist for him.
Standing = Literal["sender", "approver"] | None
_SAID = 300
#: Findings after which the text may not be what was written.
_UNREADABLE = frozenset({"unreadable", "encrypted", "ambiguous_mime"})
_MACHINE_FIELDS = ("list-", "x-mailguard-", "x-autoreply", "x-autorespond", "feedback-id")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an answer. word: a key of notify.reply_texts.HEADS; ja, en: why, where there is something to say.

    acted: something was decided; told: the one who answered hears of it by another letter.
    """

    word: str
    ja: str = ""
    en: str = ""
    acted: bool = False
    told: bool = False


class Deciding(Protocol):
    """The waiting room, as far as answers need it."""

    async def standing(self, bound: Bound) -> Standing: ...

    async def decide(self, bound: Bound, intent: Intent, comment: str) -> Outcome: ...

    async def comment(self, bound: Bound, text: str) -> Outcome: ...


class Replies:
    """Answers in, decisions and letters out."""

    def __init__(
        self,
        address: SubAddress,
        tickets: ReplyTickets,
        deciding: Deciding,
        outbox: Outbox,
        *,
        organization: Organization,
        may_answer: Callable[[str, datetime], bool],
        noticed: Callable[[], None],
        now: Callable[[], datetime],
    ) -> None:
        """may_answer: whether one more letter to this name (counted) is not one too many; noticed: a letter is owed."""
        self._address = address
        self._tickets = tickets
        self._deciding = deciding
        self._outbox = outbox
        self._organization = organization
        self._may_answer = may_answer
        self._noticed = noticed
        self._now = now
        # One after another: the second of two answers to one letter finds its secret spent.
        self._one_by_one = asyncio.Lock()

    def among(self, recipients: Sequence[Address]) -> tuple[Address, ...]:
        """Those recipients that are no mailboxes but take answers."""
        return tuple(one for one in recipients if self._address.secret_of(one) is not None)

    async def take(self, message: Message, facts: Facts, addresses: Sequence[Address]) -> None:
        """Read an answer and do what it says. Raises StoreError if the ledger cannot be written."""
        if _is_machine(message, facts):
            events.reply_taken(message.id, "machine")
            return
        secrets = [self._address.secret_of(address) for address in addresses]
        if len(secrets) != 1 or secrets[0] is None:  # an answer to several letters at once answers none
            await self._tell_stranger(message, facts)
            return
        async with self._one_by_one:
            await self._take(message, facts, secrets[0])

    async def _take(self, message: Message, facts: Facts, secret: str) -> None:
        bound = await self._tickets.find(secret)
        if bound is None or not _is_his(message, facts, bound.person):
            await self._tell_stranger(message, facts)
            return
        said = _words(facts)
        outcome = await self._outcome(bound, said)
        if outcome.acted:
            await self._tickets.spend(secret)
        events.reply_taken(message.id, outcome.word, about=bound.message_id)
        if not outcome.told:
            await self._tell(bound, outcome, said, facts)

    async def _outcome(self, bound: Bound, said: Understood) -> Outcome:
        standing = await self._deciding.standing(bound)
        if standing is None:
            return Outcome("unknown")
        if bound.state != "good":
            return Outcome(bound.state)
        if bound.talks:  # "yes" may answer what was asked: nothing is decided by it
            return await self._deciding.comment(bound, said.said) if said.said else Outcome("unsaid")
        # An approver who says no may well say whose address is wrong; a sender who cancels for one means that one.
        if said.people and not (said.wish == "stop" and standing == "approver"):
            return Outcome("people")
        if said.wish == "unclear":
            return Outcome("unclear")
        return await self._deciding.decide(bound, said.wish, said.comment)

    async def _tell(self, bound: Bound, outcome: Outcome, said: Understood, facts: Facts) -> None:
        now = self._now()
        if not self._may_answer(f"{bound.person} {bound.message_id}", now):
            return
        about = None if outcome.word == "unknown" else bound.message_id
        await self._outbox.add(
            "reply",
            bound.person,
            now,
            message_id=about,
            outcome=outcome.word,
            ja=outcome.ja,
            en=outcome.en,
            said=said.said[:_SAID],
            **_thread(facts),
        )
        self._noticed()

    async def _tell_stranger(self, message: Message, facts: Facts) -> None:
        """Whoever answers what is not his, or what nobody knows, gets one and the same letter, about no mail."""
        events.reply_taken(message.id, "unknown")
        sender, client, now = message.envelope.sender.mailbox, message.envelope.client, self._now()
        if sender is None or not (client.login or client.trusted) or not self._organization.is_internal(sender):
            return
        if self._may_answer(sender.key, now):
            await self._outbox.add("reply", str(sender), now, outcome="unknown", **_thread(facts))
            self._noticed()


def _words(facts: Facts) -> Understood:
    from mailguard.replies.own_text import own_lines  # both are patterns of many languages, for few mails
    from mailguard.replies.words import Understood, understood

    if any(finding.code in _UNREADABLE for finding in facts.findings):
        return Understood("unclear")
    return understood(own_lines(facts.written))


def _thread(facts: Facts) -> dict[str, str]:
    """What the letter needs to lie below the answer."""
    return {"reply_id": facts.headers.message_id[:250], "subject": (facts.headers.subject or "")[:200]}


def _is_his(message: Message, facts: Facts, person: str) -> bool:
    """Whether the person himself sends it: by the envelope or the login, and by the one address in From."""
    client = message.envelope.client
    keys = owners_of(message.envelope.sender, client.login)
    if person not in keys or not (client.login or client.trusted) or len(facts.headers.sender) != 1:
        return False
    try:
        return parse_address(facts.headers.sender[0].address).key in keys
    except AddressError:
        return False


def _is_machine(message: Message, facts: Facts) -> bool:
    """Whether no person wrote it, or it went to a list, or is one of our own letters."""
    if message.envelope.sender.is_null or facts.kind != "ordinary" or facts.auto_generated or facts.own_marks:
        return True
    return any(name.startswith(_MACHINE_FIELDS) for name, _ in facts.headers.fields or ())
