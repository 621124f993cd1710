"""Every reply that the front door can give, in one catalogue.

Public words are generic: no names, no paths, no causes. The cause goes to the log, the courtesy to the
client.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from mailguard.mail.values import value


@value(frozen=True, slots=True)
class Reply:
    """One SMTP reply: code (RFC 5321 section 4.2), enhanced status (RFC 3463; "" for the few without), text.

    The text is ASCII but where `utf8` says that the client may be told more (RFC 6531 section 3.7.4.2).
    """

    code: int
    status: str
    text: str
    utf8: bool = False

    def __str__(self) -> str:
        return f"{self.code} {self.status} {self.text}" if self.status else f"{self.code} {self.text}"

    def with_text(self, text: str) -> Reply:
        """The same reply with other words, made fit for one line of ASCII of at most 400 characters."""
        line = "".join(ch if " " <= ch <= "~" else "?" for ch in " ".join(text.split()))
        return replace(self, text=line[:400])

    def told_in(self, text: str) -> Reply:
        """The same reply with other words in any script, for a client that asked for SMTPUTF8: one line, at most 400
        octets.
        """
        line = "".join(ch for ch in " ".join(text.split()) if ch.isprintable())
        return replace(self, text=line.encode("utf-8", "replace")[:400].decode("utf-8", "ignore"), utf8=True)

    @property
    def accepted(self) -> bool:
        """Whether we took responsibility (2xx)."""
        return 200 <= self.code < 300


# The message
ACCEPTED = Reply(250, "2.0.0", "accepted")
DELAYED = Reply(250, "2.0.0", "accepted, sent shortly unless cancelled")
JOINED = Reply(250, "2.0.0", "accepted as a part of a mail that is decided already")
HELD = Reply(250, "2.0.0", "held for confirmation")
WITHDRAWN = Reply(550, "5.7.1", "this same mail was withdrawn a moment ago and is not sent:")
REPLY_TAKEN = Reply(250, "2.0.0", "taken as an answer to a letter")
REFUSED_BY_POLICY = Reply(550, "5.7.1", "refused by policy")
TRY_LATER = Reply(451, "4.3.0", "local error, try again later")
NO_ROOM = Reply(452, "4.3.1", "no room for more mail now, try again later")
WAIT_FOR_REPLIES = Reply(452, "4.3.2", "too many messages of yours under way, wait for their replies")
TOO_LARGE = Reply(552, "5.3.4", "message too large")
BARE_LINE_ENDING = Reply(550, "5.6.0", "bare CR or LF in the message; lines end in CRLF (RFC 5321 2.3.8)")
HIDDEN_DOT = Reply(550, "5.6.0", "a line of NUL and a dot: some servers would take it for the end of the message")
LINE_TOO_LONG = Reply(550, "5.6.0", "a line is longer than 65536 octets")
LOOP = Reply(554, "5.4.6", "mail loop: too many Received fields")
OWN_LOOP = Reply(554, "5.4.6", "mail loop: this message passed here several times")
NEEDS_SMTPUTF8 = Reply(550, "5.6.7", "addresses outside ASCII need MAIL FROM ... SMTPUTF8 (RFC 6531)")

# The envelope
SENDER_OK = Reply(250, "2.1.0", "sender ok")
RECIPIENT_OK = Reply(250, "2.1.5", "recipient ok")
NO_RELAY = Reply(550, "5.7.1", "relaying not permitted: log in first, or send from a trusted network")
NOT_YOUR_ADDRESS = Reply(553, "5.7.1", "this login may not send with this sender address")
NEED_HELLO = Reply(503, "5.5.1", "say EHLO first")
NEED_MAIL = Reply(503, "5.5.1", "MAIL FROM first")
NEED_RCPT = Reply(503, "5.5.1", "no valid recipient: RCPT TO first")
MAIL_TWICE = Reply(503, "5.5.1", "sender already given: DATA or RSET first")
FOREIGN_SENDER = Reply(553, "5.7.1", "sender address is not of this organisation")
BAD_SENDER = Reply(501, "5.1.7", "sender address is not valid: MAIL FROM:<local@domain>")
BAD_RECIPIENT = Reply(501, "5.1.3", "recipient address is not valid: RCPT TO:<local@domain>")
ROUTED_RECIPIENT = Reply(553, "5.1.3", "a recipient with @, % or ! before its last @ could be read as a route")
TOO_MANY_RECIPIENTS = Reply(452, "4.5.3", "too many recipients, send the rest in another transaction")
BAD_PARAMETER = Reply(555, "5.5.4", "parameter not recognised")
BAD_PARAMETER_VALUE = Reply(501, "5.5.4", "parameter has an invalid value")
NO_BINARYMIME = Reply(501, "5.5.4", "BODY=BINARYMIME is not offered: 7BIT or 8BITMIME")
NO_REQUIRETLS = Reply(555, "5.5.4", "REQUIRETLS is not offered: it cannot be promised for the servers behind this one")

# Chunks (RFC 3030)
CHUNK_TAKEN = Reply(250, "2.0.0", "octets received")
CHUNK_LOST = Reply(503, "5.5.1", "these octets belong to no message: MAIL FROM and RCPT TO first")
CHUNK_UNKNOWN = Reply(501, "5.5.4", "BDAT size [LAST]; how many octets follow is unknown, closing")
CHUNKS_BEGUN = Reply(503, "5.5.1", "the message comes by BDAT: go on with BDAT, or RSET")

# The dialogue
OK = Reply(250, "2.0.0", "ok")
GOODBYE = Reply(221, "2.0.0", "closing")
READY = Reply(220, "", "ESMTP mailguard")  # the host's name comes first: RFC 5321 section 4.2
SEND_BODY = Reply(354, "", "send the message, end with <CRLF>.<CRLF>")
READY_FOR_TLS = Reply(220, "2.0.0", "ready to start TLS")
CANNOT_VERIFY = Reply(252, "2.0.0", "cannot verify, but will try")
COMMANDS = Reply(214, "2.0.0", "EHLO HELO MAIL RCPT DATA BDAT RSET NOOP VRFY HELP QUIT STARTTLS AUTH (RFC 5321)")
NOT_IMPLEMENTED = Reply(502, "5.5.1", "command not implemented")
NOT_A_FRONT = Reply(550, "5.7.0", "not permitted to speak for others")
COMMAND_LINE_ENDING = Reply(500, "5.5.2", "command lines end in CRLF")
NOT_SMTP = Reply(421, "4.7.0", "this is no web server, closing")
SYNTAX = Reply(501, "5.5.4", "syntax error")
UNKNOWN_COMMAND = Reply(500, "5.5.2", "command not recognised")
COMMAND_TOO_LONG = Reply(500, "5.5.2", "command line too long")
BAD_SEQUENCE = Reply(503, "5.5.1", "bad sequence of commands")
AUTH_REQUIRED = Reply(530, "5.7.0", "authentication required")
AUTH_NEEDS_TLS = Reply(538, "5.7.11", "encryption required for authentication: STARTTLS first")
AUTH_OK = Reply(235, "2.7.0", "authentication succeeded")
AUTH_FAILED = Reply(535, "5.7.8", "authentication credentials invalid")
AUTH_UNAVAILABLE = Reply(454, "4.7.0", "temporary authentication failure")
AUTH_TWICE = Reply(503, "5.5.1", "already authenticated")
AUTH_MECHANISM = Reply(504, "5.5.4", "mechanism not supported: PLAIN or LOGIN")
AUTH_CANCELLED = Reply(501, "5.7.0", "authentication cancelled")
AUTH_NOT_BASE64 = Reply(501, "5.5.2", "response is not base64")
AUTH_MALFORMED = Reply(501, "5.5.2", "response is malformed")
AUTH_LINE_TOO_LONG = Reply(500, "5.5.6", "authentication line too long")
TOO_MANY_ERRORS = Reply(421, "4.7.0", "too many errors, closing")
TOO_MANY_COMMANDS = Reply(421, "4.7.0", "too many commands, closing")
TOO_MANY_CONNECTIONS = Reply(421, "4.7.0", "too many connections, try again later")
IDLE_TOO_LONG = Reply(421, "4.4.2", "idle for too long, closing")
SESSION_TOO_LONG = Reply(421, "4.4.2", "session took too long, closing")
TOO_BUSY = Reply(421, "4.3.2", "too busy now, try again later")
SHUTTING_DOWN = Reply(421, "4.3.2", "service closing, try again later")


def hello(host: str, keywords: Sequence[str] = ()) -> str:
    """The reply to HELO or EHLO: our name, then what we offer, a line each (RFC 5321 section 4.1.1.1),
    without the last CRLF.
    """
    lines = [host, *keywords]
    return "\r\n".join([*(f"250-{line}" for line in lines[:-1]), f"250 {lines[-1]}"])
