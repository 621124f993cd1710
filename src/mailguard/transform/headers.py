"""Fields that are added or begun anew: one more in Cc, a word before the subject, a field of the policy's own.

Only the octets that are added are new; a value that is there keeps its own, folding and all.
"""

from __future__ import annotations

import re
import unicodedata

from mailguard.mail.alteration import AddCc, AddHeader, TagSubject
from mailguard.transform.addresses import read_entries
from mailguard.transform.attachments import added_fields
from mailguard.transform.edits import Edit, Step
from mailguard.transform.fields import Field
from mailguard.transform.walk import Mail
from mailguard.transform.words import first_charset, read_words, starts_with_word, write_words

#: Where a line is better broken (RFC 5322 section 2.1.1).
_LINE = 76


def add_cc(mail: Mail, alteration: AddCc) -> Step:
    """Somebody more in Cc, unless he stands in To or Cc."""
    step = Step()
    fields = [one for one in mail.root.fields if one.name in ("to", "cc")]
    for one in fields:
        if any(entry.address == alteration.address for entry in read_entries(one.raw(mail.octets)).all):
            return step
    entry = _mailbox(alteration, mail.eol)
    step.tell("Cc", [], [read_words(entry)])
    last = next((one for one in reversed(fields) if one.name == "cc" and one.clean), None)
    if last is not None:
        entries = read_entries(last.raw(mail.octets))
        if entries.sound and not entries.in_group:
            at = last.stop(mail.octets)
            lead = b"," + mail.eol + b" " if entries.all else b" "
            step.edits.append(Edit(at, at, lead + entry))
            return step
    step.edits += added_fields(mail, [b"Cc: " + entry + mail.eol])
    return step


def tag_subject(mail: Mail, alteration: TagSubject) -> Step:
    """A word before the subject; before each, where a mail has several. A subject that holds it already stays."""
    step = Step()
    subjects = mail.root.named("subject")
    for one in subjects:
        raw = one.raw(mail.octets)
        before = read_words(raw)
        if _plain(alteration.tag) in _plain(before):
            continue
        step.edits.append(_tagged(mail, one, alteration.tag))
        step.tell("Subject", [before], [f"{alteration.tag} {before}".rstrip()])
    if not subjects:
        step.edits += added_fields(mail, [b"Subject: " + write_words(alteration.tag, "", mail.eol) + mail.eol])
        step.tell("Subject", [], [alteration.tag])
    return step


def add_header(mail: Mail, alteration: AddHeader) -> Step:
    """A field more, at the end of the header; none if one of the same name says the same."""
    step = Step()
    same = mail.root.named(alteration.name.lower())
    if any(read_words(one.raw(mail.octets)) == alteration.value for one in same):
        return step
    name = alteration.name.encode("ascii")
    value = write_words(alteration.value, "", mail.eol)
    if b"\n" not in value:
        value = _folded(value, len(name) + 2, mail.eol)
    step.edits += added_fields(mail, [name + b": " + value + mail.eol])
    step.tell(alteration.name, [], [alteration.value])
    return step


def _tagged(mail: Mail, field: Field, tag: str) -> Edit:
    """The tag between the colon's white space and the value's first octet."""
    raw = field.raw(mail.octets)
    blank = len(raw) - len(raw.lstrip(b" \t"))
    at = field.value + blank
    rest = raw[blank:]
    # White space between two encoded words is not shown (RFC 2047 section 6.2): the blank belongs into the first.
    glued = starts_with_word(rest) and not (tag.isascii() and "=?" not in tag)
    word = write_words(tag + " " if glued else tag, first_charset(raw), mail.eol)
    line = len(word.rpartition(b"\n")[2]) + len(rest.partition(b"\n")[0].rstrip(b"\r"))
    gap = b"" if not rest.strip() else mail.eol + b" " if line > _LINE - len("Subject: ") else b" "
    lead = b"" if blank else b" "
    return Edit(at, at, lead + word + gap)


def _mailbox(alteration: AddCc, eol: bytes) -> bytes:
    address = str(alteration.address).encode()
    if not alteration.name:
        return address
    if alteration.name.isascii() and "=?" not in alteration.name:
        quoted = re.sub(r'(["\\])', r"\\\1", alteration.name)
        return f'"{quoted}" <'.encode() + address + b">"
    return write_words(alteration.name, "", eol) + b" <" + address + b">"


def _folded(value: bytes, used: int, eol: bytes) -> bytes:
    """ASCII folded at its own blanks; the first one of a run, so that the others stay with the line after it."""
    out, line = b"", used
    for number, piece in enumerate(re.findall(rb" *[^ ]+", value)):
        if number and line + len(piece) > _LINE:
            out, line = out + eol, 0
        out, line = out + piece, line + len(piece)
    return out


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
