"""Persons, each counted once however often they occur in the mail: in its text, its HTML, a sheet and the sheet's CSV.

Two records are one person where the names are the same and anything else that belongs to one person is too, or where
one of them has no name and an identifier is the same. Keeps hashes, not values.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class People:
    """The persons of one mail so far."""

    count: int = 0
    _pairs: set[int] = field(default_factory=set)  # name and identifier
    _names: set[int] = field(default_factory=set)
    _alone: set[int] = field(default_factory=set)  # names of which nothing else is known
    _known: set[int] = field(default_factory=set)  # identifiers
    _nameless: set[int] = field(default_factory=set)  # identifiers of records without a name

    def add(self, name: str, identifiers: list[str]) -> None:
        """Add a record. name: without spaces, "" if unknown; identifiers: what belongs to one person."""
        if not identifiers:
            self._add_name(hash(name) if name else 0)
            return
        marks = list(map(hash, identifiers))
        if not name:
            if self._known.isdisjoint(marks):
                self.count += 1
                self._nameless.update(marks)
            self._known.update(marks)
            return
        one = hash(name)
        pairs = [hash((one, mark)) for mark in marks]
        if self._pairs.isdisjoint(pairs) and not self._completes(one, marks):
            self.count += 1
        self._pairs.update(pairs)
        self._names.add(one)
        self._known.update(marks)

    def _add_name(self, one: int) -> None:
        if one and one not in self._names:
            self.count += 1
            self._names.add(one)
            self._alone.add(one)

    def _completes(self, one: int, marks: list[int]) -> bool:
        """Whether this is a person of whom less was known so far."""
        if one in self._alone:
            self._alone.discard(one)
            return True
        if self._nameless.isdisjoint(marks):
            return False
        self._nameless.difference_update(marks)
        return True
