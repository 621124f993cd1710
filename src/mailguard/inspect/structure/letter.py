"""The ordinary letter by the shortest way: a header in which nothing is odd, and one plain text below it.

Most mail is that, and the long way (`mime`, `parts`, `headers`, `every_field`, `beside`, `text`) asks of it some
hundred questions whose answer is no. Here its fields are gone over once. Trusts nothing: wherever two readers could see
different things, or anything but one text begins, there is no answer (None), and the mail goes the long way. What this
gives is what the long way gives (tests/unit/inspect/test_letters.py holds one against the other). Linear; pure.
"""

from __future__ import annotations

import functools
import re
from typing import NamedTuple

from mailguard.inspect import gates
from mailguard.inspect.chars.charset import codec_of, decode_each, mirrored, visible
from mailguard.inspect.chars.guess import strict
from mailguard.inspect.chars.labels import EUC
from mailguard.inspect.chars.sight import everyday
from mailguard.inspect.content import Piece
from mailguard.inspect.kinds.plain import take_uuencoded
from mailguard.inspect.limits import ReadingLimits
from mailguard.inspect.look import gates_of
from mailguard.inspect.structure import beside, every_field, headers
from mailguard.inspect.structure.addresses import parse_addresses
from mailguard.inspect.structure.fields import STRUCTURE, Block, parse_block, plain_name
from mailguard.inspect.structure.flowed import unflow
from mailguard.inspect.structure.labelled import NAMED
from mailguard.inspect.structure.mime import looks_like_parts
from mailguard.inspect.structure.params import boundaries, encodings, media_types, parse_parameterised
from mailguard.inspect.structure.roles import is_file, may_be_page
from mailguard.inspect.structure.salvage import PASTED, holds_nothing, salvage
from mailguard.inspect.structure.text import looks_like_page
from mailguard.inspect.structure.transfer import IDENTITY, undo
from mailguard.mail.facts import HeaderAddress, Headers
from mailguard.mail.trace import PROCESSED

#: Names and values of so many characters are remembered.
_REMEMBERED = 200
#: Headers of so many characters reach no limit of what is kept of them.
_SMALL = every_field.LONGEST_VALUE
#: A header whose fields all look like fields; what stands in them is seen when they are read.
_HEADER = re.compile(rb"(?:[!-9;-~]{1,80}:[^\r\n]*+\r\n(?:[ \t][^\r\n]*+\r\n)*+)++\r\n")
_FIELD = re.compile(r"([!-9;-~]+):([^\r\n]*+(?:\r\n[ \t][^\r\n]*+)*+)\r\n")
#: What makes a value more than it looks: controls, encoded words, and the signs of UTF-7, HZ and ISO 2022.
_CODED = re.compile(r"[^ -~\t\r\n]|=\?|\$B|~\{|\+[A-Za-z0-9+/]{5}")
_SHIFTED = re.compile(rb"\+[A-Za-z0-9+/]{5}")
#: At least where `beside` sees a number that counts, however the value is folded.
_NUMBER = re.compile(r"[0-9](?:[ \t\r\n]*[.-]?[0-9]){11}")
_TABS = re.compile("\t+")
_STRUCTURE = ("content-type", "content-transfer-encoding", "content-disposition")
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
#: Charsets under which plain ASCII is plain ASCII.
_OVER_ASCII = frozenset(
    {None, "ascii", "utf-8", "cp1252", "cp1254", "iso8859-15", "cp932", EUC, "gb18030", "big5hkscs", "cp949"}
)


class Letter(NamedTuple):
    """block: the fields by the long way, None where they say nothing of the mail's kind; text: what is shown; beside:
    what stands beside it (`beside`); gates: those that are open for subject, text and what stands beside (`look`).
    """

    headers: Headers
    text: str
    block: Block | None
    received: int
    beside: list[Piece]
    gates: int


def header_end(octets: bytes) -> int:
    """Where the body begins of a mail whose header is fields and nothing else, as far as they look like fields; 0 if
    anything else is in it.
    """
    match = _HEADER.match(octets)
    return match.end() if match else 0


def letter_of(octets: bytes, end: int, limits: ReadingLimits) -> Letter | None:
    """A mail without NUL as a letter; None where it is more, or where anything is odd about it. end: `header_end`."""
    size = len(octets)
    if size > limits.header_bytes or 3 * size > limits.personal_chars or size > limits.text_chars:
        return None
    if size > limits.texts_chars:
        return None
    fields = _fields_of(octets[: end - 2])
    if fields is None:
        return None
    text = _text_of(octets[end:], fields.values)
    if text is None:
        return None
    head = _headers(fields)
    opened = gates_of("\n".join([text, head.subject or "", *(piece.text for piece in fields.beside)]))
    if opened & gates.ARMOUR:
        return None
    return Letter(head, text, fields.block, fields.received, fields.beside, opened)


