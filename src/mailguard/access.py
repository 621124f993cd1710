"""ROOM: who somebody is. Login by a letter to the own mailbox, sessions, tickets in letters, tokens for the API.

It trusts that only the owner reads a mailbox. A link alone never opens anything: it takes two of three things, the
link, the browser that asked, the code printed in the letter. Secrets are kept as hashes, compared in constant time,
used once, and end. It answers the same whether an address is known or not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from mailguard.mail.actor import Actor, Role
from mailguard.mail.organization import Organization
from mailguard.store.audit import Audit
from mailguard.store.outbox import Outbox
from mailguard.store.sessions import Sessions, TokenRow


class AccessError(Exception):
    """No way in; the message is one generic sentence."""


class WrongCode(AccessError):
    """The code is wrong. tries_left: 0 means that the ticket is dead."""

    def __init__(self, tries_left: int) -> None:
        super().__init__("wrong code")
        self.tries_left = tries_left


class Expired(AccessError):
    """The ticket is unknown, used, out of tries or too old; these are not told apart."""


class TooMany(AccessError):
    """Too many attempts; try again later."""


@dataclass(frozen=True, slots=True)
class AccessSettings:
    """Who is who (address keys), and how long things last.

    listed: people outside the own domains who may log in (users of the file of logins).
    """

    organization: Organization
    administrators: frozenset[str] = frozenset()
    auditors: frozenset[str] = frozenset()
    listed: frozenset[str] = frozenset()
    login_lasts: timedelta = timedelta(minutes=15)
    letter_lasts: timedelta = timedelta(hours=96)
    session_lasts: timedelta = timedelta(hours=12)
    letter_session_lasts: timedelta = timedelta(minutes=30)
    logins_an_hour: int = 6
    code_tries: int = 5


@dataclass(frozen=True, slots=True)
class Ticket:
    """The two secrets of a letter, in the clear for the letter only: token for the link, code of six digits."""

    token: str
    code: str


@dataclass(frozen=True, slots=True)
class Session:
    """Who a cookie belongs to. scope: message id if it was opened by a letter's code and reaches only that mail."""

    actor: Actor
    scope: str | None
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Opened:
    """A new session: `cookie` goes to the browser and is nowhere else."""

    cookie: str
    session: Session


@dataclass(frozen=True, slots=True)
class LetterPeek:
    """What a letter's link names; it opens nothing by itself."""

    person: str
    message_id: str


class Access:
    """The porter."""

    def __init__(
        self,
        sessions: Sessions,
        outbox: Outbox,
        audit: Audit,
        settings: AccessSettings,
        *,
        now: Callable[[], datetime],
        noticed: Callable[[], None] = lambda: None,
    ) -> None:
        raise NotImplementedError

    def role_of(self, person: str) -> Role:
        """The strongest role of an address key by the settings; SENDER if none."""
        raise NotImplementedError

    async def request_login(self, address: str, nonce: str, *, client: str = "", browser: str = "") -> None:
        """Ask for a login letter. nonce: random secret that the console put into the browser's cookie.

        Says nothing about whether the address may log in. Raises TooMany (per client; per address it is silent).
        The letter's secrets are made when it is written: `login_ticket`.
        """
        raise NotImplementedError

    async def login_ticket(self, person: str, nonce_hash: str) -> Ticket:
        """The secrets for a login letter (notice kind "login"; nonce_hash is in its detail)."""
        raise NotImplementedError

    async def redeem(
        self, *, token: str | None = None, nonce: str | None = None, code: str | None = None, client: str = ""
    ) -> Opened:
        """Open a session for any two of: link token, asking browser, code. Raises WrongCode, Expired, TooMany."""
        raise NotImplementedError

    async def letter_ticket(self, message_id: str, person: str) -> Ticket:
        """The secrets for a letter about a mail to one person (held, approval)."""
        raise NotImplementedError

    async def peek(self, token: str) -> LetterPeek | None:
        """Which mail and person a letter's link names; for showing the page that asks for the code."""
        raise NotImplementedError

    async def redeem_letter(self, token: str, code: str, *, client: str = "") -> Opened:
        """Open a short session for one mail with a letter's link and code. Raises WrongCode, Expired, TooMany."""
        raise NotImplementedError

    async def session(self, cookie: str) -> Session | None:
        """Whose cookie it is; None if nobody's."""
        raise NotImplementedError

    async def log_out(self, cookie: str) -> None:
        """End a session."""
        raise NotImplementedError

    async def create_token(
        self, role: Role, address: str | None, by: Actor, *, lasts: timedelta | None = None, label: str = ""
    ) -> str:
        """A bearer token for the API, shown once. Sender and approver need an address. Raises ValueError."""
        raise NotImplementedError

    async def verify_token(self, token: str) -> Actor | None:
        """Whose token it is; None if nobody's."""
        raise NotImplementedError

    async def tokens(self) -> list[TokenRow]:
        """All tokens, without their secrets."""
        raise NotImplementedError

    async def revoke_token(self, token_id: str, by: Actor) -> bool:
        """End a token. False if there is none of this id."""
        raise NotImplementedError
