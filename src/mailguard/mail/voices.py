"""How many of those who were asked have said yes, when delegates may speak in an approver's place. Pure.

Each approver has one seat, whoever fills it, and each person fills at most one: so a quorum of two is never one person
with two hats.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping


def voices(approvers: Collection[str], delegates: Mapping[str, Collection[str]], said: Iterable[str]) -> int:
    """The number of voices (keys throughout). said: who said yes, whatever their order.

    The most seats that these people can fill together: a matching, by augmenting paths.
    """
    seats: dict[str, list[str]] = {}
    for person in sorted(set(said)):
        seats[person] = [a for a in approvers if a == person] + [a for a in approvers if person in delegates.get(a, ())]
    filled: dict[str, str] = {}

    def seated(person: str, tried: set[str]) -> bool:
        for seat in seats[person]:
            if seat in tried:
                continue
            tried.add(seat)
            if seat not in filled or seated(filled[seat], tried):
                filled[seat] = person
                return True
        return False

    return sum(seated(person, set()) for person in seats)
