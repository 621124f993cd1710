"""What goes into and comes out of the model of who writes to whom. Values only; nothing here is stored as it stands.

A letter is what one mail shows of itself: its people, its text, its thread and its files. The model never sees more,
so that live mail, an imported archive and `mailguard history replay` are judged by the same code.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Literal

from mailguard.mail.values import value
from mailguard.mail.verdict import Because

#: Why a recipient looks like a mistake, most telling first: the kinds that people are told apart.
#: lookalike: an address, or its domain, that looks like a known one; namesake: somebody of the same name is meant more
#: probably; twin: the same person's private address, or the same name at another company; greeting: the text addresses
#: somebody else; before: the sender took this one back before; thread: the conversation was with others; group: never
#: together with the others here; file: the file went only to others so far; topic: mail like this goes to others;
#: stranger: nobody here knows this address.
Kind = Literal[
    "lookalike", "namesake", "twin", "greeting", "before", "thread", "group", "file", "topic", "stranger", ""
]


@value(frozen=True, slots=True)
class File:
    """A file that hangs on a mail. sha256: of its octets, in hex; name: as its sender calls it."""

    sha256: str
    name: str = ""


@value(frozen=True, slots=True)
class Letter:
    """One mail as the model sees it.

    at: seconds since 1970 (UTC). sender, to, cc, bcc: addresses as written. names: display names by address, as the
    header shows them. body: the text that a reader sees, with what it quotes. message_id, in_reply_to, references: as
    in the header, "" or empty where there are none (RFC 5322 3.6.4).
    """

    at: float
    sender: str
    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    bcc: tuple[str, ...] = ()
    sender_name: str = ""
    names: Mapping[str, str] = field(default_factory=dict)
    subject: str = ""
    body: str = ""
    message_id: str = ""
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    files: tuple[File, ...] = ()


@value(frozen=True, slots=True)
class Opinion:
    """What the model thinks of one recipient. address: in lower case, the domain in A-labels; risk: 0 to 1.

    because: one sentence a person understands; empty where nothing is odd. alternative: whom the sender probably
    meant, "" if nobody comes to mind; only somebody whom this sender has written to before, or who belongs to the
    organisation.
    """

    address: str
    risk: float
    because: Because
    kind: Kind = ""
    alternative: str = ""


@value(frozen=True, slots=True)
class Judgement:
    """risk: of the whole mail, 0 to 1; alarm: it is worth a question at the budget that is set. opinions: one for each
    recipient, in the order of To, Cc, Bcc.
    """

    risk: float = 0.0
    alarm: bool = False
    opinions: tuple[Opinion, ...] = ()

    @property
    def worst(self) -> Opinion | None:
        """The recipient that looks most like a mistake; None without recipients."""
        return max(self.opinions, key=lambda one: one.risk, default=None)
