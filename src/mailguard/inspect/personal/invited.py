"""Who takes part in the meeting that a mail calls, answers or calls off: they all see each other, as the recipients of
a mail do, so their names and addresses are no data about people, neither in the calendar nor in the letter around it,
in which calendars of the web list them again.

Only in mail with a calendar that says what it is for (METHOD; RFC 5546 section 1.4): one that was exported, without it
or to PUBLISH, is a file like any other. Takes blanks for what it leaves out, so that places stay.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from mailguard.inspect.content import Piece

_METHOD = re.compile(r"(?im)^METHOD:(?![ \t]*PUBLISH)")
_LINE = re.compile(r"(?im)^(?:ATTENDEE|ORGANIZER)[;:][^\n]*")
_ADDRESS = re.compile(r"[^\s<>,;:()\[\]\"=]{1,64}@[^\s<>,;:()\[\]\"]{3,100}")
_NAME = re.compile(r";CN=([^;:\n]{2,60})")
#: So many people of a meeting are looked for in the letter.
_MOST = 60


def told_apart(pieces: Iterable[Piece]) -> tuple[list[Piece], list[Piece]]:
    """The texts without those who are invited, and the lines of the calendars that name them."""
    rest: list[Piece] = []
    named: list[Piece] = []
    for piece in pieces:
        if "VCALENDAR" in piece.text and _METHOD.search(piece.text):
            named.append(Piece(piece.where, "\n".join(_LINE.findall(piece.text)), "addressed"))
            piece = replace(piece, text=_LINE.sub(_blank, piece.text))
        rest.append(piece)
    if not any(one.text for one in named):
        return rest, []
    again = _again("\n".join(one.text for one in named))
    return [one if one.role == "file" else replace(one, text=again.sub(_blank, one.text)) for one in rest], named


def _again(lines: str) -> re.Pattern[str]:
    """The addresses of those who are named, wherever they stand; their names where they have a line of their own."""
    addresses = list(dict.fromkeys(map(str.lower, _ADDRESS.findall(lines))))[:_MOST]
    names = [one.strip() for one in dict.fromkeys(_NAME.findall(lines)) if "@" not in one][:_MOST]
    found = [rf"(?<![\w.+-])(?:{'|'.join(map(re.escape, addresses))})(?![\w-])"] if addresses else []
    if names:
        found.append(rf"^[ \t>・*•-]*(?:{'|'.join(map(re.escape, names))})[ \t]*(?:[-<(（][^\n]{{0,40}})?$")
    return re.compile("|".join(found) or r"(?!)", re.IGNORECASE | re.MULTILINE)


def _blank(match: re.Match[str]) -> str:
    return " " * len(match.group())
