"""A stranger's text made harmless for chats: nothing in it becomes a link, a mention or a command.

Chats make links of anything that looks like one, also where no markup is read, and a look-alike domain is just what
must not be one tap away. So what makes a link or a mention is cut by U+2060, which is not seen and is part of neither.
Markup of one service is that service's own business. Pure.
"""

from __future__ import annotations

import re
import unicodedata

from mailguard.notify.phrases import on_one_line

JOINER = "\u2060"
#: "." between two signs of a name, "@" before a name, ":" of a scheme. Full-width forms, too.
_CUT = re.compile(r"(?<=\S)([.。．｡])(?=\S)|([@＠])(?=\S)|(:)(?=[/\\])|([#＃])(?=\w)")
#: Signs that are not seen: whoever writes them into a subject has something to hide.
_HIDDEN = frozenset({"Cf", "Co", "Cn"})


def inert(text: str, limit: int = 300) -> str:
    """One line of at most `limit` signs, not counting those that cut."""
    line = "".join(ch for ch in on_one_line(text, limit) if unicodedata.category(ch) not in _HIDDEN)
    return _CUT.sub(lambda found: found[0] + JOINER, line)
