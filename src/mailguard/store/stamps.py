"""When something was last changed of what the judge asks: numbers in memory that all processes on one ledger share.

Each commit that changes what is known of a sender, or of a recipient, gets a number, and leaves it at the place of each
that it changes, before it is committed. So whoever kept an answer, with the number of the last commit that was surely
in it, sees without a look into the ledger whether it still holds. Who ends between number and commit, or right behind
it, makes others ask once more than needed, never once less. Changes are found by triggers of the connection that
writes, whatever statement makes them. It trusts that nobody but mailguard writes to the ledger, and decides nothing.

One more mail to a circle that is a habit changes one number of what is known: it is left beside the circle's own place,
so that who kept the circle need not ask for it. Of one who ends right behind such a commit the number before is told
until the next commit of anybody; then others ask.
"""

from __future__ import annotations

import hashlib
import mmap
import os
import sqlite3
import zlib
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from mailguard.store.memory import HABIT

#: Names share so many places: two at one place make each other look changed, no more.
_PLACES = 1 << 14
#: Before the places: the number that was begun last, and the last that is surely committed.
_BEGUN, _DONE, _FIRST = 0, 1, 2
#: So far behind a place that is a circle's: how often; and the number that stood at the place before the last one.
_COUNT, _BEFORE = _PLACES, 2 * _PLACES
_OCTETS = (_FIRST + 3 * _PLACES) * 8
#: What stands there in 64 bits: the end of the commit's number, whose it is, the count. Whoever reads it compares the
#: first two, since names share places, and commits of two processes may come here in another order than to the ledger.
_NUMBER_BITS, _WHOSE_BITS, _COUNT_BITS = 22, 24, 18
_WHOSE, _COUNTED = 1 << _WHOSE_BITS, 1 << _COUNT_BITS

#: A name for each kind of what is known: of one sender; of an organization, to everybody here (`known_keys`); of whom
#: somebody vouches for (policy.whose); how often a sender wrote to any of his circles.
_PERSON, _CONTACT, _TRUST, _OFTEN = "p", "c", "t", "o"
_OF_CONTACT = f"iif({{0}}.sender = '', '{_CONTACT}' || {{0}}.key, '{_PERSON}' || {{0}}.sender)"
_OF_PERSON, _OF_TRUST = f"'{_PERSON}' || {{0}}.sender", f"'{_TRUST}' || {{0}}.whose"
_RENAMED = "(OLD.name, OLD.name_key) <> (NEW.name, NEW.name_key)"
#: Table, event and condition, whose it is. One more mail to somebody who is known, with the same name, is no change;
#: nor is a circle before it is a habit; afterwards it is counted.
_CHANGES = (
    ("contact", "INSERT", "", _OF_CONTACT),
    ("contact", "DELETE", "", _OF_CONTACT),
    ("correspondent", "INSERT", "", _OF_PERSON),
    ("correspondent", "UPDATE", f"WHEN {_RENAMED}", _OF_PERSON),
    ("correspondent", "DELETE", "", _OF_PERSON),
    ("circle", "INSERT", f"WHEN NEW.count >= {HABIT}", _OF_PERSON),
    ("circle", "UPDATE", f"WHEN (OLD.count >= {HABIT}) <> (NEW.count >= {HABIT})", _OF_PERSON),
    ("circle", "DELETE", f"WHEN OLD.count >= {HABIT}", _OF_PERSON),
    ("trust", "INSERT", "", _OF_TRUST),
    ("trust", "UPDATE", "", _OF_TRUST),
    ("trust", "DELETE", "", _OF_TRUST),
)
_COUNTING = (
    f"CREATE TEMP TRIGGER circle_counted AFTER UPDATE ON main.circle WHEN min(OLD.count, NEW.count) >= {HABIT}"
    " BEGIN SELECT counted(NEW.sender, NEW.members, NEW.count); END"
)


class CirclePlace(NamedTuple):
    """Of one circle of one sender. whose: tells it from another at the same place."""

    at: int
    whose: int


