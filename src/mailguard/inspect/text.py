"""The mail's own text parts: charset, flowed lines, HTML; and what lies inside plain text (uuencode, PGP armour).

Pure; a part that is no text gives a text all the same, and nothing here raises.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from mailguard.inspect.charset import decode, tidy
from mailguard.inspect.html import HtmlText, declared_charset, html_text
from mailguard.inspect.mime import Leaf
from mailguard.inspect.transfer import Uuencoded, find_uuencoded

_PGP_MESSAGE = "-----BEGIN PGP MESSAGE-----"
_PGP_SIGNED = "-----BEGIN PGP SIGNED MESSAGE-----"
_METHOD = re.compile(r"(?im)^METHOD:([A-Z-]{1,30})\s*$")
_BINARY = re.compile(r';[ \t]*ENCODING[ \t]*=[ \t]*"?BASE64', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class BodyText:
    """text: what is shown; second: another reading; hidden, aside: as in HtmlText; html: the decoded source."""

    text: str
    second: str = ""
    hidden: str = ""
    aside: str = ""
    html: str = ""
    files: tuple[Uuencoded, ...] = ()


def body_text(leaf: Leaf, content: bytes) -> BodyText:
    """The text of a text part."""
    if leaf.media in ("text/html", "application/xhtml+xml"):
        return _html(leaf, content)
    files: tuple[Uuencoded, ...] = ()
    if b"begin" in content and (found := find_uuencoded(content)):
        files = tuple(found)
        content = _without(content, found)
    reading = decode(content, leaf.kind.get("charset"))
    text = tidy(reading.text)
    if leaf.kind.get("format").lower() == "flowed":
        text = unflow(text, leaf.kind.get("delsp").lower() == "yes")
    if leaf.media in ("text/enriched", "text/richtext"):
        text = re.sub(r"<[^<>]{0,200}>", "", text)
    return BodyText(text, tidy(reading.second), files=files)


def unflow(text: str, delsp: bool) -> str:
    """Lines that end in a space joined with the next (RFC 3676 section 4), the signature's mark left alone."""
    out: list[list[str]] = []
    joining = False
    for line in text.split("\n"):
        stripped = line[1:] if line.startswith(" ") else line
        flows = stripped.endswith(" ") and stripped != "-- "
        kept = stripped[:-1] if flows and delsp else stripped
        if joining and not stripped.startswith(">"):
            out[-1].append(kept)
        else:
            out.append([kept])
        joining = flows
    return "\n".join("".join(pieces) for pieces in out)


def has_pgp_message(text: str) -> bool:
    """Whether an encrypted message in PGP's armour stands in the text."""
    return _PGP_MESSAGE in text


def has_pgp_signature(text: str) -> bool:
    """Whether the text is signed inside (RFC 9580 section 7)."""
    return _PGP_SIGNED in text


def calendar_method(leaf: Leaf, text: str) -> str:
    """METHOD of a calendar part (RFC 5546 section 1.4), upper case; "REQUEST" is an invitation; "" if it says none."""
    match = _METHOD.search(text)
    return (match.group(1) if match else leaf.kind.get("method")).upper()[:30]


def calendar_carries_file(text: str) -> bool:
    """Whether a calendar part has a file inside (RFC 5545 section 3.8.1.1, ATTACH in BASE64), lines unfolded."""
    return _BINARY.search(re.sub(r"\r?\n[ \t]", "", text)) is not None


def _html(leaf: Leaf, content: bytes) -> BodyText:
    labels = list(dict.fromkeys(one for one in (leaf.kind.get("charset"), declared_charset(content)) if one)) or [""]
    first = decode(content, labels[0])
    sources = [first.text, first.second] + [decode(content, label).text for label in labels[1:]]
    sources = [source for source in dict.fromkeys(sources) if source]
    pages = [html_text(tidy(source)) for source in sources] or [HtmlText()]
    return BodyText(
        text=pages[0].shown,
        second="\n".join(page.shown for page in pages[1:]),
        hidden="\n".join(page.hidden for page in pages if page.hidden),
        aside=pages[0].aside,
        html=sources[0] if sources else "",
    )


def _without(content: bytes, found: list[Uuencoded]) -> bytes:
    pieces: list[bytes] = []
    position = 0
    for one in found:
        pieces.append(content[position : one.start])
        position = one.end
    return b"".join([*pieces, content[position:]])
