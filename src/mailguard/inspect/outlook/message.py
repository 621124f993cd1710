"""What an Outlook message says, out of its properties: subject, people, headers, its bodies, and every other text.

A message has up to three bodies (plain, HTML, packed RTF), and programs differ in which they show: each is read that
says something of its own. The rest of the texts (categories, places, the fields of a contact) is text as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mailguard.inspect.chars.charset import decode, tidy
from mailguard.inspect.chars.words import decode_field
from mailguard.inspect.limits import Budget
from mailguard.inspect.outlook import mapi
from mailguard.inspect.outlook.encapsulated import encapsulated_html
from mailguard.inspect.outlook.lzfu import unpack_rtf
from mailguard.inspect.outlook.mapi import Properties, label_of
from mailguard.inspect.page.html import declared_charset, html_text
from mailguard.inspect.rtf.document import rtf_text
from mailguard.inspect.structure.beside import is_trace
from mailguard.inspect.structure.fields import parse_block

#: Name and addresses of who wrote it: the sender, whom the sender stands for (MS-OXPROPS sections 2.1005 and 2.1022).
_WRITERS = ((0x0042, 0x5D02, 0x0065), (0x0C1A, 0x5D01, 0x0C1F))
_DISPLAYED = (0x0E04, 0x0E03, 0x0E02)  # To, Cc, Bcc as one line each
_ADDRESSES = (0x39FE, 0x3003, 0x3001)  # of a recipient: SMTP, native, name
#: Texts for machines: classes, address types, ids and indexes.
_TECHNICAL = frozenset({0x001A, 0x001E, 0x0064, 0x0075, 0x0077, 0x0C1E, 0x3002, 0x1035, 0x3703, 0x370E, 0x3712,
                        0x800D, 0x3FFA, 0x300B, 0x0041, 0x1046, 0x6619, 0x7D0B})  # fmt: skip
_TOLD = frozenset({mapi.SUBJECT, mapi.HEADERS, mapi.BODY, mapi.RTF, mapi.HTML, *_DISPLAYED,
                   *(one for names in _WRITERS for one in names)})  # fmt: skip


def message_text(
    item: Properties, recipients: Iterable[Properties], budget: Budget, where: str
) -> tuple[str, tuple[str, ...]]:
    """Everything that a message says, most visible first, each text once; and the stretches of it that name its people
    and say how it came.
    """
    texts: dict[str, None] = {}
    texts[item.text(mapi.SUBJECT)] = None
    people = [_person(item, *names) for names in _WRITERS]
    people += [_person(one, 0x3001, *_ADDRESSES) for one in recipients]
    people += [item.text(number) for number in _DISPLAYED]
    texts.update(dict.fromkeys(people))
    headers, traces = _headers(item)
    texts[headers] = None
    known: list[str] = []
    for body in _bodies(item, budget, where):
        squeezed = "".join(body.split())
        if squeezed and not any(squeezed in one for one in known):
            known.append(squeezed)
            texts[body] = None
    for text in item.strings(but=_TOLD | _TECHNICAL):
        texts[text] = None
    named = "\n".join(dict.fromkeys(one for one in people if one))  # as they stand in the text
    return "\n".join(text for text in texts if text), (named, *traces)


def message_name(properties: Properties) -> str:
    """The name of a message that is a file of another one: its subject, as Outlook would save it."""
    name = properties.text(mapi.DISPLAY_NAME, mapi.LONG_NAME) or "message"
    return name if name.lower().endswith(".msg") else f"{name}.msg"


def _person(item: Properties, name: int, *addresses: int) -> str:
    shown = item.text(name)
    address = next((text for one in addresses if "@" in (text := item.text(one))), "")
    return f"{shown} <{address}>" if address and address != shown else shown


def _headers(item: Properties) -> tuple[str, list[str]]:
    """The fields with which the message came through the internet, decoded; and those that hold addresses or ids."""
    raw = item.text(mapi.HEADERS)
    if not raw:
        return "", []
    block = parse_block(raw.encode("utf-8", "replace"))
    lines = [f"{field.name}: {decode_field(field.value)}" for field in block.fields]
    traces = [line for field, line in zip(block.fields, lines, strict=True) if is_trace(field.name)]
    return "\n".join([*lines, block.rest.decode("utf-8", "replace")]), traces


def _bodies(item: Properties, budget: Budget, where: str) -> Iterator[str]:
    yield item.text(mapi.BODY)
    if item.type_of(mapi.HTML) == mapi.BINARY:
        octets = bytes(item.octets(mapi.HTML) or b"")
        label = label_of(item.number(mapi.INTERNET_CODE_PAGE)) or declared_charset(octets) or item.label
        yield _page(decode(octets, label).both)
    else:
        yield _page(item.text(mapi.HTML))
    packed = item.octets(mapi.RTF)
    if packed:
        rtf, whole = unpack_rtf(bytes(packed), budget.left)
        budget.spend(len(rtf))
        if not whole:
            budget.find("unparseable_attachment", where, "a packed RTF body that is broken or cut off")
        yield _page(encapsulated_html(rtf))
        yield tidy(rtf_text(rtf))


def _page(source: str) -> str:
    if not source:
        return ""
    page = html_text(tidy(source))
    return "\n".join(text for text in (page.shown, page.hidden, page.aside) if text)
