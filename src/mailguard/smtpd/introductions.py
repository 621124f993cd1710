"""The verbs by which it becomes known who speaks: STARTTLS, AUTH, XCLIENT, XFORWARD, and the client's certificate.

It trusts what TLS proved, what `Logins` says of credentials, and what a server in front says - if the settings list
that server. It keeps no password and no token, and logs none.
"""

from __future__ import annotations

import asyncio
import ssl
from typing import Any

from mailguard import events
from mailguard.mail import reply as replies
from mailguard.mail.reply import Reply
from mailguard.smtpd import sasl
from mailguard.smtpd.auth import Login
from mailguard.smtpd.certificates import TRUSTED
from mailguard.smtpd.commands import Refused
from mailguard.smtpd.crowd import whose
from mailguard.smtpd.entrance import Entrance
from mailguard.smtpd.receiving import Receiving, no_argument
from mailguard.smtpd.settings import AUTH_OCTETS, IPAddress
from mailguard.smtpd.tls import why_failed
from mailguard.smtpd.waiting import HangUp, Phase
from mailguard.smtpd.xclient import parse_xclient, parse_xforward


class Introductions(Receiving):
    """The part of a conversation that is about who the client is."""

    def __init__(self, entrance: Entrance, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(entrance, loop)
        self._entered: IPAddress | None = None  # as whose address this connection counts

    async def handshake(self, context: ssl.SSLContext, *, keep: bool = False) -> None:
        """TLS from here on, and who the client is by its certificate. Raises OSError if it fails."""
        try:
            self.visit.tls = await self.start_tls(context, keep=keep)
        except OSError as error:  # ssl.SSLError is one: plain text, an old version, a scanner
            events.door_refused(why_failed(error), self.visit.ip)
            raise ConnectionAbortedError("no TLS handshake") from error

    def recognise(self) -> None:
        """What the client's certificate opens. After the handshake, and after what was said before is forgotten."""
        known = self._entrance.listener.client_certificates
        session = self.transport.get_extra_info("ssl_object")
        if known is None or session is None or not (der := session.getpeercert(binary_form=True)):
            return
        opens = known.opens(session.getpeercert(), der)
        if opens is None:
            events.door_refused("certificate_not_named", self.visit.ip)
        elif opens == TRUSTED:
            self.visit.trusted = True
        else:
            self.visit.login = Login(opens, certified=True)

    async def smtp_STARTTLS(self, arg: Any) -> None:
        context = self._entrance.tls
        if context is None or not self._rules.may_start_tls(self.visit):
            self.answer(replies.NOT_IMPLEMENTED)
        elif refusal := no_argument(arg, "STARTTLS") or (None if self.visit.extended_smtp else replies.NEED_HELLO):
            self.answer(refusal)
        else:
            self.transport.pause_reading()  # from here on, octets are for TLS
            self.say(replies.READY_FOR_TLS)
            await self.flush()
            await self.handshake(context)
            self.visit.forget()
            self.recognise()
            self.reset()

    async def smtp_AUTH(self, arg: Any) -> None:
        logins = self._rules.logins
        refusal = logins.may_log_in(self.visit, self.transaction)
        if refusal is not None:
            self.answer(refusal)
            return
        credentials = await sasl.credentials(arg, self._ask, logins.mechanisms)
        await self.flush()
        if self._reader.at_eof():
            raise EOFError
        self.phase = Phase.CHECKING
        reply, challenge = await logins.log_in(self.visit, credentials)
        self.phase = Phase.TALKING
        if challenge:  # why a token was not taken; whatever the client says to it, it was not (RFC 7628 section 3.2.3)
            await self._put("334 " + challenge)
        self.answer(reply)

    async def _ask(self, challenge: bytes) -> bytes:
        return await self._put("334 " + sasl.encoded(challenge))

    async def _put(self, challenge: str) -> bytes:
        self.say(challenge)
        try:
            return await self.read_line(AUTH_OCTETS)
        except Refused as refused:
            long = refused.reply is replies.COMMAND_TOO_LONG
            raise Refused(replies.AUTH_LINE_TOO_LONG if long else refused.reply) from None

    async def smtp_XCLIENT(self, arg: Any) -> None:
        refusal = self._may_introduce(bool(self._entrance.listener.xclient_from), self.visit.speaks_for)
        if refusal is not None:
            self.answer(refusal)
            return
        said = parse_xclient(arg)
        if said.address is not ...:
            self._moved(said.address)
            self.visit.login = None  # by certificate or AUTH: the server's own, and no client's
        if said.helo is not ...:
            self.visit.told_helo = said.helo or ""
        if said.login is not ...:
            self.visit.login = None if said.login is None else Login(said.login, vouched=True)
        self.visit.host_name, self.visit.extended_smtp = None, False  # as after connecting
        self.reset()
        self.greet()

    async def smtp_XFORWARD(self, arg: Any) -> None:
        refusal = self._may_introduce(bool(self._entrance.listener.xforward_from), self.visit.forwards_for)
        if refusal is None:
            self.transaction.forwarded = parse_xforward(arg, self.transaction.forwarded)
        self.answer(refusal or replies.OK)

    def greet(self) -> None:
        """Say who we are, as on connecting."""
        self.say(replies.READY.with_text(f"{self.hostname} {replies.READY.text}"))

    def _may_introduce(self, offered: bool, listed: bool) -> Reply | None:
        if not offered:
            return replies.NOT_IMPLEMENTED
        if not listed:
            events.door_refused("introduction", self.visit.ip)
            return replies.NOT_A_FRONT
        return replies.BAD_SEQUENCE if self.transaction.sender is not None else None

    def _moved(self, address: IPAddress | None) -> None:
        """The client is at another address than the one that connected; None: nobody knows where, so nothing is open to
        it. Raises HangUp if that address has too many connections.
        """
        visit, crowd = self.visit, self._entrance.crowd
        visit.trusted = visit.loopback = False
        if address is None:
            return
        if self._entered is not None:
            crowd.leave(self._entered)
            self._entered = None
        if not crowd.enter(address):
            events.door_refused("too_many_connections", str(address))
            raise HangUp(replies.TOO_MANY_CONNECTIONS)
        self._entered = address
        visit.ip, visit.counted_as, visit.loopback = str(address), whose(address), address.is_loopback
        visit.trusted = self._entrance.listener.trusts(address)