class Changes:
    """What a transaction has changed so far: names, and how often it was written to the circles that it counted."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        self.circles: dict[CirclePlace, int] = {}
        self.counts_hold = True

    def clear(self) -> None:
        """Another transaction begins."""
        self.names.clear()
        self.circles.clear()
        self.counts_hold = True

    def undone(self) -> None:
        """Some of it is not: which, nobody knows, so that its counts say nothing."""
        self.counts_hold = False

    def counted(self, sender: str, members: str, count: int) -> None:
        """By the trigger."""
        self.names.add(_OFTEN + sender)
        self.circles[circle_place(sender, members)] = count

    def __bool__(self) -> bool:
        return bool(self.names)


class Stamps:
    """The numbers of one ledger. Reading and writing them is a matter of memory: nothing here waits."""

    def __init__(self, ledger: Path) -> None:
        """Raises OSError: a process that could not say what it changes may not change it."""
        self._words = memoryview(_shared(ledger)).cast("Q")

    def last(self) -> int:
        """The last commit that is surely done: a snapshot that begins after this question has it."""
        return self._words[_DONE]

    def hold(self, places: Iterable[int], number: int) -> bool:
        """Whether nothing at these places was changed by a commit after this one, or is about to be."""
        words = self._words
        for place in places:  # noqa: SIM110  # a generator costs more than the question
            if words[place] > number:
                return False
        return True

    def counts(self, circles: Sequence[CirclePlace], number: int) -> Mapping[int, int] | None:
        """How often the sender wrote to those of his circles, by index, that commits after this one counted; None where
        only the ledger knows. A count that is not committed yet is none: the ledger would say the one before, too.
        """
        words = self._words
        found: dict[int, int] = {}
        for index, (at, whose) in enumerate(circles):
            last = words[at]
            if last > number and last > words[_DONE]:
                last = words[at + _BEFORE]
            if last > number:
                value = words[at + _COUNT]
                if value >> _COUNT_BITS != _signed(last, whose):
                    return None
                found[index] = value % _COUNTED
        return found

    def begin(self, names: Iterable[str], circles: Iterable[CirclePlace] = ()) -> int:
        """What a transaction has changed, while it has the ledger's lock and before its COMMIT. Returns its number."""
        words = self._words
        number = max(words[_BEGUN], words[_DONE]) + 1
        words[_BEGUN] = number
        for name in names:
            words[_place(name)] = number
        for at, _ in circles:
            words[at + _BEFORE] = words[at]
            words[at] = number
        return number

    def done(self, number: int, circles: Mapping[CirclePlace, int] = {}) -> None:
        """It is committed. Another one may be faster here: a number that is too small is only asked about once more.
        circles: how often it was written to them now.
        """
        words = self._words
        for (at, whose), count in circles.items():
            if count < _COUNTED:
                words[at + _COUNT] = _signed(number, whose) << _COUNT_BITS | count
        if words[_DONE] < number:
            words[_DONE] = number


def watch(connection: sqlite3.Connection, changes: Changes) -> None:
    """Have each change by this connection told before it is committed. It may be undone afterwards."""
    connection.create_function("changed", 1, changes.names.add)
    connection.create_function("counted", 3, changes.counted)
    connection.execute(_COUNTING)
    for table, event, condition, name in _CHANGES:
        row = "OLD" if event == "DELETE" else "NEW"
        connection.execute(
            f"CREATE TEMP TRIGGER {table}_{event.lower()} AFTER {event} ON main.{table} {condition}"
            f" BEGIN SELECT changed({name.format(row)}); END"
        )


def places(sender: str, organizations: Iterable[str], whose: Iterable[str]) -> tuple[int, ...]:
    """Where changes of an answer stand. sender: its key; organizations: of the recipients; whose: of trust."""
    names = [_PERSON + sender, *(_CONTACT + key for key in organizations), *(_TRUST + one for one in whose)]
    return tuple({_place(name) for name in names})


def often_place(sender: str) -> int:
    """Where it stands when this sender wrote to any of his circles last."""
    return _place(_OFTEN + sender)


@lru_cache(maxsize=1024)  # asked for at each mail to a circle
def circle_place(sender: str, members: str) -> CirclePlace:
    """members: as the ledger has them (`memory.members_text`)."""
    name = f"{sender}\0{members}".encode("utf-8", "surrogatepass")
    number = int.from_bytes(hashlib.blake2b(name, digest_size=8).digest())
    return CirclePlace(_FIRST + number % _PLACES, number // _PLACES % _WHOSE)


def stamps_path(ledger: Path) -> Path:
    """Where the numbers lie."""
    return ledger.with_suffix(".stamps")


def _signed(number: int, whose: int) -> int:
    return number % (1 << _NUMBER_BITS) << _WHOSE_BITS | whose


def _place(name: str) -> int:
    """The same in each process, now and later."""
    return _FIRST + zlib.crc32(name.encode("utf-8", "surrogatepass")) % _PLACES


def _shared(ledger: Path) -> mmap.mmap:
    # Not through a link: root would give whatever it leads to away, to whoever may write here.
    descriptor = os.open(stamps_path(ledger), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        if os.geteuid() == 0:  # as SQLite does with its log: what root made for a moment is for the ledger's owner
            owner = ledger.stat()
            os.fchown(descriptor, owner.st_uid, owner.st_gid)
        os.posix_fallocate(descriptor, 0, _OCTETS)  # with room of its own on the disk, however full that gets
        return mmap.mmap(descriptor, _OCTETS)
    finally:
        os.close(descriptor)
