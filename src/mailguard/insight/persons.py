"""Who a local part names, cheaply: john.smith, jsmith, j.smith, smith.john and smithj are one person's ways to write.

Only what letters can say: where the order of two names cannot be seen, the first is taken for the given name, and both
orders are asked for. Pure; never raises.
"""

from __future__ import annotations

from mailguard.mail.values import value

_MARKS = str.maketrans("_-'", "...")
_NO_MARKS = str.maketrans("", "", "._-'")
_FIGURES = "0123456789"


@value(frozen=True, slots=True)
class Person:
    """A local part as a name. plain: its letters and figures without marks; first, last: given name or initial, and
    family name, where they can be told apart; key: initial and family name, or the one word there is, "" if it names
    nobody; figures: those it ends with.
    """

    plain: str
    first: str = ""
    last: str = ""
    key: str = ""
    figures: str = ""

    def ways(self) -> tuple[str, ...]:
        """The keys of other ways to write this name."""
        if not self.last:
            return (self.key, self.key[-1] + self.key[:-1]) if self.key else ()
        first, last = self.first, self.last
        ways = (self.key, first + last, last + first[0])
        return ways if len(first) == 1 else (*ways, last + first, last[0] + first)

    def cost(self, other: str) -> float:
        """What it costs to take another local part for this person's: 0.25 to 0.5; 1.0 for another person."""
        person = person_of(other)
        if self.plain == person.plain:
            return 0.25
        if not self.key or not person.key or (self.figures and person.figures and self.figures != person.figures):
            return 1.0  # suzuki1 and suzuki2 are two
        cost = 0.0 if self.figures == person.figures else 0.2
        if self.last and person.last:
            return cost + 0.3 if self._same(person) else 1.0
        if person.key == self.key or person.key in self.ways() or self.key in person.ways():
            return cost + 0.4
        return cost + 0.5 if (person.last or person.key) == (self.last or self.key) else 1.0

    def _same(self, other: Person) -> bool:
        """Whether two given and family names can be one person's: an initial is as good as its name."""
        one, two = self.first, other.first
        if self.last == other.last:
            return one == two or (one[0] == two[0] and (len(one) == 1 or len(two) == 1))
        return self.last == two and one == other.last


def person_of(local: str) -> Person:
    """Who a local part names."""
    plain = local.translate(_NO_MARKS)
    figures = ""
    if not plain.isalpha():
        whole = local.partition("+")[0] or local
        local = whole.rstrip(_FIGURES)
        plain, figures = whole.translate(_NO_MARKS), whole[len(local) :]
        if not local.translate(_NO_MARKS).isalpha():
            return Person(plain)
    parts = local.translate(_MARKS).split(".")
    first, last = parts[0], parts[-1]
    if len(parts) == 1:
        return Person(plain, "", "", local if len(local) > 2 else "", figures)
    if len(last) == 1 and len(first) > 1:  # smith.j
        first, last = last, first
    if len(last) < 2 or not first or len(parts) > 4:
        return Person(plain)
    return Person(plain, first, last, first[0] + last, figures)
