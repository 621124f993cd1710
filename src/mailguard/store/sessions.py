"""Console sessions, tickets from letters and API tokens, kept as SHA-256 hashes only.

The secrets are random and long, so a plain hash is enough; the six digits of a code are not, so they are salted by
their ticket and have five tries. Whoever reads the database learns no way in.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from mailguard.mail.actor import Role
from mailguard.store.db import Database

TicketKind = Literal["login", "letter"]


@dataclass(frozen=True, slots=True)
class SessionRow:
    """An open console session. message_id: it may only see and decide this mail (opened by a letter's code)."""

    person: str
    message_id: str | None
    via: str
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class TicketRow:
    """A ticket from a letter. tries: wrong codes so far."""

    id: int
    kind: TicketKind
    person: str
    message_id: str | None
    tries: int
    expires_at: datetime
    used: bool


@dataclass(frozen=True, slots=True)
class TokenRow:
    """A bearer token of the API, without its secret."""

    id: str
    role: Role
    address: str
    label: str
    created_at: datetime
    expires_at: datetime | None
    used_at: datetime | None
    revoked_at: datetime | None


class Sessions:
    """Rows of sessions, tickets and tokens; access.py decides."""

    def __init__(self, db: Database) -> None:
        raise NotImplementedError
