"""What the porter speaks of: settings, tickets, sessions, and the ways of being turned away. Values only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from mailguard.mail.actor import Actor
from mailguard.mail.organization import Organization


class AccessError(Exception):
    """No way in; the message is one generic sentence."""


class WrongCode(AccessError):
    """The code is wrong, or one is needed. tries_left: 0 means that the ticket is dead."""

    def __init__(self, tries_left: int) -> None:
        super().__init__("wrong code")
        self.tries_left = tries_left


class Expired(AccessError):
    """The ticket is unknown, used, out of tries or too old; these are not told apart."""

    def __init__(self) -> None:
        super().__init__("this link or code is no longer good: ask for a new one")


class TooMany(AccessError):
    """Too many attempts; try again later."""

    def __init__(self) -> None:
        super().__init__("too many attempts: try again later")


@dataclass(frozen=True, slots=True)
class AccessSettings:
    """Who is who (address keys), and how long things last.

    listed: people outside the own domains who may log in (users of the file of logins). code_tries: of one ticket.
    logins_an_hour: letters to one address; asks_an_hour, tries_an_hour: of one client.
    wrong_codes_an_hour: of everybody, without a link; after that only links open: six digits are not many.
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
    asks_an_hour: int = 60
    tries_an_hour: int = 60
    wrong_codes_an_hour: int = 100
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
