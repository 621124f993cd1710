"""The directory: who works here, in which groups, under whom, and who stands in for whom. Values only.

It is made by whoever reads files or a directory server; nothing here reads. Keys are normal forms of addresses
(`Address.key`), so that nobody compares spellings.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True, slots=True)
class Person:
    """One person. manager: a key, "" if none is known; delegates: keys of stand-ins, in the order in which they are
    asked; away: first and last day of each absence.
    """

    address: str
    name: str = ""
    manager: str = ""
    delegates: tuple[str, ...] = ()
    away: tuple[tuple[date, date], ...] = ()

    def is_away(self, day: date) -> bool:
        """Whether the person is absent on that day."""
        return any(first <= day <= last for first, last in self.away)


@dataclass(frozen=True, slots=True)
class Directory:
    """Everybody who is known, and the members of each group (keys, nested groups already resolved)."""

    people: Mapping[str, Person] = field(default_factory=dict)
    groups: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def manager_of(self, key: str) -> str:
        """The key of somebody's manager, "" if none is known."""
        person = self.people.get(key)
        return person.manager if person is not None else ""

    def is_member(self, key: str, group: str) -> bool:
        """Whether the address is in the group. Raises KeyError for a group that is not there: that is never "no"."""
        return key in self.groups[group]


NOBODY = Directory()
