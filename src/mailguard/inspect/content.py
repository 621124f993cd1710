"""The words in which the readers of files speak: a file to be opened, what it says, the files inside it.

A reader of one kind of file is a function from `FileIn` and the Budget to `Content`. It opens nothing that lies inside:
that comes back as `Inner` and goes through the same door. Values only; no reader knows another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from mailguard.inspect.limits import Budget
from mailguard.mail.facts import Label
from mailguard.mail.values import value


@value(frozen=True, slots=True)
class Piece:
    """A text in which personal data are looked for. where: the part or file it stood in.

    role: "quoted" history or the "signature" of the mail's own text, the text of a "file", a file's "name", whom a mail
    inside is "addressed" to, what stands "beside" the texts, or "": the sender's words.
    """

    where: str
    text: str
    role: str = ""


@dataclass(frozen=True, slots=True)
class FileIn:
    """A file to open. charset: the declared one, "" if none; depth: archives and messages around it."""

    name: str
    declared: str
    octets: bytes
    where: str
    depth: int = 0
    charset: str = ""


@dataclass(frozen=True, slots=True)
class Inner:
    """A file inside a file. octets: None if it could not be had, and `why` says why; size: then only claimed.

    encrypted: it needs a password; it has octets all the same where the mail itself gave the password away.
    content: what was read in it already, where it has no octets of its own (a message inside a .msg lies in pieces).
    """

    name: str
    octets: bytes | None
    size: int
    encrypted: bool = False
    why: str = ""
    content: Content | None = None


@dataclass(slots=True)
class Content:
    """What was read in a file.

    text: all that its program shows or keeps; inner: files inside, unpacked one by one as they are taken; message: the
    octets of a mail inside; short: the kind, where the reader knows better than the first octets; whole: whether
    everything in it could be read; encrypted: whether it needs a password; labels: sensitivity labels; people: of a
    mail, the stretches of `text` that name its sender and recipients. A reader may still change text, whole and
    encrypted while its `inner` is gone through.
    """

    text: str = ""
    inner: Iterable[Inner] = ()
    message: bytes | None = None
    short: str = ""
    encrypted: bool = False
    whole: bool = True
    labels: tuple[Label, ...] = ()
    people: tuple[str, ...] = ()


#: Reads one kind of file. May raise on a broken file: its caller notes `unparseable_attachment`.
Opener = Callable[[FileIn, Budget], Content]

#: What stands in `Inner.why` where a bomb was not unpacked.
BOMB = "bomb"
BROKEN = "broken data"
NEEDS_PASSWORD = "encrypted"  # noqa: S105
