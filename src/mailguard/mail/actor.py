"""Who acts: a person with a role, or the house itself. Every change in the ledger carries one."""

from __future__ import annotations

import enum

from mailguard.mail.values import value


class Role(enum.StrEnum):
    """What somebody may do (product section 7). A person has the strongest that applies."""

    SENDER = "sender"
    APPROVER = "approver"
    ADMINISTRATOR = "administrator"
    OFFICER = "officer"
    AUDITOR = "auditor"
    SYSTEM = "system"


@value(frozen=True, slots=True)
class Actor:
    """address: mailbox in lower case, or "mailguard" for the house; via: console, letter, reply, api, cli, clock
    or smtp."""

    address: str
    role: Role
    via: str


#: The house: clocks that run out, deliveries, reloads.
HOUSE = Actor("mailguard", Role.SYSTEM, "clock")
