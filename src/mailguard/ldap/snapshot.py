"""Entries of a directory server to a Directory: whose addresses, under whom, in which groups, also through others.

Pure. It trusts the server for what people are, and nothing for its form: an entry without a usable address is left out
and counted; a name that two groups bear stands for neither, both then go by their distinguished names.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from mailguard.ldap.settings import Attributes
from mailguard.mail.address import AddressError, parse_address
from mailguard.mail.directory import Directory, Person

_COMMA = re.compile(r"\s*,\s*")
_NAME_MAX = 200


@dataclass(frozen=True, slots=True)
class Found:
    """One entry. values: by the attribute's name in lower case."""

    dn: str
    values: Mapping[str, Sequence[str]]

    def all_of(self, name: str) -> Sequence[str]:
        return self.values.get(name.casefold(), ()) if name else ()

    def first_of(self, *names: str) -> str:
        return next((value for name in names for value in self.all_of(name) if value.strip()), "").strip()[:_NAME_MAX]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What the server said at one moment. skipped: entries that could not be used."""

    directory: Directory
    skipped: int = 0


def dn_key(dn: str) -> str:
    """A distinguished name as it is compared: the server writes each in one way but for case and blanks."""
    return _COMMA.sub(",", dn.strip()).casefold()


@dataclass(slots=True)
class _Reading:
    attributes: Attributes
    people: dict[str, Person] = field(default_factory=dict)
    by_dn: dict[str, str] = field(default_factory=dict)
    by_uid: dict[str, str] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)
    skipped: int = 0


def snapshot_of(people: Sequence[Found], groups: Sequence[Found], attributes: Attributes) -> Snapshot:
    """Everybody and every group among the entries."""
    reading = _Reading(attributes)
    usable = [(found, key) for found in people if (key := _take(found, reading))]
    for found, key in usable:
        _complete(found, key, reading)
    return Snapshot(Directory(reading.people, _groups(usable, groups, reading)), reading.skipped)


def _take(found: Found, reading: _Reading) -> str:
    """The key of the person's own address, noted as taken; "" if there is none, or it is somebody else's."""
    key = next(filter(None, map(_key, found.all_of(reading.attributes.mail))), "")
    if not key or key in reading.taken:
        reading.skipped += 1
        return ""
    reading.taken.add(key)
    reading.by_dn[dn_key(found.dn)] = key
    uid = found.first_of(reading.attributes.uid)
    if uid:
        reading.by_uid[uid.casefold()] = key
    return key


def _complete(found: Found, key: str, reading: _Reading) -> None:
    """The person, now that everybody has a key."""
    asked = reading.attributes
    manager = reading.by_dn.get(dn_key(found.first_of(asked.manager)), "") if asked.manager else ""
    delegates = (reading.by_dn.get(dn_key(dn), "") for dn in found.all_of(asked.delegates))
    aliases = []
    for text in (*found.all_of(asked.mail), *found.all_of(asked.aliases)):
        alias = _key(text)
        if alias and alias not in reading.taken:
            reading.taken.add(alias)
            aliases.append(alias)
    reading.people[key] = Person(
        key,
        found.first_of(*asked.name),
        manager if manager != key else "",
        tuple(dict.fromkeys(one for one in delegates if one and one != key)),
        aliases=tuple(aliases),
    )


def _key(text: str) -> str:
    """The key of an address as a directory writes it (`SMTP:ann@corp.example`); "" for anything else."""
    scheme, colon, rest = text.strip().partition(":")
    if colon and scheme.casefold() == "smtp":
        text = rest
    try:
        return parse_address(text.strip()).key
    except AddressError:
        return ""


def _groups(
    people: Iterable[tuple[Found, str]], groups: Sequence[Found], reading: _Reading
) -> dict[str, frozenset[str]]:
    asked = reading.attributes
    inside: dict[str, set[str]] = {dn_key(found.dn): set() for found in groups}
    members: dict[str, set[str]] = {dn: set() for dn in inside}
    for found in groups:
        own = dn_key(found.dn)
        for value in (value for name in asked.members for value in found.all_of(name)):
            dn = dn_key(value)
            if dn in inside:
                inside[own].add(dn)
            else:  # whoever is neither a person nor a group here (a machine, a disabled account) is no member
                members[own].update(filter(None, (reading.by_dn.get(dn) or reading.by_uid.get(value.casefold()),)))
        for value in found.all_of(asked.member_of):
            if dn_key(value) in inside:
                inside[dn_key(value)].add(own)
    for found, key in people:
        for value in found.all_of(asked.member_of):
            if dn_key(value) in members:
                members[dn_key(value)].add(key)
    names = _names(groups, asked)
    return {names[dn]: _within(dn, inside, members) for dn in inside}


def _names(groups: Sequence[Found], asked: Attributes) -> dict[str, str]:
    said = {dn_key(found.dn): found.first_of(asked.group_name) for found in groups}
    often = Counter(said.values())
    return {
        dn_key(found.dn): said[dn_key(found.dn)] if often[said[dn_key(found.dn)]] == 1 else found.dn for found in groups
    }


def _within(dn: str, inside: Mapping[str, set[str]], members: Mapping[str, set[str]]) -> frozenset[str]:
    """The members of a group and of all groups inside it; groups that contain each other are one and the same."""
    seen, waiting = {dn}, [dn]
    found: set[str] = set()
    while waiting:
        one = waiting.pop()
        found |= members[one]
        more = inside[one] - seen
        seen |= more
        waiting.extend(more)
    return frozenset(found)
