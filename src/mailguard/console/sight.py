"""Signs that nobody sees, made visible: marks that turn the direction of what follows, and letters of no width.

A page that left them out would hide that somebody put them there; one that showed them as they are would show another
text than it holds. Pure.
"""

from __future__ import annotations

import re

from mailguard.notify.phrases import on_one_line

#: Direction marks (UAX 9), zero-width letters, the byte order mark, and tags.
_HIDDEN = re.compile("[\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\U000e0000-\U000e007f]")
#: Joiners are letters' own in Arabic and Indic writing, and in joined pictures.
_JOINERS = "\u200c\u200d"


def seen(text: str) -> str:
    """The text with a name in place of every sign that nobody sees: [U+202E]."""
    return _HIDDEN.sub(lambda found: found[0] if found[0] in _JOINERS else f"[U+{ord(found[0]):04X}]", text)


def line(text: str, limit: int = 300) -> str:
    """The same on one line and bounded."""
    return on_one_line(seen(text[: 4 * limit]), limit)
