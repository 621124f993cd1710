"""ROOM: who somebody is. Login by a letter to the own mailbox, by the company's sign-on or by a password that others
keep; second factors, sessions, tickets in letters, tokens for the API.

It trusts that only the owner reads a mailbox. A link alone never opens anything: it takes two of three things, the
link, the browser that asked, the code printed in the letter. Secrets are kept as hashes, compared in constant time,
used once, and end. The sign-on is in `single`, loaded by whoever has one. It answers the same whether an address is
known or not.
"""

from mailguard.access.passwords import Passwords, WrongPassword
from mailguard.access.porter import Access
from mailguard.access.second import Enrolment
from mailguard.access.ways import Ways
from mailguard.access.words import (
    AccessError,
    AccessSettings,
    Expired,
    LetterPeek,
    Needs,
    Opened,
    Refused,
    Session,
    Ticket,
    TooMany,
    Unavailable,
    WrongCode,
)
from mailguard.store.sessions import TokenRow
from mailguard.store.visits import VisitRow

__all__ = [
    "Access",
    "AccessError",
    "AccessSettings",
    "Enrolment",
    "Expired",
    "LetterPeek",
    "Needs",
    "Opened",
    "Passwords",
    "Refused",
    "Session",
    "Ticket",
    "TokenRow",
    "TooMany",
    "Unavailable",
    "VisitRow",
    "Ways",
    "WrongCode",
    "WrongPassword",
]
