"""The mail's own text parts: charset, flowed lines, HTML, calendars, and the files that lie inside plain text.

Pure; a part that is no text gives a text all the same, and nothing here raises.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from mailguard.inspect.chars.charset import codec_of, decode, decode_each, mirrored, tidy, visible
from mailguard.inspect.chars.words import decode_field
from mailguard.inspect.content import Inner
from mailguard.inspect.kinds.cards import card_text
from mailguard.inspect.kinds.plain import take_uuencoded, unescape_signed
from mailguard.inspect.page.cited import cited_lines, mark, unmark
from mailguard.inspect.page.html import HtmlText, declared_charset, html_text
from mailguard.inspect.structure.fields import parse_block
from mailguard.inspect.structure.flowed import unflow
from mailguard.inspect.structure.mime import Leaf

_UID = re.compile(r"(?im)^UID[^:\n]{0,200}:[ \t]*(\S[^\n]{0,1000})")
_CALENDARS = frozenset({"text/calendar", "text/x-vcalendar"})
#: Charsets that one part may claim.
_MOST_LABELS = 4
_PAGE = re.compile(r"\s{0,200}<(?:html|!doctype html)", re.IGNORECASE)
_METHOD = re.compile(r"(?im)^METHOD:([A-Z-]{1,30})\s*$")
_BINARY = re.compile(r';[ \t]*ENCODING[ \t]*=[ \t]*"?BASE64', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class BodyText:
    """text: what is shown; files: inside it; second: another reading; hidden, aside: as in HtmlText; html: source.

    marked: the text with its quotations marked (`cited`), "" where HTML shows none.
    """

    text: str
    files: tuple[Inner, ...] = ()
    second: str = ""
    hidden: str = ""
    aside: str = ""
    html: str = ""
    marked: str = ""


def body_text(leaf: Leaf, content: bytes) -> BodyText:
    """The text of a text part."""
    if leaf.media in ("text/html", "application/xhtml+xml"):
        return _html(leaf, content)
    charset = leaf.kind.get("charset")
    if leaf.media in _CALENDARS:
        return BodyText(*card_text(content, charset))
    if leaf.media == "text/rfc822-headers":
        return BodyText(_fields(content))
    content, files = take_uuencoded(content, charset)
    labels = leaf.kind.every("charset")[:_MOST_LABELS] or [""]
    first, *others = decode_each(content, labels) or [""]
    text = visible(first)
    others = [visible(one) for one in (*others, mirrored(first)) if one]
    second = "\n".join(one for one in dict.fromkeys(others) if one != text)
    if leaf.kind.get("format").strip().lower() == "flowed":
        delsp = leaf.kind.get("delsp").strip().lower() == "yes"
        text, second = unflow(text, delsp), unflow(second, delsp)
    text = unescape_signed(text)
    if leaf.media in ("text/enriched", "text/richtext"):
        text = re.sub(r"<[^<>]{0,200}>", "", text)
    elif looks_like_page(text):  # some clients look at the content and show a page
        second = f"{second}\n{visible(html_text(text).shown)}".lstrip("\n")
    return BodyText(text, files, second)


def looks_like_page(text: str) -> bool:
    """Whether a text begins as HTML does."""
    return "<" in text and _PAGE.match(text) is not None


def calendar_method(leaf: Leaf, text: str) -> str:
    """METHOD of a calendar part (RFC 5546 section 1.4), upper case; "REQUEST" is an invitation; "" if it says none."""
    match = _METHOD.search(text)
    return (match.group(1) if match else leaf.kind.get("method")).upper()[:30]


def calendar_carries_file(text: str) -> bool:
    """Whether a calendar part has a file inside (RFC 5545 section 3.8.1.1, ATTACH in BASE64), lines unfolded."""
    return _BINARY.search(re.sub(r"\r?\n[ \t]", "", text)) is not None


def event_ids(text: str) -> frozenset[str]:
    """The UIDs of the events in the text of a calendar (RFC 5545 section 3.8.4.7)."""
    return frozenset(_UID.findall(text))


def _fields(content: bytes) -> str:
    """The header of another mail, as a report returns it, decoded."""
    block = parse_block(content)
    lines = [f"{field.name}: {decode_field(field.value)}" for field in block.fields]
    return "\n".join([*lines, tidy(decode(block.rest).both)])


def _html(leaf: Leaf, content: bytes) -> BodyText:
    declared = declared_charset(content)
    if (codec_of(declared) or "").startswith(("utf-16", "utf-32")):
        declared = "utf-8"  # a document that says so in ASCII is none (HTML, "prescan a byte stream")
    claims = dict.fromkeys(one for one in (*leaf.kind.every("charset"), declared) if one)
    sources = decode_each(content, list(claims)[:_MOST_LABELS] or [""])
    sources += [one for one in (mirrored(sources[0]),) if one] if sources else []
    source = tidy(sources[0]) if sources else ""
    first_page = mark(source)
    pages = [html_text(first_page), *(html_text(tidy(source)) for source in sources[1:])]
    marked = ""
    if first_page is not source:
        marked = cited_lines(pages[0].shown)
        pages[0] = HtmlText(unmark(marked), unmark(pages[0].hidden), unmark(pages[0].aside), pages[0].files)
    return BodyText(
        text=visible(pages[0].shown),  # once more: references of HTML give what nobody sees, too
        marked=visible(marked),
        second=visible("\n".join([mirrored(pages[0].shown), *(page.shown for page in pages[1:])])),
        hidden=visible("\n".join(page.hidden for page in pages if page.hidden)),
        aside=visible("\n".join(dict.fromkeys(page.aside for page in pages if page.aside))),
        html=sources[0] if sources else "",
        files=pages[0].files,
    )
