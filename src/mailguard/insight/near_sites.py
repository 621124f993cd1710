"""Which of the known domains look like this one. A domain is known as long as an address at it is.

Each stands under its skeleton, its squeezed form and the halves of its name, so that a look-up compares few. What was
found is remembered until a domain comes or goes. Bounded by its user's addresses; pure; never raises.
"""

from __future__ import annotations

from collections.abc import Sequence

from rapidfuzz import process
from rapidfuzz.distance import OSA

from mailguard.insight.chains import LONGEST
from mailguard.insight.sites import Site, likeness, site

#: Names from this length on are looked at for a slip; for two from the second.
_SLIP_FROM, _TWO_FROM = 3, 9
_REMEMBERED = 2048
_MOST = 10


class NearSites:
    """Domains (A-labels, lower case), to be asked which of them look like one."""

    __slots__ = ("_asked", "_back", "_counts", "_front", "_looks", "_squeezed")

    def __init__(self, bits: int) -> None:
        """bits: of the number of buckets."""
        self._counts: dict[str, int] = {}
        self._looks, self._squeezed, self._front, self._back = (_Buckets(1 << bits) for _ in range(4))
        self._asked: dict[str, list[tuple[str, float]]] = {}

    def __contains__(self, domain: str) -> bool:
        return domain in self._counts

    def add(self, domain: str) -> None:
        """One more address at this domain."""
        count = self._counts.get(domain, 0)
        if not count:
            for table, key in self._keys(site(domain)):
                table.put(domain, key)
            self._asked.clear()
        self._counts[domain] = count + 1

    def discard(self, domain: str) -> None:
        """One address fewer at this domain."""
        count = self._counts.get(domain, 0)
        if count > 1:
            self._counts[domain] = count - 1
        elif count:
            del self._counts[domain]
            for table, key in self._keys(site(domain)):
                table.take(domain, key)
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

    def _keys(self, one: Site) -> list[tuple[_Buckets, int]]:
        length = len(one.plain)
        head, tail = length // 2, length - length // 2 - 1
        return [
            (self._looks, hash(one.skeleton)),
            (self._squeezed, hash(one.squeezed)),
            (self._front, hash((length, one.plain[:head], one.suffix))),
            (self._back, hash((length, one.plain[length - tail :], one.suffix))),
        ]

    def _look(self, one: Site) -> list[tuple[str, float]]:
        known = {*self._looks.find(hash(one.skeleton)), *self._squeezed.find(hash(one.squeezed))}
        known.update(self._slipped(one))
        known.discard(one.domain)
        found = [(other, likeness(one, site(other))) for other in known]
        return sorted((pair for pair in found if pair[1] < 0.8), key=lambda pair: (pair[1], pair[0]))[:_MOST]

    def _slipped(self, one: Site) -> list[str]:
        """The domains that are a slip or two away."""
        length = len(one.plain)
        if length < _SLIP_FROM:
            return []
        known: set[str] = set()
        slips = 2 if length >= _TWO_FROM else 1
        for other in range(max(_SLIP_FROM, length - 1), length + 2):
            head, tail = other // 2, other - other // 2 - 1
            known.update(self._front.find(hash((other, one.plain[:head], one.suffix))))
            known.update(self._back.find(hash((other, one.plain[length - tail :], one.suffix))))
        return [name for name, _, _ in process.extract(one.domain, known, scorer=OSA.distance, score_cutoff=slips)]


class _Buckets:
    """Domains under one hash each. Like `chains`, a bucket takes LONGEST and no more, and holds strangers too; as there
    are far fewer domains than addresses they stand there themselves, and are found without a step for each.
    """

    __slots__ = ("_kept", "_mask")

    def __init__(self, buckets: int) -> None:
        """buckets: a power of two."""
        self._mask = buckets - 1
        self._kept: dict[int, list[str]] = {}

    def put(self, domain: str, key: int) -> None:
        kept = self._kept.setdefault(key & self._mask, [])
        if len(kept) < LONGEST:
            kept.insert(0, domain)

    def take(self, domain: str, key: int) -> None:
        """Take a domain out again; nothing happens if its bucket was full when it came."""
        kept = self._kept.get(key & self._mask, [])
        if domain in kept:
            kept.remove(domain)
        if not kept:
            self._kept.pop(key & self._mask, None)

    def find(self, key: int) -> Sequence[str]:
        """Whatever is in the key's bucket, the newest first."""
        return self._kept.get(key & self._mask, ())
