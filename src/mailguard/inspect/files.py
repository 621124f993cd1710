"""One file opened: what it is, what it says, what is inside it. Every file of a mail comes through here, however deep.

What cannot be read is said (`not_inspectable`, `encrypted`, `unparseable_attachment`), never skipped in silence. A
fault in the reading of one file costs that file its text, not the mail its facts. Archives are opened by `archives`,
messages by the function that `reader` hands in, so that nothing here knows about mail.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from mailguard.inspect import archives, cfb, office
from mailguard.inspect.archives import Unpacked
from mailguard.inspect.charset import decode, tidy
from mailguard.inspect.filetype import (
    EXECUTABLE,
    PICTURES,
    TEXTUAL,
    UNKNOWN,
    FileType,
    detect,
    extension,
    mismatch,
    of_short,
    runs_by_name,
)  # fmt: skip
from mailguard.inspect.html import declared_charset, html_text, xml_text
from mailguard.inspect.limits import Budget
from mailguard.inspect.names import member_name, note_name
from mailguard.inspect.office_files import read_office
from mailguard.inspect.rtf import rtf_text
from mailguard.inspect.smime import open_container
from mailguard.inspect.zipfiles import NO_DIRECTORY, Listing, Unpackable, unpack
from mailguard.mail.facts import Attachment

_OPENABLE = frozenset(
    ["docx", "xlsx", "pptx", "odt", "ods", "odp", "zip", "7z", "rar", "gz", "tar", "doc", "xls", "ppt", "pdf"]
)

_PKCS7 = frozenset({"p7s", "p7m", "p7c", "p7b"})


@dataclass(frozen=True, slots=True)
class Piece:
    """A text in which personal data are looked for. where: the part or file it stood in."""

    where: str
    text: str


@dataclass(frozen=True, slots=True)
class FileIn:
    """A file to open. charset: the declared one, "" if none; depth: archives and messages around it."""

    name: str
    declared: str
    octets: bytes
    where: str
    depth: int = 0
    charset: str = ""


@dataclass(slots=True)
class _Seen:
    """What was seen in a file so far."""

    type: FileType
    text: str = ""
    encrypted: bool = False
    inspected: bool = True
    members: list[Attachment] = field(default_factory=list)


#: Opens a message inside a file: gives its text and its attachments.
MessageOpener = Callable[[FileIn], tuple[str, list[Attachment]]]


class Files:
    """The opener of one reading. `pieces` collects every text found, for the search for personal data."""

    def __init__(self, budget: Budget, open_message: MessageOpener) -> None:
        self.budget = budget
        self.pieces: list[Piece] = []
        self._open_message = open_message

    def open(self, file: FileIn, known: FileType | None = None) -> Attachment:
        """Open a file. Never raises for what is in it (MemoryError passes: the worker dies with its mail)."""
        seen = _Seen(known or detect(file.octets, file.name, file.declared))
        try:
            self._look(file, seen)
        except (MemoryError, KeyboardInterrupt):
            raise
        except Exception as error:  # a fault of ours in a reader must not cost the rest of the mail
            seen.inspected = False
            self.budget.find("unparseable_attachment", file.where, f"the reader failed: {type(error).__name__}")
        self._note(file, seen)
        text = tidy(seen.text)
        if text:
            self.pieces.append(Piece(file.where, text))
        return Attachment(
            filename=file.name,
            declared_type=file.declared,
            detected_type=seen.type.media,
            short_type=seen.type.short,
            size=len(file.octets),
            sha256=hashlib.sha256(file.octets).hexdigest(),
            encrypted=seen.encrypted,
            inspected=seen.inspected,
            text=self.cut(text, file.where),
            members=tuple(seen.members),
        )

    def open_as_message(self, file: FileIn) -> Attachment:
        """Open what its part declares to be a message, whatever its octets look like."""
        return self.open(file, of_short("eml"))

    def cut(self, text: str, where: str) -> str:
        """A text at its limit."""
        if len(text) <= self.budget.limits.text_chars:
            return text
        self.budget.find("limit_reached", where, "the text is longer than what is kept of it")
        return text[: self.budget.limits.text_chars]

    def _note(self, file: FileIn, seen: _Seen) -> None:
        note_name(file.name, file.where, self.budget)
        if seen.encrypted:
            self.budget.find("encrypted", file.where, "needs a password")
        elif not seen.inspected:
            self.budget.find("not_inspectable", file.where, seen.type.short or "unknown kind of file")
        runs = runs_by_name(file.name) and seen.type.short in ("", "txt")
        if seen.type.short in EXECUTABLE or runs:
            self.budget.find("executable", file.where, seen.type.short or "by its name")
        difference = mismatch(file.name, seen.type)
        if difference:
            self.budget.find("type_mismatch", file.where, difference)
        if seen.type is UNKNOWN and extension(file.name) in _OPENABLE:
            self.budget.find("unparseable_attachment", file.where, f"named .{extension(file.name)}, and is none")

    def _look(self, file: FileIn, seen: _Seen) -> None:
        short = seen.type.short
        if short == "zip":
            self._zip(file, seen)
        elif short == "cfb":
            self._compound(file, seen)
        elif short in ("gz", "bz2", "xz"):
            self._compressed(file, seen)
        elif short == "tar":
            if self._may_enter(file, seen):
                seen.members = self._members(file, archives.open_tar(file.octets, self.budget, file.where))
        elif short == "eml":
            if self._may_enter(file, seen):
                seen.text, seen.members = self._open_message(file)
        elif short == "rtf":
            seen.text = rtf_text(file.octets)
        elif short == "pdf":
            self._pdf(file, seen)
        elif short in TEXTUAL:
            seen.text = _plain_text(file, short)
        elif short == "exe" and b"PK\x03\x04" in file.octets:
            self._self_extracting(file, seen)
        elif short not in PICTURES and file.octets and not self._signed(file, seen):
            seen.inspected = False
            self._search_unknown(file, seen)

    def _may_enter(self, file: FileIn, seen: _Seen) -> bool:
        if file.depth < self.budget.limits.depth:
            return True
        self.budget.find(
            "nested_too_deep", file.where, f"more than {self.budget.limits.depth} files inside one another"
        )
        seen.inspected = False
        return False

    def _members(self, file: FileIn, some: Iterable[Unpacked]) -> list[Attachment]:
        members: list[Attachment] = []
        for one in some:
            name = member_name(one.name)
            where = f"{file.where}/{name}"
            if one.octets is not None:
                members.append(self.open(FileIn(name, "", one.octets, where, file.depth + 1)))
                continue
            if not one.encrypted and one.why != "bomb":
                self.budget.find("not_inspectable", where, one.why)
            if one.why == "broken data":
                self.budget.find("unparseable_attachment", where, one.why)
            note_name(name, where, self.budget)
            kind = of_short(extension(name))
            members.append(Attachment(name, "", kind.media, kind.short, one.size, "", encrypted=one.encrypted))
        return members

    def _zip(self, file: FileIn, seen: _Seen) -> None:
        try:
            listing = archives.list_zip(file.octets, self.budget)
        except Unpackable as error:
            self.budget.find("unparseable_attachment", file.where, f"zip: {error}")
            seen.inspected = False
            return
        names = frozenset(member.name for member in listing.members)
        short = office.office_kind(names)
        if not short and "mimetype" in names:
            content = unpack(file.octets, next(m for m in listing.members if m.name == "mimetype"), 200)
            short = {"text": "odt", "spreadsheet": "ods", "presentation": "odp"}.get(
                content.decode("latin-1").rpartition(".")[2], ""
            )
        if listing.odd:
            self.budget.find("ambiguous_archive", file.where, listing.odd)
        if listing.odd == NO_DIRECTORY:
            self.budget.find("unparseable_attachment", file.where, "zip without its directory: cut off")
        if short:
            seen.type = of_short(short)
            self._office(file, seen, listing)
            return
        if "META-INF/MANIFEST.MF" in names:
            seen.type = of_short("jar")
        if self._may_enter(file, seen):
            seen.members = self._members(file, archives.open_zip(file.octets, listing, self.budget, file.where))
            seen.encrypted = any(member.encrypted for member in seen.members)
            seen.inspected = not any(self_unread(member) for member in seen.members)

    def _office(self, file: FileIn, seen: _Seen, listing: Listing) -> None:
        found = read_office(file.octets, listing, self.budget, file.where)
        seen.text, seen.inspected, seen.encrypted = found.text, found.whole, found.encrypted
        if found.embedded and self._may_enter(file, seen):
            seen.members = self._members(file, found.embedded)

    def _signed(self, file: FileIn, seen: _Seen) -> bool:
        """A PKCS #7 file: a bare signature says nothing, signed content is read, encrypted content cannot be."""
        if file.octets[:1] != b"0" or not (extension(file.name) in _PKCS7 or "pkcs7" in file.declared):
            return False
        container = open_container(file.octets)
        if container.kind == "unknown":
            return False
        seen.type = of_short("p7m" if container.content or container.kind == "encrypted" else "p7s")
        seen.encrypted = container.kind == "encrypted"
        if container.content and self._may_enter(file, seen):
            seen.text, seen.members = self._open_message(replace(file, octets=container.content, depth=file.depth + 1))
        return True

    def _compound(self, file: FileIn, seen: _Seen) -> None:
        names = cfb.stream_names(file.octets)
        kind = cfb.kind_of(names)
        seen.inspected = False
        if kind == "encrypted":
            wanted = extension(file.name)
            seen.type = of_short(wanted if wanted in ("docx", "xlsx", "pptx") else "cfb")
            seen.encrypted = True
        elif kind:
            seen.type = of_short(kind)
        if cfb.has_macros(names):
            self.budget.find("macro", file.where, "a VBA project")
        if not names:
            self.budget.find("unparseable_attachment", file.where, "broken compound file")

    def _compressed(self, file: FileIn, seen: _Seen) -> None:
        if not self._may_enter(file, seen):
            return
        content = archives.expand(file.octets, seen.type.short, self.budget, file.where)
        if content is None:
            seen.inspected = False
            return
        if detect(content).short == "tar":
            seen.members = self._members(file, archives.open_tar(content, self.budget, file.where))
            return
        stem, _, last = file.name.rpartition(".")
        name = (stem if last.lower() in ("gz", "bz2", "xz") else f"{stem}.tar" if last else file.name) or "content"
        seen.members = [self.open(FileIn(name, "", content, f"{file.where}/{name}", file.depth + 1))]

    def _self_extracting(self, file: FileIn, seen: _Seen) -> None:
        try:
            listing = archives.list_zip(file.octets, self.budget)
        except Unpackable:
            seen.inspected = False
            return
        if self._may_enter(file, seen):
            seen.members = self._members(file, archives.open_zip(file.octets, listing, self.budget, file.where))
            seen.encrypted = any(member.encrypted for member in seen.members)
        seen.inspected = False

    def _pdf(self, file: FileIn, seen: _Seen) -> None:
        seen.inspected = False
        if b"/Encrypt" in file.octets:
            seen.encrypted = True
        if b"%%EOF" not in file.octets[-4096:] or b"startxref" not in file.octets[-4096:]:
            self.budget.find("unparseable_attachment", file.where, "pdf that is cut off")

    def _search_unknown(self, file: FileIn, seen: _Seen) -> None:
        """A file of no known kind may still carry a zip archive behind a stub of any sort."""
        if b"PK\x05\x06" in file.octets and b"PK\x03\x04" in file.octets:
            self._self_extracting(file, seen)
            self.budget.find("ambiguous_archive", file.where, "a zip archive behind other data")


def self_unread(member: Attachment) -> bool:
    """Whether a member of an archive was not read (a thing to say of the archive too)."""
    return not member.inspected and not member.encrypted


def _plain_text(file: FileIn, short: str) -> str:
    charset = file.charset or (declared_charset(file.octets) if short in ("html", "xml", "svg") else "")
    text = decode(file.octets, charset).both
    if short in ("svg", "xml"):
        return xml_text(text)
    if short == "html":
        found = html_text(text)
        return "\n".join(part for part in (found.shown, found.hidden, found.aside) if part)
    return text
