"""Where customers' names and files went: by house, in flat tables that never grow. Names and files are hashes; a house
is the domain of a recipient. What shares a place with another is counted together; pure.
"""

from __future__ import annotations

from collections.abc import Iterable

from mailguard.insight.lesson import Lesson
from mailguard.insight.sketches import Counts, Recent, all_under, under
from mailguard.insight.text import hashed

#: A customer is known by name once so many mails named him.
_KNOWN = 3


class Trails:
    """customers: how many mails named a customer (hash), and by house; files: the newest mails with a file."""

    __slots__ = ("customers", "files", "houses")

    def __init__(self) -> None:
        self.customers = Counts(15)
        self.houses = Counts(18)
        self.files = Recent(15, 4)

    def learn(self, lesson: Lesson, houses: Iterable[str], number: int) -> None:
        """houses: domains of the recipients that are not of the organisation; number: the mail's."""
        if lesson.customers:
            self.customers.add(lesson.customers)
            for house in houses:
                self.houses.add(all_under(lesson.customers, hashed(house)))
        self.files.put(lesson.files, number)

    def strange(self, names: Iterable[int], house: str) -> bool:
        """Whether one of these customers is well known, and never was named to this house."""
        key = hashed(house)
        return any(
            self.customers.cells[name & self.customers.mask] >= _KNOWN
            and not self.houses.cells[under(name, key) & self.houses.mask]
            for name in names
        )
