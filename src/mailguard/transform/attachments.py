"""Which parts of a mail are files to people, what they are called, and how a part gives way to another.

A file is what has a name or says that it is an attachment, and whatever is neither text nor a picture that the text
shows. What belongs to the letter itself (its text, an invitation, a report for machines) is none.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass

from mailguard.transform.edits import Edit
from mailguard.transform.fields import Field, parse_kind
from mailguard.transform.transfer import undone
from mailguard.transform.walk import Mail, Part

_TEXTS = frozenset({"text/plain", "text/html", "text/enriched", "text/richtext", "text/calendar", "text/x-amp-html",
                    "text/watch-html", "text/rfc822-headers"})  # fmt: skip
_REPORTS = ("message/delivery-status", "message/disposition-notification", "message/feedback-report",
            "message/global-delivery-status", "message/global-disposition-notification")  # fmt: skip
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_EXTENSIONS = {"message/rfc822": "eml", "application/pdf": "pdf", "image/jpeg": "jpg", "image/png": "png",
               "text/csv": "csv", "text/calendar": "ics", "application/zip": "zip"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class File:
    """An attachment: its part, its name as people see it ("" if it has none), and its media type."""

    part: Part
    name: str

    @property
    def media(self) -> str:
        return self.part.media

    def content(self, mail: Mail) -> bytes:
        return undone(mail, self.part)

    def sha256(self, mail: Mail) -> str:
        return hashlib.sha256(self.content(mail)).hexdigest()

    @property
    def title(self) -> str:
        """A name to write, whether it has one or not."""
        return self.name or f"attachment-{self.part.path or '1'}.{_EXTENSIONS.get(self.media, 'bin')}"


def files_of(mail: Mail) -> list[File]:
    """The attachments of a mail in order."""
    leaves = (one for one in mail.root.every() if not one.is_multipart)
    return [File(one, name) for one in leaves if _is_file(one, name := name_of(one))]


def leaves_of(mail: Mail) -> list[File]:
    """Every part but the mail's own text, in order: attachments, and pictures and invitations in the text too."""
    texts = {one.path for one in texts_of(mail)}
    parts = (one for one in mail.root.every() if not one.is_multipart and one.path not in texts)
    return [File(one, name_of(one)) for one in parts]


def texts_of(mail: Mail) -> list[Part]:
    """The parts that are the mail's own text, plain or HTML, in order."""
    return [
        one
        for one in mail.root.every()
        if one.media in ("text/plain", "text/html") and not name_of(one) and one.disposition.value != "attachment"
    ]


def name_of(part: Part) -> str:
    """The last path element of a part's name, without controls; "" if it has none."""
    raw = part.disposition.get("filename") or part.kind.get("name")
    return clean_name(raw)


def clean_name(raw: str) -> str:
    """A name as it is compared and written: the last path element, NFC, without controls."""
    last = re.split(r"[/\\]", raw.rstrip("/\\ "))[-1]
    return _CONTROLS.sub("", unicodedata.normalize("NFC", last)).strip()[:200]


def _is_file(part: Part, name: str) -> bool:
    if part.disposition.value == "attachment":
        return True
    parent = part.parents[-1] if part.parents else ""
    if parent == "multipart/alternative" and part.media.startswith("text/"):
        return False  # another form of the letter, an invitation among them
    if parent == "multipart/related" and part.media.startswith("image/") and part.named("content-id"):
        return False  # shown in the text (RFC 2392)
    if name:
        return True
    return bool(part.end > part.body) and part.media not in _TEXTS and part.media not in _REPORTS


def replaced(mail: Mail, part: Part, head: list[bytes], body: bytes) -> list[Edit]:
    """A part gives way to another with these structure fields (whole lines). At the root the other fields stay."""
    if part.path:
        return [Edit(part.start, part.end, b"".join(head) + mail.eol + body.removesuffix(mail.eol))]
    old = [one for one in part.fields if one.name.startswith("content-")]
    return [*[Edit(one.start, one.end) for one in old], *added_fields(mail, head), *_body(mail, part, body)]


def _body(mail: Mail, part: Part, body: bytes) -> list[Edit]:
    gap = b"" if part.body > part.block else mail.eol  # a mail that is header alone has no empty line yet
    return [Edit(part.body, part.end, gap + body)]


def added_fields(mail: Mail, lines: list[bytes]) -> list[Edit]:
    """Fields at the end of the mail's header, MIME-Version with them where structure comes in and it is not there."""
    root = mail.root
    structure = any(line.lower().startswith(b"content-") for line in lines)
    if structure and not root.named("mime-version"):
        lines = [b"MIME-Version: 1.0" + mail.eol, *lines]
    at = end_of_fields(mail)
    ended = at == root.start or mail.octets[at - 1 : at] == b"\n"
    lead = b"" if ended else mail.eol
    headless = b"" if root.fields or root.body > root.block else mail.eol  # the body begins at once
    return [Edit(at, at, lead + b"".join(lines) + headless)] if lines else []


def end_of_fields(mail: Mail) -> int:
    """Where a new field goes: behind the last one, above the first line that is none (there some readers stop)."""
    at = mail.root.start
    for one in mail.root.fields:
        if not one.clean:
            break
        at = one.end
    return at


def with_param(mail: Mail, field: Field, name: str, value: str) -> Edit:
    """A structure field with one parameter set, all its other octets kept."""
    found = parse_kind(field.raw(mail.octets)).params.get(name)
    if found is not None and found.start >= 0:
        return Edit(field.value + found.start, field.value + found.end, value.encode("ascii"))
    at = field.stop(mail.octets)
    lead = b"" if mail.octets[at - 1 : at] == b";" else b";"
    return Edit(at, at, lead + mail.eol + f"\t{name}={value}".encode("ascii"))
