"""The directory: who works here, in which groups, under whom, and who stands in for whom. Values only.

It is made by whoever reads files or a directory server; nothing here reads. Keys are normal forms of addresses
(`Address.key`), so that nobody compares spellings. A further address of a person counts as that person everywhere.
Every question costs the same for ten people as for a hundred thousand.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True, slots=True)
class Person:
    """One person. manager: a key, "" if none is known; delegates: keys of stand-ins, in the order in which they are
    asked; away: first and last day of each absence; aliases: keys of further addresses; members: of a shared
    mailbox, the keys of everybody who may decide about its mail.
    """

    address: str
    name: str = ""
    manager: str = ""
    delegates: tuple[str, ...] = ()
    away: tuple[tuple[date, date], ...] = ()
    aliases: tuple[str, ...] = ()
    members: tuple[str, ...] = ()

    def is_away(self, day: date) -> bool:
        """Whether the person is absent on that day."""
        return any(first <= day <= last for first, last in self.away)


@dataclass(frozen=True, slots=True)
class Directory:
    """Everybody who is known, and the members of each group (keys, nested groups already resolved).

    domains: for a group that takes in whole domains, which (A-labels, lower case).
    """

    people: Mapping[str, Person] = field(default_factory=dict)
    groups: Mapping[str, frozenset[str]] = field(default_factory=dict)
    domains: Mapping[str, frozenset[str]] = field(default_factory=dict)
    _main: Mapping[str, str] = field(init=False, repr=False, compare=False)  # alias -> the person's own key
    _groups_of: Mapping[str, frozenset[str]] = field(init=False, repr=False, compare=False)
    _managers: frozenset[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        main = {alias: key for key, person in self.people.items() for alias in person.aliases}
        object.__setattr__(self, "_main", main)
        managers = frozenset(main.get(person.manager, person.manager) for person in self.people.values())
        object.__setattr__(self, "_managers", managers - {""})
        found: dict[str, set[str]] = {}
        for group, members in self.groups.items():
            for key in members:
                found.setdefault(main.get(key, key), set()).add(group)
        object.__setattr__(self, "_groups_of", {key: frozenset(names) for key, names in found.items()})

    def key_of(self, key: str) -> str:
        """The person's own key for any of his or her addresses; an address that nobody knows is its own."""
        return self._main.get(key, key)

    def person(self, key: str) -> Person | None:
        """Whose address it is; None if nobody's who is known."""
        return self.people.get(self.key_of(key))

    def manager_of(self, key: str) -> str:
        """The key of somebody's manager, "" if none is known."""
        person = self.person(key)
        return person.manager if person is not None else ""

    def is_manager(self, key: str) -> bool:
        """Whether anybody has this person as the manager."""
        return self.key_of(key) in self._managers

    def team_of(self, key: str) -> str:
        """The group that comes nearest to a team: the smallest one of somebody's groups in which he or she is not
        alone; "" if there is none. A group that takes in whole domains counts as larger than any.
        """
        sizes = [
            (group in self.domains, len(self.members(group)), group)
            for group in self.groups_of(key)
            if group in self.domains or len(self.members(group)) > 1
        ]
        return min(sizes)[2] if sizes else ""

    def is_member(self, key: str, group: str) -> bool:
        """Whether the address is in the group. Raises KeyError for a group that is not there: that is never "no"."""
        members = self.groups[group]
        if group in self._groups_of.get(self.key_of(key), ()) or key in members:
            return True
        return key.rpartition("@")[2] in self.domains.get(group, ())

    def members(self, group: str) -> tuple[str, ...]:
        """The keys of a group's members, sorted, each person once. Of a whole domain only those who are known by name.
        Raises KeyError for a group that is not there.
        """
        return tuple(sorted({self.key_of(key) for key in self.groups[group]}))

    def groups_of(self, key: str) -> frozenset[str]:
        """The names of all groups that the address is in."""
        domain = key.rpartition("@")[2]
        wide = {group for group, domains in self.domains.items() if domain in domains}
        return self._groups_of.get(self.key_of(key), frozenset()) | wide

    def members_of(self, key: str) -> tuple[str, ...]:
        """Who reads and writes the mail of a shared mailbox; nobody for a person's own."""
        person = self.person(key)
        return tuple(map(self.key_of, person.members)) if person is not None else ()

    def stand_ins(self, key: str, day: date) -> tuple[str, ...]:
        """Who is asked in somebody's place on that day, in this order: nobody while the person is there, else the
        delegates who are there themselves, and for a delegate who is away, his or her own.
        """
        found: dict[str, None] = {}
        asked = {self.key_of(key)}
        waiting = [self.key_of(key)]
        while waiting:
            person = self.people.get(waiting.pop(0))
            if person is None or not person.is_away(day):
                continue
            for other in person.delegates:
                delegate = self.key_of(other)
                if delegate in asked:
                    continue
                asked.add(delegate)
                known = self.people.get(delegate)
                if known is not None and known.is_away(day):
                    waiting.append(delegate)
                else:
                    found[delegate] = None
        return tuple(found)


NOBODY = Directory()
