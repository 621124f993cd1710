"""Many rows in one statement.

Each statement that is run gives the interpreter's lock away and has to win it back, which costs more than a row does:
so rows that belong together go together. Any number of rows is made of statements for 16, 8 and for each number below
that, so that few are kept prepared. Trusts the heads and tails it is given, which are words of this program; every
value is bound.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

_MOST, _MANY = 16, 8


@lru_cache(maxsize=512)
def _sql(head: str, width: int, rows: int, tail: str) -> str:
    row = f"({','.join('?' * width)})"
    return f"{head} (VALUES {','.join([row] * rows)}) {tail}" if tail[:3] == "AS " else _plain(head, row, rows, tail)


def _plain(head: str, row: str, rows: int, tail: str) -> str:
    return f"{head} VALUES {','.join([row] * rows)} {tail}"


def run(connection: sqlite3.Connection, head: str, rows: Sequence[tuple[Any, ...]], tail: str = "") -> int:
    """`head VALUES rows tail`; where the tail begins with "AS " the rows are a table of a FROM, columns "column1" and
    so on. Returns how many rows were changed.
    """
    return _run(connection, head, rows, tail)[0]


def insert(connection: sqlite3.Connection, head: str, rows: Sequence[tuple[Any, ...]]) -> int:
    """As `run`, for new rows. Returns the number of the last; 0 if there are none."""
    return _run(connection, head, rows, "")[1]


def _run(connection: sqlite3.Connection, head: str, rows: Sequence[tuple[Any, ...]], tail: str) -> tuple[int, int]:
    changed, last, at, left = 0, 0, 0, len(rows)
    while left:
        count = left if left <= _MANY else _MOST if left >= _MOST else _MANY
        some = rows[at : at + count]
        values = some[0] if count == 1 else [value for row in some for value in row]
        done = connection.execute(_sql(head, len(some[0]), count, tail), values)
        changed, last = changed + done.rowcount, done.lastrowid or 0
        at, left = at + count, left - count
    return changed, last


@lru_cache(maxsize=64)
def one_of(count: int) -> str:
    """`(?, ?, ...)` for so many, rounded up so that there are few of them: fill up with `filled`."""
    return f"({','.join('?' * rounded(count))})"


def rounded(count: int) -> int:
    """The power of two at or above."""
    return 1 << max(0, count - 1).bit_length()


def filled(values: Sequence[Any]) -> list[Any]:
    """Values for `one_of(len(values))`: NULL, which equals nothing, for the rest."""
    return [*values, *[None] * (rounded(len(values)) - len(values))]
