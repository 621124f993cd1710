"""Which mailboxes may be taken for one another by what stands before the @: one slip of typing apart, or the same
person's at another house.

A slip is what fingers and eyes do: a neighbouring key, two letters that change places, one too many beside its twin,
one missing, a figure that reads as a letter, a dot moved. Two real surnames (nakano, nagano) and two numbers of a
series are two people, not a slip. Where it cannot be told, it says no. Pure; it makes candidates, so that whoever knows
many addresses looks up some hundred keys instead of comparing with all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from mailguard.policy.names import is_role
from mailguard.policy.surnames import SOUNDS, sound

#: Local parts of this length are compared: shorter ones are near to everything, longer ones are made by machines.
_SHORTEST, _LONGEST = 4, 40
#: Before they count as the same person's at another house, they must be as long without marks.
_SAME_SHORTEST = 4
_ROWS = ("1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm")
#: How far the rows of a keyboard stand to the right, in keys.
_SHIFTS = (0.0, 0.5, 0.75, 1.25)
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_MARKS = ".-_"
_SPLIT = re.compile(r"[._+-]+")
_PIECES = re.compile(r"([._+-]+)")
#: What reads alike, both ways.
_ALIKE = (("0", "o"), ("1", "l"), ("1", "i"), ("5", "s"), ("rn", "m"), ("vv", "w"), ("cl", "d"))
#: Yuki, Yuko and Yuka are three people.
_ENDINGS = frozenset("aiou")


def _neighbours() -> dict[str, frozenset[str]]:
    places = {
        letter: (at + shift, row)
        for row, (letters, shift) in enumerate(zip(_ROWS, _SHIFTS, strict=True))
        for at, letter in enumerate(letters)
    }
    return {
        one: frozenset(
            other
            for other, (right, row) in places.items()
            if other != one and abs(right - places[one][0]) <= 1 and abs(row - places[one][1]) <= 1
        )
        for one in places
    }


#: The keys around each key of a keyboard, of letters and figures.
NEIGHBOURS = _neighbours()


def are_neighbours(one: str, other: str) -> bool:
    """Whether they differ by neighbouring keys only."""
    return len(one) == len(other) and all(
        left == right or right in NEIGHBOURS.get(left, ()) for left, right in zip(one, other, strict=True)
    )


@lru_cache(maxsize=2048)
def slips(local: str) -> frozenset[str]:
    """The local parts that `local` may have been meant for, one slip away. local: lower case, as in `Address.key`."""
    if not _SHORTEST <= len(local) <= _LONGEST or not local.isascii():
        return frozenset()
    pieces = _PIECES.split(local)  # words and the marks between them
    found = set(_moved(local))
    for at, word in enumerate(pieces):
        if len(word) >= _SHORTEST:
            head, tail = "".join(pieces[:at]), "".join(pieces[at + 1 :])
            found.update(head + one + tail for one in _slips_of(word))
    found.discard(local)
    return frozenset(found)


def _slips_of(word: str) -> set[str]:
    made = {*_swapped(word), *_typed(word), *_too_many(word), *_missing(word), *_read_alike(word)}
    if sound(word) in SOUNDS:  # a real name: another one is another person
        made = {one for one in made if sound(one) not in SOUNDS}
    return {one for one in made if len(one) >= _SHORTEST}


def _swapped(word: str) -> Iterator[str]:
    for at in range(len(word) - 1):
        if not (word[at].isdigit() and word[at + 1].isdigit()):
            yield word[:at] + word[at + 1] + word[at] + word[at + 2 :]


def _typed(word: str) -> Iterator[str]:
    """A neighbouring key instead of the right one."""
    for at, letter in enumerate(word):
        if letter.isdigit():
            continue
        ends = at + 1 == len(word) and letter in _ENDINGS
        for other in NEIGHBOURS.get(letter, ()):
            meant = word[:at] + other + word[at + 1 :]
            if not (other.isdigit() or (ends and other in _ENDINGS and sound(meant) not in SOUNDS)):
                yield meant


def _too_many(word: str) -> Iterator[str]:
    """A key hit twice, or its neighbour with it."""
    for at, letter in enumerate(word):
        beside = {*word[max(0, at - 1) : at], *word[at + 1 : at + 2]}
        if not letter.isdigit() and (letter in beside or not beside.isdisjoint(NEIGHBOURS.get(letter, ()))):
            yield word[:at] + word[at + 1 :]


def _missing(word: str) -> Iterator[str]:
    for at in range(len(word) + 1):
        head, tail = word[:at], word[at:]
        for letter in _LETTERS:
            yield head + letter + tail


def _read_alike(word: str) -> Iterator[str]:
    for one, other in (*_ALIKE, *((right, left) for left, right in _ALIKE)):
        at = word.find(one)
        while at >= 0:
            yield word[:at] + other + word[at + len(one) :]
            at = word.find(one, at + 1)


def _moved(local: str) -> frozenset[str]:
    """The same words with other marks between them, or none."""
    words = [word for word in _SPLIT.split(local) if word]
    if len(words) > 1:
        return frozenset(mark.join(words) for mark in (*_MARKS, "")) - {local}
    inside = range(2, len(local) - 1)
    return frozenset(f"{local[:at]}{mark}{local[at:]}" for at in inside for mark in _MARKS) if words else frozenset()


@lru_cache(maxsize=2048)
def same_person(local: str, *, private: bool = False) -> tuple[str, ...]:
    """The local parts that the owner of `local` may have at another house: his names in either order, with any mark or
    none; empty for a role (info, sales) and what is too short. private: a mailbox of free mail, where people hang
    figures on their name.
    """
    bare = local.rstrip("0123456789") if private else local
    words = tuple(word for word in _SPLIT.split(bare) if word)
    if not words or is_role(words) or len("".join(words)) < _SAME_SHORTEST or len(local) > _LONGEST:
        return ()
    found = {local, *_orders(words)}
    return tuple(sorted(found))


def _orders(words: tuple[str, ...]) -> Iterator[str]:
    for order in (words, words[::-1]):
        for mark in (*_MARKS, ""):
            yield mark.join(order)


def are_same_person(local: str, other: str, *, private: bool = False) -> bool:
    """Whether the two may be one person's at two houses. private: one of them is free mail."""
    if other in same_person(local, private=private) or local in same_person(other, private=private):
        return True
    if not private:
        return False
    # taro0412@free against taro.tanaka@work says nothing; tarotanaka0412@free does.
    return not set(same_person(local, private=True)).isdisjoint(same_person(other, private=True))
