"""Groups: members written out, from files, named by the people themselves, or members of groups inside; resolved once.

A group that contains itself, that has no members, or that nobody declared is an error: a rule about a group must never
be silently about nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from mailguard.mail.address import AddressError, parse_address
from mailguard.mail.directory import Directory, Person
from mailguard.mail.saying import Sentence
from mailguard.policy.lists import normal_domain
from mailguard.policy.marks import Problem
from mailguard.policy.people.rows import Place
from mailguard.policy.suggest import did_you_mean


@dataclass(slots=True)
class _Team:
    place: Place | None
    members: set[str] = field(default_factory=set)
    domains: set[str] = field(default_factory=set)
    inside: dict[str, Place] = field(default_factory=dict)


def member_of(text: str) -> tuple[str, str]:
    """A member as it is written: (key, "") for an address, ("", domain) for `*@domain`. Raises ValueError."""
    domain = text.removeprefix("*@")
    if "*" in domain or "?" in domain:  # both may stand in an address, and never do
        raise ValueError(
            Sentence(
                "{text!r}: メンバーに書けるパターンは *@ドメイン だけです。",
                "{text!r}: of patterns only *@domain can be a member",
                text=text[:60],
            )
        )
    if domain != text:
        return "", normal_domain(domain)
    try:
        return parse_address(text).key, ""
    except AddressError as error:
        raise ValueError(
            Sentence(
                "{text!r}はアドレスでも *@ドメイン でもありません: {error}",
                "{text!r} is neither an address nor *@domain: {error}",
                text=text[:60],
                error=error,
            )
        ) from error


def no_members(name: str) -> str:
    """What is said of a group in which nobody is."""
    return Sentence("グループ{name!r}にメンバーがいません。", "group {name!r} has no members", name=name)


class Teams:
    """Collects groups, then resolves them. known: what a directory server says, whose groups are there as well."""

    def __init__(self, known: Directory, problems: list[Problem]) -> None:
        self._known = known
        self._problems = problems
        self._teams: dict[str, _Team] = {
            name: _Team(None, set(members), set(known.domains.get(name, ()))) for name, members in known.groups.items()
        }

    def declare(
        self, name: str, place: Place, keys: Iterable[str], domains: Iterable[str], inside: Iterable[str]
    ) -> None:
        """One group of a policy file. A second of the same name is a problem; one of the directory server grows."""
        team = self._teams.setdefault(name, _Team(None))
        if team.place is not None:
            self._problems.append(
                place.problem(
                    "",
                    Sentence(
                        "グループ{name!r}が2つあります(最初は {place})。",
                        "group {name!r} is there twice (first in {place})",
                        name=name,
                        place=team.place.short,
                    ),
                )
            )
            return
        team.place = place
        team.members.update(keys)
        team.domains.update(domains)
        team.inside.update(dict.fromkeys(inside, place))

    def join(self, named: Mapping[str, list[tuple[str, Place]]]) -> None:
        """Whom people's own entries put into groups. A file of people makes groups; a list in YAML only names them."""
        made = {name for name, entries in named.items() if any(place.marks is None for _, place in entries)}
        for name in made - self._teams.keys():
            self._teams[name] = _Team(named[name][0][1])
        for name, entries in named.items():
            if name in self._teams:
                self._teams[name].members.update(key for key, _ in entries)
                continue
            for _, place in entries:
                self._problems.append(place.problem("groups", self._unknown(name)))

    def miss(self, name: str, place: Place) -> None:
        """A group that somebody names and that is not there."""
        self._problems.append(place.problem("member_groups", self._unknown(name)))

    def _unknown(self, name: str) -> str:
        hint = did_you_mean(name, self._teams) or Sentence(
            "groups: の下に書いてください。", "; declare it under groups:"
        )
        return Sentence("グループ{name!r}がありません。{hint}", "no group {name!r}{hint}", name=name[:60], hint=hint)

    def directory(self, people: Mapping[str, Person]) -> Directory:
        """Everything resolved."""
        for team in self._teams.values():
            for name, place in list(team.inside.items()):
                if name not in self._teams:
                    self._problems.append(place.problem("groups", self._unknown(name)))
                    del team.inside[name]
        for name in self._inside_out():
            team = self._teams[name]
            for other in team.inside:
                team.members |= self._teams[other].members
                team.domains |= self._teams[other].domains
        by_domain: dict[str, list[str]] = {}
        for key in people:
            by_domain.setdefault(key.rpartition("@")[2], []).append(key)
        for name, team in self._teams.items():
            if not team.members and not team.domains and team.place is not None:
                self._problems.append(
                    team.place.problem(
                        "",
                        no_members(name),
                    )
                )
            for domain in team.domains:
                team.members.update(by_domain.get(domain, ()))
        return Directory(
            people,
            {name: frozenset(team.members) for name, team in self._teams.items()},
            {name: frozenset(team.domains) for name, team in self._teams.items() if team.domains},
        )

    def _inside_out(self) -> list[str]:
        """The groups, each after those inside it; a ring is a problem. Without recursion, however deep."""
        done: dict[str, bool] = {}  # False: begun
        order: list[str] = []
        for start in self._teams:
            waiting = [] if start in done else [start]
            while waiting:
                name = waiting[-1]
                if name in done:
                    waiting.pop()
                    if not done[name]:
                        done[name] = True
                        order.append(name)
                    continue
                done[name] = False
                for other, place in self._teams[name].inside.items():
                    if other not in done:
                        waiting.append(other)
                    elif not done[other]:
                        self._problems.append(place.problem("groups", _ring(name, other)))
        return order


def _ring(name: str, other: str) -> str:
    if name == other:
        return Sentence("グループ{name!r}が自分自身を含んでいます。", "group {name!r} contains itself", name=name)
    return Sentence(
        "グループ{name!r}が{other!r}を含み、{other!r}も{name!r}を含んでいます。",
        "group {name!r} contains {other!r}, which contains it",
        name=name,
        other=other,
    )
