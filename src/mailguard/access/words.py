"""What the porter speaks of: settings, tickets, sessions, and the ways of being turned away. Values only."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

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


class Unavailable(AccessError):
    """Whoever would have to be asked does not answer, or too many wait already. `why`: for the administrator."""

    def __init__(self, why: str = "") -> None:
        super().__init__("this way to log in does not work right now: take another, or try again later")
        self.why = why


class Refused(AccessError):
    """The sign-on ended without a login; reason: one of a closed list, for which the console has a sentence."""

    def __init__(self, reason: Reason, why: str = "") -> None:
        super().__init__(f"the sign-on was refused: {reason}")
        self.reason = reason
        self.why = why


#: stale: not this browser's, too old or used; token: what the provider said does not hold; cancelled, provider: it
#: answered with an error; email: it names no address; unverified: it does not vouch for it; stranger: not of this
#: organisation.
Reason = Literal["stale", "token", "cancelled", "provider", "email", "unverified", "stranger"]
#: Who must show a second factor. off: those with a role may have one, and then must show it.
Factor = Literal["off", "administrators", "all"]
#: What a session lacks before it may do all that its person may: the code, or a second factor altogether.
Needs = Literal["", "code", "enrol"]


@dataclass(frozen=True, slots=True)
class AccessSettings:
    """Who is who (address keys), and how long things last.

    listed: people outside the own domains who may log in (users of the file of logins). code_tries: of one ticket.
    logins_an_hour: letters to one address; asks_an_hour, tries_an_hour: of one client.
    wrong_codes_an_hour: of everybody, without a link; after that only links open: six digits are not many.
    session_idle: a session ends after so long without a request of its person; session_lasts: in any case.
    factor_tries_an_hour: codes of the second factor, of one person. passwords_an_hour: of one client.
    """

    organization: Organization
    administrators: frozenset[str] = frozenset()
    auditors: frozenset[str] = frozenset()
    officers: frozenset[str] = frozenset()
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
    session_idle: timedelta = timedelta(hours=4)
    second_factor: Factor = "off"
    factor_tries_an_hour: int = 10
    passwords_an_hour: int = 30


@dataclass(frozen=True, slots=True)
class Ticket:
    """The two secrets of a letter, in the clear for the letter only: token for the link, code of six digits."""

    token: str = field(repr=False)
    code: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Session:
    """Who a cookie belongs to. scope: message id if it was opened by a letter's code and reaches only that mail.

    needs: what is wanting before the person has more than a sender's rights; locked: before it has any. how: way in.
    """

    actor: Actor
    scope: str | None
    expires_at: datetime
    id: str = ""
    how: str = "link"
    needs: Needs = ""
    locked: bool = False


@dataclass(frozen=True, slots=True)
class Opened:
    """A new session: `cookie` goes to the browser and is nowhere else."""

    cookie: str = field(repr=False)
    session: Session


@dataclass(frozen=True, slots=True)
class LetterPeek:
    """What a letter's link names; it opens nothing by itself."""

    person: str
    message_id: str
