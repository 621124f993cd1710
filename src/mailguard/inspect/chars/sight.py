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
#: More marks on one letter than any language has (UAX 15, D4: thirty): sorting them costs the square of their number.
_MARK = (
    "[\u0300-\u036f\u0483-\u0489\u0591-\u05c7\u0610-\u061a\u064b-\u0670\u06d6-\u06ed\u0711-\u074a"
    "\u07eb-\u082d\u0859-\u085b\u0898-\u08ff\u093c-\u0954\u09bc-\u09cd\u0a3c-\u0a4d\u0abc-\u0acd\u0b3c-\u0b4d"
    "\u0c3c-\u0c56\u0cbc-\u0ccd\u0d3b-\u0d4d\u0e38-\u0e4b\u0eb8-\u0ecb\u0f18-\u0fc6\u1037-\u103a\u135d-\u135f"
    "\u17d2-\u17dd\u1939-\u193b\u1a60-\u1aff\u1b34-\u1b73\u1baa-\u1bf3\u1c37\u1cd0-\u1cf9\u1dc0-\u1dff"
    "\u20d0-\u20f0\u2cef-\u2cf1\u2de0-\u2dff\u302a-\u302f\u3099\u309a\ua66f-\ua69f\ua6f0\ua6f1\ua8c4-\ua953"
    "\ua9b3-\ua9c0\uaab0-\uaaf6\uabed\ufb1e\ufe20-\ufe2f\U000101fd-\U0001e94a]"
)
_TOO_MANY_MARKS = re.compile(f"({_MARK}{_MARK}{{29}}){_MARK}+")
_NOT_READ = re.compile(_NOT_SHOWN.pattern[:-1] + "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_OVERRIDDEN = re.compile("\u202e([^\u202a-\u202e\u2066-\u2069\n]*)\u202c?")


#: Letters and signs of everyday Japanese and Western text: each is seen, is in NFC and joins with no other.
_EVERYDAY = re.compile(
    "[\t\n\r -~\u00a5\u00b7\u00c0-\u00ff\u2010-\u2027\u2030-\u205e\u2190-\u21ff\u2212\u2460-\u24ff\u2500-\u27bf"
    "\u3000-\u3029\u3030-\u303f\u3041-\u3096\u309b-\u30ff\u4e00-\u9fff\uff01-\uff9f\uffe0-\uffe6]*+"
)


def everyday(text: str) -> bool:
    """Whether a text has nothing but everyday letters and signs: `visible`, with its line ends as they are."""
    return _EVERYDAY.fullmatch(text) is not None


def tidy(text: str) -> str:
    """Without NUL and characters that nobody sees, with line ends as LF."""
    return _without(_NOT_SHOWN, text)


def few_marks(text: str) -> str:
    """A text without endless marks on a letter, before anything brings them into order."""
    return text if text.isascii() or not _TOO_MANY_MARKS.search(text) else _TOO_MANY_MARKS.sub(r"\1", text)


def visible(text: str) -> str:
    """A text for reading: tidy, and without marks of direction, which split a word for a program but not for an eye."""
    return _without(_NOT_READ, text)


def _without(signs: re.Pattern[str], text: str) -> str:
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if text.isascii() and "\x00" not in text:
        return text
    return text if everyday(text) else few_marks(signs.sub("", text))


def mirrored(text: str) -> str:
    """What a screen shows of a text with overrides of direction (UAX 9): these parts backwards; "" if it has none."""
    return _OVERRIDDEN.sub(lambda match: match[1][::-1], text) if "\u202e" in text else ""
