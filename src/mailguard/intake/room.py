"""ROOM: a message comes in; it is read, judged and committed; only then is it answered.

This room decides what is answered, not how (the front door prints the reply) and not what is right (the judge). It
trusts the door for the envelope's syntax and nobody for the body. It never answers 250 before the ledger has everything
on disk, never lets a mail pass that could not be judged, and never refuses for good because of a fault of ours.
"""

from __future__ import annotations

import asyncio
import types
from collections.abc import Callable, Generator, Sequence
from dataclasses import replace
from datetime import datetime

from mailguard import events
from mailguard.antivirus import Clamd
from mailguard.inspect.workers import Readers
from mailguard.intake.asking import Asking
from mailguard.intake.comparing import compared
from mailguard.intake.saying import answer, once_more, question
from mailguard.intake.settings import HandsOn, IntakeSettings, Remembers, TakesReplies
from mailguard.intake.weighing import judged
from mailguard.mail import reply
from mailguard.mail.address import Address, AddressError, parse_address
from mailguard.mail.envelope import Envelope, is_among
from mailguard.mail.facts import Facts
from mailguard.mail.message import Message
from mailguard.mail.reply import Reply
from mailguard.mail.resent import digest_of, keyed
from mailguard.mail.trace import is_own_mark, mailbox_line, processed_field, received_field
from mailguard.mail.verdict import Disposition, Verdict
from mailguard.policy.case import Case
from mailguard.policy.case_json import case_to_json
from mailguard.policy.loader import Policy
from mailguard.policy.recorded import Recorded
from mailguard.resolver import Resolver
from mailguard.store.errors import StoreError
from mailguard.store.history import History
from mailguard.store.records import MessageRecord
from mailguard.store.spool import Spool
from mailguard.store.turned_away import TurnedAway
from mailguard.workshop import Tried, Workshop

#: So often may a mail carry our own mark before it is a loop. A colleague who redirects a mail adds one honestly.
_OWN_MARKS = 5


