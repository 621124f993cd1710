"""Text in columns, as a terminal counts them: a Japanese sign takes two."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence


def width(text: str) -> int:
    """How many columns a terminal needs for it."""
    return sum(2 if unicodedata.east_asian_width(ch) in "WF" else not unicodedata.combining(ch) for ch in text)


def padded(text: str, columns: int) -> str:
    """With room behind it, so that what follows stands below what follows elsewhere."""
    return text + " " * (columns - width(text))


def table(rows: Sequence[Sequence[str]], left: int = 1) -> list[str]:
    """Rows with columns below each other: the first `left` ones to the left, the others to the right."""
    widths = [max(width(cell) for cell in column) for column in zip(*rows, strict=True)] if rows else []
    lines = []
    for row in rows:
        cells = []
        for number, cell in enumerate(row):
            room = " " * (widths[number] - width(cell))
            cells.append(cell + room if number < left else room + cell)
        lines.append("  ".join(cells).rstrip())
    return lines
