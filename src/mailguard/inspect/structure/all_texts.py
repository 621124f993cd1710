"""All texts of one mail, by who sees them: what every reader shows, what only another one would, what nobody does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain

from mailguard.inspect.content import Piece
from mailguard.inspect.speech.voices import Voices, listen


@dataclass(slots=True)
class Texts:
    """The texts of one mail. shown: in order; second: other readings; unseen: hidden text, then asides.

    marked: shown texts of HTML, with their quotations marked.
    """

    shown: list[tuple[str, str]] = field(default_factory=list)
    second: list[tuple[str, str]] = field(default_factory=list)
    unseen: list[tuple[str, str]] = field(default_factory=list)
    html: str = ""
    marked: dict[str, str] = field(default_factory=dict)

    def everything(self) -> Iterator[str]:
        """Each text once: what is shown first."""
        return chain(*self.apart())

    def apart(self) -> tuple[list[str], list[str]]:
        """Each text once: what is shown, and what only another reader shows or nobody."""
        shown = dict.fromkeys(text for _, text in self.shown if text.strip())
        others = dict.fromkeys(text for _, text in (*self.second, *self.unseen) if text.strip())
        return list(shown), [text for text in others if text not in shown]

    def voices(self) -> Voices:
        """Who speaks in what is shown."""
        return listen((where, self.marked.get(text, text)) for where, text in self.shown)

    def pieces(self) -> list[Piece]:
        """What is not shown."""
        return [Piece(where, text) for where, text in (*self.second, *self.unseen)]
