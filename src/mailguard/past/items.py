"""What comes out of an archive, one after another: octets of a mail that is still to be read, a letter that needs no
reading, or what was left out and why. Values only.
"""

from __future__ import annotations

from dataclasses import field
from typing import Literal

from mailguard.insight.words import Letter
from mailguard.mail.values import value

#: Why something of an archive teaches nothing.
#: broken: it cannot be read as what the archive is; large: beyond what a mail may have; draft: never sent, or spam;
#: undelivered: no server took it; incoming: from no own domain; automatic: no person wrote it; nobody: it names no
#: recipient; undated: it does not say when; unreadable: the reader could not make sense of it; known: learned before.
Why = Literal[
    "broken", "large", "draft", "undelivered", "incoming", "automatic", "nobody", "undated", "unreadable", "known"
]


@value(frozen=True, slots=True)
class Octets:
    """A mail as it lies in the archive. where: its place there, for people; at: when it was put there, 0 if unknown."""

    where: str
    octets: bytes = field(repr=False)
    at: float = 0.0


@value(frozen=True, slots=True)
class Recorded:
    """A letter that the archive has in so many words. key: what the mail is called there, "" if nothing; files: digests
    of those that say something about whom they are for.
    """

    where: str
    letter: Letter
    key: str = ""
    inbound: bool = False
    files: tuple[str, ...] = ()


@value(frozen=True, slots=True)
class Left:
    """Something that was left out. detail: what is wrong and what to do, "" where `why` says it all."""

    where: str
    why: Why
    detail: str = ""


Item = Octets | Recorded | Left
