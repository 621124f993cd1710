"""All rows of one mail in one statement.

Each statement that is run gives the interpreter's lock away, and the thread that writes waits until the event loop
gives it back: that costs more than the rows do. So a view of the writer's connection, which holds nothing, has a
trigger that puts what it is given into the tables that it belongs to. Trusts the words it is given, which are of this
program; every value is bound.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any

from mailguard.store import many


class Stroke:
    """A view and its trigger, made on a connection when they are first needed there."""

    def __init__(self, name: str, columns: str, *steps: str) -> None:
        """columns: of the view, each by its own name; steps: what is done with a row of it, `NEW`."""
        names = [one.strip() for one in columns.split(",")]
        view = ", ".join(f"NULL AS {one}" for one in names)
        self._makes = (
            f"CREATE TEMP VIEW IF NOT EXISTS {name} AS SELECT {view} WHERE 0",
            f"CREATE TEMP TRIGGER IF NOT EXISTS {name}_takes INSTEAD OF INSERT ON {name} BEGIN"
            f" {' '.join(f'{one};' for one in steps)} END",
        )
        self._head = f"INSERT INTO temp.{name} ({', '.join(names)})"
        self._name = name

    def run(self, connection: sqlite3.Connection, rows: Sequence[tuple[Any, ...]]) -> None:
        """Do it for each row, in their order."""
        try:
            many.run(connection, self._head, rows)
        except sqlite3.OperationalError:
            if connection.execute("SELECT 1 FROM sqlite_temp_master WHERE name = ?", (self._name,)).fetchone():
                raise
            for statement in self._makes:
                connection.execute(statement)
            many.run(connection, self._head, rows)


def row_of(table: str, columns: str, *, of: str = "", where: str = "") -> str:
    """A step: a row of this table, of columns of the view with the same names.

    of: what the view calls them, if not so; where: the column that is NULL where there is no such row.
    """
    values = ", ".join(f"NEW.{one.strip()}" for one in (of or columns).split(","))
    there = f"SELECT {values} WHERE NEW.{where} IS NOT NULL" if where else f"VALUES ({values})"
    return f"INSERT INTO {table} ({columns}) {there}"


def named(prefix: str, columns: str) -> str:
    """Columns of a table as a view of several calls them."""
    return ", ".join(f"{prefix}_{one.strip()}" for one in columns.split(","))
