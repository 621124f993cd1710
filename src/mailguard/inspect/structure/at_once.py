"""The fields of an ordinary header, gone over once: those that people see, all of them for rules, what stands beside.

What `headers`, `every_field` and `beside` find in a header, each in a pass of its own, where nothing in it is odd and
no field that must stand once stands twice; else there is no answer. Trusts nothing; linear; pure.
"""

from __future__ import annotations

import functools
import re
from typing import NamedTuple

from mailguard.inspect.content import Piece
from mailguard.inspect.structure import beside, every_field, headers
from mailguard.inspect.structure.addresses import parse_addresses
from mailguard.inspect.structure.fields import STRUCTURE, Block, parse_block, plain_name
from mailguard.inspect.structure.labelled import NAMED
from mailguard.mail.facts import HeaderAddress, Headers
from mailguard.mail.trace import PROCESSED

#: Headers of so many characters reach no limit of what is kept of them.
_SMALL = every_field.LONGEST_VALUE
_FIELD = re.compile(r"([!-9;-~]+):([^\r\n]*+(?:\r\n[ \t][^\r\n]*+)*+)\r\n")
#: What makes a value more than it looks: controls, encoded words, and the signs of UTF-7, HZ and ISO 2022.
_CODED = re.compile(r"[^ -~\t\r\n]|=\?|\$B|~\{|\+[A-Za-z0-9+/]{5}")
#: At least where `beside` sees a number that counts, however the value is folded.
_NUMBER = re.compile(r"[0-9](?:[ \t\r\n]*[.-]?[0-9]){11}")
#: What each such number is, too, for less: encoded words have figures everywhere.
_FIGURES = re.compile(r"[0-9][0-9 \t\r\n.-]{11}")
_TABS = re.compile("\t+")
_ONCE = STRUCTURE.union(headers.ONCE)
#: Fields that say something of the mail's kind: asked by name, of the block as the long way reads it.
_SAYING = every_field.SAYS | {
    "auto-submitted",
    "precedence",
    "sensitivity",
    "x-forwarded-message-id",
    PROCESSED.lower(),
}
_HIDDEN = frozenset({"bcc", "resent-bcc"})


class Fields(NamedTuple):
    """values: unfolded, of names that stand once; kept: all of them as `every_field` keeps them; coded: whether any is
    more than it looks.
    """

    values: dict[str, str]
    kept: tuple[tuple[str, str], ...]
    cut: bool
    coded: bool
    block: Block | None
    received: int
    beside: list[Piece]


class _Name(NamedTuple):
    """What is known of a field by its name. told: its value is searched, as a text beside the mail's own; trace: only
    for long numbers; people: and for comments.
    """

    name: str
    once: bool
    bulky: bool
    saying: bool
    told: bool
    trace: bool
    people: bool


@functools.lru_cache(maxsize=1024)
def _name(raw: str) -> _Name | None:
    """A name; None where it is odd, or stands over recipients that are hidden."""
    name = plain_name(raw.encode("ascii"))
    if not name or name in _HIDDEN or _NUMBER.search(name):
        return None
    return _Name(
        name,
        name in _ONCE,
        name.startswith(every_field.BULKY),
        name in _SAYING or name.startswith(NAMED),
        name not in beside.READ,
        beside.is_trace(name),
        name in beside.PEOPLE,
    )


def fields_of(head: bytes) -> Fields | None:
    """The fields of a header block, in one pass; None where something in it is odd."""
    if not head.isascii():
        return None
    text = head.decode("ascii")
    coded = _CODED.search(text) is not None
    telling = _FIGURES.search(text) is not None and _NUMBER.search(text) is not None
    saying, received = False, 0
    values: dict[str, str] = {}
    kept: list[tuple[str, str]] = []
    last: list[tuple[str, str]] = []
    for raw_name, raw in _FIELD.findall(text):
        known = _name(raw_name)
        if known is None:
            return None
        name, once, bulky, says, told, trace, people = known
        value = raw.replace("\r\n", "\n").strip(" \t\n").replace("\n", "") if "\r" in raw else raw.strip(" \t")
        if once:
            if name in values:
                return None
            values[name] = value
        elif name == "received":
            received += 1
        saying = saying or says
        shown, further = value, ""
        if coded and _CODED.search(value):
            shown, further = (*every_field.readings(value.encode("ascii")), "")[:2]
            telling = telling or (told and (not trace or "$B" in value or beside.NUMBER.search(shown) is not None))
        elif "\t" in value:
            shown = _TABS.sub(" ", value)
        if told and not telling:
            telling = "(" in shown if people else not trace and beside.may_tell(value)
        (last if bulky else kept).append((name, shown))
        if further:
            (last if bulky else kept).append((name, further))
    block = parse_block(head) if saying or telling or len(text) > _SMALL else None
    if len(text) > _SMALL and block is not None:
        every, cut = every_field.every_field(block)
    else:
        every, cut = (*kept, *last), False
    aside = beside.fields_beside("mail", block) if telling and block is not None else []
    return Fields(values, every, cut, coded, block if saying else None, received, aside)


def headers_of(fields: Fields) -> Headers:
    get = fields.values.get
    subject, references = get("subject"), get("references")
    if subject is not None and fields.coded:
        subject = headers.subject_of([subject.encode("ascii")])
    elif subject is not None and "\t" in subject:
        subject = _TABS.sub(" ", subject)
    return Headers(
        sender=_people(get("from")),
        to=_people(get("to")),
        cc=_people(get("cc")),
        reply_to=_people(get("reply-to")),
        subject=subject,
        message_id=_plain(get("message-id")),
        date=_plain(get("date")),
        in_reply_to=_plain(get("in-reply-to")),
        references=headers.references_of(references.encode("ascii")) if references else (),
        fields=fields.kept,
        fields_cut=fields.cut,
    )


def _people(value: str | None) -> tuple[HeaderAddress, ...]:
    return parse_addresses(value.encode("ascii")) if value is not None else ()


def _plain(value: str | None) -> str:
    if value is None:
        return ""
    return value[:1000] if value.isprintable() else headers.plain(value.encode("ascii"))
