"""What the ledger remembers of a recipient or a file, in words: written to for the first time, or how often and when.

Said only of what is still held: of a mail that is out, the ledger counts that mail too. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass

from mailguard.console.present import Speaker
from mailguard.mail.address import Address
from mailguard.notify.phrases import listed, on_one_line
from mailguard.policy.free_mail import known_keys
from mailguard.review import Background


@dataclass(frozen=True, slots=True)
class Relation:
    """What is remembered. new: nobody here has a record of it; sure: this very address is known."""

    words: str
    new: bool = False
    sure: bool = False


def relation(address: Address, known: Background, by: Speaker) -> Relation:
    """How well an outside recipient is known to the sender, to the company, or to nobody."""
    say, key = by.say, known_keys(address)
    person, own, house = known.people.get(address.key), known.organizations.get(key), known.house.get(key)
    if person is not None:
        last = by.day(person.last_at)
        if person.count == 1:
            return Relation(say("known.person.once", last=last), sure=True)
        return Relation(say("known.person", count=person.count, last=last), sure=True)
    if own is not None and own.first_at is not None:
        since = by.day(own.first_at)
        return Relation(say("known.organization", count=own.count, since=since, last=by.day(own.last_at)))
    if house is not None and house.first_at is not None:
        since = by.day(house.first_at)
        words = say("known.house" if key == address.key else "known.house.domain", count=house.count, since=since)
        return Relation(words, new=True)
    return Relation(say("known.nobody"), new=True)


def sent_before(digest: str, known: Background, by: Speaker) -> str:
    """Which organisations got a file before, the last one first; "" if none is remembered."""
    seen = known.files.get(digest, ())
    if not seen:
        return ""
    names = listed([on_one_line(key, 80) for key, _ in seen], by.language, 3)
    return by.say("known.file", names=names, last=by.day(seen[0][1]))
