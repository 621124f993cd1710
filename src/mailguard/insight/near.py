"""Which of all known addresses look like this one: by a slip of typing, by a domain that looks like another, by the
same name at another house, or by another way of writing the same person's name.

An index over up to some 200,000 addresses: each stands under a few hashes (halves of its local part, its letters
without marks, the person it names), so that a look-up compares dozens and never all. The hashes are Python's own, with
a secret for each process: no stranger can aim at a bucket. It is made anew from the addresses at each start, trusts
nobody's form of an address, and never raises.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from rapidfuzz import process
from rapidfuzz.distance import OSA

from mailguard.insight.chains import Chains
from mailguard.insight.near_sites import NearSites
from mailguard.insight.persons import Person, person_of
from mailguard.insight.slips import slip_cost
from mailguard.mail.values import value

#: How two addresses are alike. slip: the local part mistyped, at the same domain; domain: the same local part at a
#: domain that looks like the other; same_local: at any other domain; same_person: the same name, written otherwise.
Likeness = Literal["slip", "domain", "same_local", "same_person"]
SLIP: Likeness = "slip"
DOMAIN: Likeness = "domain"
SAME_LOCAL: Likeness = "same_local"
SAME_PERSON: Likeness = "same_person"

#: Addresses that are kept; the oldest goes for a newer one.
MOST = 200_000
_LONGEST_ADDRESS = 254
#: Local parts from this length on are looked at for slips; two slips from the second.
_SLIP_FROM, _TWO_FROM = 3, 7
#: Slips up to this cost are told; of an address that is known itself only the likely ones: k-sato and m-sato are two.
_SLIP, _KNOWN_SLIP = 0.9, 0.4
#: Namesakes at other houses that are compared with one address: a name that more people have says little.
_ELSEWHERE = 40
#: Addresses of an office say nobody's name: the same one elsewhere is no likeness.
_OFFICES = frozenset(
    "info sales support contact admin office mail postmaster webmaster abuse help helpdesk service"  # noqa: SIM905
    " customerservice news newsletter noreply no-reply hr pr soumu eigyo keiri jinji kanri toiawase otoiawase"
    " inquiry recruit press billing accounts accounting marketing team staff root hostmaster security privacy"
    " order orders shop customer feedback undisclosed.recipients undisclosed-recipients mailer-daemon jimu kouhou"
    " koho shien saiyo koubai kobai".split()
)


@value(frozen=True, slots=True)
class Near:
    """A known address that looks like the one asked about. cost: 0.05 (a slip of every day) to 1."""

    address: str
    kind: Likeness
    cost: float


class NearIndex:
    """The known addresses, to be asked which of them look like one. Addresses are in lower case, domains in A-labels.

    most: addresses that are kept. One look-up costs some 30 microseconds, one entry some 50 octets beside its string.
    """

    __slots__ = ("_addresses", "_at", "_free", "_most", "_oldest", "_sites", "_tables")

    def __init__(self, most: int = MOST) -> None:
        buckets = 1 << max(6, (most // 4).bit_length())
        self._most = most
        self._addresses: list[str | None] = [None]
        self._free: list[int] = []
        self._oldest = 1
        self._sites = NearSites(max(6, (most // 16).bit_length()))
        self._tables = tuple(Chains(buckets) for _ in range(_TABLES))

    def __len__(self) -> int:
        return len(self._addresses) - 1 - len(self._free)

    def __contains__(self, address: str) -> bool:
        return self._number(address) != 0

    def __iter__(self) -> Iterator[str]:
        return (one for one in self._addresses if one is not None)

    def add(self, address: str) -> None:
        """Enter an address; one that is known already, or is none, changes nothing."""
        local, at, domain = address.rpartition("@")
        if not at or not local or not domain or len(address) > _LONGEST_ADDRESS or self._number(address):
            return
        number = self._place()
        self._addresses[number] = address
        for table, key in zip(self._tables, _keys(address, local, domain), strict=True):
            if key is None:
                table.leave_out(number)
            else:
                table.put(number, key)
        self._sites.add(domain)

    def discard(self, address: str) -> None:
        """Forget an address; one that is not known changes nothing."""
        number = self._number(address)
        if not number:
            return
        local, _, domain = address.rpartition("@")
        for table, key in zip(self._tables, _keys(address, local, domain), strict=True):
            if key is not None:
                table.take(number, key)
        self._addresses[number] = None
        self._free.append(number)
        self._sites.discard(domain)

    def near(self, address: str, limit: int = 5) -> list[Near]:
        """The known addresses that look like this one, which may be known itself: the likeliest first."""
        local, at, domain = address.rpartition("@")
        if not at or not local or not domain or len(address) > _LONGEST_ADDRESS:
            return []
        found: dict[str, Near] = {}
        person = person_of(local)
        alike: list[int] = []
        self._tables[_LOCAL].find(hash(person.plain), alike)
        self._same_name(address, local, domain, person, alike, found)
        self._slips(address, local, domain, found)
        if self._is_elsewhere(address, local, person, alike):
            for other, cost in self._sites.near(domain):
                known = f"{local}@{other}"
                if cost < 0.9 and self._number(known):
                    _keep(found, Near(known, DOMAIN, cost))
        found.pop(address, None)
        return sorted(found.values(), key=lambda one: (one.cost, one.address))[:limit]

    def domains(self, domain: str, limit: int = 5) -> list[tuple[str, float]]:
        """The domains of known addresses that look like this one, each with its cost as in `Near`."""
        return self._sites.near(domain)[:limit]

    def has_domain(self, domain: str) -> bool:
        """Whether an address at exactly this domain is known."""
        return domain in self._sites

    def _number(self, address: str) -> int:
        """The number of a known address, 0 if it is not known."""
        numbers: list[int] = []
        self._tables[_EXACT].find(hash(address), numbers)
        for number in numbers:
            if self._addresses[number] == address:
                return number
        return 0

    def _place(self) -> int:
        """A free number; where there is none the oldest address makes room."""
        if len(self) >= self._most:
            while self._addresses[self._oldest] is None:
                self._oldest = self._oldest % self._most + 1
            self.discard(self._addresses[self._oldest] or "")
            self._oldest = self._oldest % self._most + 1
        if self._free:
            return self._free.pop()
        self._addresses.append(None)
        return len(self._addresses) - 1

    def _slips(self, address: str, local: str, domain: str, found: dict[str, Near]) -> None:
        """The same domain, and a slip or two in the local part."""
        length = len(local)
        if length < _SLIP_FROM or domain not in self._sites:
            return
        numbers: list[int] = []
        front, back = self._tables[_FRONT], self._tables[_BACK]
        slips = 2 if length >= _TWO_FROM else 1
        for other in range(max(_SLIP_FROM, length - 1), length + 2):
            head, tail = other // 2, other - other // 2 - 1
            front.find(hash((other, local[:head], domain)), numbers)
            back.find(hash((other, local[length - tail :], domain)), numbers)
        addresses, end = self._addresses, "@" + domain
        known = {one for number in numbers if (one := addresses[number]) is not None and one.endswith(end)}
        known.discard(address)
        if not known:  # what only shares a bucket goes before it is compared
            return
        most = _KNOWN_SLIP if self._number(address) else _SLIP
        for one, _distance, _ in process.extract(address, known, scorer=OSA.distance, score_cutoff=slips, limit=40):
            cost = slip_cost(local, one[: -len(end)])
            if cost < most:
                _keep(found, Near(one, SLIP, cost))

    def _is_elsewhere(self, address: str, local: str, person: Person, alike: list[int]) -> bool:
        """Whether another address may have this local part. alike: what is under its letters."""
        start, addresses = local + "@", self._addresses
        for number in alike:
            one = addresses[number]
            if one is not None and one.startswith(start) and one != address:
                return True
        return not self._tables[_LOCAL].is_whole(hash(person.plain))

    def _same_name(
        self, address: str, local: str, domain: str, person: Person, alike: list[int], found: dict[str, Near]
    ) -> None:
        """The same local part elsewhere, and the same person written otherwise. alike: what is under its letters."""
        if local in _OFFICES:
            return
        numbers = [*alike]
        table = self._tables[_PERSON]
        for key in person.ways():
            table.find(hash(key), numbers)
        if not person.last:
            self._tables[_FAMILY].find(hash((person.key, domain)), numbers)
        end = "@" + domain
        # Whatever way a name is written, its longer part is in it; what only shares a bucket goes here.
        one, other = (person.last, person.last) if person.last else (person.key[1:], person.key[:-1])
        addresses, elsewhere = self._addresses, 0
        for known in dict.fromkeys([addresses[number] for number in numbers]):
            if known is None or known == address or not (one in known or other in known):
                continue
            if not known.endswith(end):
                elsewhere += 1
                if elsewhere > _ELSEWHERE:
                    continue
            written, _, house = known.rpartition("@")
            if written == local:
                _keep(found, Near(known, SAME_LOCAL, 0.5))
            elif (cost := person.cost(written)) < 1.0:
                _keep(found, Near(known, SAME_PERSON, cost if house == domain else cost + 0.25))
        alone = person.last + end
        if person.last and self._number(alone):
            _keep(found, Near(alone, SAME_PERSON, 0.45))


def _keep(found: dict[str, Near], one: Near) -> None:
    """Of two likenesses the likelier one."""
    before = found.get(one.address)
    if before is None or one.cost < before.cost:
        found[one.address] = one


_EXACT, _LOCAL, _FRONT, _BACK, _PERSON, _FAMILY = range(6)
_TABLES = 6


def _keys(address: str, local: str, domain: str) -> tuple[int | None, ...]:
    """The hashes under which an address stands, in the order of the tables; None: not in this table."""
    length = len(local)
    head, tail = length // 2, length - length // 2 - 1
    person = person_of(local)
    long_enough = length >= _SLIP_FROM
    return (
        hash(address),
        hash(person.plain),
        hash((length, local[:head], domain)) if long_enough else None,
        hash((length, local[length - tail :], domain)) if long_enough else None,
        hash(person.key) if person.key else None,
        hash((person.last, domain)) if person.last else None,
    )
