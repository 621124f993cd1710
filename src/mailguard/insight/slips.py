"""How likely it is that one name was typed for another: a cost from 0 (a slip of every day) to 1 (no slip at all).

Weighed are the ways fingers and eyes go wrong: a neighbouring key (QWERTY and JIS), two letters changed round, one
doubled or left out, letters that look alike (0 and o, rn and m), a dot or hyphen missing. A name that differs in its
figures is the next of a series, and one that differs in an initial somebody else. Pure; looks at 64 characters.
"""

from __future__ import annotations

from rapidfuzz.distance import OSA, Levenshtein

_ROWS = ("1234567890-^", "qwertyuiop@[", "asdfghjkl;:]", "zxcvbnm,./_")
#: Each row of keys stands half a key to the right of the one above it.
_SHIFT = (0.0, 0.5, 0.75, 1.25)
_MARKS = frozenset(".-_")
_VOWELS = frozenset("aeiouy")
_LOOKS = ("0o", "1l", "1i", "il", "5s", "8b", "2z", "6b", "9g", "vu", "nm", "ij", "qg")
_PAIRS = frozenset({("rn", "m"), ("nn", "m"), ("vv", "w"), ("cl", "d"), ("ri", "n"), ("li", "h"), ("ii", "u")})


def _neighbours() -> frozenset[str]:
    """Pairs of keys that touch each other, both ways round."""
    places = {
        key: (column + _SHIFT[row], row) for row, keys in enumerate(_ROWS) for column, key in enumerate(keys)
    }  # fmt: skip
    return frozenset(
        one + two
        for one, (x, row) in places.items()
        for two, (at, other) in places.items()
        if one != two and abs(row - other) <= 1 and abs(x - at) <= 1.0
    )


_NEAR = _neighbours()
_ALIKE = frozenset(pair for one in _LOOKS for pair in (one, one[::-1]))


def slip_cost(typed: str, meant: str) -> float:
    """What it costs to have typed `typed` for `meant`: 0.05 to 1; 1.0 where more than two slips would be needed."""
    typed, meant = typed[:64], meant[:64]
    start, end = _shared(typed, meant)
    one, two = typed[start : len(typed) - end], meant[start : len(meant) - end]
    if not one and not two:
        return 0.0
    cost = _change(one, two, typed, meant, start)
    if start == 0:
        cost += 0.1  # the first letter is the one that people look at
    shorter = min(len(typed), len(meant))
    if shorter < 6:  # short names are near each other by chance
        cost += 0.08 * (6 - shorter)
    return min(1.0, cost)


def _shared(one: str, two: str) -> tuple[int, int]:
    """How many characters both begin with, and how many of the rest both end with."""
    most = min(len(one), len(two))
    start = 0
    while start < most and one[start] == two[start]:
        start += 1
    end = 0
    while end < most - start and one[-1 - end] == two[-1 - end]:
        end += 1
    return start, end


def _change(one: str, two: str, typed: str, meant: str, start: int) -> float:
    """The cost of the stretch in which they differ."""
    if (one, two) in _PAIRS or (two, one) in _PAIRS:
        return 0.07
    if (one + two).isdigit():
        return 0.7
    if len(one) <= 1 and len(two) <= 1:
        if one and two:
            return _other(one, two) + _initial(meant, start)
        return _extra(one, typed, start) if one else _extra(two, meant, start)
    if len(one) == 2 and one == two[::-1]:
        return 0.12 + (0.1 if _MARKS & set(one) else 0.0)
    return _two(one, two)


def _other(one: str, two: str) -> float:
    """One character for another."""
    if one + two in _ALIKE:
        return 0.08
    if one in _MARKS and two in _MARKS:
        return 0.1
    if one + two in _NEAR:
        return 0.12 if one.isalpha() and two.isalpha() else 0.2
    if one in _VOWELS and two in _VOWELS:
        return 0.2
    return 0.35 if one.isalpha() and two.isalpha() else 0.5


def _extra(more: str, longer: str, at: int) -> float:
    """One character too many, or left out: which is which, an eye does not care."""
    if more in _MARKS:
        return 0.12
    if more.isdigit():
        return 0.5
    before = longer[at - 1] if at else ""
    after = longer[at + 1] if at + 1 < len(longer) else ""
    if more in (before, after):
        return 0.1
    return 0.15 if more + before in _NEAR or more + after in _NEAR or more in _VOWELS else 0.22


def _initial(name: str, at: int) -> float:
    """An initial that is another one is mostly another person."""
    alone = (at == 0 or name[at - 1] in _MARKS) and (at + 1 >= len(name) or name[at + 1] in _MARKS)
    return 0.3 if alone else 0.0


def _two(one: str, two: str) -> float:
    """Two slips in the stretch, or no slip."""
    if OSA.distance(one, two, score_cutoff=2) > 2:
        return 1.0
    steps = Levenshtein.editops(one, two)
    if len(steps) > 2:  # one of them is a change of places
        return 0.45
    cost = 0.15
    for step in steps:
        if step.tag == "replace":
            cost += _other(one[step.src_pos], two[step.dest_pos])
        elif step.tag == "delete":
            cost += _extra(one[step.src_pos], one, step.src_pos)
        else:
            cost += _extra(two[step.dest_pos], two, step.dest_pos)
    return cost
