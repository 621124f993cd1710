"""One SMTP transaction on an open connection: MAIL, RCPT, DATA, the octets, the dot; an outcome for each recipient.

Commands are written here, not by aiosmtplib, whose `mail` and `rcpt` run addresses through the header parser: what
was judged must be what is on the wire, octet for octet. Commands go out in one piece where the server offers
PIPELINING (RFC 2920). A reply that is missing or not understood is DEFERRED; after the final dot it is also
`unknown`. It never retries.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace

from mailguard.mail.address import Address
from mailguard.mail.outcome import Outcome, Result
from mailguard.relay.content import BodyCorrupt, DotStuffer, Scan, blocks
from mailguard.relay.session import Session
from mailguard.relay.upstream import Outgoing, answered, deferred, words
from mailguard.relay.wire import Unasked, WireError, WireReply

#: Replies that speak of our session (log in first, encryption needed), not of the mail: a bounce would punish the
#: sender for our configuration (RFC 4954 section 6, RFC 3207 section 4).
_ABOUT_US = frozenset({530, 534, 535, 538})
#: A prefix of this size waits for the first block, so that a small mail is one write.
_SMALL = 32 * 1024


@dataclass(slots=True)
class Attempt:
    """What a transaction came to.

    lost: the connection ended, or was no use any more. lost_early: it did so before the server said a word about this
    mail; a kept connection was stale then. crowded: recipients to offer at once in a further transaction.
    """

    outcomes: dict[Address, Outcome] = field(default_factory=dict)
    lost: bool = False
    lost_early: bool = False
    crowded: tuple[Address, ...] = ()


class _Refused(Exception):
    """The transaction ends here, by the server's word or ours."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.text)
        self.outcome = outcome


async def transact(
    session: Session, outgoing: Outgoing, recipients: tuple[Address, ...], scan: Scan, until: float
) -> Attempt:
    """Offer the mail to `recipients`, not beyond `until` (the loop's clock). Each has an outcome or is `crowded`.

    Raises nothing but cancellation.
    """
    attempt = await _Transaction(session, outgoing, recipients, scan, until).run()
    named: dict[int, Outcome] = {}  # many share one: a new one for each of 100,000 took half a second
    for address, outcome in attempt.outcomes.items():
        if outcome.code:
            if id(outcome) not in named:
                named[id(outcome)] = replace(outcome, mta=session.host)
            attempt.outcomes[address] = named[id(outcome)]
    return attempt


