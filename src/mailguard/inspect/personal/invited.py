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
from mailguard.inspect.personal.finds import Finds
from mailguard.inspect.personal.mails import find_mail_addresses

_METHOD = re.compile(r"(?im)^METHOD:(?![ \t]*PUBLISH)")
_LINE = re.compile(r"(?im)^(?:ATTENDEE|ORGANIZER)[;:][^\n]*")
_NAME = re.compile(r";CN=([^;:\n]{2,60})")
#: In a line of the letter that is a name: what may stand before it, and what an address or a part ("organizer") behind
#: it begins with, which is no longer than this.
_BEFORE, _BEHIND, _LONGEST = " \t>・*•-", re.compile(r" -|[<(（]"), 60
#: So many people of a meeting are looked for in the letter.
_MOST = 100


def told_apart(pieces: Iterable[Piece]) -> tuple[list[Piece], list[Piece], frozenset[str]]:
    """The texts without those who are invited; the lines of the calendars that name them; and their addresses, which
    are nobody's data elsewhere in the mail's own texts either.
    """
    rest: list[Piece] = []
    named: list[Piece] = []
    for piece in pieces:
        if "VCALENDAR" in piece.text and _METHOD.search(piece.text):
            named.append(Piece(piece.where, "\n".join(_LINE.findall(piece.text)), "addressed"))
            piece = replace(piece, text=_LINE.sub(_blank, piece.text))
        rest.append(piece)
    lines = "\n".join(one.text for one in named)
    if not lines:
        return rest, [], frozenset()
    finds = Finds()
    find_mail_addresses(lines, finds)
    names = frozenset(list(dict.fromkeys(_NAME.findall(lines)))[:_MOST])
    if names:
        rest = [one if one.role == "file" else _without(one, names) for one in rest]
    return rest, named, frozenset(list(finds.values.get("email_address", ()))[:_MOST])


def _without(piece: Piece, names: frozenset[str]) -> Piece:
    lines = (" " * len(line) if _name_of(line) in names else line for line in piece.text.split("\n"))
    return replace(piece, text="\n".join(lines))


def _name_of(line: str) -> str:
    """The name that a line of its own would be; "" if it is none. A line of blanks is no more work than another."""
    shown = line.strip(_BEFORE)
    behind = _BEHIND.search(shown)
    if behind is None:
        return shown
    return shown[: behind.start()].rstrip() if len(shown) - behind.end() <= _LONGEST else ""


def _blank(match: re.Match[str]) -> str:
    return " " * len(match.group())
