"""Who else the sender may have meant: people whom this mail fits, and people who are easily taken for a recipient.

A rival is never a recipient and never the sender. So many are looked at, and no more; the ones that the mail itself
names come first.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence

from mailguard.insight.features import fits, weighed
from mailguard.insight.near import DOMAIN, SAME_LOCAL, SAME_PERSON, SLIP, Near
from mailguard.insight.scene import Scene
from mailguard.mail.values import value

MOST = 36
_KINDS = {SLIP: 1.0, DOMAIN: 2.0, SAME_LOCAL: 3.0, SAME_PERSON: 4.0}
#: Contacts that begin alike or bear the same name, for one recipient.
_ALIKE, _NAMESAKES = 6, 5
NONE = -9.0


@value(frozen=True, slots=True)
class Mistakable:
    """Who is easily taken for one recipient. begins, named: how well the best rival fits whose address begins alike, or
    who has the same family or given name; rivals: by number, with that; NONE: nobody.
    """

    begins: float
    beginning: int
    named: float
    family: int
    family_count: float
    given: int
    given_weight: float
    looks: Near | None
    looks_number: int
    looks_fit: float
    looks_count: float
    looking: int
    best: int


NOT_MISTAKABLE = Mistakable(NONE, 0, NONE, 0, 0.0, 0, 0.0, None, -1, NONE, 0.0, 0, -1)


class Rivals:
    """Everybody looked at for one mail, with the numbers of `features.weighed`."""

    def __init__(self, scene: Scene, others: Sequence[int]) -> None:
        """others: the recipients beside whom a rival would stand."""
        self.scene = scene
        self.others = others
        self.numbers: dict[int, tuple[float, ...]] = {}
        self.fit: dict[int, float] = {}
        for some in (
            scene.askers[:4],
            scene.quoted_people[:8],
            _most(scene.own.share, 8),
            _most(scene.all.share, 5),
            _most(scene.thread, 6),
            scene.greeted_before,
        ):
            for one in some:
                self.look(one)

    def look(self, one: int) -> float:
        """How well this person fits; NONE if it cannot be a rival, or if enough were looked at."""
        found = self.fit.get(one)
        if found is not None:
            return found
        scene = self.scene
        if one < 0 or one == scene.sender or one in scene.among or len(self.fit) >= MOST:
            return NONE
        address = scene.memory.people.addresses[one]
        if not address:
            return NONE
        numbers = self.numbers[one] = weighed(scene, one, address, self.others)
        fit = self.fit[one] = fits(numbers)
        return fit

    def best_of(self, some: Iterable[int]) -> tuple[float, int]:
        """The best fit among these people and whose it is."""
        best, whose = NONE, -1
        for one in some:
            fit = self.look(one)
            if fit > best:
                best, whose = fit, one
        return best, whose

    def mistakable(self, one: int, address: str, name: tuple[int, int]) -> Mistakable:
        """Who is easily taken for this recipient. name: given and family name hashed."""
        scene = self.scene
        begins, beginner, count = self._beginning(address)
        first, last = name  # 0: not known, and then under nobody's name
        people, known, memory = scene.memory.people, scene.contacts.people, scene.memory
        among = scene.among
        family = [other for other in people.by_last.get(last, ()) if other in known and other not in among]
        given = [other for other in people.by_first.get(first, ()) if other in known and other not in among]
        named, namesake = self.best_of((*family[:_NAMESAKES], *given[:_NAMESAKES]))
        place = known.get(one)
        near: list[Near] = []
        if place is None or memory.count[place] < 3.0:
            near = [found for found in people.near.near(address) if people.numbers.get(found.address) != scene.sender]
        looks, number, fit, often = self._likest(near)
        _best, whose = max((begins, beginner), (named, namesake), (fit, number))
        return Mistakable(
            begins, count, named, len(family), max([memory.count[known[other]] for other in family], default=0.0),
            len(given), max([memory.weight[known[other]] for other in given], default=0.0), looks, number, fit, often,
            len(near), whose,
        )  # fmt: skip

    def _beginning(self, address: str) -> tuple[float, int, int]:
        """Contacts whose address begins with the same three letters: what a client completes to."""
        scene = self.scene
        ordered, numbers = scene.contacts.ordered, scene.memory.people.numbers
        at, three, found = bisect_left(ordered, address[:3]), address[:3], list[int]()
        while at < len(ordered) and len(found) < 60 and ordered[at].startswith(three):
            other = numbers[ordered[at]]
            if other not in scene.among:
                found.append(other)
            at += 1
        count = len(found)
        if count > _ALIKE:
            weight, known = scene.memory.weight, scene.contacts.people
            own, everybody, thread = scene.own, scene.all, scene.thread
            found.sort(
                key=lambda one: 5 * own.of(one) + everybody.of(one) + 0.02 * weight[known[one]] + thread.get(one, 0),
                reverse=True,
            )
        return (*self.best_of(found[:_ALIKE]), count)

    def _likest(self, near: list[Near]) -> tuple[Near | None, int, float, float]:
        """The likeliest of those that look like a recipient: its number, its fit, and how often it was written to."""
        memory, known = self.scene.memory, self.scene.contacts.people
        best = 9.0
        out: tuple[Near | None, int, float, float] = (None, -1, NONE, 0.0)
        for one in near:
            number = memory.people.numbers.get(one.address, -1)
            place = known.get(number)
            often = 0.0 if place is None else memory.count[place]
            cost = one.cost - 0.05 * min(4.0, often) - 0.02 * (number >= 0 and memory.people.received[number] > 0)
            if cost < best:
                best, out = cost, (one, number, self.look(number), often)
        return out


def likeness(found: Near | None) -> float:
    """The kind of a likeness as a number, 0 for none."""
    return 0.0 if found is None else _KINDS[found.kind]


def _most(share: dict[int, int] | dict[int, float], most: int) -> list[int]:
    return sorted(share, key=share.__getitem__, reverse=True)[:most]