class _Transaction:
    def __init__(
        self, session: Session, outgoing: Outgoing, recipients: tuple[Address, ...], scan: Scan, until: float
    ) -> None:
        self._session = session
        self._wire = session.wire
        self._limits = session.deadlines
        self._outgoing = outgoing
        self._recipients = recipients
        self._scan = scan
        self._until = until
        self._attempt = Attempt()
        self._accepted: list[Address] = []
        self._begun = False  # octets of the mail went out
        self._dotted = False  # so did the final dot
        self._spoke = False  # the server answered something in this transaction

    async def run(self) -> Attempt:
        try:
            ready = await self._envelope()
            self._settle(await self._text() if ready.code == 354 else self._no_text(ready))
        except _Refused as refused:
            self._settle(refused.outcome)
        except Unasked as error:
            self._end(error)
            self._settle(self._out_of_turn(error.reply))
        except WireError as error:
            self._end(error)
            self._attempt.lost_early = not self._begun and not self._spoke
            self._settle(deferred(str(error), unknown=self._dotted))
        except (BodyCorrupt, OSError) as error:
            # No dot goes out after this, so the server takes nothing.
            self._end(WireError("broken off by us"))
            why = str(error) if isinstance(error, BodyCorrupt) else f"stored octets cannot be read: {error.strerror}"
            self._settle(deferred(why))
        except BaseException:
            self._end(WireError("broken off by us"))
            raise
        return self._attempt

    def _end(self, error: WireError) -> None:
        """The connection is of no use after this."""
        self._attempt.lost = self._session.broken = True
        self._wire.fail(error)

    def _no_text(self, ready: WireReply) -> Outcome:
        if not 400 <= ready.code < 600:
            self._session.broken = True
        return _about_mail(ready)

    def _settle(self, outcome: Outcome) -> None:
        """The outcome of everybody who has none yet."""
        if outcome.code == 421:  # RFC 5321 section 3.8: the server is closing the connection
            self._attempt.lost = self._session.broken = True
        settled = self._attempt.outcomes
        settled.update({a: outcome for a in self._recipients if a not in settled and a not in self._attempt.crowded})

    def _out_of_turn(self, reply: WireReply) -> Outcome:
        """A server that refuses in mid-data has refused, in so many words; one that accepts in mid-data is confused."""
        if self._dotted:
            return deferred(f"confused server: {reply.code} {reply.text}", unknown=True)
        if 400 <= reply.code < 600:
            return _about_mail(reply)
        return deferred(f"confused server: {reply.code} {reply.text}")

    # The envelope

    async def _envelope(self) -> WireReply:
        """RSET, MAIL, RCPT..., DATA. Returns the reply to DATA, somebody being accepted; else raises _Refused."""
        if self._session.offers("pipelining"):
            return await self._pipelined()
        if self._session.carried:
            self._wire.send(b"RSET\r\n", replies=1)
            await self._reset()
        self._session.carried += 1
        self._wire.send(self._mail_command(), replies=1)
        self._took_sender(await self._heard(self._limits.mail))
        for recipient in self._recipients:
            self._wire.send(self._rcpt_command(recipient), replies=1)
            self._took(recipient, await self._heard(self._limits.recipient))
        if not self._accepted:
            raise _Refused(deferred("no recipient was accepted"))
        self._wire.send(b"DATA\r\n", replies=1)
        return await self._heard(self._limits.data)

    async def _pipelined(self) -> WireReply:
        commands = [self._mail_command(), *map(self._rcpt_command, self._recipients), b"DATA\r\n"]
        again = self._session.carried > 0
        if again:  # whatever state the last transaction left behind
            commands.insert(0, b"RSET\r\n")
        self._session.carried += 1
        self._wire.send(b"".join(commands), replies=len(commands))
        if again:
            await self._reset()
        try:
            self._took_sender(await self._heard(self._limits.mail))
        except _Refused:
            await self._skip(len(self._recipients) + 1)
            raise
        for recipient in self._recipients:
            self._took(recipient, await self._heard(self._limits.recipient))
        if not self._accepted:
            await self._skip(1)
            raise _Refused(deferred("no recipient was accepted"))
        return await self._heard(self._limits.data)

    async def _skip(self, replies: int) -> None:
        """Hear the replies that no longer matter. What was said before them stands, whatever happens here."""
        try:
            ready = [await self._heard(self._limits.recipient) for _ in range(replies)][-1]
        except WireError:
            self._session.broken = True
            return
        if ready.code == 354:
            # All were refused, and yet it wants a text. RFC 2920 section 3.1 would send an empty one; who knows to whom
            # such a server gives it, so we hang up instead.
            self._session.broken = True

    async def _reset(self) -> None:
        reply = await self._wire.reply(self._left(self._limits.reset))
        if reply.code != 250:
            # Nothing was said about this mail; as good as stale.
            raise WireError(f"kept connection refused RSET: {reply.code} {reply.text}")

    async def _heard(self, seconds: float) -> WireReply:
        reply = await self._wire.reply(self._left(seconds))
        self._spoke = True
        return reply

    def _left(self, seconds: float) -> float:
        return max(0.0, min(seconds, self._until - asyncio.get_running_loop().time()))

    def _took_sender(self, reply: WireReply) -> None:
        if not 200 <= reply.code < 300:
            raise _Refused(_about_mail(reply))

    def _took(self, recipient: Address, reply: WireReply) -> None:
        """One RCPT's reply. A server that is full after the first N gets the rest at once in a further transaction."""
        self._session.broken |= reply.code == 421
        if 200 <= reply.code < 300:
            self._accepted.append(recipient)
        elif reply.code == 452 and self._accepted:  # RFC 5321 section 4.5.3.1.10
            self._attempt.crowded = (*self._attempt.crowded, recipient)
        else:
            self._attempt.outcomes[recipient] = _about_mail(reply)

    def _mail_command(self) -> bytes:
        """MAIL with what the server can carry on: SIZE (RFC 1870), BODY (RFC 6152), SMTPUTF8 (RFC 6531), DSN."""
        command = [f"MAIL FROM:<{self._outgoing.sender}>"]
        if self._session.offers("size"):
            command.append(f"SIZE={self._outgoing.size}")
        # Without 8BITMIME eight-bit octets go out as they are: every server of today carries them, while a conversion
        # would change what was judged (and break signatures) and a bounce would lose a mail that arrives anywhere
        # else.
        if self._session.offers("8bitmime") and (self._outgoing.body_8bit or self._scan.eight_bit):
            command.append("BODY=8BITMIME")
        if self._session.offers("smtputf8") and needs_smtputf8(self._outgoing, self._recipients, self._scan):
            command.append("SMTPUTF8")
        if self._session.offers("dsn"):  # RFC 3461 section 5.2.1: as they came
            reports = self._outgoing.reports
            command += [f"{name}={value}" for name, value in (("RET", reports.ret), ("ENVID", reports.envid)) if value]
        return " ".join(command).encode() + b"\r\n"

    def _rcpt_command(self, recipient: Address) -> bytes:
        command = f"RCPT TO:<{recipient}>"
        asked = self._outgoing.copy_reports.get(recipient)
        if asked is not None and self._session.offers("dsn"):
            pairs = (("NOTIFY", asked.notify), ("ORCPT", asked.orcpt))
            command += "".join(f" {name}={value}" for name, value in pairs if value)
        return command.encode() + b"\r\n"

    # The text

    async def _text(self) -> Outcome:
        """Prefix and stored octets, then the dot. Returns the outcome of everybody accepted."""
        stuffer = DotStuffer()
        waiting = stuffer.feed(self._outgoing.prefix)
        async for block in blocks(self._outgoing.body):
            if len(waiting) > _SMALL:
                self._begun = True
                self._wire.send(waiting)
                await self._wire.drain(self._left(self._limits.block))
                waiting = b""
            waiting += stuffer.feed(block)
        self._wire.send(waiting + stuffer.end(), replies=1)
        self._dotted = self._begun = True
        await self._wire.drain(self._left(self._limits.block))
        reply = await self._heard(self._limits.final)
        if 200 <= reply.code < 300:
            # A server that offers DSN has taken over to tell the sender what he asked for (RFC 3461 section 5.2.1).
            return Outcome(Result.RELAYED, reply.code, words(reply.text), reports=self._session.offers("dsn"))
        if 400 <= reply.code < 600:
            return _about_mail(reply)
        self._session.broken = True
        return deferred(f"confused server: {reply.code} {reply.text}", unknown=True)


def needs_smtputf8(outgoing: Outgoing, recipients: tuple[Address, ...], scan: Scan) -> bool:
    """Whether the mail can only travel with SMTPUTF8 (RFC 6531 section 3.2): an address, or its header, is beyond
    ASCII.
    """
    sender = outgoing.sender.mailbox
    if (sender is not None and sender.needs_smtputf8) or any(a.needs_smtputf8 for a in recipients):
        return True
    return outgoing.smtputf8 and scan.eight_bit_header


def _about_mail(reply: WireReply) -> Outcome:
    """The outcome that a reply to MAIL, RCPT, DATA or the dot means for the mail; nonsense is DEFERRED."""
    if reply.code in _ABOUT_US or not 400 <= reply.code < 600:
        return deferred(reply.text, code=reply.code)
    return answered(reply.code, reply.text)
