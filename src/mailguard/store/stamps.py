"""When something was last changed of what the judge asks: numbers in memory that all processes on one ledger share.

Each commit that changes what is known of a sender, or of a recipient, gets a number, and leaves it at the place of each
that it changes, before it is committed. So whoever kept an answer, with the number of the last commit that was surely
in it, sees without a look into the ledger whether it still holds. Who ends between number and commit, or right behind
it, makes others ask once more than needed, never once less. Changes are found by triggers of the connection that
writes, whatever statement makes them. It trusts that nobody but mailguard writes to the ledger, and decides nothing.
"""

from __future__ import annotations

import mmap
import os
import sqlite3
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path

from mailguard.store.memory import HABIT

#: Names share so many places: two at one place make each other look changed, no more.
_PLACES = 1 << 14
#: Before the places: the number that was begun last, and the last that is surely committed.
_BEGUN, _DONE, _FIRST = 0, 1, 2
_OCTETS = (_FIRST + _PLACES) * 8

#: A name for each kind of what is known: of one sender; of an organization, to everybody here (`known_keys`); of whom
#: somebody vouches for (policy.whose).
_PERSON, _CONTACT, _TRUST = "p", "c", "t"
_OF_CONTACT = f"iif({{0}}.sender = '', '{_CONTACT}' || {{0}}.key, '{_PERSON}' || {{0}}.sender)"
_OF_PERSON, _OF_TRUST = f"'{_PERSON}' || {{0}}.sender", f"'{_TRUST}' || {{0}}.whose"
_RENAMED = "(OLD.name, OLD.name_key) <> (NEW.name, NEW.name_key)"
#: Table, event and condition, whose it is. One more mail to somebody who is known, with the same name, is no change;
#: nor is a circle before it is a habit.
_CHANGES = (
    ("contact", "INSERT", "", _OF_CONTACT),
    ("contact", "DELETE", "", _OF_CONTACT),
    ("correspondent", "INSERT", "", _OF_PERSON),
    ("correspondent", "UPDATE", f"WHEN {_RENAMED}", _OF_PERSON),
    ("correspondent", "DELETE", "", _OF_PERSON),
    ("circle", "INSERT", f"WHEN NEW.count >= {HABIT}", _OF_PERSON),
    ("circle", "UPDATE", f"WHEN max(OLD.count, NEW.count) >= {HABIT}", _OF_PERSON),
    ("circle", "DELETE", f"WHEN OLD.count >= {HABIT}", _OF_PERSON),
    ("trust", "INSERT", "", _OF_TRUST),
    ("trust", "UPDATE", "", _OF_TRUST),
    ("trust", "DELETE", "", _OF_TRUST),
)


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

    def begin(self, names: Iterable[str]) -> int:
        """What a transaction has changed, while it has the ledger's lock and before its COMMIT. Returns its number."""
        words = self._words
        number = max(words[_BEGUN], words[_DONE]) + 1
        words[_BEGUN] = number
        for name in names:
            words[_place(name)] = number
        return number

    def done(self, number: int) -> None:
        """It is committed. Another one may be faster here: a number that is too small is only asked about once more."""
        if self._words[_DONE] < number:
            self._words[_DONE] = number


def watch(connection: sqlite3.Connection, changed: Callable[[str], None]) -> None:
    """Have each change by this connection told, by its name, before it is committed. It may be undone afterwards."""
    connection.create_function("changed", 1, changed)
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


def stamps_path(ledger: Path) -> Path:
    """Where the numbers lie."""
    return ledger.with_suffix(".stamps")


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
