"""Text in lines of so many columns, where a Japanese character takes two (UAX 11): for the plain text of letters.

Japanese breaks between any two characters, but no line begins with what closes or ends with what opens (kinsoku);
other scripts break at blanks. A web address is never broken, any other word only when it is longer than a line. Pure.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

#: RFC 5322 section 2.1.1 recommends 78 at most.
COLUMNS = 76

_CLOSES = "、。，．・：；？！゛゜ヽヾゝゞ々ー)）]］}｝〕〉》」』】!?,.:;…‥ぁぃぅぇぉっゃゅょァィゥェォッャュョ"
_OPENS = "([{（［｛〔〈《「『【"
_ADDRESS = re.compile(r"https?://", re.IGNORECASE)


def columns(text: str) -> int:
    """The width of a text: East Asian wide characters take two columns, marks that stand above others none."""
    return len(text) if text.isascii() else sum(map(_width, text))


def wrapped(text: str, *, first: str = "", later: str = "", width: int = COLUMNS) -> list[str]:
    """The lines of one paragraph. first, later: what stands before the first line and before the others."""
    whole = " ".join(text.split())
    if columns(first) + columns(whole) <= width:  # most paragraphs: nothing to break
        return [first + whole]
    return broken(text, first, later, width)


def broken(text: str, first: str, later: str, width: int) -> list[str]:
    """The same, piece by piece."""
    lines: list[str] = []
    line, used, blank = first, columns(first), ""
    fresh = True
    for piece in _pieces(text):
        if piece.isspace():
            blank = "" if fresh else " "
            continue
        wide = columns(piece)
        if not fresh and used + len(blank) + wide > width:
            lines.append(line)
            line, used, blank, fresh = later, columns(later), "", True
        for part in _cut(piece, width - used - len(blank)) if wide + used + len(blank) > width else [piece]:
            if not fresh and used + len(blank) + columns(part) > width:
                lines.append(line)
                line, used, blank = later, columns(later), ""
            line += blank + part
            used += len(blank) + columns(part)
            blank, fresh = "", False
    return [*lines, line] if not fresh or not lines else lines


@lru_cache(maxsize=8192)
def _width(ch: str) -> int:
    if unicodedata.combining(ch):
        return 0
    return 2 if unicodedata.east_asian_width(ch) in "WF" else 1


def _pieces(text: str) -> Iterator[str]:
    """Stretches that are not broken, and the blanks between them."""
    piece = ""
    for ch in text:
        if ch.isspace():
            yield from (one for one in (piece, " ") if one)
            piece = ""
            continue
        if piece and piece[-1] not in _OPENS and ch not in _CLOSES and (_width(ch) == 2 or _width(piece[-1]) == 2):
            yield piece
            piece = ""
        piece += ch
    if piece:
        yield piece


def _cut(piece: str, room: int) -> list[str]:
    """A word that is longer than a line, in parts that fit; a web address stays whole."""
    if _ADDRESS.match(piece):
        return [piece]
    room = max(room, 20)
    parts, part, used = [], "", 0
    for ch in piece:
        if used + _width(ch) > room:
            parts.append(part)
            part, used = "", 0
        part += ch
        used += _width(ch)
    return [*parts, part]
