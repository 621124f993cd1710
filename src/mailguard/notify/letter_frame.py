"""What the templates print for all letters of one shape, made once: each letter only puts its own values in.

A shape is everything that a template may decide by: which texts there are and which are the same, never what they say.
The frame is printed by the templates themselves with signs in the place of values, so that there is one source of what
a letter looks like; values are escaped and wrapped as the templates would do it. What a template looks into (domains
that resemble each other) has no frame. Pure; the signs stand in frames only, never in anything that came from a mail.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import escape

#: Signs of values and of wrapped paragraphs: private use, in planes that no template has.
_VALUE, _PARAGRAPH = 0xF0000, 0x100000
_SIGN = re.compile("([\U000f0000-\U0010fffd])")

#: A text with gaps: the pieces between them, and the number of the value in each gap.
Gapped = tuple[tuple[str, ...], tuple[int, ...]]
Wrap = Callable[[str, str, str], str]


@dataclass(frozen=True, slots=True)
class Frame:
    """html: values are escaped there; text: of paragraphs; paragraphs: each with what stands before its first line and
    before the others.
    """

    html: Gapped
    text: Gapped
    paragraphs: tuple[tuple[Gapped, str, str], ...]

    def filled(self, values: Sequence[str], wrap: Wrap) -> tuple[str, str]:
        """Text and HTML with these values."""
        wrapped = [wrap(_fill(gapped, values), first, later) for gapped, first, later in self.paragraphs]
        pieces, numbers = self.text
        text = _fill((pieces, numbers), [*wrapped, *values])
        return text, _fill(self.html, [str(escape(value)) for value in values])


class Values:
    """The texts of a letter, each once. The empty text is none: templates ask whether there is one."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._numbers: dict[str, int] = {}

    def number(self, text: str) -> int:
        """Which one it is; -1 for the empty text."""
        if not text:
            return -1
        number = self._numbers.setdefault(text, len(self.texts))
        if number == len(self.texts):
            self.texts.append(text)
        return number


def sign(number: int) -> str:
    """What stands in a frame for a value."""
    return chr(_VALUE + number) if number >= 0 else ""


class Paragraphs:
    """Stands for the wrapping of paragraphs while a frame is printed."""

    def __init__(self) -> None:
        self.found: list[tuple[Gapped, str, str]] = []

    def wrap(self, text: str, first: str = "", later: str = "") -> str:
        self.found.append((gapped(text), first, later))
        return chr(_PARAGRAPH + len(self.found) - 1)


def frame_of(text: str, html: str, paragraphs: Paragraphs) -> Frame:
    """The frame of what the templates printed with signs."""
    pieces, numbers = gapped(text)
    count = len(paragraphs.found)
    numbers = tuple(
        number - _PARAGRAPH + _VALUE if number >= _PARAGRAPH - _VALUE else number + count for number in numbers
    )
    return Frame(gapped(html), (pieces, numbers), tuple(paragraphs.found))


def gapped(text: str) -> Gapped:
    """A text with signs, taken apart."""
    parts = _SIGN.split(text)
    return tuple(parts[::2]), tuple(ord(one) - _VALUE for one in parts[1::2])


def _fill(gapped_text: Gapped, values: Sequence[str]) -> str:
    pieces, numbers = gapped_text
    if not numbers:
        return pieces[0]
    filled = [pieces[0]]
    for number, piece in zip(numbers, pieces[1:], strict=True):
        filled.append(values[number])
        filled.append(piece)
    return "".join(filled)
