"""The leaves of a mail sorted out: which are its text, which are files, which are mails inside, and what they say
together.

Text parts without a name are the mail's own text; everything else is an attachment, inline or not: it leaves the
company all the same. Files of a mail inside the mail are listed beside it, since they travel in the same structure.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace

from mailguard.inspect.chars.utf import is_often_shifted
from mailguard.inspect.chars.words import decode_field
from mailguard.inspect.content import FileIn, Piece
from mailguard.inspect.files import Files
from mailguard.inspect.kinds.filetype import detect
from mailguard.inspect.kinds.plain import is_signed, open_armour
from mailguard.inspect.limits import Budget
from mailguard.inspect.sealed.smime import is_entity, note_fault, open_container
from mailguard.inspect.secrets.passwords import candidates
from mailguard.inspect.structure import text as bodies
from mailguard.inspect.structure.all_texts import Texts
from mailguard.inspect.structure.beside import fields_beside
from mailguard.inspect.structure.fields import Block
from mailguard.inspect.structure.headers import read_headers
from mailguard.inspect.structure.mime import Leaf, leaves_of
from mailguard.inspect.structure.names import PartNames, clean_name, last_resort, part_names
from mailguard.inspect.structure.roles import (
    SIGNATURES,
    is_body,
    is_file,
    is_shown_inside,
    is_signature,
    is_smime,
    is_text,
    may_be_page,
)
from mailguard.inspect.structure.salvage import PASTED, SHORTEST, readable, salvage
from mailguard.mail.facts import Attachment

_MESSAGES = frozenset({"message/rfc822", "message/global", "message/news", "message/http"})
_REPORTS = frozenset({"message/delivery-status", "message/disposition-notification", "text/rfc822-headers",
                      "message/global-delivery-status", "message/global-disposition-notification",
                      "message/global-headers", "message/feedback-report"})  # fmt: skip
#: Around the part of a report that says what it reports, which may be signed as a whole.
_REPORTED = (("multipart/report",), ("multipart/signed", "multipart/report"))
#: Kinds that octets may seem to be by chance, or that are read where they stand (PGP's armour).
_NO_FILES = frozenset({"", "txt", "script", "pgp"})
#: How long a pasted file is at least, in octets: two letters at the start of a checksum make none.
_FILE = 100
#: How many stretches of what looks like base64 are tried in one text.
_TRIES = 20_000
#: How much is shown, in octets, of a text part that is no text.
_NOISE = 2**20
_ELSEWHERE = frozenset({"message/partial", "message/external-body"})


class Parts:
    """What one reading of a mail has found so far."""

    def __init__(self, budget: Budget) -> None:
        self.budget = budget
        self.files = Files(budget, self._inner_file)
        self.texts = Texts()
        self.attachments: list[Attachment] = []
        self.calendar = ""
        self.calendar_file = False
        self._events: set[str] = set()
        self.report = ""
        self.signed = False
        self.encrypted = False
        self.beside: list[Piece] = []
        self._contents: list[bytes] = []
        self._known: set[bytes] = set()
        self._passwords: tuple[str, ...] | None = None

    def read(self, octets: bytes) -> Block:
        """Read the mail itself; returns its header block."""
        block, leaves = leaves_of(octets, self.budget)
        self.beside.extend(fields_beside("mail", block))
        self.budget.passwords = lambda: self._candidates(block, leaves)
        self._in_order(leaves, self.texts, self.attachments, 0)
        if self._events:
            self.attachments = [
                replace(one, inline=True) if self._is_invitation(one) else one for one in self.attachments
            ]
        return block

    def _is_invitation(self, one: Attachment) -> bool:
        """Whether a file is the invitation that the mail itself is, once more, as Google's calendar adds it."""
        events = bodies.event_ids(one.text) if one.short_type == "ics" and not one.members else frozenset()
        return bool(events) and events <= self._events

    def let_go(self) -> None:
        """Nothing more is read: what holds each other here, all octets with it, is not left to the collector."""
        self.budget.passwords = tuple
        del self.files

    def read_again(self, octets: bytes) -> None:
        """Look once more at an ambiguous mail, for what its other readings hold."""
        self.budget.leave()
        self._known.update(hashlib.sha256(content).digest() for content in self._contents)
        self._salvage(octets, "second reading", SHORTEST, self.texts, self.attachments)

    def _salvage(
        self, octets: bytes, where: str, shortest: int, texts: Texts, attachments: list[Attachment], depth: int = 0
    ) -> None:
        """Whatever is encoded in octets that nothing says to be."""
        for number, (content, may_be_file) in enumerate(salvage(octets, shortest)):
            if number >= _TRIES:
                self.budget.find("limit_reached", where, "too much that looks encoded; its rest was not read")
                break
            self.budget.leave()
            digest = hashlib.sha256(content).digest()
            doubt = shortest == SHORTEST
            is_file = may_be_file and (doubt or len(content) >= _FILE) and detect(content).short not in _NO_FILES
            text = "" if is_file else readable(content, doubt)
            if digest in self._known or not (is_file or text.strip()) or not self.budget.take_reading(where):
                continue
            self._known.add(digest)
            if is_file:
                attachments.append(self.files.open(FileIn("", "", content, where, depth + 1)))
            else:
                texts.second.append((where, text))

    def _in_order(self, leaves: list[Leaf], texts: Texts, attachments: list[Attachment], depth: int) -> None:
        """Read the texts before the files, since they may give the password of one; list files where they stand."""
        listed: list[list[Attachment]] = [[] for _ in leaves]
        for number, leaf in sorted(enumerate(leaves), key=lambda pair: not pair[1].media.startswith("text/")):
            self._leaf(leaf, texts, listed[number], depth)
        attachments.extend(one for some in listed for one in some)

    def _candidates(self, block: Block, leaves: list[Leaf]) -> tuple[str, ...]:
        if self._passwords is None:
            self._passwords = candidates(self._clues(block, leaves))
        return self._passwords

    def _clues(self, block: Block, leaves: list[Leaf]) -> list[str]:
        """The texts of the mail in which a password may stand: its own, its subject, the names of its files."""
        names = [name for leaf in leaves for name in (*leaf.disposition.every("filename"), *leaf.kind.every("name"))]
        return [decode_field(block.first("subject")), *self.texts.everything(), *names]

    def _leaf(self, leaf: Leaf, texts: Texts, attachments: list[Attachment], depth: int) -> None:
        if leaf.parents:
            self.beside.extend(fields_beside(leaf.where, leaf.block))
        self._note_structure(leaf, depth)
        for number, content in enumerate(leaf.contents):
            self._contents.append(content)
            if number and not self.budget.take_reading(leaf.where):
                return
            self._content(leaf, content, texts, attachments, depth, first=number == 0)

    def _note_structure(self, leaf: Leaf, depth: int) -> None:
        parent = leaf.parents[-1] if leaf.parents else ""
        if parent == "multipart/signed" or leaf.media in SIGNATURES:
            self.signed = True
        if parent == "multipart/encrypted" or leaf.media == "application/pgp-encrypted":
            self._note_encrypted(leaf.where, "PGP/MIME")
        if leaf.media in ("message/delivery-status", "message/disposition-notification") and depth == 0:
            if leaf.parents in _REPORTED:
                self.report = leaf.media.partition("/")[2]
        elif leaf.media == "message/partial":
            self.budget.find("partial", leaf.where, "one piece of a mail in several; it cannot be read whole")
            self.budget.find("not_inspectable", leaf.where, "message/partial")
        elif leaf.media == "message/external-body":
            self.budget.find("external_body", leaf.where, "the content lies somewhere else")
            self.budget.find("not_inspectable", leaf.where, "message/external-body")

    def _note_calendar(self, leaf: Leaf, text: str) -> None:
        self.calendar = self.calendar or bodies.calendar_method(leaf, text)
        self.calendar_file = self.calendar_file or bodies.calendar_carries_file(text)

    def _note_encrypted(self, where: str, detail: str) -> None:
        self.encrypted = True
        self.budget.find("encrypted", where, detail)
        self.budget.find("not_inspectable", where, detail)

    def _content(
        self, leaf: Leaf, content: bytes, texts: Texts, attachments: list[Attachment], depth: int, *, first: bool
    ) -> None:
        names = part_names(leaf, self.budget)
        if leaf.media in _MESSAGES and not is_file(content):
            self._message(leaf, content, names, attachments, depth)
        elif is_smime(leaf, names.shown) and self._smime(leaf, content, texts, attachments, depth):
            return
        elif leaf.media in _ELSEWHERE:
            self._elsewhere(leaf, content, names, texts, attachments, depth)
        elif (leaf.media in _REPORTS or is_body(leaf, names.shown)) and not is_file(content):
            self._text(leaf, content, texts, attachments, depth, first=first)
        else:
            self._files(leaf, content, names, texts, attachments, depth)

    def _files(
        self, leaf: Leaf, content: bytes, names: PartNames, texts: Texts, attachments: list[Attachment], depth: int
    ) -> None:
        if leaf.media == "text/calendar" and depth == 0:
            self._note_calendar(leaf, content.decode("utf-8", "replace"))
        for number, name in enumerate(names.shown or (last_resort(leaf),)):
            where = f"{leaf.where} {name}".strip()
            file = FileIn(name, leaf.media, content, where, depth, leaf.kind.get("charset"))
            one = self.files.open(file)
            if names.aside and not number:
                one = replace(one, text=f"{one.text}\n{names.aside}".lstrip())
            if is_signature(leaf, one) or is_shown_inside(leaf, one, texts.html):
                one = replace(one, inline=True)
            _list(one, attachments)

    def _text(
        self, leaf: Leaf, content: bytes, texts: Texts, attachments: list[Attachment], depth: int, *, first: bool
    ) -> None:
        self.budget.leave(unless=leaf.media == "text/plain" and b"\0" not in content and not may_be_page(content))
        if not is_text(leaf, content):
            self.budget.find("not_inspectable", leaf.where, "a text part that is no text")
            content = content[:_NOISE]
        if is_often_shifted(content):
            self.budget.leave()
        body = bodies.body_text(leaf, content)
        if leaf.media == "text/calendar" and depth == 0:
            self._note_calendar(leaf, content.decode("utf-8", "replace"))
            self._events.update(bodies.event_ids(body.text) if self.calendar else ())
        if leaf.hidden:
            texts.unseen.append((leaf.where, body.text))
        else:
            (texts.shown if first else texts.second).append((leaf.where, body.text))
            if body.marked:
                texts.marked[body.text] = body.marked
        if body.second:
            texts.second.append((leaf.where, body.second))
        if body.hidden.strip():
            texts.unseen.append((leaf.where, body.hidden))
            self.budget.find("hidden_text", leaf.where, "HTML with text that is not shown")
        if body.aside.strip():
            texts.unseen.append((leaf.where, body.aside))
        texts.html = texts.html or body.html
        armour = open_armour(body.text, self.budget, leaf.where)
        if armour.text:
            texts.shown.append((leaf.where, armour.text))
        if armour.sealed:
            self._note_encrypted(leaf.where, "PGP message in the text")
        self.signed = self.signed or is_signed(body.text)
        for inner in (*body.files, *armour.files):
            name = clean_name(inner.name)
            self._known.add(hashlib.sha256(inner.octets or b"").digest())
            file = FileIn(name, "", inner.octets or b"", f"{leaf.where} {name}", depth + 1)
            attachments.append(self.files.open(file))
        self._salvage(content, leaf.where, PASTED, texts, attachments, depth)

    def _message(self, leaf: Leaf, content: bytes, names: PartNames, attachments: list[Attachment], depth: int) -> None:
        """A mail inside the mail: itself a file, and its own files beside it."""
        self.budget.leave()
        file = FileIn(names.shown[0] if names.shown else "", leaf.media, content, leaf.where, depth)
        one = self.files.open_as_message(file)
        _list(one, attachments)

    def _smime(self, leaf: Leaf, content: bytes, texts: Texts, attachments: list[Attachment], depth: int) -> bool:
        """An S/MIME container; True if it was one that could be opened."""
        self.budget.leave()
        container = open_container(content, self.budget.left)
        if container.kind == "encrypted":
            self._note_encrypted(leaf.where, "S/MIME")
        if container.kind not in ("signed", "packed"):
            return False
        self.signed = self.signed or container.kind == "signed"
        if not is_entity(container.content):  # certificates alone, or a file that is no part of a mail
            return False
        note_fault(container, self.budget, leaf.where)
        if depth >= self.budget.limits.depth:
            self.budget.find(
                "nested_too_deep", leaf.where, "containers inside one another; the inner ones were not read"
            )
            return True
        block, leaves = leaves_of(container.content, self.budget, leaf.where)
        if protected := "\n".join(filter(None, self._people(block))):  # RFC 9788: the header may be signed as well
            texts.shown.append((leaf.where, protected))
        self._in_order(leaves, texts, attachments, depth + 1)
        return True

    def _elsewhere(
        self, leaf: Leaf, content: bytes, names: PartNames, texts: Texts, attachments: list[Attachment], depth: int
    ) -> None:
        """A piece of a mail, or a pointer to a content: what it says all the same, its parameters among that."""
        self.budget.leave()
        told = "\n".join(f"{name}: {value}" for name, value in leaf.kind.params)
        texts.unseen.append((leaf.where, told))
        self._files(leaf, content, names, texts, attachments, depth)
        # The middle of a mail has no header that says how it is encoded.
        self._salvage(content, leaf.where, SHORTEST, texts, attachments, depth)

    def _people(self, block: Block) -> tuple[str, str]:
        """Subject and people of a mail inside."""
        headers = read_headers(block, Budget(self.budget.limits))
        listed = (*headers.sender, *headers.to, *headers.cc, *headers.bcc, *headers.reply_to)
        return headers.subject or "", ", ".join(f"{one.name} <{one.address}>" for one in listed)

    def _inner_file(self, file: FileIn) -> tuple[str, str, list[Attachment]]:
        """Open a message for `files`: its people, its text with its headers, and its files."""
        texts = Texts()
        attachments: list[Attachment] = []
        block, leaves = leaves_of(file.octets, self.budget, file.where)
        self.beside.extend(fields_beside(file.where, block))
        self._in_order(leaves, texts, attachments, file.depth + 1)
        subject, people = self._people(block)
        head = "\n".join(filter(None, (subject, people)))
        return people, "\n".join([head, *texts.everything()]), attachments


def _list(one: Attachment, attachments: list[Attachment]) -> None:
    """List a file; a mail's own files come beside it, not inside it."""
    if one.short_type == "eml":
        attachments.append(replace(one, members=()))
        attachments.extend(one.members)
    else:
        attachments.append(one)
