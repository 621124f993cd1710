"""The door's rules: what a client may say next, and aiosmtpd's words to ours and back. No sockets, no reading
of lines.

One handler serves all sessions of one listener. It decides only who may use the door: authenticated, trusted
network, or neither; what is inside a mail is nobody's business here. It is no open relay: a client that is
neither authenticated nor trusted is refused every recipient, our own too. `accept` (the room behind) runs to its
end in the session's own task, which the protocol does not cancel while a message is at the table.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime

from mailguard import events
from mailguard.mail import reply as replies
from mailguard.mail.address import Address
from mailguard.mail.message import Body, Message, new_message_id
from mailguard.mail.reply import Reply
from mailguard.smtpd import data
from mailguard.smtpd.auth import Login
from mailguard.smtpd.commands import Refused, parse_mail, parse_rcpt
from mailguard.smtpd.header_login import login_in
from mailguard.smtpd.logins import Logins
from mailguard.smtpd.session import Transaction, Visit
from mailguard.smtpd.settings import DoorLimits, ListenerSettings
from mailguard.smtpd.xclient import XCLIENT, XFORWARD

#: RFC 9422 section 4.2: no number is longer.
_SIX_DIGITS = 999_999

Accept = Callable[[Message], Awaitable[Reply]]


class Handler:
    """What one listener answers."""

    def __init__(
        self,
        listener: ListenerSettings,
        limits: DoorLimits,
        accept: Accept,
        logins: Logins,
        now: Callable[[], datetime],
        postmaster: Address | None = None,
    ) -> None:
        """postmaster: who is meant by `<Postmaster>` without a domain; None: nobody."""
        self.logins = logins
        self._listener = listener
        self._limits = limits
        self._accept = accept
        self._now = now
        self._postmaster = postmaster

    def keywords(self, visit: Visit) -> list[str]:
        """What EHLO offers, in the order shown (contract section 8)."""
        offered = ["PIPELINING", f"SIZE {self._limits.message_bytes}", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES"]
        if self.may_start_tls(visit):
            offered.append("STARTTLS")
        offered += [*self.logins.keywords(visit), "DSN", "CHUNKING"]
        offered.append(f"LIMITS RCPTMAX={min(self._limits.recipients, _SIX_DIGITS)}")
        return [*offered, *_for_servers(visit)]

    def may_start_tls(self, visit: Visit) -> bool:
        """Whether STARTTLS is offered: not once TLS is there."""
        return self._listener.tls == "starttls" and visit.tls is None

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
        if (refusal := self.logins.may_send(visit, visit.login, mail.sender)) is not None:
            return refusal
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
            rcpt = parse_rcpt(
                argument,
                smtputf8=transaction.smtputf8,
                extended=visit.extended_smtp,
                postmaster=self._postmaster,
            )
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
        """Hand the message to the room behind the door. Whoever calls it must not be cancelled meanwhile."""
        now, login, refusal = self._now(), visit.login, None
        if login is None and visit.trusted and self._listener.login_header:
            login, refusal = await self._who_wrote(visit, transaction, body)
        if refusal is not None:
            data.discard(body)
            return refusal
        client = visit.client(self._listener, login, transaction)
        message = Message(new_message_id(now), transaction.envelope(client), body, now)
        try:
            return await self._accept(message)
        except Exception as error:
            events.fault("smtpd", error, message_id=message.id)
            return replies.TRY_LATER
        finally:
            data.discard(body)

    async def _who_wrote(self, visit: Visit, transaction: Transaction, body: Body) -> tuple[Login | None, Reply | None]:
        """The login that a trusted client tells in the mail, and a refusal if it may not send this."""
        login, why = await login_in(body, self._listener.login_header)
        assert transaction.sender is not None
        if why:
            events.door_refused(why, visit.ip)
            if self.logins.asks_senders and transaction.sender.mailbox is not None:
                return None, replies.NOT_YOUR_ADDRESS  # else a second field would get past the check
        return login, None if login is None else self.logins.may_send(visit, login, transaction.sender)

    def _may_relay(self, visit: Visit) -> bool:
        return visit.login is not None or visit.trusted


def _for_servers(visit: Visit) -> list[str]:
    """What is offered only to a server that may speak for its clients."""
    offered = []
    if visit.speaks_for:
        offered.append(" ".join(("XCLIENT", *XCLIENT)))
    if visit.forwards_for:
        offered.append(" ".join(("XFORWARD", *XFORWARD)))
    return offered
