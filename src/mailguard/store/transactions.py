"""The connection that writes, and its transactions: one for all changes that are given together.

Each change is under a savepoint; changes of one kind share their statements (`Bulk`), without a savepoint where there
are no others: what fails together is done again one by one, so that it comes to the same. If the commit fails, each
change is told so and nothing of any was kept. Blocks: everything here belongs to the thread that writes. It knows
nothing of who waits, and trusts changes with nothing but their own rows.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mailguard.store.connection import connect
from mailguard.store.errors import StoreError, typed
from mailguard.store.stamps import Changes, Stamps, watch

#: Does many changes of one kind in few statements: values in, answers out, in the same order. It changes nothing but
#: the database: whatever it raises, it is undone and each change is run by itself.
Bulk = Callable[[sqlite3.Connection, Sequence[Any]], Sequence[Any]]


@dataclass(slots=True)
class Wanted:
    """A change, and who waits for it. bulk: what does it together with others of its kind, given `item`; given up:
    nobody waits any more, and it is not to be done.
    """

    change: Callable[[sqlite3.Connection], Any]
    future: asyncio.Future[Any]
    bulk: Bulk | None = None
    item: Any = None
    given_up: bool = False


@dataclass(slots=True)
class Answer:
    """What came of it."""

    wanted: Wanted
    value: Any = None
    error: BaseException | None = None


class _TransactionLost(Exception):
    """SQLite itself rolled the whole transaction back (disk full, I/O error); the cause is `__cause__`."""


class Transactions:
    """Of one ledger, one after the other."""

    def __init__(self, path: Path) -> None:
        """Raises OSError."""
        self._path = path
        #: What each commit changes of what the judge asks.
        self.stamps = Stamps(path)
        self._changes = Changes()
        self._connection: sqlite3.Connection
        self.commits = 0

    def open(self) -> None:
        """Raises sqlite3.Error."""
        self._connection = self._connect()

    def close(self) -> None:
        self._connection.close()

    def _connect(self) -> sqlite3.Connection:
        connection = connect(self._path)
        watch(connection, self._changes)
        return connection

    def mend(self) -> None:
        """Another connection, if a transaction could be neither committed nor rolled back: it goes with the old one.
        The old one stays if there is no other.
        """
        old = self._connection
        if old.in_transaction:
            with contextlib.suppress(sqlite3.Error):
                self._connection = self._connect()
                old.close()

    def commit(self, batch: list[Wanted]) -> list[Answer]:
        """Do all of it, for good. It raises nothing: whatever goes wrong, nobody may wait for ever."""
        connection, changes = self._connection, self._changes
        try:
            changes.clear()
            connection.execute("BEGIN IMMEDIATE")
            answers = self._at_once(batch) or self._done(batch)
            number = self.stamps.begin(changes.names, changes.circles) if changes else 0
            connection.execute("COMMIT")
            self.stamps.done(number, changes.circles if changes.counts_hold else {})
        except BaseException as error:
            with contextlib.suppress(sqlite3.Error):
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
            cause = error.__cause__ if isinstance(error, _TransactionLost) else error
            assert cause is not None
            return [Answer(wanted, error=_fresh(cause)) for wanted in batch]
        self.commits += 1
        return answers

    def _at_once(self, batch: list[Wanted]) -> list[Answer]:
        """Everything of a batch of which all go with others of their kind, without a savepoint. Nothing if it has
        others, or something fails; then nothing of it stands, in another transaction.
        """
        kinds = _by_kind(batch)
        if None in kinds:
            return []
        connection = self._connection
        try:
            return [one for bulk, some in kinds.items() if bulk for one in _answered(connection, bulk, some)]
        except BaseException as error:
            if not connection.in_transaction:
                raise _TransactionLost from error
            connection.execute("ROLLBACK")
            self._changes.clear()
            connection.execute("BEGIN IMMEDIATE")
            return []

    def _done(self, batch: list[Wanted]) -> list[Answer]:
        """Everything of a batch. Whoever is in one waited for nobody else in it, so that their order is free."""
        kinds = _by_kind(batch)
        answers = [self._under_savepoint(wanted) for wanted in kinds.pop(None, [])]
        for bulk, some in kinds.items():
            assert bulk is not None
            answers += self._together(bulk, some)
        return answers

    def _together(self, bulk: Bulk, some: list[Wanted]) -> list[Answer]:
        connection = self._connection
        connection.execute("SAVEPOINT entry")
        try:
            answers = _answered(connection, bulk, some)
        except BaseException as error:
            self._take_back(error)
            return [self._under_savepoint(wanted) for wanted in some]
        connection.execute("RELEASE entry")
        return answers

    def _under_savepoint(self, wanted: Wanted) -> Answer:
        connection = self._connection
        connection.execute("SAVEPOINT entry")
        try:
            value = wanted.change(connection)
        except BaseException as error:
            self._take_back(error)
            return Answer(wanted, error=typed(error))
        connection.execute("RELEASE entry")
        return Answer(wanted, value)

    def _take_back(self, error: BaseException) -> None:
        """What was done since the savepoint."""
        if not self._connection.in_transaction:
            raise _TransactionLost from error
        self._connection.execute("ROLLBACK TO entry")
        self._connection.execute("RELEASE entry")
        self._changes.undone()


def _by_kind(batch: list[Wanted]) -> dict[Bulk | None, list[Wanted]]:
    """None: what is done by itself."""
    kinds: dict[Bulk | None, list[Wanted]] = {}
    for wanted in batch:
        kinds.setdefault(wanted.bulk, []).append(wanted)
    return kinds


def _answered(connection: sqlite3.Connection, bulk: Bulk, some: list[Wanted]) -> list[Answer]:
    values = bulk(connection, [wanted.item for wanted in some])
    return [Answer(wanted, value) for wanted, value in zip(some, values, strict=True)]


def _fresh(cause: BaseException) -> BaseException:
    """An exception object for one waiter: a shared one would collect everybody's tracebacks."""
    error = typed(cause)
    return type(error)(*error.args) if isinstance(error, StoreError) else StoreError(str(error))
