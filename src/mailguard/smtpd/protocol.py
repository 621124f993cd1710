"""One SMTP conversation: the command loop, and for each verb a few lines that ask the handler and say what it
answers.

What is kept of aiosmtpd: its transport plumbing, its session and envelope and when they are reset, its names for
the verbs' methods, its PROXY header. What is replaced: the loop (limits, deadlines, faults), every reply,
addresses, DATA, AUTH, TLS. It trusts nothing that it reads, answers only out of the catalogue, logs nothing
that was said, and leaves no client without a reply while it can still be reached.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from aiosmtpd.proxy_protocol import ProxyData, get_proxy

from mailguard import events
from mailguard.mail import reply as replies
from mailguard.mail.reply import Reply
from mailguard.smtpd.commands import Refused, split_command
from mailguard.smtpd.crowd import whose
from mailguard.smtpd.entrance import Entrance, who_is_it
from mailguard.smtpd.introductions import Introductions
from mailguard.smtpd.receiving import no_argument
from mailguard.smtpd.settings import AUTH_OCTETS, COMMAND_OCTETS
from mailguard.smtpd.waiting import HangUp, Phase

#: Commands that are pipelined and answered before others have their turn: about a millisecond.
_IN_A_ROW = 32
_PROXY_SECONDS = 10.0
#: What a browser says: it can be made to post to any port, and what it posts must not become mail.
_NOT_SMTP = frozenset({"GET", "POST", "PUT", "HEAD", "OPTIONS", "CONNECT", "DELETE", "PATCH", "TRACE", "HOST:"})
#: Commands that exist and are not offered: 502, not 500 (RFC 5321 section 4.2.4).
_NOT_OFFERED = frozenset({"EXPN", "ETRN", "ATRN", "TURN", "SEND", "SOML", "SAML", "BURL"})


class Conversation(Introductions):
    """A session at one entrance."""

    def __init__(self, entrance: Entrance, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(entrance, loop)
        self._fits = True

    @property
    def task(self) -> asyncio.Task[None] | None:
        """The session's task, for whoever waits for its end."""
        return self._handler_coroutine

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._client_connected_cb = None  # it was called: this and the writer would make a circle with the session
        self._fits = self._entrance.crowd.come()
        self._entrance.sessions.add(self)
        assert self._handler_coroutine is not None
        self._handler_coroutine.add_done_callback(self._ended)

    def left_alone(self) -> None:
        # Its place at the door is free; who waits for all that is at the table waits for the task.
        if self._handler_coroutine is not None:
            self._entrance.commits.add(self._handler_coroutine)
            self._handler_coroutine.add_done_callback(self._entrance.commits.discard)
        self._left()

    def _ended(self, task: asyncio.Task[None]) -> None:
        """Nothing of a session is in a circle when it is over: what is has to be looked for among all that the house
        has, and all stands still meanwhile.
        """
        self._left()
        for timer in (self._timeout_handle, self._watch):
            if timer is not None:  # after a failed handshake nobody says that the connection is lost
                timer.cancel()
        self._writer = None
        if (error := self._reader.exception()) is not None:
            error.__traceback__ = None  # raised to whoever read: the frames of all of them
        if task.cancelled():
            with suppress(asyncio.CancelledError):
                task.exception()  # the task gives away the error that ended it, with the same frames

    def _left(self) -> None:
        if self not in self._entrance.sessions:
            return
        self._entrance.sessions.discard(self)
        self.transaction.leave()
        self._entrance.crowd.go()
        if self._entered is not None:
            self._entrance.crowd.leave(self._entered)
        self.close()

    async def _handle_client(self) -> None:
        """The whole session. Never raises but when it is cancelled (the connection is lost)."""
        try:
            await self._converse()
        except (EOFError, OSError):
            pass  # the client is gone
        except Exception as error:
            events.fault("smtpd", error)

    async def _converse(self) -> None:
        try:
            await self._come_in()
            self.greet()
            while True:
                await self._answer_one()
                if self.visit.commands % _IN_A_ROW == 0 and self.at_hand:
                    await asyncio.sleep(0)
        except HangUp as end:
            if self._entrance.listener.tls != "implicit" or self.visit.tls is not None:
                await self.hang_up(end.reply)

    async def _come_in(self) -> None:
        """Learn who it is, count it, and take the TLS handshake if that comes first. Raises HangUp."""
        listener, crowd = self._entrance.listener, self._entrance.crowd
        address, sure = await who_is_it(listener, self.session.peer, self._proxy_header)
        visit = self.visit
        visit.ip, visit.counted_as = str(address), whose(address)
        if sure:
            visit.trusted, visit.loopback = listener.trusts(address), address.is_loopback
            visit.speaks_for, visit.forwards_for = listener.speaks_for(address), listener.forwards_for(address)
        if not self._fits or not crowd.enter(address):
            events.door_refused("too_many_connections", self.visit.ip)
            raise HangUp(replies.TOO_MANY_CONNECTIONS)
        if (busy := self._entrance.admission.connection()) is not None:
            crowd.leave(address)
            raise HangUp(busy)
        self._entered = address
        if self._entrance.tls is not None and listener.tls == "implicit":
            await self.handshake(self._entrance.tls, keep=True)
            self.recognise()

    async def _proxy_header(self) -> ProxyData:
        return await self._within(_PROXY_SECONDS, lambda: get_proxy(self._reader))

    async def _answer_one(self) -> None:
        """Read one command, answer it. A fault of ours costs the client one 451, not the session - unless
        octets would be misread.
        """
        try:
            verb, argument = self._command(await self.read_line(AUTH_OCTETS))
            if (rest := self._heard(verb, argument)) is not None:
                await rest
        except Refused as refused:
            self.answer(refused.reply)
        except (EOFError, ConnectionError, HangUp):
            raise
        except Exception as error:
            if self.transport is None:
                raise
            events.fault("smtpd", error)
            if self.phase is Phase.BODY:  # what is still to come is a body, not commands
                raise HangUp(replies.TRY_LATER) from error
            self.say(replies.TRY_LATER)
        finally:
            self.phase = Phase.TALKING
        if self.visit.errors >= self._limits.errors:
            events.door_refused("too_many_errors", self.visit.ip)
            raise HangUp(replies.TOO_MANY_ERRORS)

    def _command(self, line: bytes) -> tuple[str, str]:
        visit = self.visit
        visit.commands += 1
        # The recipients that a mail may have are no flood.
        if visit.commands > self._limits.commands + len(self.transaction.recipients):
            events.door_refused("too_many_commands", self.visit.ip)
            raise HangUp(replies.TOO_MANY_COMMANDS)
        verb, argument = split_command(line)
        if len(line) > COMMAND_OCTETS and verb != "AUTH":
            raise Refused(replies.COMMAND_TOO_LONG)
        return verb, argument

    def _heard(self, verb: str, argument: str) -> Awaitable[None] | None:
        """Answer a command; what of it is still to be waited for, None where it is answered already."""
        method = _VERBS.get(verb)
        if method is not None:
            return method(self, argument)
        if verb in _NOT_SMTP:
            events.door_refused("not_smtp", self.visit.ip)
            raise HangUp(replies.NOT_SMTP)
        self.answer(replies.NOT_IMPLEMENTED if verb in _NOT_OFFERED else replies.UNKNOWN_COMMAND)
        return None

    # The verbs

    async def smtp_HELO(self, arg: Any) -> None:
        self._hello("HELO", arg, [])

    async def smtp_EHLO(self, arg: Any) -> None:
        self._hello("EHLO", arg, self._rules.keywords(self.visit))

    def _hello(self, verb: str, name: str, keywords: list[str]) -> None:
        if not name:
            self.answer(replies.SYNTAX.with_text(f"syntax error: {verb} name"))
            return
        self.reset()
        self.visit.host_name = name[:255].encode("ascii", "replace").decode("ascii")
        self.visit.extended_smtp = verb == "EHLO"
        self.say(replies.hello(self.hostname, keywords))

    def _mail(self, arg: str) -> None:
        reply = self._rules.mail(self.visit, self.transaction, arg)
        self.answer(self._placed() if reply is replies.SENDER_OK else reply)

    def _placed(self) -> Reply:
        place = self._entrance.admission.message(self.visit.counted_as, self.transaction.size)
        if isinstance(place, Reply):
            self.reset()
            return place
        self.transaction.place = place
        return replies.SENDER_OK

    def _rcpt(self, arg: str) -> None:
        self.answer(self._rules.rcpt(self.visit, self.transaction, arg))

    async def smtp_RSET(self, arg: Any) -> None:
        if (refusal := no_argument(arg, "RSET")) is None:
            self.reset()
        self.answer(refusal or replies.OK)

    async def smtp_NOOP(self, arg: Any) -> None:
        self.say(replies.OK)

    async def smtp_VRFY(self, arg: Any) -> None:
        self.answer(replies.CANNOT_VERIFY if arg else replies.SYNTAX.with_text("syntax error: VRFY address"))

    async def smtp_EXPN(self, arg: Any) -> None:
        self.answer(replies.NOT_IMPLEMENTED)

    async def smtp_HELP(self, arg: Any) -> None:
        self.say(replies.COMMANDS)

    async def smtp_QUIT(self, arg: Any) -> None:
        if (refusal := no_argument(arg, "QUIT")) is not None:
            self.answer(refusal)
            return
        raise HangUp(replies.GOODBYE)


#: By its name, how each verb is answered. Those of each mail that wait for nothing are no coroutines, in place of
#: aiosmtpd's.
_VERBS: dict[str, Callable[[Conversation, str], Awaitable[None] | None]] = {
    **{name.removeprefix("smtp_"): getattr(Conversation, name) for name in dir(Conversation) if name[:5] == "smtp_"},
    "MAIL": Conversation._mail,
    "RCPT": Conversation._rcpt,
}
