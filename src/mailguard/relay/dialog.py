"""What is said in one SMTP transaction and what the answers mean: RSET, MAIL, RCPT, DATA, the dot; pure, no waiting.

Whoever has the connection asks `begin` for the first words, hands in each reply in order (`heard`), sends what comes
back, sends the text when `wants_text` says so, and tells of a connection that ended (`broke`). A reply that is missing
or not understood is DEFERRED; after the final dot it is also `unknown`. Commands are written here, not by a library:
what was judged must be what is on the wire, octet for octet. It never retries.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

from mailguard.mail.address import Address
from mailguard.mail.outcome import Outcome, Result
from mailguard.relay.content import Seen
from mailguard.relay.meaning import about_mail, carries_no_more, takes_no_more
from mailguard.relay.session import Session
from mailguard.relay.upstream import Outgoing, deferred, words
from mailguard.relay.wire import Amid, Lost, Unasked, WireError, WireReply


@dataclass(slots=True)
class Attempt:
    """What a transaction came to.

    lost: the connection ended, or was no use any more. stale: it was a kept one, and did so before the server said a
    word about this mail, or by its reply to MAIL: some servers carry so many mails on a connection, and no more.
    crowded: recipients to offer at once in a further transaction.
    cut: why the connection ended, where some of them had been taken by then: a server that closes it for so many wrong
    recipients (Postfix's smtpd_hard_error_limit, Exim's `drop`) would do so at each try, and keep the mail from all the
    others.
    fits: how many to offer at a time, where it refused the text for those beyond (Exim's recipients_max_reject), or has
    not heard of all when it hung up.
    """

    outcomes: dict[Address, Outcome] = field(default_factory=dict)
    lost: bool = False
    stale: bool = False
    crowded: tuple[Address, ...] = ()
    cut: Outcome | None = None
    fits: int = 0


class Step(enum.Enum):
    """What is waited for: the reply to a command, the text, replies that no longer matter; or nothing any more."""

    RESET = enum.auto()
    MAIL = enum.auto()
    RCPT = enum.auto()
    DATA = enum.auto()
    TEXT = enum.auto()
    DOT = enum.auto()
    SKIP = enum.auto()
    OVER = enum.auto()


#: By name alone: to find one in its class costs more than to compare it, a dozen times for each mail.
RESET, MAIL, RCPT, DATA, TEXT, DOT, SKIP, OVER = Step


class Dialog:
    """One transaction on `session`. Once `is_over`, each recipient has an outcome in `attempt`, or is `crowded`."""

    __slots__ = (
        "_accepted", "_begun", "_kept", "_outgoing", "_pipelined", "_recipients", "_refusal", "_seen", "_session",
        "_skip", "_spoke", "attempt", "step",
    )  # fmt: skip

    def __init__(self, session: Session, outgoing: Outgoing, recipients: tuple[Address, ...], seen: Seen) -> None:
        self._session = session
        self._outgoing = outgoing
        self._recipients = recipients
        self._seen = seen
        self._pipelined = session.pipelining
        self._kept = session.carried > 0
        self._accepted = 0
        self._begun = False  # octets of the mail went out
        self._spoke = False  # the server answered something in this transaction
        self._skip = len(recipients) + 1  # replies that are still to come once the rest does not matter any more
        self._refusal: Outcome | None = None
        self.attempt = Attempt()
        self.step = MAIL

    def begin(self) -> tuple[bytes, int]:
        """The first words, and how many replies they ask for: all up to DATA where the server offers PIPELINING (RFC
        2920), else one command. A kept connection is reset first, whatever state the last transaction left behind.
        """
        again = self._kept
        self._session.carried += 1
        if again:
            self.step = RESET
        if not self._pipelined:
            return (b"RSET\r\n" if again else self._mail_command()), 1
        commands = [self._mail_command(), *map(self._rcpt_command, self._recipients), b"DATA\r\n"]
        if again:
            commands.insert(0, b"RSET\r\n")
        return b"".join(commands), len(commands)

    @property
    def is_over(self) -> bool:
        """Whether no reply is waited for any more."""
        return self.step is OVER

    @property
    def wants_text(self) -> bool:
        """Whether the text is to be sent now, and `text_begins` and `text_ends` to be called around it."""
        return self.step is TEXT

    @property
    def patience(self) -> float:
        """Seconds to wait for the next reply."""
        limits = self._session.deadlines
        match self.step:
            case Step.RESET:
                return limits.reset
            case Step.MAIL:
                return limits.mail
            case Step.DATA:
                return limits.data
            case Step.DOT:
                return limits.final
            case _:
                return limits.recipient

    def text_begins(self) -> None:
        """Octets of the mail go out from now on."""
        self._begun = True

    def text_ends(self) -> None:
        """So does the final dot, and a reply is waited for."""
        self._begun = True
        self.step = DOT

    def heard(self, reply: WireReply) -> bytes:
        """Take the next reply. Returns the command to send now, or nothing. Raises WireError: the connection is stale;
        `broke` is to be told.
        """
        step = self.step
        if step is RESET:
            if reply.code != 250:  # nothing was said about this mail
                raise WireError(f"kept connection refused RSET: {reply.code} {reply.text}")
            self.step = MAIL
            return b"" if self._pipelined else self._mail_command()
        self._spoke = True
        if step is MAIL:
            return self._heard_mail(reply)
        if step is RCPT:
            return self._heard_rcpt(reply)
        if step is DATA:
            if reply.code == 354:
                self.step = TEXT
            else:
                self._session.broken |= not 400 <= reply.code < 600
                if reply.code >= 500 and self.attempt.crowded:
                    taken = self._taken()
                    self.attempt.crowded = taken + self.attempt.crowded
                    self.attempt.fits = len(taken)
                self._settle(about_mail(reply, self._session.host))
        elif step is SKIP:
            self._heard_what_no_longer_matters(reply)
        else:
            self._settle(self._final(reply))
        return b""

    def broke(self, error: WireError | None, why: Outcome | None = None) -> None:
        """The connection is of no use any more. why: the outcome, where it is ours to say."""
        session, attempt = self._session, self.attempt
        session.broken = True
        if self.step is SKIP:  # what was said before stands, whatever happened then
            assert self._refusal is not None
            self._settle(self._refusal)
            return
        dotted = self.step is DOT
        attempt.lost = True
        if why is None and isinstance(error, Unasked):
            why = self._out_of_turn(error.reply, dotted and not isinstance(error, Amid))
        elif why is None:
            attempt.stale = self._kept and not self._begun and not self._spoke
            why = deferred(str(error), unknown=dotted)
        # Whoever says what nobody asked for, or no SMTP, did not hang up: the same would come at once again.
        if isinstance(error, Lost) and self.step in (RCPT, DATA):
            why = self._refusal or why
            if taken := self._taken():
                heard = self._heard_of
                # Those it did not hear of go in smaller lots, with fewer wrong ones. Whether it said 421 is often not
                # to be seen: it closes while commands are still coming, and the reset takes its last words away.
                unheard = self._recipients[heard:]
                attempt.crowded = taken + attempt.crowded + unheard
                attempt.fits = max(1, heard // 2) if unheard else 0
                attempt.cut = why
        self._settle(why)

    def _taken(self) -> tuple[Address, ...]:
        """Recipients that were accepted, for a text that never began."""
        apart = {*self.attempt.outcomes, *self.attempt.crowded}
        return tuple(address for address in self._recipients[: self._heard_of] if address not in apart)

    @property
    def _heard_of(self) -> int:
        """How many of the recipients have a reply, until all that was sent ahead is skipped."""
        return len(self._recipients) + 1 - self._skip

    # Replies

    def _heard_mail(self, reply: WireReply) -> bytes:
        if not 200 <= reply.code < 300:
            if self._kept and carries_no_more(reply):
                self.attempt.stale = self._session.broken = True
            self._refused(about_mail(reply, self._session.host))
            return b""
        self.step = RCPT
        return b"" if self._pipelined else self._rcpt_command(self._recipients[0])

    def _heard_rcpt(self, reply: WireReply) -> bytes:
        """One RCPT's reply. A server that is full after the first N gets the rest at once in a further transaction."""
        place = self._heard_of
        recipient = self._recipients[place]
        self._skip -= 1
        if 200 <= reply.code < 300:
            self._accepted += 1
        elif self._accepted and takes_no_more(reply):
            self.attempt.crowded += (recipient,)
        else:
            self.attempt.outcomes[recipient] = said = about_mail(reply, self._session.host)
            if reply.code == 421:  # the others will hear nothing
                self._session.broken = True
                self._refusal = said
        if self._skip > 1:
            return b"" if self._pipelined else self._rcpt_command(self._recipients[place + 1])
        if not self._accepted:
            self._refused(deferred("no recipient was accepted"))
            return b""
        self.step = DATA
        return b"" if self._pipelined else b"DATA\r\n"

    def _refused(self, outcome: Outcome) -> None:
        """The transaction ends here; replies to what was sent ahead are still to come."""
        if self._pipelined:
            self._refusal = outcome
            self.step = SKIP
        else:
            self._settle(outcome)

    def _heard_what_no_longer_matters(self, reply: WireReply) -> None:
        self._skip -= 1
        if self._skip:
            return
        if reply.code == 354:
            # All were refused, and yet it wants a text. RFC 2920 section 3.1 would send an empty one; who knows to whom
            # such a server gives it, so we hang up instead.
            self._session.broken = True
        assert self._refusal is not None
        self._settle(self._refusal)

    def _final(self, reply: WireReply) -> Outcome:
        if 200 <= reply.code < 300:
            # A server that offers DSN has taken over to tell the sender what he asked for (RFC 3461 section 5.2.1).
            told = self._session.dsn
            return Outcome(Result.RELAYED, reply.code, words(reply.text), reports=told, mta=self._session.host)
        if 400 <= reply.code < 600:
            return about_mail(reply, self._session.host)
        self._session.broken = True
        return deferred(f"confused server: {reply.code} {reply.text}", unknown=True)

    def _out_of_turn(self, reply: WireReply, dotted: bool) -> Outcome:
        """A server that refuses in mid-data has refused, in so many words; one that accepts in mid-data is confused."""
        if dotted:
            return deferred(f"confused server: {reply.code} {reply.text}", unknown=True)
        if 400 <= reply.code < 600:
            return about_mail(reply, self._session.host)
        return deferred(f"confused server: {reply.code} {reply.text}")

    def _settle(self, outcome: Outcome) -> None:
        """The outcome of everybody who has none yet; with it all is over."""
        attempt = self.attempt
        if outcome.code == 421:  # RFC 5321 section 3.8: the server is closing the connection
            attempt.lost = self._session.broken = True
        settled = attempt.outcomes
        apart = {*settled, *attempt.crowded}
        for address in self._recipients:
            if address not in apart:
                settled[address] = outcome
        self.step = OVER

    # Commands

    def _mail_command(self) -> bytes:
        """MAIL with what the server can carry on: SIZE (RFC 1870), BODY (RFC 6152), SMTPUTF8 (RFC 6531), DSN."""
        session, outgoing = self._session, self._outgoing
        command = f"MAIL FROM:<{outgoing.sender}>"
        if session.size:
            command += f" SIZE={outgoing.size}"
        # Without 8BITMIME eight-bit octets go out as they are: every server of today carries them, while a conversion
        # would change what was judged (and break signatures) and a bounce would lose a mail that arrives anywhere
        # else.
        if (outgoing.body_8bit or self._seen.eight_bit) and session.eight_bit:
            command += " BODY=8BITMIME"
        if session.smtputf8 and needs_smtputf8(outgoing, self._recipients, self._seen):
            command += " SMTPUTF8"
        if session.dsn:  # RFC 3461 section 5.2.1: as they came
            reports = outgoing.reports
            command += "".join(
                f" {name}={value}" for name, value in (("RET", reports.ret), ("ENVID", reports.envid)) if value
            )
        return command.encode() + b"\r\n"

    def _rcpt_command(self, recipient: Address) -> bytes:
        command = f"RCPT TO:<{recipient}>"
        asked = self._outgoing.copy_reports.get(recipient) if self._outgoing.copy_reports else None
        if asked is not None and self._session.dsn:
            pairs = (("NOTIFY", asked.notify), ("ORCPT", asked.orcpt))
            command += "".join(f" {name}={value}" for name, value in pairs if value)
        return command.encode() + b"\r\n"


def needs_smtputf8(outgoing: Outgoing, recipients: tuple[Address, ...], seen: Seen) -> bool:
    """Whether the mail can only travel with SMTPUTF8 (RFC 6531 section 3.2): an address, or its header, is beyond
    ASCII.
    """
    sender = outgoing.sender.mailbox
    if (sender is not None and sender.needs_smtputf8) or any(a.needs_smtputf8 for a in recipients):
        return True
    return outgoing.smtputf8 and seen.eight_bit_header