class Intake:
    """The way of one message from the final dot to its reply."""

    def __init__(
        self,
        settings: IntakeSettings,
        *,
        readers: Readers,
        scanner: Clamd | None = None,
        resolver: Resolver | None = None,
        policy: Callable[[], Policy],
        history: History,
        spool: Spool,
        turned_away: TurnedAway,
        workshop: Workshop,
        delivery: HandsOn,
        replies: TakesReplies | None = None,
        memory: Remembers | None = None,
        noticed: Callable[[MessageRecord | None], None],
        now: Callable[[], datetime],
    ) -> None:
        """replies: takes answers to letters out of the mail, None: nobody does; memory: knows who writes to whom, None:
        nobody does; noticed: a mail was taken in, or (None) one that was not owes letters.
        """
        self._settings = settings
        self._readers = readers
        self._scanner = scanner
        self._policy = policy
        self._asking = Asking(settings.organization, history, resolver)
        self._spool = spool
        self._turned_away = turned_away
        self._workshop = workshop
        self._delivery = delivery
        self._replies = replies
        self._memory = memory
        self._noticed = noticed
        self._now = now
        #: Mails between the final dot and its reply.
        self._coming = 0

    async def accept(self, message: Message) -> Reply:
        """Judge and keep a message. Returns the reply to its final dot; 2xx means that it is ours from now on.

        Whatever fails in the house is 451: the client keeps the mail and tries again.
        """
        self._coming += 1
        try:
            await _a_turn()  # whoever else comes in this moment is here then
            return await self._accept(message)
        except Exception as error:
            events.fault("intake", error, message_id=message.id)
            return reply.TRY_LATER
        finally:
            self._coming -= 1

    async def judge_anew(self, message: Message, then: Recorded) -> tuple[Case, Verdict]:
        """What would be said of a mail that was held and is changed since, if it came in so. message: as it is now,
        under the envelope that it has now; then: as it came in. What the virus scanner said then stands.

        Raises ReadersDead, StoreError; the mail is where it was.
        """
        client = message.envelope.client.counted_as
        facts = then.with_texts(await self._readers.read(message.body, client)).case.facts
        policy = self._policy()
        case = await self._asking.case(policy, message, facts)
        case, _ = await compared(self._memory, case, message.received_at, before=then.case)
        case = replace(case, confirmed=then.case.confirmed)
        return case, self._routed(await judged(policy, case), message)

    async def _accept(self, message: Message) -> Reply:
        facts = await self._facts(message)
        if len(facts.own_marks) > _OWN_MARKS:
            key = self._settings.key
            if sum(is_own_mark(key, mark) for mark in facts.own_marks) > _OWN_MARKS:
                return reply.OWN_LOOP
        if not _is_ours(message.envelope, facts):
            events.door_refused("foreign_sender", message.envelope.client.ip)
            return reply.FOREIGN_SENDER
        answers = self._replies.among(message.envelope.recipients) if self._replies else ()
        return await self._answered(message, facts, answers) if answers else await self._weighed(message, facts)

    @types.coroutine
    def _abreast(self) -> Generator[None, None, None]:
        """Let the other mails of this moment come as far as this one. What a step needs of code and tables is then
        fetched from memory once for all of them (cohort scheduling: Larus and Parkes, USENIX 2002), and they share one
        commit.
        """
        if self._coming > 1:
            yield

    async def _answered(self, message: Message, facts: Facts, answers: Sequence[Address]) -> Reply:
        """An answer to a letter goes no further. Whoever else it is sent to gets it as any mail, judged like any; and
        first: a mail that the client still has, because that is refused or has to wait, has decided nothing either.
        """
        assert self._replies is not None
        others = tuple(one for one in message.envelope.recipients if one not in answers)
        if not others:
            await self._replies.take(message, facts, answers)
            return replace(reply.REPLY_TAKEN, text=f"{reply.REPLY_TAKEN.text} {message.id}")
        envelope = replace(message.envelope, recipients=others)
        said = await self._weighed(replace(message, envelope=envelope), facts)
        if said.accepted:
            try:
                await self._replies.take(message, facts, answers)
            except StoreError as error:  # the mail is ours: to say "later" now would send it twice
                events.fault("intake", error, message_id=message.id)
        return said

    async def _weighed(self, message: Message, facts: Facts) -> Reply:
        """Judge a message and keep it, or say why not."""
        await self._abreast()
        policy = self._policy()
        case = await self._asking.case(policy, message, facts)
        company = self._coming > 1
        case, lesson = await compared(self._memory, case, message.received_at, abreast=company)
        await self._abreast()
        verdict = await judged(policy, case)
        digest, told, said = b"", frozenset[str](), verdict.disposition
        if said is Disposition.CHALLENGE:
            digest = digest_of(self._settings.key, message, facts)
            told = await self._turned_away.told(digest, self._now())
            if told:
                case = replace(case, confirmed=told)
                verdict = await judged(policy, case)
                said = verdict.disposition
        if said is Disposition.CHALLENGE or said is Disposition.REJECT:
            first = await self._spool.known(message, facts)
            if first is not None:  # what was said of it once stands
                return once_more(message, first)
        for hit in verdict.hits:
            events.rule_hit(hit.rule, hit.mode)
        if said is Disposition.CHALLENGE:
            return await self._challenge(message, case, verdict, digest, told)
        if said is Disposition.REJECT:
            return await self._refuse(message, case, verdict)
        tried = await self._workshop.try_out(message.body, verdict)
        for error in tried.errors:
            events.fault("intake", error, message_id=message.id)
        return await self._keep(message, case, tried, lesson)

    async def _facts(self, message: Message) -> Facts:
        """Read the mail, and have it scanned meanwhile where a scanner is set up."""
        client = message.envelope.client.counted_as
        if self._scanner is None:
            return await self._readers.read(message.body, client)
        facts, scanned = await asyncio.gather(
            self._readers.read(message.body, client), self._scanner.scan(message.body)
        )
        if scanned.why:
            events.not_scanned(message.id, scanned.why)
        return scanned.added_to(facts)

    async def _refuse(self, message: Message, case: Case, verdict: Verdict) -> Reply:
        """The mail stays the client's, so nothing is to bounce; the refusal stays in the audit log."""
        worst = next(hit for hit in verdict.enforced if hit.disposition == verdict.disposition)
        await self._turned_away.refused(message, case.facts, verdict, self._now(), circumstances=case_to_json(case))
        events.refused_by_policy(message.id, [hit.rule for hit in verdict.enforced])
        self._owed(verdict)
        return reply.REFUSED_BY_POLICY.with_text(f"{worst.because.en} (rule {worst.rule})")

    async def _challenge(
        self, message: Message, case: Case, verdict: Verdict, digest: bytes, told: frozenset[str]
    ) -> Reply:
        """The mail stays the client's; handed in again while the ledger remembers it, it counts as confirmed."""
        hits = [hit for hit in verdict.enforced if hit.disposition is Disposition.CHALLENGE]
        rules = [hit.rule for hit in hits]
        whose = keyed(self._settings.key, str(message.envelope.sender).lower())
        await self._turned_away.challenged(
            message,
            case.facts,
            verdict,
            self._now(),
            circumstances=case_to_json(case),
            digest=digest,
            whose=whose,
            rules=told.union(rules),
        )
        events.challenged(message.id, rules)
        self._owed(verdict)
        return question(message, verdict, hits, self._settings.organization.language)

    def _owed(self, verdict: Verdict) -> None:
        """A mail that did not come in may owe letters too."""
        if any(hit.notify for hit in verdict.hits):
            self._noticed(None)

    def _routed(self, verdict: Verdict, message: Message) -> Verdict:
        """Whom no rule sends another way goes by that of the sender's domain."""
        sender = message.envelope.sender.mailbox
        if not self._settings.senders:
            return verdict
        way = self._settings.senders.get(sender.ascii_domain, "") if sender is not None else ""
        if not way:
            return verdict
        routed = (one if one.route else replace(one, route=way) for one in verdict.recipients)
        return replace(verdict, recipients=tuple(routed))

    async def _keep(self, message: Message, case: Case, tried: Tried, lesson: bytes) -> Reply:
        await self._abreast()
        verdict = tried.verdict
        body, prefix = message.body, received_field(message, self._settings.host)
        prefix += processed_field(self._settings.key, message.id)
        prefix += mailbox_line(body) if body.in_memory is not None else await asyncio.to_thread(mailbox_line, body)
        verdict = self._routed(verdict, message)
        ways = {one.route for one in verdict.recipients}
        lease = self._now() + self._settings.lease if self._delivery.room_for_one(ways) else None
        record = await self._spool.add(
            message,
            case.facts,
            verdict,
            prefix,
            lease_until=lease,
            circumstances=case_to_json(case),
            prepared=tried.prepared,
            lesson=lesson,
        )
        if record.id != message.id:
            return once_more(message, record)
        await self._abreast()
        if lease is not None and any(copy.leased for copy in record.recipients):
            self._delivery.hand_on(record, message.body if message.body.in_memory is not None else None)
        await self._abreast()
        self._noticed(record)
        if verdict.confirmed:
            events.challenge_confirmed(message.id, verdict.confirmed)
        events.accepted(
            message.id,
            verdict.disposition.word,
            message.body.size,
            len(message.envelope.recipients),
            [hit.rule for hit in verdict.enforced],
        )
        return answer(message, verdict, record)


@types.coroutine
def _a_turn() -> Generator[None, None, None]:
    """As asyncio.sleep(0), which takes three calls for it."""
    yield


def _is_ours(envelope: Envelope, facts: Facts) -> bool:
    """Whether a mail from the null path, of a client that hands over mail of certain domains only, was written there.
    The door asks the envelope; here there is only From. Else whoever shares a cloud with us could send by us.
    """
    own = envelope.client.own_domains
    if not own or envelope.sender.mailbox is not None:
        return True
    try:
        people = [parse_address(one.address) for one in facts.headers.sender]
    except AddressError:
        return False
    return bool(people) and all(is_among(one.ascii_domain, own) for one in people)
