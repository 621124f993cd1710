"""Everybody, put together from all that is said of each: managers, delegates and further addresses made sure of.

What policy files say wins over a directory server. A manager or delegate whom nobody knows is an error: approvals that
nobody gets are found on the day on which they are needed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from mailguard.mail.directory import Directory, Person
from mailguard.mail.saying import Sentence
from mailguard.policy.days import Span
from mailguard.policy.marks import PROBLEMS_MAX, Problem
from mailguard.policy.people.rows import Entry, Place
from mailguard.policy.suggest import did_you_mean


@dataclass(slots=True)
class _Draft:
    """What is known of one person so far, and where it was said."""

    address: str
    place: Place
    name: str = ""
    manager: str = ""
    manager_place: Place | None = None
    delegates: dict[str, Place] = field(default_factory=dict)
    aliases: dict[str, Place] = field(default_factory=dict)
    away: dict[Span, None] = field(default_factory=dict)
    members: dict[str, None] = field(default_factory=dict)


class Roll:
    """Collects entries, then makes people of them. known: what a directory server says."""

    def __init__(self, known: Directory, problems: list[Problem]) -> None:
        self._known = known
        self._problems = problems
        self._drafts: dict[str, _Draft] = {}
        #: group -> (person, where it was said), as people name them themselves
        self.named_groups: dict[str, list[tuple[str, Place]]] = {}
        #: shared mailbox -> (group whose members share it, where it was said)
        self.sharing_groups: dict[str, list[tuple[str, Place]]] = {}

    def add(self, entries: Iterable[Entry]) -> None:
        """Take in what one place says."""
        for entry in entries:
            key = self._known.key_of(entry.address)
            draft = self._drafts.get(key)
            if draft is None:
                draft = self._drafts[key] = _Draft(key, entry.place)
            draft.name = draft.name or entry.name
            self._manager(draft, entry)
            draft.delegates.update((one, entry.place) for one in entry.delegates if one not in draft.delegates)
            draft.aliases.update((one, entry.place) for one in entry.aliases if one not in draft.aliases)
            draft.away.update(dict.fromkeys(entry.away))
            draft.members.update(dict.fromkeys(entry.members))
            if entry.member_groups:
                shared = [(group, entry.place) for group in entry.member_groups]
                self.sharing_groups.setdefault(key, []).extend(shared)
            for group in entry.groups:
                self.named_groups.setdefault(group, []).append((key, entry.place))

    def _manager(self, draft: _Draft, entry: Entry) -> None:
        if not entry.manager:
            return
        if draft.manager and draft.manager != entry.manager:
            first = draft.manager_place or draft.place
            said = Sentence(
                "{address} の上長はここでは {here} ですが、{place} では {there} です。",
                "manager of {address} is {here} here, but {there} in {place}",
                address=draft.address,
                here=entry.manager,
                there=draft.manager,
                place=first.short,
            )
            self._problem(entry.place, "manager", said)
            return
        draft.manager, draft.manager_place = entry.manager, draft.manager_place or entry.place

    def people(self) -> dict[str, Person]:
        """Everybody by key, those of the directory server as well."""
        owners = self._owners()
        people = {key: person for key, person in self._known.people.items() if key not in self._drafts}
        for key, draft in self._drafts.items():
            before = self._known.people.get(key)
            manager = self._resolved(draft, "manager", draft.manager, draft.manager_place or draft.place, owners)
            delegates = [self._resolved(draft, "delegates", one, at, owners) for one, at in draft.delegates.items()]
            people[key] = Person(
                key,
                draft.name or (before.name if before else ""),
                manager or (before.manager if before else ""),
                tuple(filter(None, delegates)) or (before.delegates if before else ()),
                tuple(sorted(draft.away)),
                tuple(dict.fromkeys((*draft.aliases, *(before.aliases if before else ())))),
                tuple(owners.get(one, one) for one in draft.members) or (before.members if before else ()),
            )
        return people

    def _owners(self) -> dict[str, str]:
        """Each address, also a further one, with the key of its person."""
        owners = {alias: key for key, person in self._known.people.items() for alias in person.aliases}
        owners.update((key, key) for key in self._known.people)
        owners.update((key, key) for key in self._drafts)
        for key, draft in self._drafts.items():
            for alias, place in draft.aliases.items():
                other = owners.get(alias)
                if other is not None and other != key:
                    self._problem(
                        place,
                        "aliases",
                        Sentence(
                            "{alias} は {other} のアドレスでもあります。",
                            "{alias} is an address of {other} too",
                            alias=alias,
                            other=other,
                        ),
                    )
                owners[alias] = key
        return owners

    def _resolved(self, draft: _Draft, what: str, written: str, place: Place, owners: dict[str, str]) -> str:
        if not written:
            return ""
        key = owners.get(written)
        word = Sentence("上長", "manager") if what == "manager" else Sentence("代理人", "delegate")
        if key is None:
            if len(self._problems) < PROBLEMS_MAX:
                said = Sentence(
                    "{word}{written!r}は people: の中にいません。{hint}",
                    "{word} {written!r} is nobody under people:{hint}",
                    word=word,
                    written=written,
                    hint=_near(written, owners),
                )
                self._problem(place, what, said)
            return ""
        if key == draft.address:
            self._problem(
                place,
                what,
                Sentence(
                    "{written} 自身を{word}にはできません。",
                    "{written} cannot be his or her own {word}",
                    written=written,
                    word=word,
                ),
            )
            return ""
        return key

    def _problem(self, place: Place, key: str, message: str) -> None:
        self._problems.append(place.problem(key, message))


def _near(written: str, owners: Iterable[str]) -> str:
    said = did_you_mean(written, owners)
    return said if said.startswith(", did") else ""  # a list of all people helps nobody
