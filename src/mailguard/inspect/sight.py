"""What an eye sees of a text: no zero-width characters, no marks, overridden directions as a screen shows them.

Such characters split a word for a program and not for a reader. Pure; linear.
"""

from __future__ import annotations

import re

#: Default_Ignorable (UAX 44): zero-width and directional marks, fillers, variation selectors, tags.
_NOT_SHOWN = re.compile(
    "[\\x00\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200d\u2060-\u2064\u206a-\u206f\u3164\ufe00-\ufe0f"
    "\ufeff\uffa0\\ud800-\\udfff\U000e0000-\U000e0fff]"
)
_DIRECTION = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_OVERRIDDEN = re.compile("\u202e([^\u202a-\u202e\u2066-\u2069\n]*)\u202c?")


def tidy(text: str) -> str:
    """Without NUL and characters that nobody sees, with line ends as LF."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text if text.isascii() and "\x00" not in text else _NOT_SHOWN.sub("", text)


def visible(text: str) -> str:
    """A text for reading: tidy, and without marks of direction, which split a word for a program but not for an eye."""
    text = tidy(text)
    return text if text.isascii() else _DIRECTION.sub("", text)


def mirrored(text: str) -> str:
    """What a screen shows of a text with overrides of direction (UAX 9): these parts backwards; "" if it has none."""
    return _OVERRIDDEN.sub(lambda match: match[1][::-1], text) if "\u202e" in text else ""
