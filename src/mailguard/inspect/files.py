"""One file opened: what it is, what it says, what is inside it. Every file of a mail comes through here, however deep.

What cannot be read is said (`not_inspectable`, `encrypted`, `unparseable_attachment`), never skipped in silence. A
fault in the reading of one file costs that file its text, not the mail its facts. Each kind is read by its own module
(`openers`); mails inside are opened by the function that `parts` hands in, so that nothing here knows about mail.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace

from mailguard.inspect.archives.marks import may_hold_archive
from mailguard.inspect.chars.charset import tidy
from mailguard.inspect.content import BOMB, BROKEN, Content, FileIn, Inner, Piece
from mailguard.inspect.kinds.filetype import (
    TEXTUAL,
    UNKNOWN,
    FileType,
    detect,
    extension,
    is_noise,
    mismatch,
    of_short,
    runs_by_name,
)  # fmt: skip
from mailguard.inspect.limits import Budget
from mailguard.inspect.structure.names import member_name, note_name
from mailguard.mail.facts import EXECUTABLE, Attachment, Label

_OPENABLE = frozenset(
    [
        "docx",
        "xlsx",
        "pptx",
        "odt",
        "ods",
        "odp",
        "zip",
        "7z",
        "rar",
        "lzh",
        "cab",
        "iso",
        "gz",
        "bz2",
        "xz",
        "zst",
        "tar",
        "doc",
        "xls",
        "ppt",
        "pdf",
    ]
)
#: What a file may be that Windows runs by its name alone.
_MAY_RUN = TEXTUAL | {"", "zip", "cfb", "plist"}


#: Digits enough for a number that is a person's, in a name.
_NUMBER = re.compile("(?:[0-9０-９][-_ －]?){9}")


@dataclass(slots=True)
class _Seen:
    """What was seen in a file so far."""

    type: FileType
    text: str = ""
    people: tuple[str, ...] = ()  # stretches of the text: between whom a mail went
    encrypted: bool = False
    inspected: bool = True
    members: list[Attachment] = field(default_factory=list)
    labels: tuple[Label, ...] = ()


#: Opens a message inside a file: gives its people, its text with these in it, and its attachments.
MessageOpener = Callable[[FileIn], tuple[str, str, list[Attachment]]]
#: Stretches that name people in a mail inside. Each is looked for in all of its text; the rest counts as its words.
_MOST_STRETCHES = 200


class Files:
    """The files of one reading. `pieces` collects the texts of all of them."""

    def __init__(self, budget: Budget, open_message: MessageOpener) -> None:
        self.budget = budget
        self.pieces: list[Piece] = []
        self._open_message = open_message

    def open(self, file: FileIn, known: FileType | None = None, read: Content | None = None) -> Attachment:
        """Open a file. known: its kind, where the mail's structure says it; read: its content, if that is known too."""
        if self.budget.here:
            self.budget.leave(unless=known is None and is_noise(file.octets) and not may_hold_archive(file.octets))
            known, read = UNKNOWN, Content(whole=False)
        seen = _Seen(known or detect(file.octets, file.name, file.declared))
        try:
            self._look(file, seen, read)
        except (MemoryError, KeyboardInterrupt):
            raise
        except Exception as error:
            seen.inspected = False
            self.budget.find("unparseable_attachment", file.where, f"the reader failed: {type(error).__name__}")
        self._note(file, seen)
        text = tidy(seen.text)
        if text:
            self.pieces.extend(_pieces(file.where, text, seen.people))
        if _NUMBER.search(file.name):
            self.pieces.append(Piece(file.where, tidy(file.name), "name"))
        return Attachment(
            filename=file.name,
            declared_type=file.declared,
            detected_type=seen.type.media,
            short_type=seen.type.short,
            size=len(file.octets),
            sha256=hashlib.sha256(file.octets).hexdigest(),
            encrypted=seen.encrypted,
            inspected=seen.inspected,
            text=self.budget.keep(text, file.where),
            members=tuple(seen.members),
            labels=seen.labels,
        )

    def open_as_message(self, file: FileIn) -> Attachment:
        """Open what its part declares to be a message, whatever its octets look like."""
        return self.open(file, of_short("eml"))

    def _look(self, file: FileIn, seen: _Seen, read: Content | None) -> None:
        if read is None:
            from mailguard.inspect.openers import content_of  # the readers of all kinds: most mail has no file

            read = content_of(file, seen.type.short, self.budget)
        content = read
        if content.short:
            seen.type = of_short(content.short)
        seen.text, seen.encrypted, seen.inspected = content.text, content.encrypted, content.whole
        seen.labels, seen.people = content.labels, content.people
        if content.message is not None and self._may_enter(file, seen):
            people, text, seen.members = self._open_message(replace(file, octets=content.message))
            seen.people = (people,)
            seen.text = f"{text}\n{content.text}" if content.text else text
        elif content.inner and self._may_enter(file, seen):
            self._open_members(file, seen, content.inner)
            # what a reader sees only while it goes through its members
            seen.text, seen.encrypted = content.text, seen.encrypted or content.encrypted
            seen.inspected = seen.inspected and content.whole

    def _open_members(self, file: FileIn, seen: _Seen, inner: Iterable[Inner]) -> None:
        try:
            for one in inner:
                seen.members.append(self._member(file, one))
        except (MemoryError, KeyboardInterrupt):
            raise
        except Exception as error:  # what came out before stays
            seen.inspected = False
            self.budget.find("unparseable_attachment", file.where, f"the reader failed: {type(error).__name__}")
        seen.encrypted = seen.encrypted or any(member.encrypted for member in seen.members)
        seen.inspected = seen.inspected and all(member.inspected for member in seen.members)

    def _may_enter(self, file: FileIn, seen: _Seen) -> bool:
        if file.depth < self.budget.limits.depth:
            return True
        self.budget.find(
            "nested_too_deep", file.where, f"more than {self.budget.limits.depth} files inside one another"
        )
        seen.inspected = False
        return False

    def _member(self, file: FileIn, one: Inner) -> Attachment:
        name = member_name(one.name)
        where = f"{file.where}/{name}"
        if one.content is not None:
            opened = self.open(FileIn(name, "", b"", where, file.depth + 1), of_short(one.content.short), one.content)
            return replace(opened, size=one.size, sha256="")
        if one.octets is not None:
            opened = self.open(FileIn(name, "", one.octets, where, file.depth + 1))
            return replace(opened, encrypted=True) if one.encrypted else opened
        if not one.encrypted and one.why != BOMB:
            self.budget.find("not_inspectable", where, one.why)
        if one.why == BROKEN:
            self.budget.find("unparseable_attachment", where, one.why)
        note_name(name, where, self.budget)
        kind = of_short(extension(name))
        return Attachment(name, "", kind.media, kind.short, one.size, "", encrypted=one.encrypted)

    def _note(self, file: FileIn, seen: _Seen) -> None:
        note_name(file.name, file.where, self.budget)
        if seen.encrypted:
            self.budget.find("encrypted", file.where, "needs a password")
        elif not seen.inspected:
            self.budget.find("not_inspectable", file.where, seen.type.short or "unknown kind of file")
        runs = runs_by_name(file.name) and seen.type.short in _MAY_RUN
        if seen.type.short in EXECUTABLE or runs:
            self.budget.find("executable", file.where, seen.type.short or "by its name")
        difference = mismatch(file.name, seen.type)
        if difference:
            self.budget.find("type_mismatch", file.where, difference)
        if seen.type is UNKNOWN and extension(file.name) in _OPENABLE:
            self.budget.find("unparseable_attachment", file.where, f"named .{extension(file.name)}, and is none")


def _pieces(where: str, text: str, people: tuple[str, ...]) -> Iterator[Piece]:
    """A file's text to search, apart from whom it is addressed to where it is a mail."""
    addressed = [one for given in people[:_MOST_STRETCHES] if (one := tidy(given)) and one in text]
    for one in addressed:
        text = text.replace(one, "", 1)
    if addressed:
        yield Piece(where, "\n".join(addressed), "addressed")
    yield Piece(where, text, "file")
