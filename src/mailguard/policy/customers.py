"""Whose name is whose: customers by the names that texts call them, with the domains that their people write from.

The operator's list may hold ten thousands of names, and a text may be long and hostile: all names are looked for in
one pass of a linear engine, the longest first: 東京電力 is not found in 東京電力エナジー when both are customers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from heapq import merge
from typing import Any

import re2

from mailguard.mail.address import Address
from mailguard.mail.saying import Sentence
from mailguard.policy.fold import fold, spaced
from mailguard.policy.lists import NameList

NAMES_MAX, NAME_MAX, SHORTEST = 50_000, 200, 2
#: Names in one pattern: more of them make its automaton forget, and the search slow.
_AT_ONCE = 2000
_MEMORY = 128 * 2**20


@dataclass(frozen=True, slots=True)
class Customer:
    """names: as written; domains: globs in normal form."""

    names: tuple[str, ...]
    domains: NameList
    written: str  # its domains, for sentences


class Customers:
    """All customers of a policy, ready to be looked for."""

    def __init__(self, customers: Iterable[Customer] = ()) -> None:
        """Raises ValueError if there are too many names to be searched for."""
        self._by_name: dict[bytes, list[Customer]] = {}
        domains: set[str] = set()
        for customer in customers:
            domains.update(customer.domains.entries)
            for name in customer.names:
                self._by_name.setdefault(spaced(fold(name)).encode("utf-8", "replace"), []).append(customer)
        if len(self._by_name) > NAMES_MAX:
            raise ValueError(
                Sentence("顧客の名前が{most}個を超えています。", "more than {most} names of customers", most=NAMES_MAX)
            )
        names = sorted(self._by_name)
        self._patterns = tuple(_compiled(names[at : at + _AT_ONCE]) for at in range(0, len(names), _AT_ONCE))
        self._domains = NameList(domains)

    def __bool__(self) -> bool:
        return bool(self._by_name)

    def is_customer(self, address: Address) -> bool:
        """Whether somebody there is a customer."""
        return self._domains.has(address)

    def named_in(self, text: str) -> dict[str, list[Customer]]:
        """Names in a folded text, with the customers who bear them. A name inside of a longer one does not count."""
        octets = text.encode("utf-8", "replace")
        spans = merge(*(_spans(pattern, octets) for pattern in self._patterns), key=_longest_first)
        found: dict[str, list[Customer]] = {}
        end = 0
        for start, stop in spans:
            if start < end or _inside_word(octets, start, stop):
                continue
            end = stop
            name = octets[start:stop]
            found[name.decode("utf-8", "replace")] = self._by_name[name]
        return found


def others_among(
    recipients: Iterable[tuple[int, Address]], named: Iterable[Customer], customers: Customers
) -> frozenset[int]:
    """The outside recipients who should not read a name of these customers: everybody, if nobody of them is written to;
    else those who are of another customer. A partner in copy of a mail to the customer is not meant.
    """
    listed, bearers = list(recipients), list(named)
    own = {index for index, address in listed if any(one.domains.has(address) for one in bearers)}
    strangers = [(index, address) for index, address in listed if index not in own]
    if not own:
        return frozenset(index for index, _ in strangers)
    return frozenset(index for index, address in strangers if customers.is_customer(address))


def _compiled(names: list[bytes]) -> Any:
    options = re2.Options()
    options.log_errors = False
    options.longest_match = True
    options.never_capture = True
    options.max_mem = _MEMORY
    return re2.compile(b"|".join(re2.escape(name) for name in names), options)


def _spans(pattern: Any, octets: bytes) -> Iterator[tuple[int, int]]:
    for match in pattern.finditer(octets):
        yield match.span()


def _longest_first(span: tuple[int, int]) -> tuple[int, int]:
    return span[0], -span[1]


def _inside_word(octets: bytes, start: int, stop: int) -> bool:
    """Whether a Latin name stands inside of a longer word."""
    before, after = octets[start - 1 : start] if start else b"", octets[stop : stop + 1]
    first, last = octets[start : start + 1], octets[stop - 1 : stop]
    return (before.isalnum() and first.isalnum()) or (after.isalnum() and last.isalnum())
