"""The door's rules: what a client may say next, and aiosmtpd's words to ours and back. No sockets, no reading
of lines.

One handler serves all sessions of one listener. It decides only who may use the door: authenticated, trusted
network, or neither; what is inside a mail is nobody's business here. It is no open relay: a client that is
neither authenticated nor trusted is refused every recipient, our own too. `accept` (the room behind) is
shielded: a client that goes away cannot cut a commit in two.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime

from mailguard import events
from mailguard.mail import reply as replies
from mailguard.mail.address import Address
from mailguard.mail.message import Body, Message, new_message_id
from mailguard.mail.reply import Reply
from mailguard.smtpd import data
from mailguard.smtpd.auth import AuthUnavailable, Login
from mailguard.smtpd.commands import Refused, parse_mail, parse_rcpt
from mailguard.smtpd.crowd import Patience
from mailguard.smtpd.session import Transaction, Visit
from mailguard.smtpd.settings import DoorLimits, ListenerSettings

Accept = Callable[[Message], Awaitable[Reply]]
Authenticate = Callable[[str, str], Awaitable[Login | None]]


class Handler:
    """What one listener answers. `commits` holds the messages that are at the table, also of clients that
    left.
    """

    def __init__(
        self,
        listener: ListenerSettings,
        limits: DoorLimits,
        accept: Accept,
        authenticate: Authenticate | None,
        patience: Patience,
        commits: set[asyncio.Task[Reply]],
        now: Callable[[], datetime],
    ) -> None:
        self._listener = listener
        self._limits = limits
        self._accept = accept
        self._authenticate = authenticate
        self._patience = patience
        self._commits = commits
        self._now = now

    def keywords(self, visit: Visit) -> list[str]:
        """What EHLO offers, in the order shown (contract section 8)."""
        offered = ["PIPELINING", f"SIZE {self._limits.message_bytes}", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES"]
        if self.may_start_tls(visit):
            offered.append("STARTTLS")
        if self._offers_auth and self._is_private(visit):
            offered.append("AUTH PLAIN LOGIN")
        return [*offered, "DSN", "CHUNKING"]

    def may_start_tls(self, visit: Visit) -> bool:
        """Whether STARTTLS is offered: not once TLS is there."""
        return self._listener.tls == "starttls" and visit.tls is None

    def may_log_in(self, visit: Visit, transaction: Transaction) -> Reply | None:
        """None if AUTH may go on, else why not (RFC 4954 section 4)."""
        if not self._offers_auth:
            return replies.NOT_IMPLEMENTED
        if not visit.extended_smtp:
            return replies.NEED_HELLO
        if visit.login is not None:
            return replies.AUTH_TWICE
        if transaction.sender is not None:
            return replies.BAD_SEQUENCE
        return None if self._is_private(visit) else replies.AUTH_NEEDS_TLS

    async def log_in(self, visit: Visit, name: str, password: str) -> Reply:
        """Check a login. The answer to a failure takes longer each time for the same address."""
        assert self._authenticate is not None
        try:
            async with self._patience.attempt(visit.counted_as) as failed:
                login = await self._authenticate(name, password) if name and password else None
                events.authenticated(login is not None, visit.ip)
                if login is None:
                    failed()
        except AuthUnavailable:
            return replies.AUTH_UNAVAILABLE
        except Exception as error:
            events.fault("smtpd", error)
            return replies.AUTH_UNAVAILABLE
        visit.login = login
        return replies.AUTH_OK if login is not None else replies.AUTH_FAILED

    def mail(self, visit: Visit, transaction: Transaction, argument: str) -> Reply:
        """MAIL FROM: the reverse-path and what is announced about the message."""
        if visit.host_name is None:
            return replies.NEED_HELLO
        if transaction.sender is not None:
            return replies.MAIL_TWICE
        if self._listener.auth == "required" and not self._may_relay(visit):
            return replies.AUTH_REQUIRED
        try:
            mail = parse_mail(argument, extended=visit.extended_smtp)
        except Refused as refused:
            return refused.reply
        if mail.size is not None and mail.size > self._limits.message_bytes:
            return replies.TOO_LARGE
        if visit.login is not None and not _may_send(visit.login, mail.sender.mailbox):
            events.door_refused("sender_not_login", visit.ip)
            return replies.NOT_YOUR_ADDRESS
        transaction.sender = mail.sender
        transaction.body_8bit, transaction.smtputf8 = mail.body_8bit, mail.smtputf8
        transaction.reports = mail.reports
        transaction.size = mail.size or 0
        return replies.SENDER_OK

    def rcpt(self, visit: Visit, transaction: Transaction, argument: str) -> Reply:
        """RCPT TO: one recipient."""
        if transaction.sender is None:
            return replies.NEED_MAIL
        if transaction.chunks is not None:
            return replies.CHUNKS_BEGUN
        try:
            rcpt = parse_rcpt(argument, smtputf8=transaction.smtputf8, extended=visit.extended_smtp)
        except Refused as refused:
            return refused.reply
        if not self._may_relay(visit):
            events.door_refused("relay", visit.ip)
            return replies.NO_RELAY
        if rcpt.address.key not in transaction.recipients and len(transaction.recipients) >= self._limits.recipients:
            return replies.TOO_MANY_RECIPIENTS
        transaction.add(rcpt.address, rcpt.reports)
        return replies.RECIPIENT_OK

    def may_send_data(self, transaction: Transaction) -> Reply:
        """DATA: go on, or what is missing."""
        if transaction.chunks is not None:  # RFC 3030 section 2: never both in one transaction
            return replies.CHUNKS_BEGUN
        return self.may_send(transaction) or replies.SEND_BODY

    def may_send(self, transaction: Transaction) -> Reply | None:
        """None if a message may come, else what is missing."""
        if transaction.sender is None:
            return replies.NEED_MAIL
        return None if transaction.recipients else replies.NEED_RCPT

    async def deliver(self, visit: Visit, transaction: Transaction, body: Body) -> Reply:
        """Hand the message to the room behind the door. Goes on to its end even if the caller is cancelled."""
        now = self._now()
        client = visit.client(f"{self._listener.host}:{self._listener.port}", smtputf8=transaction.smtputf8)
        message = Message(new_message_id(now), transaction.envelope(client), body, now)
        task = asyncio.create_task(self._to_the_end(message))
        self._commits.add(task)
        task.add_done_callback(self._commits.discard)
        if (place := transaction.take_place()) is not None:  # also of a client that leaves before its reply
            task.add_done_callback(place.end)
        return await asyncio.shield(task)

    async def _to_the_end(self, message: Message) -> Reply:
        try:
            return await self._accept(message)
        except Exception as error:
            events.fault("smtpd", error, message_id=message.id)
            return replies.TRY_LATER
        finally:
            data.discard(message.body)

    @property
    def _offers_auth(self) -> bool:
        return self._authenticate is not None and self._listener.auth != "none"

    def _is_private(self, visit: Visit) -> bool:
        """Whether a password may be said here: under TLS, or without a network between us."""
        return visit.tls is not None or (visit.loopback and self._listener.is_loopback)

    def _may_relay(self, visit: Visit) -> bool:
        return visit.login is not None or visit.trusted


def _may_send(login: Login, mailbox: Address | None) -> bool:
    # The null path is nobody's address: read receipts and automatic replies have it (RFC 8098 section 3, RFC
    # 3834 section 3.3).
    return mailbox is None or login.may_send_as(mailbox)
