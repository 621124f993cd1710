"""A footer as HTML, in ASCII alone, and the place in a page where it goes.

Everything of the footer's text is escaped; what is not ASCII is a character reference, which is right in every charset
that a page may claim to be in. Lines stay far below 998 octets (RFC 5322 section 2.1.1).
"""

from __future__ import annotations

import html
import re

from mailguard.transform.charsets import JIS, in_ascii

_END = re.compile(rb"(?i)</(body|html)\s*>")
_MOST_ENDS = 50
#: Characters after which a line is broken inside a tag, where a line end is no blank to the reader.
_CHUNK = 80


def block_of(lines: list[str]) -> str:
    """The footer as one block, lines broken with LF."""
    return "<div><br\n>" + "<br\n>".join(map(_line, lines)) + "</div>"


def _line(line: str) -> str:
    chunks = [line[at : at + _CHUNK] for at in range(0, len(line), _CHUNK)] or [""]
    return "<wbr\n>".join(html.escape(one).encode("ascii", "xmlcharrefreplace").decode("ascii") for one in chunks)


def body_end(content: bytes, codec: str | None) -> int:
    """Before the end tag of the body: the last one that stands in no comment; else before </html>, else the end."""
    ends = list(_END.finditer(content))[-_MOST_ENDS:]
    for wanted in (b"body", b"html"):
        for match in reversed(ends):
            at = match.start()
            if (
                match.group(1).lower() == wanted
                and not _in_comment(content, at)
                and (codec != JIS or in_ascii(content, at))
            ):
                return at
    return len(content)


def _in_comment(content: bytes, at: int) -> bool:
    opened = content.rfind(b"<!--", 0, at)
    return opened >= 0 and content.find(b"-->", opened + 2, at) < 0
