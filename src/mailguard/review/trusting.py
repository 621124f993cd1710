"""Trusting: "do not ask again about this recipient", for oneself or for a team, for a time, and taken back.

It is said on the page of a mail about which rules asked, and only for those of them that are about recipients as such.
What follows is the judge's: stricter rules go on asking.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from mailguard.mail.actor import Actor, Role
from mailguard.mail.address import Address
from mailguard.policy.whose import COMPANY, group_of, person_of, sender_key, whose_of
from mailguard.review import refusals
from mailguard.review.rights import SEE_ALL, acts_for, trust_scopes, trusting_rules
from mailguard.review.shared import Shared, named
from mailguard.review.words import Act, Forbidden, NotFound, Refused, Scope, View
from mailguard.store.records import MessageRecord
from mailguard.store.trusts import TooManyTrusts, TrustRecord

#: For how many days it can be said.
DAYS = (30, 90, 365)


@dataclass(frozen=True, slots=True)
class Trusting:
    """The part of the waiting room where people say about whom they need not be asked."""

    shared: Shared

    async def trust(
        self, actor: Actor, message_id: str, recipients: tuple[Address, ...], scope: Scope, lasts: timedelta
    ) -> View:
        """Say it. Raises NotFound, Forbidden, Refused."""
        record = await self.shared.seen(actor, message_id)
        if lasts not in {timedelta(days=days) for days in DAYS}:
            raise Refused(refusals.HOW_LONG)
        if not recipients:
            raise Refused(refusals.WHOM_TO_TRUST)
        copies = named(record, recipients)
        if len(copies) != len(set(recipients)):
            raise Refused(refusals.NO_SUCH_RECIPIENT)
        if any(Act.TRUST not in acts_for(actor, record, copy) for copy in copies):
            raise self._why_not(actor, record)
        whose = self._whose(actor, record, scope)
        rules = {copy.address: trusting_rules(record, copy) for copy in copies}
        now = self.shared.now()
        try:
            await self.shared.holds.trusts.say(whose, rules, actor, now, now + lasts, message_id)
        except TooManyTrusts:
            raise Refused(refusals.TOO_MANY_TRUSTED) from None
        return await self.shared.view(actor, record)

    async def trusts(self, actor: Actor) -> list[TrustRecord]:
        """What counts for this person, newest first."""
        whose = None if actor.role in SEE_ALL else sorted(whose_of(actor.address, self.shared.directory()))
        return await self.shared.holds.trusts.of(whose, self.shared.now())

    async def untrust(self, actor: Actor, trust_id: int) -> None:
        """Take it back: one's own, what one has said for others, as an administrator any. Raises NotFound."""
        found = await self.shared.holds.trusts.find(trust_id)
        own = person_of(self.shared.directory().key_of(actor.address))
        may = actor.role is Role.ADMINISTRATOR or (found is not None and actor.address == found.said_by)
        if found is None or not (may or own == found.whose):
            raise NotFound(refusals.NO_SUCH_TRUST)
        if not await self.shared.holds.trusts.revoke(trust_id, actor, self.shared.now()):
            raise NotFound(refusals.NO_SUCH_TRUST)

    def _why_not(self, actor: Actor, record: MessageRecord) -> Forbidden | Refused:
        concerned = trust_scopes(actor, record, self.shared.directory())
        return Refused(refusals.NOT_ASKED_ABOUT) if concerned else Forbidden(refusals.NOT_YOURS)

    def _whose(self, actor: Actor, record: MessageRecord, scope: Scope) -> str:
        """For whom it is said. The team is the sender's, whoever says it."""
        directory = self.shared.directory()
        if scope not in trust_scopes(actor, record, directory):
            raise Forbidden(refusals.NOT_THE_TEAM if scope == "team" else refusals.NOT_FOR_OTHERS)
        if scope == "me":
            return person_of(directory.key_of(actor.address))
        team = directory.team_of(sender_key(record.sender, record.login))
        return group_of(team) if team else COMPANY
