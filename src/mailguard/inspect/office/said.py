"""What the parts of one document say together: its text, what stands beside the text, and what nobody is shown.

Part readers write into it, `package` and `opendocument` make Content of it. Bounded: what repeats itself without end
(a string of a megabyte in each of a million cells) stops at the room that is left, and that is said.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

_MOST_BESIDE = 50_000
_EMPTY_LINES = re.compile(r"\n{3,}")


@dataclass(slots=True)
class Said:
    """room: characters that may still be written.

    text: lines and blocks in reading order; beside: names of authors, alternative texts, targets, readings of names and
    deleted text, each once; hidden, macros: what was found that its reader is not shown, or that runs; unread: parts
    that could not be read.
    """

    room: int
    text: list[str] = field(default_factory=list)
    beside: dict[str, None] = field(default_factory=dict)
    hidden: dict[str, None] = field(default_factory=dict)
    macros: dict[str, None] = field(default_factory=dict)
    full: bool = False
    _known: set[str] = field(default_factory=set)
    _looked_at: int = 0

    def say(self, text: str) -> bool:
        """Add a block of text. False: there is no more room."""
        if "\n\n\n" in text:
            text = _EMPTY_LINES.sub("\n\n", text)
        if len(text) > self.room:
            self.full = True
            text = text[: self.room]
        self.room -= len(text)
        if text.strip():
            self.text.append(text)
        return not self.full

    def aside(self, *texts: str) -> None:
        """Add what stands beside the text, each once."""
        for text in texts:
            short = text.strip()
            if not short or short in self.beside:
                continue
            if len(short) > self.room or len(self.beside) >= _MOST_BESIDE:
                self.full = True
                return
            self.room -= len(short)
            self.beside[short] = None

    def repeat(self, texts: Iterable[str]) -> None:
        """Add a text that may be a copy of what was said already (for older programs): only what is new."""
        known = self._known
        for block in self.text[self._looked_at :]:
            known.update(map(str.strip, block.split("\n")))
        self._looked_at = len(self.text)
        self.aside(*(line for text in texts for line in text.split("\n") if line.strip() not in known))

    def whole(self) -> str:
        """Everything as one text."""
        return "\n".join((*self.text, *self.beside))
