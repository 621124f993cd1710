"""Which acquaintances of a sender are worth looking up for a mail, so that conditions can say who was meant: keys and
beginnings of keys and names, made from the mail alone.

Whoever keeps the acquaintances looks these up instead of comparing with all of them. Pure, and bounded.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from mailguard.mail.address import Address
from mailguard.mail.facts import Addressee, Facts
from mailguard.policy.case import Acquaintance
from mailguard.policy.free_mail import is_shared
from mailguard.policy.names import name_parts
from mailguard.policy.near import are_same_person, same_person, slips
from mailguard.policy.result import Truth
from mailguard.policy.salutation import Called, fits
from mailguard.policy.surnames import WRITTEN, surname_in

#: A mail to more strangers is a mailing: nobody completed so many names wrongly.
STRANGERS_MAX = 20
_GREETED_MAX = 5
#: Beginnings of so few Latin letters are those of too many.
_SHORT = 3
_MARKS = re.compile(r"[-_+]")


class Lookup(NamedTuple):
    """keys: addresses as they stand; mailboxes: what stands before the @ of others; names, starts: how names (folded,
    `name_key`) and addresses begin.
    """

    keys: tuple[str, ...] = ()
    mailboxes: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    starts: tuple[str, ...] = ()


def whom_greeted(facts: Facts, shown: Sequence[tuple[Address, str]]) -> tuple[Addressee, ...]:
    """The people whom the greeting names, if none of the recipients is any of them as far as To and Cc tell: then it is
    worth to ask whom it may mean. shown: the recipients with their display names, "" for none.
    """
    people = facts.greeting
    if not people or not all(one.name or one.company for one in people):
        return ()
    named = tuple(one for one in people if one.name)[:_GREETED_MAX]
    for one in people:
        for address, name in shown:
            if fits(one, Called((name,) if name else (), address.local, address.ascii_domain)) is Truth.YES:
                return ()
    return named


def greeted_lookup(people: Iterable[Addressee]) -> Lookup:
    """How the names and addresses of those begin whom a greeting may mean."""
    names: dict[str, None] = {}
    starts: dict[str, None] = {}
    for one in people:
        words = name_parts(one.name)
        surname = surname_in(words) or (words[0] if words else "")
        if surname and not surname.isascii():
            names[surname] = None
        read = WRITTEN.get(surname, ()) if not surname.isascii() else (surname, *words)
        starts |= dict.fromkeys(word for word in read if len(word) >= _SHORT and word.isascii())
    return Lookup(names=tuple(names), starts=tuple(starts))


def resembles(key: str, name: str, other: Acquaintance, *, surnames: bool) -> bool:
    """Whether a stranger (key, display name) may have been taken for somebody. surnames: the family name is enough. Of
    those to whom only others here wrote, he is taken for one at his own domain.
    """
    local, _, domain = key.rpartition("@")
    mailbox, _, house = other.key.rpartition("@")
    if house == domain and mailbox in slips(local):
        return True
    if not other.count:
        return False
    if house != domain and are_same_person(local, mailbox, private=is_shared(domain) or is_shared(house)):
        return True
    surname = surname_in(name_parts(name)) or surname_in(name_parts(_MARKS.sub(" ", local))) if surnames else ""
    called = Called((other.name,) if other.name else (), mailbox, house)
    return bool(surname) and fits(Addressee(surname), called) is Truth.YES


def stranger_lookup(strangers: Iterable[tuple[str, str]], *, surnames: bool) -> Lookup:
    """Whom strangers may have been taken for. strangers: keys with their display names; surnames: those of the same
    family name as well.
    """
    keys: set[str] = set()
    mailboxes: set[str] = set()
    names: set[str] = set()
    starts: set[str] = set()
    for key, name in strangers:
        local, _, domain = key.rpartition("@")
        keys.update(f"{one}@{domain}" for one in slips(local))
        mailboxes.update(same_person(local, private=is_shared(domain)))
        if surnames and (surname := surname_in(name_parts(name)) or surname_in(name_parts(_MARKS.sub(" ", local)))):
            names.update(() if surname.isascii() else (surname,))
            starts.update((surname,) if surname.isascii() else WRITTEN.get(surname, ()))
    return Lookup(tuple(sorted(keys)), tuple(sorted(mailboxes)), tuple(sorted(names)), tuple(sorted(starts)))
