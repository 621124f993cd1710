"""What the sorting room hands to the back door, and what every back door can do. Values and one protocol; no I/O."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import field
from typing import Protocol, runtime_checkable

from mailguard.mail.address import Address, ReversePath
from mailguard.mail.message import Body
from mailguard.mail.outcome import Outcome, Result
from mailguard.mail.reports import SAID_NOTHING, CopyReports, MailReports
from mailguard.mail.values import value

#: Hears what became of a mail: outcomes, and the recipients who are to be offered by `relay` now.
Ended = Callable[[dict[Address, Outcome], tuple[Address, ...]], None]
#: The most of an upstream's words that is kept.
_TEXT_MAX = 500


@value(frozen=True, slots=True)
class Outgoing:
    """One message on its way out: exactly `prefix` and then the stored octets, to exactly these recipients.

    prefix: whole header fields with CRLF (Received, X-Mailguard-Processed), and the name of one for a first line that
    is none (trace.mailbox_line), or empty. body_8bit and smtputf8: what the client declared (RFC 6152, RFC 6531).
    reports: what the sender asked to be told (RFC 3461), of the mail, and of those recipients of whom he asked
    something. known: octets in memory whose digest was checked since they came there.
    """

    message_id: str
    sender: ReversePath
    recipients: tuple[Address, ...]
    prefix: bytes
    body: Body
    smtputf8: bool = False
    body_8bit: bool = False
    reports: MailReports = SAID_NOTHING
    copy_reports: Mapping[Address, CopyReports] = field(default_factory=dict)
    known: bool = False

    @property
    def size(self) -> int:
        """Octets before dot-stuffing, as RFC 1870 counts them."""
        return len(self.prefix) + self.body.size


class Upstream(Protocol):
    """The next server, or what stands for it. All methods belong to one event loop."""

    @property
    def name(self) -> str:
        """For logs and people; holds no secret."""

    async def relay(self, outgoing: Outgoing) -> dict[Address, Outcome]:
        """One try; every recipient of `outgoing` has an outcome, whatever the upstream does. Who has none was not
        tried, for want of a place, and is due again soon.

        Raises BodyCorrupt or OSError if our own octets are not what they were: our fault, no outcome of a try.
        """

    @property
    def is_well(self) -> bool:
        """Whether it answered when it was last asked: for the figures."""

    def ready_in(self) -> float:
        """Seconds until a try makes sense: 0.0 when well, more while the server cannot be reached and is left in
        peace.
        """

    def capacity(self) -> int:
        """How many tries at a time make sense now; 0 while sick, 1 while one try is to decide."""

    async def probe(self) -> str | None:
        """None if the server can be reached and lets us in, else why not (English, no secrets)."""

    async def close(self) -> None:
        """Give up kept connections."""


@runtime_checkable
class PromptUpstream(Upstream, Protocol):
    """One that can carry a mail without a task for it."""

    def hand(self, outgoing: Outgoing, ended: Ended) -> bool:
        """Begin to relay a mail at once, if that is possible; `ended` is called later, from the loop. False: nothing
        was begun; ask `relay`.
        """


def words(text: str) -> str:
    """An upstream's words made fit to keep and to show: one line, printable, bounded."""
    if text.isprintable() and "  " not in text and text.strip() == text:  # as nearly all are; no other white space is
        return text[:_TEXT_MAX]
    line = " ".join(text.split())
    return "".join(ch if ch.isprintable() else "?" for ch in line)[:_TEXT_MAX]


def deferred(why: str, *, code: int | None = None, unknown: bool = False, about_us: bool = False) -> Outcome:
    """Later, for a reason in our words."""
    return Outcome(Result.DEFERRED, code, words(why), unknown, about_us=about_us)


def same_for_all(recipients: Iterable[Address], outcome: Outcome) -> dict[Address, Outcome]:
    """One outcome for every recipient."""
    return dict.fromkeys(recipients, outcome)
