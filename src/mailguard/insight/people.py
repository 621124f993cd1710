"""Everybody whom the model knows: a number for each address, the words of the name, how much mail went where, and who
looks like whom.

Addresses and display names stand in clear here, because the model names people; it is the only place where it does.
"""

from __future__ import annotations

from array import array
from functools import lru_cache

from mailguard.insight.names import NameWords, name_words
from mailguard.insight.near import NearIndex
from mailguard.insight.quoting import pair_key
from mailguard.insight.text import hashed

#: Namesakes under one name, the newest; a name that hundreds bear tells nobody apart.
NAMESAKES = 200


class People:
    """Numbers from 0 on, in the order in which addresses were first seen. All columns have one entry for each."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}
        self.addresses: list[str] = []
        self.domains: list[str] = []
        self.shown: dict[int, str] = {}
        self.keys = array("I")  # the address hashed
        self.first = array("I")  # given and family name hashed; 0: not known
        self.last = array("I")
        self.received = array("I")  # mails
        self.sent = array("I")
        self.received_at = array("d")  # the last one
        self.sent_at = array("d")
        self.writers = array("I")  # different senders
        self.by_key: dict[int, int] = {}
        self.by_first: dict[int, list[int]] = {}
        self.by_last: dict[int, list[int]] = {}
        self.by_name: dict[int, list[int]] = {}
        self.mail_of_domain: dict[str, int] = {}
        self.near = NearIndex()

    def __len__(self) -> int:
        return len(self.addresses)

    def number(self, address: str, shown: str = "") -> int:
        """The number of an address, a new one if it was never seen. shown: its display name, if one is known."""
        found = self.numbers.get(address)
        if found is not None:
            if shown and found not in self.shown:
                self._enter(found, name_words(address, shown))
                self.shown[found] = shown
            return found
        number = len(self.addresses)
        self.numbers[address] = number
        self.addresses.append(address)
        self.domains.append(address.rpartition("@")[2])
        key = hashed(address)
        self.keys.append(key)
        self.by_key[key] = number
        for column in (self.first, self.last, self.received, self.sent, self.writers):
            column.append(0)
        for moments in (self.received_at, self.sent_at):
            moments.append(0.0)
        self._enter(number, name_words(address, shown))
        if shown:
            self.shown[number] = shown
        self.near.add(address)
        return number

    def nobody(self) -> int:
        """A number without an address: of somebody who was forgotten."""
        number = len(self.addresses)
        self.addresses.append("")
        self.domains.append("")
        for column in (self.keys, self.first, self.last, self.received, self.sent, self.writers):
            column.append(0)
        for moments in (self.received_at, self.sent_at):
            moments.append(0.0)
        return number

    def _enter(self, number: int, name: NameWords) -> None:
        first, last = name_hashes(name)
        if last and last != self.last[number]:
            self.last[number] = last
            self._under(self.by_last, last, number)
        if first and first != self.first[number]:
            self.first[number] = first
            self._under(self.by_first, first, number)
        if first and last:
            self._under(self.by_name, pair_key(first, last), number)
        if not (name.first + name.last).isascii():  # 山田 is a namesake of yamada@
            for index, word in zip((self.by_first, self.by_last), name.said, strict=True):
                if word:
                    self._under(index, hashed(word), number)

    @staticmethod
    def _under(index: dict[int, list[int]], key: int, number: int) -> None:
        found = index.setdefault(key, [])
        if number not in found[-3:]:
            found.append(number)
        if len(found) > NAMESAKES:
            del found[0]

    def named(self, key: int) -> list[int]:
        """Who has this key of `quoting`: an address, or a given and a family name; eight at most."""
        found = self.by_name.get(key, [])[:8]
        exact = self.by_key.get(key)
        return [*found, exact] if exact is not None else found

    def forget(self, address: str) -> int | None:
        """Take an address out of every index; its number stays, without a name. None: it was not known."""
        number = self.numbers.pop(address, None)
        if number is None:
            return None
        self.near.discard(address)
        for name in (name_words(address), name_words(address, self.shown.pop(number, ""))):
            first, last = name_hashes(name)
            by_sound = [hashed(word) for word in name.said]
            places = [(self.by_first, first), (self.by_last, last), (self.by_name, pair_key(first, last))]
            places += zip((self.by_first, self.by_last), by_sound, strict=True)
            for index, key in places:
                if number in (found := index.get(key, [])):
                    found[:] = [one for one in found if one != number]
        self.by_key.pop(self.keys[number], None)
        self.addresses[number], self.domains[number] = "", ""
        self.keys[number] = self.first[number] = self.last[number] = 0
        self.received[number] = self.sent[number] = self.writers[number] = 0
        return number


def name_hashes(name: NameWords) -> tuple[int, int]:
    """Given and family name hashed; 0 where there is none, or an initial."""
    first, last = name.first, name.last
    return (
        hashed(first) if len(first) > 1 or not first.isascii() else 0,
        hashed(last) if len(last) > 1 or not last.isascii() else 0,
    )


@lru_cache(maxsize=4096)
def called(address: str, shown: str) -> frozenset[int]:
    """Hashes of the words by which somebody of this name may be addressed."""
    return frozenset([hashed(word) for word in name_words(address, shown).called()])
