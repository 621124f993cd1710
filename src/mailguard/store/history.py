"""Who wrote to whom: counts per sender and recipient domain, learned only from mail that went through.

Keys are policy's `known_keys`: the domain, or the whole address at a provider of free mail.
"""

from __future__ import annotations

from collections.abc import Sequence

from mailguard.mail.address import Address, ReversePath
from mailguard.policy.case import Known
from mailguard.store.db import Database


class History:
    """What is known of recipients."""

    def __init__(self, db: Database) -> None:
        raise NotImplementedError

    async def known(self, sender: ReversePath, recipients: Sequence[Address]) -> Known:
        """What is known about these recipients: which of their keys this sender, and anybody here, wrote to before."""
        raise NotImplementedError