class _Fields(NamedTuple):
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


def _fields_of(head: bytes) -> _Fields | None:
    """The fields of a header block, in one pass; None where something in it is odd."""
    if not head.isascii():
        return None
    text = head.decode("ascii")
    coded = _CODED.search(text) is not None
    telling = _NUMBER.search(text) is not None
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
    return _Fields(values, every, cut, coded, block if saying else None, received, aside)


def _headers(fields: _Fields) -> Headers:
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


class _Kind(NamedTuple):
    """charset, flowed, delsp: parameters of text/plain; codec: the charset's."""

    charset: str = ""
    codec: str | None = None
    flowed: bool = False
    delsp: bool = False


_NO_KIND = _Kind()


@functools.lru_cache(maxsize=512)
def _kind(value: str) -> _Kind | None:
    """A Content-Type of plain text; None where it is another one, has a name, or can be read in two ways."""
    raw = value.encode("ascii")
    types, odd = media_types([raw])
    if odd or types != ["text/plain"] or "content-" in value.lower() or boundaries([raw]) != ([], False):
        return None
    kind = parse_parameterised(raw)
    labels = kind.every("charset")
    if len(labels) > 1 or any(key in ("filename", "name") for key, _ in kind.params):
        return None
    charset = labels[0] if labels else ""
    flowed = kind.get("format").strip().lower() == "flowed"
    return _Kind(charset, codec_of(charset) if charset else None, flowed, kind.get("delsp").strip().lower() == "yes")


@functools.lru_cache(maxsize=512)
def _encoding(value: str) -> str | None:
    """A Content-Transfer-Encoding; None where it can be read in two ways."""
    found, odd = encodings([value.encode("ascii")])
    return None if odd or "content-" in value.lower() else found[0]


@functools.lru_cache(maxsize=512)
def _is_inline(value: str) -> bool:
    """Whether a Content-Disposition says nothing of a part but that it is shown."""
    disposition = parse_parameterised(value.encode("ascii"))
    return disposition.value == "inline" and not disposition.params and "content-" not in value.lower()


def _text_of(body: bytes, values: dict[str, str]) -> str | None:
    """The text of a mail with these fields; None where it is no plain text, or more."""
    declared, encoded, shown = (values.get(name) for name in _STRUCTURE)
    if any(value is not None and len(value) > _REMEMBERED for value in (declared, encoded, shown)):
        return None
    kind = _NO_KIND if declared is None else _kind(declared)
    encoding = "7bit" if encoded is None else _encoding(encoded)
    if kind is None or encoding is None or not (shown is None or _is_inline(shown)):
        return None
    if encoding not in IDENTITY:
        decoded = undo(body, encoding)
        if decoded.odd or decoded.others:
            return None
        body = decoded.octets
    elif looks_like_parts(body):
        return None
    if b"\0" in body or may_be_page(body) or is_file(body):
        return None
    if not holds_nothing(body) and next(salvage(body, PASTED), None) is not None:
        return None
    if b"begin" in body and take_uuencoded(body, kind.charset)[1]:
        return None
    text = _decoded(body, kind)
    if text is None:
        return None
    if kind.flowed:
        text = unflow(text, kind.delsp)
    return None if looks_like_page(text) else text


def _decoded(body: bytes, kind: _Kind) -> str | None:
    """The octets of a text as it is shown; None where there are two readings of it."""
    if body.isascii() and kind.codec in _OVER_ASCII and not _is_coded(body):
        return body.decode("ascii").replace("\r\n", "\n").replace("\r", "\n")
    if kind.codec == "utf-8" and b"\x1b" not in body:
        text = strict(body, "utf-8")
        if text is not None and everyday(text):
            return text.replace("\r\n", "\n").replace("\r", "\n")
    texts = decode_each(body, [kind.charset]) or [""]
    return None if len(texts) > 1 or mirrored(texts[0]) else visible(texts[0])


def _is_coded(octets: bytes) -> bool:
    """Whether plain ASCII has a sign of UTF-7, HZ or ISO 2022."""
    if b"\x1b" in octets or b"\x0e" in octets or b"$B" in octets or b"~{" in octets:
        return True
    return b"+" in octets and _SHIFTED.search(octets) is not None
