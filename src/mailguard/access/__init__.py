"""ROOM: who somebody is. Login by a letter to the own mailbox, sessions, tickets in letters, tokens for the API.

It trusts that only the owner reads a mailbox. A link alone never opens anything: it takes two of three things, the
link, the browser that asked, the code printed in the letter. Secrets are kept as hashes, compared in constant time,
used once, and end. It answers the same whether an address is known or not.
"""

from mailguard.access.porter import Access
from mailguard.access.words import (
    AccessError,
    AccessSettings,
    Expired,
    LetterPeek,
    Opened,
    Session,
    Ticket,
    TooMany,
    WrongCode,
)
from mailguard.store.sessions import TokenRow

__all__ = [
    "Access",
    "AccessError",
    "AccessSettings",
    "Expired",
    "LetterPeek",
    "Opened",
    "Session",
    "Ticket",
    "TokenRow",
    "TooMany",
    "WrongCode",
]
