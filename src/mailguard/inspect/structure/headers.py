"""The fields that people see, out of a header block: addresses, subject, ids; and what the fields say about the kind of
mail.

A field that must stand once and stands twice is read twice, and said (RFC 5322 section 3.6): clients differ in which
they show.
"""

from __future__ import annotations

import functools
import re

from mailguard.inspect.chars.charset import mirrored, visible
from mailguard.inspect.chars.words import one_line, read_field
from mailguard.inspect.limits import Budget
from mailguard.inspect.structure.addresses import parse_addresses
from mailguard.inspect.structure.every_field import every_field
from mailguard.inspect.structure.fields import Block
from mailguard.mail.facts import HeaderAddress, Headers
from mailguard.mail.trace import PROCESSED

ONCE = ("from", "to", "cc", "bcc", "subject", "date", "message-id", "sender", "reply-to", "in-reply-to", "references")
_MESSAGE_ID = re.compile(rb"<[^<>\s]{1,500}>")
_REPLY = re.compile(r"^\s*(?:re|aw|sv|antw|回复|返信|答复)\s*(?:\[\d+\])?\s*[:：]", re.IGNORECASE)
#: "Fwd:" and what programs of other languages write for it, maybe behind the tag of a list.
_FORWARD = re.compile(
    r"^\s*(?:\[[^\[\]]{1,60}\]\s*)?(?:fwd?|wg|tr|rv|enc|転送|转发|轉寄|轉發|전달)\s*(?:\[\d+\])?\s*[:：]", re.IGNORECASE
)
_MOST_REFERENCES = 200
#: Subjects of so many octets are remembered.
_REMEMBERED = 400


def read_headers(block: Block, budget: Budget) -> Headers:
    """The headers of a message. Never raises."""
    values = {name: block.all(name) for name in ONCE}
    for name, some in values.items():
        if len(some) > 1:
            budget.find("malformed_header", name, f"stands {len(some)} times")
    bcc = _people(values["bcc"])
    for name, people in (("bcc", bcc), ("resent-bcc", _people(block.all("resent-bcc")))):
        if people:
            budget.find("bcc_header", name, "a Bcc field is left in the mail: every recipient can read it")
    every, cut = every_field(block)
    return Headers(
        sender=_people(values["from"]),
        to=_people(values["to"]),
        cc=_people(values["cc"]),
        bcc=bcc,
        reply_to=_people(values["reply-to"]),
        subject=subject_of(values["subject"]),
        message_id=_first(values["message-id"]),
        date=_first(values["date"]),
        in_reply_to=_first(values["in-reply-to"]),
        references=references_of(values["references"][0]) if values["references"] else (),
        fields=every,
        fields_cut=cut,
    )


def subject_of(values: list[bytes]) -> str | None:
    """The subject that fields have, in all their readings; None where there is no field."""
    subjects = [one for value in values for one in (_remembered if len(value) <= _REMEMBERED else _subjects)(value)]
    return " / ".join(dict.fromkeys(subjects)) if subjects else None


def references_of(value: bytes) -> tuple[str, ...]:
    """The ids in a References field."""
    return tuple([one.decode("latin-1") for one in _MESSAGE_ID.findall(value)[:_MOST_REFERENCES]])


def is_reply(headers: Headers) -> bool:
    """Whether the mail answers another one."""
    return bool(headers.in_reply_to or headers.references or _REPLY.match(headers.subject or ""))


def is_forward(headers: Headers, block: Block | None, forwarded: bool) -> bool:
    """Whether the mail hands another one on. block: None if it has no field for it; forwarded: whether its text says so
    above what it quotes.
    """
    if _FORWARD.match(headers.subject or "") or (block is not None and block.first("x-forwarded-message-id")):
        return True
    return forwarded and not is_reply(headers)  # the history of an answer may hold what somebody forwarded before


def is_automatic(block: Block) -> bool:
    """Whether a machine says that it wrote this (RFC 3834 section 5)."""
    value = block.first("auto-submitted").strip().lower()
    return bool(value) and not re.match(rb"no\s*(?:[;(]|$)", value)


def is_bulk(block: Block) -> bool:
    """Whether the mail says that it goes to many (Precedence, in use since before any RFC; RFC 2076 section 3.9)."""
    return block.first("precedence").strip().lower() in (b"bulk", b"junk", b"list", b"auto_reply")


def own_marks(block: Block) -> tuple[str, ...]:
    """The values of our own X-Mailguard-Processed fields, unchecked."""
    return tuple(plain(value) for value in block.all(PROCESSED.lower()))[:100]


def _subjects(value: bytes) -> tuple[str, ...]:
    """A subject in each of its readings."""
    reading = read_field(value)
    others = (reading.second, mirrored(reading.text))
    return (visible(reading.text), *(visible(one) for one in others if one))


#: Mails of a thread have one subject.
_remembered = functools.lru_cache(maxsize=512)(_subjects)


def _people(values: list[bytes]) -> tuple[HeaderAddress, ...]:
    return tuple([one for value in values for one in parse_addresses(value)])


def _first(values: list[bytes]) -> str:
    return plain(values[0]) if values else ""


def plain(value: bytes) -> str:
    """An id or a date, on one line."""
    return one_line(value.decode("ascii") if value.isascii() else value.decode("utf-8", "replace"))[:1000]
