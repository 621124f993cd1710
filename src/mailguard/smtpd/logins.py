"""Who may log in at one listener, and what a login may send as.

It offers AUTH only where nobody can listen (RFC 4954 section 4: TLS, or this machine), asks whoever keeps the
passwords, and slows down those who guess. Credentials pass through and are dropped: none is kept, logged or repeated.
A login that a trusted server vouches for needs no password here, and its sender address is that server's business
unless the listener says otherwise.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from mailguard import events
from mailguard.mail import reply as replies
from mailguard.mail.address import ReversePath
from mailguard.mail.reply import Reply
from mailguard.smtpd.alarm import Alarm
from mailguard.smtpd.auth import AuthUnavailable, Login, key_of_login
from mailguard.smtpd.patience import Patience, TooManyGuesses
from mailguard.smtpd.sasl import PASSWORDS, Credentials
from mailguard.smtpd.senders import Senders
from mailguard.smtpd.session import Transaction, Visit
from mailguard.smtpd.settings import ListenerSettings


@dataclass(frozen=True, slots=True)
class Denied:
    """The credentials are not right. challenge: what whoever checked a token has to say about it, base64, "" if
    nothing (RFC 7628 section 3.2.2).
    """

    challenge: str = ""


class Checker(Protocol):
    """Whoever keeps the passwords."""

    @property
    def mechanisms(self) -> tuple[str, ...]:
        """The SASL mechanisms that it takes now."""

    async def check(self, credentials: Credentials) -> Login | Denied:
        """Ask. Raises AuthUnavailable."""


class ByPassword:
    """A checker of names and passwords."""

    mechanisms = PASSWORDS

    def __init__(self, check: Callable[[str, str], Awaitable[Login | None]]) -> None:
        self._check = check

    async def check(self, credentials: Credentials) -> Login | Denied:
        """The login, or Denied."""
        return await self._check(credentials.name, credentials.password) or Denied()


class Logins:
    """The logins of one listener. checker None: AUTH is not offered."""

    def __init__(
        self,
        listener: ListenerSettings,
        checker: Checker | None,
        patience: Patience,
        senders: Senders,
        alarm: Alarm | None = None,
    ) -> None:
        self._listener = listener
        self._checker = checker if listener.auth != "none" else None
        self._patience = patience
        self._senders = senders
        self._alarm = alarm

    @property
    def mechanisms(self) -> tuple[str, ...]:
        """What AUTH takes."""
        return self._checker.mechanisms if self._checker is not None else ()

    def keywords(self, visit: Visit) -> list[str]:
        """What EHLO says of AUTH."""
        offered = self.mechanisms if self._is_private(visit) and visit.login is None else ()
        return [" ".join(("AUTH", *offered))] if offered else []

    def may_log_in(self, visit: Visit, transaction: Transaction) -> Reply | None:
        """None if AUTH may go on, else why not (RFC 4954 section 4)."""
        if self._checker is None:
            return replies.NOT_IMPLEMENTED
        if not visit.extended_smtp:
            return replies.NEED_HELLO
        if visit.login is not None:
            return replies.AUTH_TWICE
        if transaction.sender is not None:
            return replies.BAD_SEQUENCE
        return None if self._is_private(visit) else replies.AUTH_NEEDS_TLS

    async def log_in(self, visit: Visit, credentials: Credentials) -> tuple[Reply, str]:
        """Check credentials. The reply, and the challenge that is said before it ("": none).

        The answer to a failure takes longer each time for the same address, and at an account that is guessed at.
        """
        account = key_of_login(credentials.name)[:254]
        try:
            async with self._patience.attempt(visit.counted_as, account) as attempt:
                found = await self._asked(credentials)
                attempt.succeeded, attempt.failed = isinstance(found, Login), isinstance(found, Denied)
                attempt.turned_away = found is None
                if isinstance(found, Denied) and self._alarm is not None:
                    self._alarm.failed(visit.counted_as, account)
        except TooManyGuesses:
            events.door_refused("guessing", visit.ip)
            return replies.AUTH_UNAVAILABLE, ""
        if found is None:
            return replies.AUTH_UNAVAILABLE, ""
        events.authenticated(isinstance(found, Login), visit.ip)
        if isinstance(found, Denied):
            return replies.AUTH_FAILED, found.challenge
        visit.login = found
        return replies.AUTH_OK, ""

    async def _asked(self, credentials: Credentials) -> Login | Denied | None:
        """What whoever keeps the passwords says; None: nobody can say now."""
        assert self._checker is not None
        try:
            return await self._checker.check(credentials) if credentials.complete else Denied()
        except AuthUnavailable:
            return None
        except Exception as error:
            events.fault("smtpd", error)
            return None

    def may_send(self, visit: Visit, login: Login | None, sender: ReversePath) -> Reply | None:
        """None if this client may send with this sender address, else why not."""
        # The null path is nobody's address: read receipts and automatic replies have it (RFC 8098 section 3, RFC
        # 3834 section 3.3).
        if sender.mailbox is None:
            return None
        if login is not None and not self._senders.may_send_as(login, sender.mailbox, self._check_of(login)):
            events.door_refused("sender_not_login", visit.ip)
            return replies.NOT_YOUR_ADDRESS
        if login is None and visit.trusted and not self._listener.may_send_from(sender.mailbox.ascii_domain):
            events.door_refused("foreign_sender", visit.ip)
            return replies.FOREIGN_SENDER
        return None

    @property
    def asks_senders(self) -> bool:
        """Whether whoever a server vouches for is held to own sender addresses."""
        return self._listener.sender_check in ("login", "domain")

    def _check_of(self, login: Login) -> str:
        return self._listener.sender_check or ("off" if login.vouched else "login")

    def _is_private(self, visit: Visit) -> bool:
        """Whether a password may be said here: under TLS, or without a network between us."""
        return visit.tls is not None or (visit.loopback and self._listener.is_loopback)
