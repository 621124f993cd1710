"""What the judge must know of a mail besides its facts: asked of the ledger and of DNS, as far as the policy needs it.

It decides nothing, and asks nobody for what no rule looks at.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace

from mailguard.mail.envelope import Envelope
from mailguard.mail.facts import Facts
from mailguard.mail.message import Message
from mailguard.mail.organization import Organization
from mailguard.policy.case import Case
from mailguard.policy.loader import Policy
from mailguard.policy.question import question
from mailguard.policy.whose import sender_key
from mailguard.resolver import Resolver
from mailguard.store.history import History


class Asking:
    """Makes the cases of one organization."""

    def __init__(self, organization: Organization, history: History, resolver: Resolver | None) -> None:
        """resolver: None: nothing is asked of DNS."""
        self._organization = organization
        self._history = history
        self._resolver = resolver

    async def case(self, policy: Policy, message: Message, facts: Facts) -> Case:
        """The case that is to be judged. Raises StoreError."""
        envelope = message.envelope
        asked = question(policy, facts, message.received_at, sender_key(envelope.sender, envelope.client.login))
        mail_domains: Mapping[str, bool] = {}
        if self._resolver is None or "mx" not in policy.needs:  # most policies: nobody to ask but the ledger
            at_hand = self._history.at_hand(envelope.sender, envelope.recipients, asked)
            known = at_hand or await self._history.known(envelope.sender, envelope.recipients, asked)
        else:
            known, mail_domains = await asyncio.gather(
                self._history.known(envelope.sender, envelope.recipients, asked),
                self._mail_domains(self._resolver, envelope),
            )
        if facts.attachments and "files" in policy.needs and self._leaves(envelope):
            known = replace(known, files=await self._history.files(facts))
        return Case(
            envelope,
            facts,
            self._organization,
            known,
            message.body.size,
            message.received_at,
            mail_domains=mail_domains,
        )

    def _leaves(self, envelope: Envelope) -> bool:
        """Whether it goes to anybody outside: of others nobody asks which organisations got its files."""
        own = self._organization.is_internal
        return not all(map(own, envelope.recipients))

    async def _mail_domains(self, resolver: Resolver, envelope: Envelope) -> dict[str, bool]:
        """What DNS says of the outside domains."""
        own = self._organization.is_internal
        return await resolver.mail_domains(one.ascii_domain for one in envelope.recipients if not own(one))
