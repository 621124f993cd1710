"""What was found in one text: the distinct values of each class, and where the first of them stand.

Every detector adds to one `Finds`. Values are kept, places only of so many of each class as a person is shown, so that
a list of a hundred thousand people costs little more than its values.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import NamedTuple

#: Places kept of each class: as many as are shown.
EACH_SHOWN = 20
ALL_SHOWN = 200


class Spot(NamedTuple):
    """A value of a class at a place of the folded text."""

    what: str
    value: str
    start: int
    end: int


@dataclass(slots=True)
class Finds:
    """values: by class, each once, in order; spots: where the first of each class stand."""

    values: dict[str, dict[str, None]] = field(default_factory=dict)
    spots: list[Spot] = field(default_factory=list)

    def add(self, what: str, value: str, start: int, end: int) -> None:
        """Note a value. It counts once, however often it occurs."""
        values = self.values.get(what)
        if values is None:
            values = self.values[what] = {}
        if value not in values:
            values[value] = None
            if len(values) <= EACH_SHOWN:
                self.spots.append(Spot(what, value, start, end))

    def leave_out(self, what: str, values: Collection[str]) -> None:
        """Forget some values of a class."""
        kept = {value: None for value in self.values.get(what, ()) if value not in values}
        if len(kept) < len(self.values.get(what, ())):
            self.values[what] = kept
            self.spots = [spot for spot in self.spots if spot.what != what or spot.value in kept]

    def distinct(self, what: str) -> int:
        return len(self.values.get(what, ()))
