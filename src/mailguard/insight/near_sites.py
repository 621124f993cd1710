"""Which of the known domains look like this one. A domain is known as long as an address at it is.

Each stands under its skeleton, its squeezed form and the halves of its name, so that a look-up compares few. What was
found is remembered until a domain comes or goes. Bounded by its user's addresses; pure; never raises.
"""

from __future__ import annotations

from array import array

from rapidfuzz import process
from rapidfuzz.distance import OSA

from mailguard.insight.chains import Chains
from mailguard.insight.sites import Site, likeness, site

#: Names from this length on are looked at for a slip; for two from the second.
_SLIP_FROM, _TWO_FROM = 3, 9
_REMEMBERED = 2048
_MOST = 10


class NearSites:
    """Domains (A-labels, lower case), to be asked which of them look like one."""

    __slots__ = ("_asked", "_back", "_counts", "_domains", "_free", "_front", "_looks", "_numbers", "_squeezed")

    def __init__(self, bits: int) -> None:
        """bits: of the number of buckets."""
        self._numbers: dict[str, int] = {}
        self._domains: list[str] = [""]
        self._free: list[int] = []
        self._counts = array("I", [0])
        self._looks, self._squeezed, self._front, self._back = (Chains(1 << bits) for _ in range(4))
        self._asked: dict[str, list[tuple[str, float]]] = {}

    def __contains__(self, domain: str) -> bool:
        return domain in self._numbers

    def add(self, domain: str) -> None:
        """One more address at this domain."""
        number = self._numbers.get(domain)
        if number is None:
            number = self._free.pop() if self._free else len(self._domains)
            if number == len(self._domains):
                self._domains.append(domain)
                self._counts.append(0)
            else:
                self._domains[number] = domain
            self._numbers[domain] = number
            for table, key in self._keys(site(domain)):
                table.put(number, key)
            self._asked.clear()
        self._counts[number] += 1

    def discard(self, domain: str) -> None:
        """One address fewer at this domain."""
        number = self._numbers.get(domain)
        if number is None:
            return
        self._counts[number] -= 1
        if self._counts[number] > 0:
            return
        del self._numbers[domain]
        for table, key in self._keys(site(domain)):
            table.take(number, key)
        self._domains[number] = ""
        self._free.append(number)
        self._asked.clear()

    def near(self, domain: str) -> list[tuple[str, float]]:
        """The known domains that look like this one, the likeliest first, at most ten."""
        found = self._asked.get(domain)
        if found is None:
            found = self._look(site(domain))
            if len(self._asked) >= _REMEMBERED:
                self._asked.clear()
            self._asked[domain] = found
        return found

    def _keys(self, one: Site) -> list[tuple[Chains, int]]:
        length = len(one.plain)
        head, tail = length // 2, length - length // 2 - 1
        return [
            (self._looks, hash(one.skeleton)),
            (self._squeezed, hash(one.squeezed)),
            (self._front, hash((length, one.plain[:head], one.suffix))),
            (self._back, hash((length, one.plain[length - tail :], one.suffix))),
        ]

    def _look(self, one: Site) -> list[tuple[str, float]]:
        numbers: list[int] = []
        self._looks.find(hash(one.skeleton), numbers)
        self._squeezed.find(hash(one.squeezed), numbers)
        known = {self._domains[number] for number in numbers}
        known.update(self._slipped(one))
        known.discard(one.domain)
        found = [(other, likeness(one, site(other))) for other in known]
        return sorted((pair for pair in found if pair[1] < 0.8), key=lambda pair: (pair[1], pair[0]))[:_MOST]

    def _slipped(self, one: Site) -> list[str]:
        """The domains that are a slip or two away."""
        length = len(one.plain)
        if length < _SLIP_FROM:
            return []
        numbers: list[int] = []
        slips = 2 if length >= _TWO_FROM else 1
        for other in range(max(_SLIP_FROM, length - 1), length + 2):
            head, tail = other // 2, other - other // 2 - 1
            self._front.find(hash((other, one.plain[:head], one.suffix)), numbers)
            self._back.find(hash((other, one.plain[length - tail :], one.suffix)), numbers)
        known = {self._domains[number] for number in numbers}
        return [name for name, _, _ in process.extract(one.domain, known, scorer=OSA.distance, score_cutoff=slips)]
